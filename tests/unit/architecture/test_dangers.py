"""What could run what it is given is used nowhere (O-13)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.architecture.source_tree import Module, modules_of

PACKAGES = ("dkp_core", "dkp_adapters", "dkp_entrypoints")
# Unpickling runs what it reads, XML resolves what it names, and a shell reads what it is told.
MODULES = frozenset(
    {"pickle", "marshal", "shelve", "dill", "subprocess", "pty", "xml", "lxml", "yaml", "code", "codeop"}
)
# Expat alone, which resolves nothing by itself, where document types are refused before an entity is declared.
READS_XML = ("dkp_core.raids.formats.markup", "xml.parsers.expat")
# Programs of databases by their names, with arguments of ours and without a shell.
RUNS_PROGRAMS = ("dkp_adapters.sql.backup.programs", "subprocess")
CALLS = frozenset({"eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.spawnv"})


def dangers(module: Module) -> Iterator[str]:
    """Where a module could run what it is given."""
    for found in module.imports:
        if found.target.partition(".")[0] in MODULES and (module.name, found.target) not in (READS_XML, RUNS_PROGRAMS):
            yield f"{module.name}:{found.line} imports {found.target}"
    for use in module.uses:
        if use.name in CALLS:
            yield f"{module.name}:{use.line} calls {use.name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_runs_what_it_is_given(package: str) -> None:
    """O-13: no code from text, no objects from bytes, and commands and XML in one place each only."""
    assert not [found for module in modules_of(package) for found in dangers(module)]


def test_what_is_dangerous_is_seen() -> None:
    """The search itself."""
    text = (
        "import pickle\nfrom xml.etree import ElementTree\nimport re\nre.compile(x)\neval(x)\nimport os\nos.system(x)\n"
    )
    (shell,) = dangers(Module("m", "import subprocess\n", False))
    assert shell == "m:1 imports subprocess"
    assert not list(dangers(Module(RUNS_PROGRAMS[0], "import subprocess\n", False)))
    found = [each.partition(" ")[2] for each in dangers(Module("m", text, False))]
    (elsewhere,) = dangers(Module("m", "from xml.parsers import expat\n", False))
    assert elsewhere == "m:1 imports xml.parsers.expat"
    assert not list(dangers(Module(READS_XML[0], "from xml.parsers import expat\n", False)))
    assert found == ["imports pickle", "imports xml.etree.ElementTree", "calls eval", "calls os.system"]
