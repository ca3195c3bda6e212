"""Processes that die: between two statements, or on either side of a commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field

from bench.statements import sending
from dkp_adapters.sql.engine import Connection, Engine, Pool


class Died(BaseException):
    """The process is no more; nothing in it gets to handle that."""


@define(eq=False)
class Death:
    """Comes to a process at one of its steps: before a statement, before a commit, or right after one."""

    strikes_at: int
    steps: int = field(default=0, init=False)

    def step(self, connection: Connection) -> None:
        """One step more, which may have been the last: then its connection is gone, and nothing was committed by it."""
        self.steps += 1
        if self.steps == self.strikes_at:
            connection.close()
            connection.broken = True
            connection.rollback = lambda: None  # type: ignore[method-assign]  # nobody is left to ask for it
            raise Died

    def haunt(self, engine: Engine) -> None:
        """Count the steps of every connection that may write."""
        for pool in (engine.writers, engine.aside):
            self._haunt(pool)

    def _haunt(self, pool: Pool) -> None:
        connect = pool.connect

        def connected() -> Connection:
            connection = connect()
            commit = connection.commit

            def stepping(send: Callable[..., Any]) -> Callable[..., Any]:
                def stepped(*args: Any) -> Any:
                    self.step(connection)
                    return send(*args)

                return stepped

            def committing() -> None:
                self.step(connection)
                commit()
                self.step(connection)

            for name in (*sending(connection), "ask"):
                setattr(connection, name, stepping(getattr(connection, name)))
            connection.commit = committing  # type: ignore[method-assign]  # the seam of this test
            return connection

        pool.connect = connected
