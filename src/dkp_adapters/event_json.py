"""Domain events as the JSON that is kept of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, TypeVar

from cattrs.preconf.json import JsonConverter, make_converter

from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.points import Points

Event = TypeVar("Event", bound=DomainEvent)


def _converter() -> JsonConverter:
    converter = make_converter()
    converter.register_unstructure_hook(Points, str)
    converter.register_structure_hook(Points, lambda text, _: Points.of(text))
    return converter


_CONVERTER: Final = _converter()
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def event_to_json(event: DomainEvent) -> str:
    """What happened, as compact JSON: points as text, moments in ISO 8601."""
    return _ENCODER.encode(_CONVERTER.unstructure(event))


def event_from(kind: type[Event], data: Mapping[str, object]) -> Event:
    """The event of that kind again, from its parsed JSON."""
    return _CONVERTER.structure(data, kind)
