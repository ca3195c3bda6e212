"""A store that does not keep everything as it is given, to see whether anybody notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from attrs import define, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ports import Begin
from dkp_core.moving import MovingWork, Thing

Doctor = Callable[[Sequence[Thing]], Sequence[Thing]]


@frozen
class Doctored(Begin[MovingWork]):
    """Opens units of work whose intake keeps what the doctor makes of things."""

    begin: Begin[Any]
    doctor: Doctor

    def __call__(self, by: Actor) -> AbstractContextManager[MovingWork]:
        return self._opened(by)

    @contextmanager
    def _opened(self, by: Actor) -> Iterator[MovingWork]:
        with self.begin(by) as work:
            doctored: Any = _Doctored(work, {"intake": _Doctored(work.intake, {"add": self._adding(work)})})
            yield doctored

    def _adding(self, work: MovingWork) -> Callable[[Sequence[Thing]], None]:
        return lambda things: work.intake.add(self.doctor(things))


@frozen
class _Doctored:
    """The same, but for some attributes."""

    real: object
    instead: dict[str, object]

    def __getattr__(self, name: str) -> Any:
        instead = object.__getattribute__(self, "instead")
        return instead[name] if name in instead else getattr(object.__getattribute__(self, "real"), name)


@define
class Losing:
    """Loses one thing of a kind."""

    kind: type[Any]
    lost: bool = False

    def __call__(self, things: Sequence[Thing]) -> Sequence[Thing]:
        if self.lost or not things or not isinstance(things[0], self.kind):
            return things
        self.lost = True
        return things[:-1]


@frozen
class Changing:
    """Changes every thing of a kind."""

    kind: type[Any]
    change: Callable[[Any], Any]

    def __call__(self, things: Sequence[Thing]) -> Sequence[Thing]:
        return [self.change(each) if isinstance(each, self.kind) else each for each in things]
