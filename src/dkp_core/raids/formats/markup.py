"""Files in XML: read whole, under limits, with the lines on which each element starts and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NoReturn
from xml.parsers import expat

from attrs import define, field

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import ZERO, Points
from dkp_core.raids.formats.errors import DumpIsBroken
from dkp_core.raids.formats.format import Sample
from dkp_core.raids.formats.loot_table import item_in
from dkp_core.raids.formats.sheet import Sheet, noted, number_in
from dkp_core.raids.formats.text import DumpText

DEPTH_MAX: Final = 32
"""Elements within elements. What is read here nests six deep."""

ELEMENTS_MAX: Final = 200_000
"""Elements, and attributes with them. A raid of a hundred people who come and go ten times each has five thousand."""

NAME_LENGTH_MAX: Final = 100
"""Characters of the name of an element or attribute."""

SHOWN_LENGTH_MAX: Final = 1000
"""Characters of one text that a line's detail keeps; of more, the end is left out and marked so."""

PATH_LENGTH_MAX: Final = 100
"""Characters of the names that lead to a text; of more, the first are left out and marked so."""

PROLOG: Final = re.compile(r"(?>\s+|<\?(?:(?!\?>).)*+\?>|<!--(?:(?!-->).)*+-->)*+", re.DOTALL)
"""White space, the declaration and comments, which stand before the first element."""

BARE: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
"""An ampersand that begins no reference: add-ons write names and notes into their XML as they are."""

BARE_MARK: Final = "\ue000"
"""Stands for such an ampersand while the XML is read: a character of private use, which nobody writes."""

NOBODY: Final = frozenset(("disenchanted", "_disenchanted", "bank", "_bank", "guild bank", "_deleted_"))
"""Words that trackers put in place of a player for what nobody got."""

PRICE: Final = re.compile(r"(?<![\d.,])(\d{1,10}(?:\.\d{1,2})?) ?DKP\b", re.IGNORECASE | re.ASCII)
"""A price within a note, as officers write one while the raid goes on."""

NONE_GIVEN: Final[Mapping[str, str]] = MappingProxyType({})


@define(eq=False)
class Element:
    """An element with its name in lower case; `text` is what stands directly in it, without outer white space."""

    name: str
    attributes: Mapping[str, str]
    line: int
    end_line: int = 0
    text: str = ""
    children: list[Element] = field(factory=list)

    def child(self, name: str) -> Element | None:
        """The first element of that name directly in this one."""
        return next((each for each in self.children if each.name == name), None)

    def within(self, name: str) -> tuple[Element, ...]:
        """What stands directly in the elements of that name; nothing where there is none."""
        return tuple(inner for each in self.children if each.name == name for inner in each.children)

    def word(self, *names: str) -> str:
        """The text of the first of these elements that has one."""
        return next((each.text for each in self.children if each.name in names and each.text), "")

    def leaves(self, path: str = "") -> Iterator[tuple[str, str, Element]]:
        """What is written in this element and those within it: the names that lead there, the text, and where."""
        here = f"{path}/{self.name}" if path else self.name
        if len(here) > PATH_LENGTH_MAX:
            here = f"…{here[1 - PATH_LENGTH_MAX :]}"
        if self.text:
            yield here, self.text, self
        for name, value in self.attributes.items():
            if value:
                yield f"{here} {name}", value, self
        for each in self.children:
            yield from each.leaves(here)

    def rest(self, *read: str) -> str:
        """What is written in this element besides the elements that were read, as a note."""
        own = [("text", self.text)] if self.text else []
        inner = ((path, text) for each in self.children if each.name not in read for path, text, _ in each.leaves())
        return shown("; ".join(f"{name}: {text}" for name, text in (*own, *self.attributes.items(), *inner)))


def holds_element(sample: Sample, name: str) -> bool:
    """Whether a file starts as XML does and soon has an element of that name."""
    return sample.start.startswith("<") and re.search(rf"<{name}[\s>/]", sample.start, re.IGNORECASE) is not None


def begins_with(sample: Sample, name: str) -> bool:
    """Whether the element of that name is a file's first, behind what XML may have before it."""
    prolog = PROLOG.match(sample.start)
    assert prolog is not None, "it may be empty"
    return re.compile(rf"<{name}[\s>/]", re.IGNORECASE).match(sample.start, prolog.end()) is not None


def element_of(text: DumpText, name: str) -> Element:
    """The whole file as one element of that name.

    Raises: DumpIsBroken, which names the line, for what is no XML, or starts with another element, declares a document
    type (and with it entities), nests too deep or has too many elements.
    """
    root = document_of("\n".join(line for _, line in text.lines()))
    if root.name != name:
        raise DumpIsBroken("XML", root.line, f"it starts with <{root.name[:40]}> where <{name}> is read")
    return root


def document_of(text: str) -> Element:
    """The whole text as one element, whatever its name. Raises: DumpIsBroken, as `element_of` does."""
    whole = text.lstrip("\ufeff")
    written = whole.lstrip()
    tree = _Tree(whole.count("\n", 0, len(whole) - len(written)))
    # A carriage return within a line ends one for the parser, but not for whoever looks at the file's lines.
    return tree.read(BARE.sub(BARE_MARK, written.replace("\r", " ")).encode("utf-8", "replace"))


