"""The rows of a guild, a piece at a time, from one state of the database."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from attrs import define, field, frozen
from sqlalchemy import BigInteger, Integer, Select, and_, bindparam, or_, select, tuple_

from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.guild_export.layout import Row, Sheet, sheets
from dkp_adapters.sql.guild_export.secrecy import Secrecy
from dkp_adapters.sql.references import USER, Rewriting
from dkp_adapters.sql.statement import PerDialect, Statement, in_guild, json_values
from dkp_adapters.sql.tables.accounts import users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_core.kernel.ids import GuildId, UserId

PIECE: Final = 1000
"""How many rows are in memory at once."""
_PIECES: Final = {"uploads": 4}
"""The same, of tables whose rows may be large."""

_GUILD: Final = Statement(
    select(*sheets()["guilds"].columns).where(guilds.c.id == bindparam("guild_id", type_=BigInteger))
)
_USERS: Final = Statement(
    select(*sheets()["users"].columns).where(users.c.id.in_(json_values("ids"))).order_by(users.c.id)
)


@frozen
class _Reading:
    """How a table is read in pieces, by its key: `key` are the places of the key's columns in a row."""

    first: Statement
    later: Statement
    key: tuple[int, ...]


@cache
def _reading(name: str) -> _Reading:
    sheet = sheets()[name]
    key = [each for each in sheet.table.primary_key.columns if each.key != "guild_id"]
    after = [bindparam(f"after_{each.key}", type_=each.type) for each in key]
    wanted = select(*sheet.columns).where(in_guild(sheet.table)).order_by(*key).limit(bindparam("most", type_=Integer))
    if not key:
        return _Reading(Statement(wanted), Statement(wanted), ())
    together = wanted.where(tuple_(*key) > tuple_(*after))
    # MariaDB looks through everything that comes before, where a comparison is of several columns at once.
    apart: Select[Any] = wanted.where(
        or_(
            *(
                and_(*(key[before] == after[before] for before in range(place)), key[place] > after[place])
                for place in range(len(key))
            )
        )
    )
    return _Reading(
        Statement(wanted),
        Statement(PerDialect(sqlite=together, postgresql=together, mysql=apart)),
        tuple(sheet.place(each.key) for each in key),
    )


@define(eq=False)
class GuildRows:
    """Everything that a guild owns, table by table, as it is stored.

    Unless it is to be `everything`, what the `viewer` may not know is left out.
    """

    connection: Connection
    guild_id: GuildId
    everything: bool
    viewer: UserId | None = None
    _users: set[int] = field(factory=set, init=False)
    _secrecy: Secrecy | None = field(default=None, init=False)

    def pieces(self) -> Iterator[tuple[Sheet, Iterator[list[Row]]]]:
        """Every table, each to be read to its end before the next: who is named is known in the end."""
        if not self.everything:
            self._secrecy = Secrecy.of(self.connection, self.guild_id, self.viewer)
        for sheet in sheets().values():
            yield sheet, self._of(sheet)

    def _of(self, sheet: Sheet) -> Iterator[list[Row]]:
        if sheet.name == "guilds":
            yield [list(row) for row in self._all(_GUILD)]
        elif sheet.name == "users":
            known = sorted(self._users)
            for start in range(0, len(known), PIECE):
                yield [list(row) for row in self.connection.all(_USERS, {"ids": known[start : start + PIECE]})]
        else:
            yield from self._of_guild(sheet)

    def _of_guild(self, sheet: Sheet) -> Iterator[list[Row]]:
        reading, rewriting = _reading(sheet.name), Rewriting.of(sheet.name, sheet.names)
        keep = None if self._secrecy is None else self._secrecy.keep(sheet)
        params: dict[str, Any] = {"guild_id": self.guild_id, "most": _PIECES.get(sheet.name, PIECE)}
        statement = reading.first
        while True:
            rows = [list(row) for row in self.connection.all(statement, dict(params))]
            kept = rows if keep is None else [row for row in rows if keep(row)]
            for row in kept:
                rewriting(row, self._seen)
            yield kept
            if len(rows) < params["most"] or not reading.key:
                return
            last = rows[-1]
            params |= {f"after_{sheet.names[place]}": last[place] for place in reading.key}
            statement = reading.later

    def _seen(self, kind: str, number: int, /, *, loose: bool) -> int:  # noqa: ARG002  # as everybody who is shown ids
        if kind == USER:
            self._users.add(number)
        return number

    def _all(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self.connection.all(statement, {"guild_id": self.guild_id})
