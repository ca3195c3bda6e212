"""The project's modules as syntax trees: what they import, and which outside names they use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parents[3]
SRC = ROOT / "src"


@frozen
class Import:
    """One imported thing: `target` is a module, or a name within one (`from a.b import c` gives `a.b.c`)."""

    target: str
    module: str
    line: int


@frozen
class Use:
    """A place where an outside name is used, written out in full (`dt.now` after `from datetime import
    datetime as dt` gives `datetime.datetime.now`)."""

    name: str
    line: int


@frozen
class Module:
    """A Python file under its dotted name; `is_package` says that it is an `__init__`."""

    name: str
    text: str
    is_package: bool = False

    @property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return _parsed(self.text)

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in the tree."""
        return _walked(self.text)

    @property
    def imports(self) -> tuple[Import, ...]:
        """Every import, wherever it stands: in functions, under `if TYPE_CHECKING`, by name in a string."""
        return tuple(self._imports())

    def _imports(self) -> Iterator[Import]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                for alias in node.names:
                    target = base if alias.name == "*" else f"{base}.{alias.name}"
                    yield Import(target, base, node.lineno)
            elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
                match node.args:
                    case [ast.Constant(value=str(name)), *_]:
                        yield Import(name, name, node.lineno)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        kept = len(parts) - node.level + (1 if self.is_package else 0)
        return ".".join([*parts[:kept], *([node.module] if node.module else [])])

    @property
    def uses(self) -> tuple[Use, ...]:
        """Every use of an imported or built-in name, called or passed on."""
        return tuple(self._uses())

    def _uses(self) -> Iterator[Use]:
        known = self._aliases()
        inner = {id(node.value) for node in self.nodes if isinstance(node, ast.Attribute)}
        for node in self.nodes:
            if id(node) not in inner and isinstance(node, ast.Name | ast.Attribute):
                head, _, rest = _dotted(node).partition(".")
                if head:
                    yield Use(f"{known.get(head, head)}{'.' if rest else ''}{rest}", node.lineno)

    def _aliases(self) -> dict[str, str]:
        aliases = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                aliases.update({alias.asname: alias.name for alias in node.names if alias.asname})
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                aliases.update({alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names})
        return aliases


@cache
def modules_of(package: str) -> tuple[Module, ...]:
    """All modules of one of our packages, in the order of their names; none when it does not exist."""
    found = []
    for path in sorted((SRC / package).rglob("*.py")):
        parts = path.relative_to(SRC).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found.append(Module(name, path.read_text("utf-8"), is_package))
    return tuple(found)


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _walked(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_parsed(text)))


def _called(node: ast.Call) -> str:
    return _dotted(node.func).rpartition(".")[2]


def _dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of plain names; of anything else (a call, an index) nothing is known."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            head = _dotted(value)
            return f"{head}.{attr}" if head else ""
        case _:
            return ""
