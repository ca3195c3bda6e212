"""HTML that is safe by how it is made: whatever is not an element already is text, and is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Html(str):
    """A piece of a page; only elements are."""

    __slots__ = ()


def element(name: str, *inside: object, **attributes: str) -> Html:
    """An element with these inside; `class_` is its class."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{given}>{joined(inside)}</{name}>")


def joined(pieces: Iterable[object]) -> Html:
    """These, one after the other."""
    return Html("".join(each if isinstance(each, Html) else escape(_printable(str(each))) for each in pieces))


def _printable(text: str) -> str:
    """Text without what no page may hold."""
    return "".join(char if char.isprintable() else " " for char in text)
