"""Taking back, in memory, what kept answers tell of somebody (A-12)."""

from __future__ import annotations

from collections.abc import Callable, Collection

from attrs import evolve, frozen

from dkp_adapters.answers import blanked, written
from dkp_adapters.memory.transaction import INSTALLATION, Session
from dkp_core.accounts import KeptAnswers
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import UserId


@frozen
class MemoryKeptAnswers(KeptAnswers):
    """What callers were answered within a day; within a guild, those who are its members or bots (G-1)."""

    session: Session

    def forget(self, callers: Collection[str]) -> None:
        kept = self.session.installation.answered_requests
        for caller, key in [each for each in kept if each[0] in callers]:
            kept.drop((caller, key))

    def blank(self, words: Collection[str], is_told: Callable[[str, str], bool]) -> None:
        kept = self.session.installation.answered_requests
        parts = [written(word) for word in words]
        for key, request in list(kept.items()):
            if any(part in request.answer.body for part in parts) and self._is_ours(key[0]):
                answer = evolve(request.answer, body=blanked(request.answer.body, is_told))
                kept.put(key, evolve(request, answer=answer))

    def _is_ours(self, caller: str) -> bool:
        if self.session.guild_id == INSTALLATION:
            return True
        kind, _, caller_id = caller.partition(":")
        members = self.session.tables.memberships
        if kind == ActorKind.USER:
            return UserId(int(caller_id)) in members
        key = self.session.installation.api_keys.get(caller_id)
        return key is not None and (key.guild_id == self.session.guild_id or key.owner in members)
