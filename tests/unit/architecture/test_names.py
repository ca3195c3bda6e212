"""Modules and classes are named by what they are in the guild's words, not by what kind of code they hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.unit.architecture.source_tree import Module, modules_of

PACKAGES = ("dkp_core", "dkp_adapters", "dkp_entrypoints")
MODULE = re.compile(
    r"(?:^|_)(?:utils?|common|helpers?|managers?|services?|misc|stuff|tools|base|impl|interfaces?)(?:$|_)"
)
CLASS = re.compile(r"^I[A-Z][a-z]|^Abstract|^Base[A-Z]|(?:Impl|Managers?|Services?|Helpers?|Utils?|DTO|UseCase|Mixin)$")


def vague_names(module: Module) -> Iterator[str]:
    """Names that say nothing of the domain."""
    for part in module.name.split("."):
        if MODULE.search(part):
            yield f"{module.name}: the module name {part} says nothing"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and CLASS.search(node.name):
            yield f"{module.name}:{node.lineno}: the class name {node.name} says nothing"


def test_no_module_or_class_has_a_name_that_says_nothing() -> None:
    """Modules are nouns of the domain or families of verbs; ports are agents or plural nouns."""
    found = [each for package in PACKAGES for module in modules_of(package) for each in vague_names(module)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ["utils", "sql_utils", "common", "helpers", "raid_manager", "service", "base"])
def test_vague_module_names_are_seen(name: str) -> None:
    """The check itself."""
    assert list(vague_names(Module(f"dkp_core.{name}", "")))


@pytest.mark.parametrize("name", ["IClock", "AbstractClock", "ClockImpl", "RaidManager", "BidService", "RaidDTO"])
def test_vague_class_names_are_seen(name: str) -> None:
    """The check itself."""
    assert list(vague_names(Module("dkp_core.raids.raid", f"class {name}: ...")))


@pytest.mark.parametrize("name", ["Item", "Ids", "InstallationWork", "ItemPool", "Invalid", "Baseline"])
def test_plain_names_pass(name: str) -> None:
    """What looks alike, but says something."""
    assert not list(vague_names(Module("dkp_core.raids.bidding", f"class {name}: ...")))
