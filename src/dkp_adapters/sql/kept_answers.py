"""Taking back, in SQL, what kept answers tell of somebody (A-12)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from sqlalchemy import Text, bindparam, column, delete, exists, literal, or_, select, update

from dkp_adapters.answers import blanked, written
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import Statement, in_guild, json_rows, json_values, locking
from dkp_adapters.sql.tables.accounts import api_keys, memberships
from dkp_adapters.sql.tables.kernel import answered_requests
from dkp_core.accounts import KeptAnswers, KeyKind
from dkp_core.kernel.actor import ActorKind

_C: Final = answered_requests.c
_SPECIAL: Final = str.maketrans({"%": "!%", "_": "!_", "!": "!!"})
_patterns: Final = json_rows("patterns", column("pattern", Text))
_FORGET: Final = Statement(
    delete(answered_requests).where(_C.caller.in_(json_values("callers", Text()))),
)
_TELLING: Final = Statement(
    locking(
        select(_C.caller, _C.key, _C.body)
        .where(exists(select(literal(1)).select_from(_patterns).where(_C.body.like(_patterns.c.pattern, escape="!"))))
        .order_by(_C.caller, _C.key)
    )
)
_BLANK: Final = Statement(
    update(answered_requests)
    .where(_C.caller == bindparam("the_caller"), _C.key == bindparam("the_key"))
    .values(body=bindparam("body"))
)


_here: Final = select(memberships.c.user_id).where(in_guild(memberships))
_MEMBERS: Final = Statement(_here)
_KEYS: Final = Statement(
    select(api_keys.c.kind, api_keys.c.id).where(or_(in_guild(api_keys), api_keys.c.owner.in_(_here)))
)
_CALLER_KINDS: Final = {KeyKind.PERSONAL.value: ActorKind.API_KEY, KeyKind.BOT.value: ActorKind.BOT}


class SqlKeptAnswers(KeptAnswers):
    """What callers were answered within a day; within a guild, those who are its members or bots (G-1)."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def forget(self, callers: Collection[str]) -> None:
        self.session.run(_FORGET, callers=sorted(callers))

    def blank(self, words: Collection[str], is_told: Callable[[str, str], bool]) -> None:
        patterns = [[f"%{written(word).translate(_SPECIAL)}%"] for word in sorted(words)]
        telling = self.session.all(_TELLING, patterns=patterns) if patterns else []
        callers = self._callers() if telling and self.session.guild_id else None
        for caller, key, body in telling:
            changed = blanked(body, is_told) if callers is None or caller in callers else body
            if changed != body:
                self.session.run(_BLANK, the_caller=caller, the_key=key, body=changed)

    def _callers(self) -> frozenset[str]:
        """Everybody who may call the guild their own."""
        members = (f"{ActorKind.USER}:{user_id}" for (user_id,) in self.session.all(_MEMBERS))
        keys = (f"{_CALLER_KINDS[kind]}:{key_id}" for kind, key_id in self.session.all(_KEYS))
        return frozenset((*members, *keys))
