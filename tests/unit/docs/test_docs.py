"""What the README and the docs show runs, and where they point there is something."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.docs.markdown_pages import ROOT, Block, Page, broken, pages

PAGES = pages()
PYTHON = [(page, block) for page in PAGES for block in page.blocks if block.language == "python"]


def label(page: Page, block: Block | None = None) -> str:
    """Where it stands."""
    return f"{page.path.relative_to(ROOT)}{f':{block.line}' if block else ''}"


@pytest.mark.parametrize(("page", "block"), [pytest.param(*each, id=label(*each)) for each in PYTHON])
def test_python_in_the_docs_runs(page: Page, block: Block, tmp_path: Path) -> None:
    """Each block is pasted into a Python of its own, in an empty folder, and prints what its comments say."""
    script = tmp_path / page.path.name
    script.write_text("\n" * (block.line - 1) + block.text, "utf-8")  # tracebacks then name the page's own lines
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DKP_")}
    outcome = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    if block.promised:
        assert tuple(outcome.stdout.splitlines()) == block.promised


@pytest.mark.parametrize("page", [pytest.param(page, id=label(page)) for page in PAGES])
def test_links_in_the_docs_lead_somewhere(page: Page) -> None:
    """Files exist and headings are there; other sites are not asked."""
    assert not list(broken(page))


def test_blocks_are_found_with_their_language_and_line() -> None:
    """The reader of pages itself: a block in a longer fence belongs to it, not to the page."""
    page = Page(Path("a.md"), "# A\n\n```python\nx = 1\n```\n\n````text\n```python\n```\n````\n")
    assert page.blocks == (Block("python", "x = 1\n", 4), Block("text", "```python\n```\n", 8))


def test_what_a_block_promises_to_print_stands_behind_arrows() -> None:
    """`# → 12.50` beside a print, one line of output each."""
    assert Block("python", "print(1)  # → 1\nx = 2\nprint(x)  # → 2\n", 1).promised == ("1", "2")


def test_a_link_is_broken_when_its_file_or_its_heading_is_missing(tmp_path: Path) -> None:
    """Links in code are no links, and other sites are left alone."""
    (tmp_path / "other.md").write_text("# What is a `Pool`?\n", "utf-8")
    text = (
        "# Top\n[good](other.md#what-is-a-pool) [own](#top) [site](https://example.org/x) `[code](none)`\n"
        "[bad](none.md)\n[worse](other.md#nothing)\n[here](#bottom)\n[ref]: gone.md\n"
        "```text\n[no](nope)\n```\n"
    )
    (tmp_path / "a.md").write_text(text, "utf-8")
    found = [each.split(": ")[1] for each in broken(Page.read(tmp_path / "a.md"))]
    assert found == [
        "none.md does not exist",
        "other.md#nothing names no heading",
        "#bottom names no heading",
        "gone.md does not exist",
    ]
