"""A part of what moves in: it plans what it needs when it is made, and makes its things when it is asked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

from dkp_core.moving import Kind, Numbers, Thing

CHUNK: Final = 2_000
"""How many things are given at a time."""


class Part(Protocol):
    """Things of some kinds, out of some tables.

    Rows are accounted for when the part is made, so that things can be asked for again.
    """

    @property
    @abstractmethod
    def counts(self) -> Mapping[Kind, int]:
        """How many ids of each kind it needs at most."""

    @abstractmethod
    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        """Its things, some at a time, each time of one type; ids are handed out by their ids in the source."""
