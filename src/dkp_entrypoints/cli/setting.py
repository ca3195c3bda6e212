"""Rules and grammars as people type them: `NAME=VALUE`, or a JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.loot import RulesRow
from dkp_core.points import PoliciesRow
from dkp_core.recruitment import RecruitmentRulesRow
from dkp_entrypoints.cli.answering import answer, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.printing import note

VALUES = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME=VALUE...",
        help="Fields to set, such as increment=5; or a JSON object of them; - reads one from standard input.",
    ),
]
_ACCEPTED: Final = 'NAME=VALUE, or a JSON object such as {"increment": "5"}'


def said(texts: Iterable[str], field: str) -> dict[str, object]:
    """The fields that are set; of a field set twice, the last counts. Raises: InvalidValue."""
    values: dict[str, object] = {}
    for text in texts:
        values |= _said(sys.stdin.read() if text == "-" else text, field)
    return values


def _said(text: str, field: str) -> Mapping[str, object]:
    if text.lstrip().startswith("{"):
        return dict(_json(text, field))
    name, assigned, value = text.partition("=")
    if not assigned or not name.strip():
        raise InvalidValue(field, f"{text[:40]!r} sets nothing", _ACCEPTED)
    try:
        return {name.strip(): _json(value, field)}
    except InvalidValue:
        return {name.strip(): value.strip()}  # a word, such as open


def _json(text: str, field: str) -> Any:
    """What JSON says; a number with decimals stays as it was written, since points are exact. Raises: InvalidValue."""
    try:
        return json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as unreadable:
        raise InvalidValue(field, f"{text[:40]!r} is no JSON ({unreadable})", _ACCEPTED) from unreadable


@frozen
class _Field:
    field: str
    value: str


def answer_versions(call: Call, versions: Sequence[RulesRow | RecruitmentRulesRow | PoliciesRow]) -> None:
    """Answer with every version, the latest first; people see what holds now, field by field."""
    if call.as_json:
        answer_rows(call, versions, ())
        return
    answer_version(call, versions[0])


def answer_version(call: Call, latest: RulesRow | RecruitmentRulesRow | PoliciesRow) -> None:
    """Answer with one version of rules or grammar."""
    if call.as_json:
        answer(call, latest)
        return
    note(f"Version {latest.version}" + (", as it is unless set." if latest.changed_at is None else "."))
    rows = [_Field(name, json.dumps(value, ensure_ascii=False)) for name, value in latest.values.items()]
    answer_rows(call, rows, ("field", "value"))
