"""By what the content of a source is known again, whichever program dumped it, and however often it was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from operator import itemgetter
from typing import Final

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.moving import Person

_OF_VIEWERS: Final = frozenset(
    {"sessions", "cronjobs", "notifications", "member_points", "repository", "guildrequest_visits"}
)
"""Tables that change when somebody looks at the site, or with time."""
_VIEWED: Final[Mapping[str, frozenset[str]]] = {
    table: frozenset(columns.split())
    for table, columns in {
        "users": "user_lastvisit user_lastpage user_login_key failed_login_attempts",
        "members": "points points_apa",
        "raids": "raid_apa_value",
        "items": "item_apa_value",
        "adjustments": "adjustment_apa_value",
        "articles": "hits",
        "guildrequest_requests": "lastvisit",
    }.items()
}
"""Columns that do."""
_SETTING: Final = "config_name"
_HOUSEKEEPING: Final = (b"_last_cleanup", b"_last_run", b"_known_task_hash")
"""How settings end that do."""
_MODULUS: Final = 2**256


def fingerprint_of(source: EqdkpSource, people: Iterable[Person]) -> str:
    """64 hex digits: of all rows, in whatever order they and their columns come, but for what changes by viewing.

    The rules of the points and whom the key told are part of it: with others, something else is imported.
    """
    whole = sha256()
    for table in sorted(source.tables):
        if table not in _OF_VIEWERS:
            whole.update(f"{table}={_sum_of(source, table):064x}\n".encode())
    for person in people:
        whole.update(f"{person.external_id}={person.discord_id}\n".encode())
    for rule in source.adjustments:
        whole.update(f"{sorted(rule.settings.items(), key=str)}\n".encode())
    for name, function in sorted(source.functions.items()):
        whole.update(f"{name}={function.lines}\n".encode())
    return whole.hexdigest()


def _sum_of(source: EqdkpSource, table: str) -> int:
    """The sum over its rows, in which their order does not matter, and how often each is there does."""
    columns = source.columns(table)
    viewed = _VIEWED.get(table, frozenset())
    said = sorted((column, place) for place, column in enumerate(columns) if column not in viewed)
    if not said:
        return 0
    ordered = itemgetter(*(place for _, place in said))
    name = columns.index(_SETTING) if table == rows.Setting.table and _SETTING in columns else None
    total = 0
    for cells in source.stored(table):
        whole = cells if len(cells) == len(columns) else (*cells, *[None] * (len(columns) - len(cells)))
        if name is None or not (whole[name] or b"").endswith(_HOUSEKEEPING):
            total += int.from_bytes(sha256(repr(ordered(whole)).encode()).digest())
    head = sha256(repr([column for column, _ in said]).encode()).digest()
    return (total + int.from_bytes(head)) % _MODULUS
