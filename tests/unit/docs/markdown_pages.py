"""Markdown pages as readers use them: code to paste, links to follow, headings to jump to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parents[3]

_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<marks>`{3,}|~{3,})\s*(?P<language>[\w+-]*)")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(?P<text>.+?)\s*#*$")
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?(?P<target>[^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(?P<target>[^\s>]+)>?")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


@frozen
class Block:
    """A fenced block: its language, its text and the line it starts on."""

    language: str
    text: str
    line: int

    @property
    def promised(self) -> tuple[str, ...]:
        """The lines it says it prints, each behind `# → `."""
        return tuple(re.findall(r"# → (.*)$", self.text, re.MULTILINE))


@frozen
class Link:
    """A link to another place of the repository, as written."""

    target: str
    line: int


@frozen
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> Page:
        """The page as it is on disk."""
        return cls(path, path.read_text("utf-8"))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The fenced blocks, in order."""
        found, opened, kept = [], None, list[str]()
        for number, line in enumerate(self.text.splitlines(), start=1):
            fence = _FENCE.match(line)
            if opened is None:
                if fence:
                    opened, kept = (fence, number), []
            elif fence and not fence["language"] and fence["marks"].startswith(opened[0]["marks"]):
                text = "".join(f"{each.removeprefix(opened[0]['indent'])}\n" for each in kept)
                found.append(Block(opened[0]["language"], text, opened[1] + 1))
                opened = None
            else:
                kept.append(line)
        return tuple(found)

    @property
    def links(self) -> tuple[Link, ...]:
        """The links into the repository; those to other sites are not followed."""
        found = []
        for number, line in self._prose():
            text = _CODE.sub("", line)
            targets = [match["target"] for match in (*_LINK.finditer(text), *_REFERENCE.finditer(text))]
            found += [Link(target, number) for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]
        return tuple(found)

    @property
    def anchors(self) -> frozenset[str]:
        """What follows `#` in a link to one of the headings, as GitHub writes it."""
        seen: dict[str, int] = {}
        anchors = set(re.findall(r"<a (?:name|id)=\"([^\"]+)\"", self.text))
        for _, line in self._prose():
            if heading := _HEADING.match(line):
                plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading["text"]).lower()
                anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
                count = seen.get(anchor, 0)
                seen[anchor] = count + 1
                anchors.add(f"{anchor}-{count}" if count else anchor)
        return frozenset(anchors)

    def _prose(self) -> Iterator[tuple[int, str]]:
        covered = {
            number for block in self.blocks for number in range(block.line - 1, block.line + block.text.count("\n") + 1)
        }
        for number, line in enumerate(self.text.splitlines(), start=1):
            if number not in covered:
                yield number, line


def pages() -> list[Page]:
    """The README, the other pages beside it, and everything under docs."""
    return [Page.read(path) for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])]


def broken(page: Page) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for link in page.links:
        place, _, anchor = link.target.partition("#")
        there = (ROOT if place.startswith("/") else page.path.parent) / place.lstrip("/") if place else page.path
        if not there.exists():
            yield f"{page.path.name}:{link.line}: {link.target} does not exist"
        elif anchor and there.suffix == ".md" and anchor not in (page if not place else Page.read(there)).anchors:
            yield f"{page.path.name}:{link.line}: {link.target} names no heading"
