"""Answers as EQdkp Plus wrote them: as JSON or XML, with a `status` of 1, or of 0 and an `error` (O-5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from html import escape
from typing import Any, Final

import msgspec

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points

ROOT: Final = "response"
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_NUMBERS: Final = frozenset({int, Decimal})
# What no XML 1.0 document may hold, not even as a reference.
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Format(StrEnum):
    """How an answer is written; XML unless told."""

    XML = "xml"
    JSON = "json"

    @classmethod
    def of(cls, text: str) -> Format:
        """The format named. Raises: InvalidValue."""
        try:
            return cls(text or cls.XML)
        except ValueError as unknown:
            raise InvalidValue("format", f"{text[:40]!r} is not written here", "json or xml") from unknown

    @property
    def content_type(self) -> bytes:
        """The media type."""
        return b"application/json" if self is Format.JSON else b"text/xml; charset=utf-8"

    def written(self, answer: Mapping[str, Any]) -> bytes:
        """The answer, whole."""
        return _ENCODE(answer) if self is Format.JSON else as_xml(answer)

    def well(self, body: bytes) -> bytes:
        """An answer that was written as JSON, and that all went well."""
        if self is Format.JSON:
            return body[:-1] + (b"" if body == b"{}" else b",") + b'"status":1}'  # it may be large
        return as_xml({**again(body), "status": 1})


def amount(points: Points) -> msgspec.Raw:
    """Points as EQdkp Plus writes them: as a number, without trailing zeros; exact, since no float is made of them."""
    return _number(points.hundredths)


@lru_cache(maxsize=65_536)
def _number(hundredths: int) -> msgspec.Raw:
    return msgspec.Raw(str(Points(hundredths)).rstrip("0").rstrip(".").encode("ascii"))


def again(body: bytes) -> Mapping[str, Any]:
    """An answer that was written as JSON before."""
    found: Mapping[str, Any] = _JSON.decode(body)
    return found


_JSON: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode


def as_xml(answer: Mapping[str, Any]) -> bytes:
    """The answer as XML: `player:7` is an element player, the entries of a list are i0, i1 and so on."""
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n']
    _element(ROOT, answer, parts)
    return "".join(parts).encode("utf-8", "replace")


def _element(name: str, value: object, parts: list[str]) -> None:
    kind = type(value)
    if kind in _NUMBERS:
        parts.append(f"<{name}>{value}</{name}>\n")
    elif isinstance(value, str):
        _leaf(name, value, parts)
    elif isinstance(value, dict):
        parts.append(f"<{name}>")
        if _NUMBERS.issuperset(map(type, value.values())):
            parts.append(_form(tuple(value)) % tuple(value.values()))
        else:
            for key, each in value.items():
                _element(_name_of(key), each, parts)
        parts.append(f"</{name}>\n")
    elif isinstance(value, list):
        parts.append(f"<{name}>")
        for index, each in enumerate(value):
            _element(f"i{index}", each, parts)
        parts.append(f"</{name}>\n")
    else:
        _leaf(name, _in_words(value), parts)


def _in_words(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _leaf(name: str, text: str, parts: list[str]) -> None:
    if text == "":
        parts.append(f"<{name}/>\n")
    else:
        parts.append(f"<{name}>{escape(_UNWRITABLE.sub(' ', text), quote=False)}</{name}>\n")


@lru_cache(maxsize=256)
def _form(keys: tuple[str, ...]) -> str:
    """The elements of these keys, with gaps for what is in them: most of what there is are such rows of numbers."""
    return "".join(f"<{name}>%s</{name}>\n" for name in map(_name_of, keys))


@lru_cache(maxsize=4096)
def _name_of(key: str) -> str:
    name = key.partition(":")[0]
    if name.isascii() and name.isdigit():
        return f"i{name}"
    return name if NAME.fullmatch(name) else "field"
