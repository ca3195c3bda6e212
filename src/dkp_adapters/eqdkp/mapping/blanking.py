"""What is nobody's business is left out of the archive: passwords, keys, sessions (O-2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from dkp_adapters.eqdkp.source import RawRow

BLANK: Final = "(left out)"
"""What stands where a secret stood."""

_NAMES: Final = (
    r"passw|pwd|secret|token|salt|(?:^|_)pw$|_pass$|"
    r"(?:^|[_ ])(?:api|auth|activation|exchange|login|private|public|session|p)?_?key(?:s|_ro)?$|"
    r"api_?key|confirm_?key|(?:auth|activation|exchange|login)[ _]?key"
)
_SECRET: Final = re.compile(_NAMES, re.IGNORECASE)
_COLUMN: Final = re.compile(rf"{_NAMES}|^session_(?:id|ip|vars|perm_id)$|_sid$|ip_?address|_ip$", re.IGNORECASE)
_SHARED: Final = frozenset({"item_group_key", "adjustment_group_key"})
"""Keys that rows have in common, and that open nothing."""
_LOGGED: Final = ("logs", "log_value")
_SETTING: Final = ("config", "config_name", "config_value")
_PAIR: Final = re.compile(r'(s:\d+:"([^"]{1,80})";)s:\d+:"(?:[^"\\]|\\.)*";')


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether what goes by that name, such as a setting, is a secret."""
    return _SECRET.search(name) is not None


def blanked(row: RawRow) -> dict[str, str | None]:
    """The row by its columns, with what is secret left out of it."""
    values = dict(zip(row.columns, row.values, strict=True))
    is_secret_setting = row.table == _SETTING[0] and is_secret(values.get(_SETTING[1]) or "")
    return {
        column: _blanked(row.table, column, value, is_setting=is_secret_setting and column == _SETTING[2])
        for column, value in values.items()
    }


def blanked_columns(columns: Sequence[str]) -> Sequence[str]:
    """Those of a table's columns that are left out wherever something stands in them."""
    return [each for each in columns if each not in _SHARED and _COLUMN.search(each)]


def _blanked(table: str, column: str, value: str | None, *, is_setting: bool) -> str | None:
    if not value:
        return value
    if is_setting or blanked_columns([column]):
        return BLANK
    if (table, column) == _LOGGED and is_secret_within(value):
        return BLANK
    if value.startswith("a:"):
        return _PAIR.sub(_without, value)
    return value


def is_secret_within(serialized: str) -> bool:
    """Whether something in what PHP serialized goes by the name of a secret."""
    return any(is_secret(each.strip("{}")) for each in re.findall(r's:\d+:"([^"]{1,80})";', serialized))


def _without(pair: re.Match[str]) -> str:
    if not is_secret(pair[2]):
        return pair[0]
    return f'{pair[1]}s:{len(BLANK)}:"{BLANK}";'