class _Tree:
    """The elements while they are being read."""

    def __init__(self, lines_before: int) -> None:
        self._lines_before = lines_before
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._root: Element | None = None
        self._count = 0
        # What the file says of its own encoding does not hold any more.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._say
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, data: bytes) -> Element:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as fault:
            raise DumpIsBroken("XML", fault.lineno + self._lines_before, expat.ErrorString(fault.code)) from fault
        assert self._root is not None, "expat refuses what has no element"
        return self._root

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber + self._lines_before

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1 + len(attributes)
        if len(self._open) >= DEPTH_MAX:
            raise DumpIsBroken("XML", self._line, f"it nests deeper than {DEPTH_MAX} levels")
        if self._count > ELEMENTS_MAX:
            raise DumpIsBroken("XML", self._line, f"it has more than {ELEMENTS_MAX:,} elements and attributes")
        if len(name) > NAME_LENGTH_MAX or any(len(key) > NAME_LENGTH_MAX for key in attributes):
            raise DumpIsBroken("XML", self._line, f"an element's name has more than {NAME_LENGTH_MAX} characters")
        given = {key.lower(): value.replace(BARE_MARK, "&").strip() for key, value in attributes.items()}
        element = Element(name.lower(), given or NONE_GIVEN, self._line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.end_line = self._line
        element.text = "".join(self._texts.pop()).replace(BARE_MARK, "&").strip()

    def _say(self, text: str) -> None:
        self._texts[-1].append(text)

    def _refuse(self, *_: object) -> NoReturn:
        raise DumpIsBroken("XML", self._line, "it declares a document type, which no such export does")


class Ledger:
    """The lines of a document: which of them hold what was read, so that the others can be counted."""

    def __init__(self, sheet: Sheet, text: DumpText) -> None:
        self.sheet = sheet
        self._text = text
        self._taken: set[int] = set()
        self._last: Element | None = None

    def take(self, element: Element) -> int:
        """The line of an element that is being read; the lines that it goes over are told to continue it."""
        self._continue()
        self._taken.add(element.line)
        self._last = element
        return element.line

    def keep(self, element: Element, path: str = "") -> None:
        """Note what an element tells besides who was there and what dropped, text by text."""
        for where, text, leaf in element.leaves(path):
            self.sheet.metadata(self.take(leaf), f"{where}: {shown(text)}")

    def keep_stray(self, *elements: Element) -> None:
        """Note what is written in elements that only hold others."""
        for element in elements:
            for what in ((element.text,) if element.text else ()) + tuple(element.attributes.values()):
                self._taken.add(element.line)
                self.sheet.metadata(element.line, f"{element.name}: {shown(what)}")

    def close(self) -> None:
        """Count the lines that hold nothing but the tags around what was read."""
        self._continue()
        self.sheet.noise(self._text.lines_total - len(self._taken))

    def _continue(self) -> None:
        if self._last is None:
            return
        for number in range(self._last.line + 1, self._last.end_line + 1):
            if number not in self._taken:
                self._taken.add(number)
                self.sheet.metadata(number, f"continues line {self._last.line}")
        self._last = None


def shown(text: str) -> str:
    """A text on one line, short enough for a line's detail."""
    folded = " ".join(text[: 4 * SHOWN_LENGTH_MAX].split())
    return folded if len(text) <= SHOWN_LENGTH_MAX else f"{folded[:SHOWN_LENGTH_MAX]}… ({len(text):,} characters)"


def level_of(element: Element) -> tuple[int | None, str]:
    """Somebody's level, and what is to say of one that is no number."""
    text = element.word("level")
    level = number_in(text)
    return level, f"level {shown(text)!r} is no number" if level is None and text else ""


def price_of(cost: str, note: str) -> tuple[Points | None, str]:
    """What an item cost, by its own element or a price in its note; and what is to say of a cost that is none."""
    found = PRICE.search(note[: 4 * SHOWN_LENGTH_MAX]) if not cost else None
    stated = cost or (found[1] if found is not None else "")
    if not stated or stated.casefold() == "nil":
        return None, ""
    try:
        price = Points.of(stated, "cost")
    except InvalidValue:
        return None, f"cost {shown(stated)!r} is no amount of points"
    return (price, "") if price >= ZERO else (None, f"cost {price} is less than nothing")


def loot_of(
    ledger: Ledger,
    element: Element,
    *,
    item: str,
    name: str,
    quantity: str,
    cost: str,
    at: datetime | None,
    said: str,
    note: str,
) -> None:
    """Note an item that dropped, who got it and for how much; the bank, or whoever takes things apart, is nobody.

    `said` is what the file says of the time, read or not.
    """
    price, odd = price_of(cost, element.word("note"))
    gone = name.casefold() in NOBODY
    count = int(quantity) if quantity.isascii() and quantity.isdigit() and 0 < len(quantity) < 5 else 1
    ledger.sheet.loot(
        ledger.take(element),
        item_in(item),
        raw_name="" if gone else name,
        quantity=max(count, 1),
        cost=price,
        at=at,
        rot=gone,
        note=noted(name if gone else "", odd, note),
        time_unread="" if said == "0" else said,
    )
