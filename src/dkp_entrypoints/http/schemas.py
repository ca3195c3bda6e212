"""JSON Schemas of what goes in and out, each with an example that fits it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, NewType, Union, get_args, get_origin

import attrs
import msgspec
from attrs import define, field
from msgspec import UNSET, UnsetType

from dkp_core.kernel.page import Page
from dkp_core.kernel.points import Points
from dkp_entrypoints.http.presenting import fields_of, row_of
from dkp_entrypoints.http.reading import Body, Query, limits_of

Schema = dict[str, Any]

REFERENCES: Final = "#/components/schemas/"
AMOUNT_PATTERN: Final = r"^[+-]?[0-9]{1,10}(\.[0-9]{1,2})?$"
POINTS: Final[Schema] = {
    "type": "string",
    "pattern": r"^-?[0-9]+\.[0-9]{2}$",
    "description": "Points, exact to two decimals.",
    "examples": ["125.50"],
}
_FROM_CONTENT: Final[Schema] = {"type": "string", "contentMediaType": "application/octet-stream"}

# Examples by the name of a field, else by its type.
EXAMPLES: Final[Mapping[str, Any]] = {
    "sections": {"profile": [{"id": 7, "username": "thalia"}], "keys": []},
    "accepted": "a whole number from 1 to 500",
    "actor_id": "7",
    "actor_name": "Karnor",
    "aggregate_id": "12",
    "amount": "12.50",
    "at": "2026-11-20T20:15:00Z",
    "attendance_30": "87.50",
    "attendance_60": "80.00",
    "attendance_90": "81.25",
    "attendance_lifetime": "79.41",
    "adjusted": "0.00",
    "character": "Thalindra",
    "character_class": "Cleric",
    "character_name": "Thalindra",
    "current": "310.00",
    "detail": "page: 0 is not a page; accepted: 1 to 1000000.",
    "discord_id": "184405311681986560",
    "discord_username": "thalindra",
    "event_type": "Plane of Fear",
    "fault": "0 is not a page",
    "field": "page",
    "file_name": "RaidTick-2026-11-20_20-15-00.txt",
    "first_weekday": "monday",
    "format": "zeal_raid_tick",
    "guild": "dawn-guard",
    "grammar": {"call_phrases": ["open for bids"], "amount_words": {"high": "50"}},
    "instance": "/api/characters/",
    "item": "Cloak of Flames",
    "key": "0d5c4f0e-6a58-4c39-9a53-0c3f0a3b8f11",
    "line": "[Fri Nov 20 20:15:00 2026] Thalindra tells you, 'Cloak of Flames 50'",
    "lines": ["[Fri Nov 20 20:15:00 2026] Thalindra tells you, 'Cloak of Flames 50'"],
    "locale": "en",
    "main_character": "Thalindra",
    "metadata": {"zone": "fearplane"},
    "muted": ["auctions", "votes"],
    "name": "Thalindra",
    "note": "",
    "notes": "",
    "owner": "thalindra",
    "prefix": "k3v7q2m5x4bd",
    "race": "High Elf",
    "rank": "Raider",
    "reason": "Helped with keys",
    "request_id": "5f2c1ad0c3b94d1e9a70",
    "role_group": "member",
    "rows_imported": {"members": 121, "raids": 1034},
    "rules": {"mode": "sealed_second_price", "minimum": "5.00", "seconds": 120},
    "scopes": ["points:read", "raids:write"],
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "slug": "dawn-guard",
    "text": "Thalindra\nBorgrim\n",
    "timezone": "Europe/Berlin",
    "token": "dkp_k3v7q2m5x4bd_4n5p6q7r2s3t4u5v6w7x2y3z4a5b6c7d2e3f4g5h6i7j2k3l4m5n",
    "type": "/problems/invalid_value",
    "unit": "DKP",
    "username": "thalindra",
    "webhook": "https://discord.com/api/webhooks/1190000000000000002/the-token-of-the-webhook",
    "values": {"mode": "sealed_second_price", "minimum": "5.00", "seconds": 120},
    "zone": "Europe/Berlin",
}


@define(eq=False)
class Schemas:
    """Collects the schemas of named types, each once, under `components`."""

    components: dict[str, Schema] = field(init=False, factory=dict)
    _named: dict[str, type] = field(init=False, factory=dict)

    def of(self, kind: Any) -> Schema:
        """The schema of a type, a reference where it has a name."""
        limits = limits_of(kind)
        if get_origin(kind) is Annotated:
            schema = self.of(get_args(kind)[0])
            return schema if limits is None else self._narrowed(schema, limits)
        if isinstance(kind, NewType):
            return self.of(kind.__supertype__)
        origin = get_origin(kind)
        if origin in (Union, UnionType):
            return self._any_of(kind)
        if origin is Page:
            return self._page(kind)
        if origin in (tuple, list, Sequence):
            return {"type": "array", "items": self.of(get_args(kind)[0])}
        if origin in (set, frozenset, AbstractSet):
            return {"type": "array", "items": self.of(get_args(kind)[0]), "uniqueItems": True}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.of(get_args(kind)[1])}
        return self._plain(kind)

    def _plain(self, kind: Any) -> Schema:
        if kind is Points:
            return POINTS
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self._component(kind, lambda: {"type": "string", "enum": [each.value for each in kind]})
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._component(kind, lambda: self._struct(kind))
        if isinstance(kind, type) and attrs.has(kind):
            return self._component(kind, lambda: self._row(kind))
        simple: dict[Any, Schema] = {
            str: {"type": "string"},
            int: {"type": "integer"},
            bool: {"type": "boolean"},
            datetime: {"type": "string", "format": "date-time"},
            date: {"type": "string", "format": "date"},
            bytes: _FROM_CONTENT,
            NoneType: {"type": "null"},
            object: {},
        }
        return dict(simple[kind])

    def _component(self, kind: type, make: Any) -> Schema:
        name = kind.__name__
        if name not in self.components:
            self._named[name] = kind
            self.components[name] = {}  # it may refer to itself
            self.components[name] = make()
        assert self._named[name] is kind, f"two types are called {name}"
        return {"$ref": REFERENCES + name}

    def _any_of(self, kind: Any) -> Schema:
        options = [self.of(each) for each in get_args(kind) if each is not UnsetType]
        if len(options) == 1:
            return options[0]
        types = [option.get("type") for option in options]
        if all(isinstance(each, str) and len(option) == 1 for each, option in zip(types, options, strict=True)):
            return {"type": types}
        return {"anyOf": options}

    def _narrowed(self, schema: Schema, limits: msgspec.Meta) -> Schema:
        extra = dict(limits.extra_json_schema or {})
        if extra.pop("x-amount", False):
            schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": AMOUNT_PATTERN}]}
        pairs = {
            "minimum": limits.ge,
            "maximum": limits.le,
            "minLength": limits.min_length if schema.get("type") == "string" else None,
            "maxLength": limits.max_length if schema.get("type") == "string" else None,
            "minItems": limits.min_length if schema.get("type") == "array" else None,
            "maxItems": limits.max_length if schema.get("type") == "array" else None,
            "description": limits.description,
        }
        return {**schema, **extra, **{name: value for name, value in pairs.items() if value is not None}}

    def _page(self, kind: Any) -> Schema:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "minimum": 0, "description": "Rows over all pages."},
                "next": {**link, "description": "The next page, if there is one."},
                "previous": {**link, "description": "The page before, if there is one."},
                "results": {"type": "array", "items": self.of(row_of(kind))},
            },
        }

    def _struct(self, kind: type[msgspec.Struct]) -> Schema:
        fields = msgspec.structs.fields(kind)
        properties = {}
        for each in fields:
            properties[each.encode_name] = self.of(each.type)
            if each.default not in (msgspec.NODEFAULT, None, "", UNSET, ()):
                properties[each.encode_name] = {**properties[each.encode_name], "default": _as_json(each.default)}
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if required := [each.encode_name for each in fields if each.required]:
            schema["required"] = required
        return _described(kind, schema)

    def _row(self, kind: type) -> Schema:
        kinds = fields_of(kind)
        properties = {name: self.of(each) for name, each in kinds.items()}
        return _described(kind, {"type": "object", "required": list(kinds), "properties": properties})


def _described(kind: type, schema: Schema) -> Schema:
    text = inspect.getdoc(kind)
    return {"description": text, **schema} if text else schema


def _as_json(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


# --- examples ---------------------------------------------------------------------------------------------------------


def example_of(kind: Any, name: str = "") -> Any:
    """A value that fits the type, told by the name of the field where that says more."""
    if get_origin(kind) is Annotated:
        return example_of(get_args(kind)[0], name)
    if isinstance(kind, NewType):
        return example_of(kind.__supertype__, name)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _example_of_any(kind, name)
    if origin is Page:
        return {"count": 1, "next": None, "previous": None, "results": [example_of(row_of(kind))]}
    if origin in (tuple, list, Sequence, set, frozenset, AbstractSet):
        each, several = example_of(get_args(kind)[0], "name"), EXAMPLES.get(name)
        return several if isinstance(several, list) and isinstance(each, str) else [each]
    if origin in (dict, Mapping):
        if isinstance(EXAMPLES.get(name), dict):
            return EXAMPLES[name]
        return {"zone": "fearplane"} if get_args(kind)[1] is str else {"public_roster": True}
    return _plain_example(kind, name)


def _example_of_any(kind: Any, name: str) -> Any:
    options = [each for each in get_args(kind) if each not in (NoneType, UnsetType)]
    if str in options and name in EXAMPLES and isinstance(EXAMPLES[name], str):
        return EXAMPLES[name]
    return example_of(options[-1] if name in ("amount", "points") else options[0], name)


def _plain_example(kind: Any, name: str) -> Any:
    if kind is Points:
        return EXAMPLES[name] if name in ("adjusted", "amount", "current") else "125.50"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if isinstance(kind, type) and issubclass(kind, Body | Query):
        return {
            each.encode_name: example_of(each.type, each.encode_name)
            for each in msgspec.structs.fields(kind)
            if each.required
        }
    if isinstance(kind, type) and attrs.has(kind):
        return {each: example_of(of, each) for each, of in fields_of(kind).items()}
    if kind is int:
        return 7 if name.endswith(("id", "owner", "leader")) else 1
    if kind is str:
        found = EXAMPLES.get(name, "text")
        return found if isinstance(found, str) else "text"
    values: dict[Any, Any] = {
        bool: True,
        datetime: "2026-11-20T20:15:00Z",
        date: "2026-11-20",
        bytes: "",
        NoneType: None,
        object: {},
    }
    return values[kind]
