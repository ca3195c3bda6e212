"""What `nox -s audit` makes of pip-audit's report (O-13)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.architecture.source_tree import ROOT

GOOD = {"name": "attrs", "version": "26.1.0", "vulns": []}
UNKNOWN = {"name": "limits", "skip_reason": "Dependency not found on PyPI and could not be audited: limits (5.8.0)"}
OURS = {"name": "dkp", "skip_reason": "distribution marked as editable"}
WEAK = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-2024-1", "fix_versions": ["3.1.3"], "aliases": [], "description": "…"}],
}


@pytest.fixture(scope="module")
def judged() -> Callable[[list[dict[str, Any]]], str | None]:
    """The noxfile's own judgement."""
    pytest.importorskip("nox")
    spec = importlib.util.spec_from_file_location("noxfile_under_test", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[list[dict[str, Any]]], str | None] = module.judged
    return found


def test_nothing_is_wrong_where_everything_was_asked_about(judged: Callable[[Any], str | None]) -> None:
    """O-13: the project itself is known to nobody."""
    assert judged([GOOD, OURS]) is None


def test_a_weakness_is_told_with_the_version_that_mends_it(judged: Callable[[Any], str | None]) -> None:
    """O-13."""
    assert judged([GOOD, WEAK]) == "known weaknesses:\njinja2 3.1.2: PYSEC-2024-1, mended in 3.1.3"


def test_what_was_not_asked_about_is_not_taken_for_good(judged: Callable[[Any], str | None]) -> None:
    """O-13: pip-audit ends well where the service knows nothing of a package, or of any."""
    assert "limits" in str(judged([GOOD, UNKNOWN, OURS]))
    for silent in ([], [UNKNOWN, OURS]):
        assert "did not answer" in str(judged(silent))
