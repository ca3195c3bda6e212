"""What is nobody's business is left out of the archive: passwords, keys, sessions (O-2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from attrs import frozen

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
_NAME_OF_SETTING: Final = "config_name"
_PAIR: Final = re.compile(r'(s:\d+:"([^"]{1,80})";)s:\d+:"(?:[^"\\]|\\.)*";')


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Whether what goes by that name, such as a setting, is a secret."""
    return _SECRET.search(name) is not None


@frozen
class Blanking:
    """What is left out of the rows of a table: `columns` wherever something stands in them, and secrets in others."""

    columns: Sequence[str]
    _ways: Mapping[str, _Way]

    @classmethod
    def of(cls, table: str, columns: Sequence[str]) -> Blanking:
        """That of a table with these columns."""
        secret = [each for each in columns if each not in _SHARED and _COLUMN.search(each)]
        within = {each: _WITHIN[table, each] for each in columns if (table, each) in _WITHIN}
        return cls(secret, within | dict.fromkeys(secret, _blank))

    def blanked(self, row: RawRow) -> dict[str, str | None]:
        """The row by its columns, with what is secret left out of it."""
        found = dict(zip(row.columns, row.values, strict=True))
        for column, value in zip(row.columns, row.values, strict=True):
            if value and column in self._ways:
                found[column] = self._ways[column](value, found)
            elif value and value.startswith("a:"):
                found[column] = _PAIR.sub(_without, value)
        return found


_Row: TypeAlias = Mapping[str, "str | None"]
_Way: TypeAlias = Callable[[str, _Row], str]
"""How a value of a row is archived."""


def _blank(_value: str, _row: _Row) -> str:
    return BLANK


def _setting(value: str, row: _Row) -> str:
    return BLANK if is_secret(row.get(_NAME_OF_SETTING) or "") else _PAIR.sub(_without, value)


def _logged(value: str, _row: _Row) -> str:
    return BLANK if is_secret_within(value) else _PAIR.sub(_without, value)


_WITHIN: Final[Mapping[tuple[str, str], _Way]] = {("config", "config_value"): _setting, ("logs", "log_value"): _logged}


def is_secret_within(serialized: str) -> bool:
    """Whether something in what PHP serialized goes by the name of a secret."""
    return any(is_secret(each.strip("{}")) for each in re.findall(r's:\d+:"([^"]{1,80})";', serialized))


def _without(pair: re.Match[str]) -> str:
    if not is_secret(pair[2]):
        return pair[0]
    return f'{pair[1]}s:{len(BLANK)}:"{BLANK}";'
