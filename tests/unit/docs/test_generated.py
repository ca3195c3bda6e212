"""What the docs draw from the code is what the code says now."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from tests.unit.docs.generated import GENERATORS, context_of, parts, renewed, uses
from tests.unit.docs.markdown_pages import ROOT, Page, pages

PAGES = [page for page in pages() if list(parts(page))]


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.path.relative_to(ROOT))) for page in PAGES])
def test_generated_parts_of_the_docs_are_current(page: Page) -> None:
    """Tables of settings, permissions, errors and the context map equal the code."""
    assert renewed(page.text) == page.text, "run: python -m tests.unit.docs.generated"


def test_every_generator_is_shown_on_some_page() -> None:
    """A table that nobody prints would tell nobody anything."""
    assert {name for page in PAGES for name, _ in parts(page)} == set(GENERATORS)


def test_a_stale_part_is_renewed_and_the_rest_of_the_page_stays() -> None:
    """The writer itself."""
    text = "before\n<!-- generated: two-lines -->\nold\n<!-- /generated -->\nafter\n"
    generators = MappingProxyType({"two-lines": lambda: "one\ntwo\n"})
    assert renewed(text, generators) == text.replace("old\n", "one\ntwo\n")


def test_a_part_that_nobody_generates_is_a_mistake() -> None:
    """A misspelt name would stay as it is for ever."""
    with pytest.raises(KeyError, match="setings"):
        renewed("<!-- generated: setings -->\n<!-- /generated -->\n")


def test_every_context_of_the_core_is_on_the_map() -> None:
    """A new context is added to the list of contexts, so that it is drawn."""
    folders = {path.name for path in (ROOT / "src" / "dkp_core").iterdir() if (path / "__init__.py").is_file()}
    assert folders - {"kernel"} <= set(uses())
    assert context_of("dkp_core.kernel.points") is None
