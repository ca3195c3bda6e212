"""Requests that are answered once, however often they are sent (G-7), in memory."""

from __future__ import annotations

from attrs import define

from dkp_adapters.answers import KEPT, Answer, KeyReused
from dkp_adapters.memory.installation import MemoryInstallation
from dkp_adapters.memory.tables import AnsweredRequest, Rows


@define(eq=False)
class MemoryAnsweredRequests:
    """The answers of the last 24 hours, per caller and key; both calls belong into the scope of the change itself.

    A second request with a key waits for the first, like every transaction here, and gets its answer.
    """

    installation: MemoryInstallation

    def earlier(self, caller: str, key: str, body_hash: str) -> Answer | None:
        """The answer to the same request before, or None for a new one. Raises: KeyReused (422)."""
        kept = self._requests().get((caller, key))
        if kept is None or kept.expires_at <= self.installation.clock.now():
            return None
        if kept.body_hash != body_hash:
            raise KeyReused
        return kept.answer

    def keep(self, caller: str, key: str, body_hash: str, answer: Answer) -> None:
        """Keep the answer with what the scope changes."""
        expires_at = self.installation.clock.now() + KEPT
        self._requests().put((caller, key), AnsweredRequest(body_hash=body_hash, answer=answer, expires_at=expires_at))

    def prune(self) -> int:
        """Forget what is older than 24 hours; answers how many."""
        now = self.installation.clock.now()
        with self.installation.scope():
            requests = self._requests()
            old = [key for key, request in requests.items() if request.expires_at <= now]
            for key in old:
                requests.drop(key)
        return len(old)

    def _requests(self) -> Rows[tuple[str, str], AnsweredRequest]:
        return self.installation.current_transaction().installation.answered_requests
