"""Proving that what is kept equals what it adds up to (P-3)."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NotPermitted
from dkp_core.points.ports import Verifying
from dkp_core.points.views import Verification


def _quietly(_: str) -> None:
    """Progress that nobody watches."""


@frozen
class Verify:
    """Recount the whole database: every balance against its entries, every summary; each difference is named."""

    verifying: Verifying

    def __call__(self, *, progress: Callable[[str], None] = _quietly, by: Actor) -> Verification:
        if not by.is_operator:
            raise NotPermitted("operator")
        return self.verifying.verify(progress)
