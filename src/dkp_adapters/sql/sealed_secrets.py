"""Everything in the database that is kept sealed, found by what its columns say of themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final, Protocol

from attrs import frozen
from sqlalchemy import Column, Table, bindparam, select, update

from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, locking
from dkp_adapters.sql.tables import all_tables
from dkp_core.kernel.actor import Actor, job
from dkp_core.kernel.ports import SealedSecrets, Sealing

_JOB: Final = job("reseal_secrets")


class Work(Protocol):
    """What an opened unit of work has."""

    session: Session


@frozen
class SealedColumns:
    """The columns of a table that hold secrets, and the statements that read and write them."""

    read: Statement
    write: Statement
    keys: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, table: Table, columns: list[Column[str]]) -> SealedColumns:
        """Of that table."""
        key = tuple(table.primary_key.columns)
        bound = {each.name: bindparam(f"key_{each.name}", type_=each.type) for each in key}
        read = Statement(locking(select(*key, *columns).order_by(*key)), across_guilds=True)  # the keys are everybody's
        write = Statement(
            update(table)
            .where(*(each == bound[each.name] for each in key))
            .values({each.name: bindparam(f"to_{each.name}", type_=each.type) for each in columns}),
            across_guilds=True,  # as above
        )
        return cls(read, write, tuple(each.name for each in key), tuple(each.name for each in columns))


def sealed_columns() -> Iterator[SealedColumns]:
    """Those of every table that has some."""
    for table in all_tables().sorted_tables:
        sealed = [each for each in table.columns if each.info.get("sealed")]
        if sealed:
            yield SealedColumns.of(table, sealed)


@frozen
class SqlSealedSecrets(SealedSecrets):
    """The secrets of a database, in one transaction."""

    begin: Callable[[Actor], AbstractContextManager[Work]]

    def reseal(self, sealing: Sealing) -> int:
        count = 0
        with self.begin(_JOB) as work:
            for each in sealed_columns():
                for row in work.session.all(each.read):
                    kept = dict(zip(each.names, row[len(each.keys) :], strict=True))
                    fresh = {
                        f"to_{name}": None if sealed is None else sealing.seal(sealing.open(sealed))
                        for name, sealed in kept.items()
                    }
                    which = {f"key_{name}": value for name, value in zip(each.keys, row, strict=False)}
                    work.session.run(each.write, **which, **fresh)
                    count += sum(sealed is not None for sealed in kept.values())
        return count
