"""Chance that comes out the same each time."""

from __future__ import annotations

import random

from attrs import define, field

from dkp_core.kernel.ports import Chance


@define(eq=False)
class SeededChance(Chance):
    """The same bytes in the same order for the same seed; for tests and demos, never for secrets."""

    seed: int = 0
    _random: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def token(self, length: int) -> bytes:
        return self._random.randbytes(length)
