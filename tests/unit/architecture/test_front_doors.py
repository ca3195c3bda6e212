"""A context is entered by its front door, `dkp_core.<context>`, and by no window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.architecture.source_tree import Module, modules_of


def windows(module: Module, rooms: frozenset[str]) -> Iterator[str]:
    """The imports by which a module of the core reaches into one of the `rooms` (modules) of another context.

    The kernel has no front door, it stands open to all.
    """
    own = module.name.split(".")[:2]
    for found in module.imports:
        for name in {found.module, found.target}:
            if name in rooms and name.split(".")[:2] != own:
                yield f"{module.name}:{found.line} imports {name} past its front door"


def rooms_of_the_core() -> frozenset[str]:
    """Every module that lies inside a context."""
    names = {module.name for module in modules_of("dkp_core") if module.name.count(".") > 1}
    return frozenset(name for name in names if not name.startswith("dkp_core.kernel."))


def test_no_context_reaches_behind_the_front_door_of_another() -> None:
    """Other contexts are imported as `dkp_core.<context>`, so that what is inside may change."""
    rooms = rooms_of_the_core()
    found = [each for module in modules_of("dkp_core") for each in windows(module, rooms)]
    assert not found, "\n".join(found)


ROOMS = frozenset({"dkp_core.points.entry", "dkp_core.raids.raid", "dkp_core.raids.attendance"})


@pytest.mark.parametrize(
    "line",
    [
        "from dkp_core.points.entry import Entry",
        "import dkp_core.points.entry",
        "from dkp_core.points import entry",
        "from dkp_core.points.entry import *",
        "import dkp_core.points.entry as points",
        "def late():\n    from dkp_core.points.entry import Entry",
        "from ..points.entry import Entry",
        "from importlib import import_module\nimport_module('dkp_core.points.entry')",
    ],
)
def test_a_window_is_seen_however_it_is_written(line: str) -> None:
    """The check itself, held against each way to write the import."""
    assert list(windows(Module("dkp_core.raids.raid", line), ROOMS))


@pytest.mark.parametrize(
    "line",
    [
        "from dkp_core.points import Entry",
        "import dkp_core.points as points",
        "from dkp_core import points",
        "from dkp_core.kernel.points import Points",
        "from dkp_core.raids.attendance import Attendance",
        "from .attendance import Attendance",
    ],
)
def test_the_front_door_the_kernel_and_ones_own_rooms_are_open(line: str) -> None:
    """What contexts may import."""
    assert not list(windows(Module("dkp_core.raids.raid", line), ROOMS))
