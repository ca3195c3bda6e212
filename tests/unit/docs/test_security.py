"""docs/security.md answers every requirement of level 1, and what it calls a proof is a test (O-13)."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from attrs import frozen

from tests.unit.docs.markdown_pages import ROOT

PAGE = ROOT / "docs" / "security.md"
STATES = {"met", "partly", "open", "operator"}
# Of OWASP ASVS 5.0.0, by chapter and section.
LEVEL_ONE = frozenset(
    f"V{section}.{number}"
    for section, numbers in {
        "1.2": (1, 2, 3, 4, 5),
        "1.3": (1, 2),
        "1.5": (1,),
        "2.1": (1,),
        "2.2": (1, 2),
        "2.3": (1,),
        "3.2": (1, 2),
        "3.3": (1,),
        "3.4": (1, 2),
        "3.5": (1, 2, 3),
        "4.1": (1,),
        "4.4": (1,),
        "5.2": (1, 2),
        "5.3": (1, 2),
        "6.1": (1,),
        "6.2": (1, 2, 3, 4, 5, 6, 7, 8),
        "6.3": (1, 2),
        "6.4": (1, 2),
        "7.2": (1, 2, 3, 4),
        "7.4": (1, 2),
        "8.1": (1,),
        "8.2": (1, 2),
        "8.3": (1,),
        "9.1": (1, 2, 3),
        "9.2": (1,),
        "10.4": (1, 2, 3, 4, 5),
        "11.3": (1, 2),
        "11.4": (1,),
        "12.1": (1,),
        "12.2": (1, 2),
        "13.4": (1,),
        "14.2": (1,),
        "14.3": (1,),
        "15.1": (1,),
        "15.2": (1,),
        "15.3": (1,),
    }.items()
    for number in numbers
)


@frozen
class Answer:
    """One row of the tables."""

    id: str
    level: int
    asked: str
    state: str
    how: str
    proofs: tuple[str, ...]


def cells() -> Iterator[list[str]]:
    """Every row of every table, cell by cell, without headings."""
    text = PAGE.read_text("utf-8").partition("<!-- asvs -->")[2].partition("<!-- /asvs -->")[0]
    for line in text.splitlines():
        found = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| V"):
            yield found


def answers() -> list[Answer]:
    """What is answered."""
    return [
        Answer(id_, int(level), asked, state, how, tuple(re.findall(r"`([^`]+)`", proof)))
        for id_, level, asked, state, how, proof in (row for row in cells() if len(row) == 6)
    ]


def not_applicable() -> list[str]:
    """What does not apply."""
    return [id_ for row in cells() if len(row) == 2 for id_ in row[0].split()]


@cache
def named_in(path: Path) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_requirement_of_level_one_is_answered_once() -> None:
    """O-13: met, or how not; or why it does not apply."""
    assert len(LEVEL_ONE) == 70
    counted = Counter([answer.id for answer in answers()] + not_applicable())
    assert LEVEL_ONE - set(counted) == set()
    assert [id_ for id_, times in counted.items() if times > 1] == []
    assert {answer.id for answer in answers() if answer.level == 1} <= LEVEL_ONE


@pytest.mark.parametrize("answer", [pytest.param(answer, id=answer.id) for answer in answers()])
def test_what_proves_something_is_there(answer: Answer) -> None:
    """O-13: what is met has a test, and it is found where the page says."""
    assert answer.state in STATES
    assert answer.asked
    assert answer.how
    assert answer.proofs or answer.state in ("open", "operator"), "what is met, or partly, has a proof"
    for proof in answer.proofs:
        path, _, name = proof.partition("::")
        file = ROOT / "tests" / path
        assert file.is_file(), f"there is no tests/{path}"
        assert name in named_in(file), f"there is no {name} in tests/{path}"
