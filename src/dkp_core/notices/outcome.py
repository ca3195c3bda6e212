"""What became of a letter that was to be sent."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen


@frozen
class Sent:
    """It arrived."""


@frozen
class Later:
    """It did not arrive, or nobody knows: it is to be tried again.

    `seconds` is how long who refused it asked to wait; None where nobody said, and the pauses grow.
    """

    seconds: float | None
    why: str


@frozen
class Never:
    """It will not arrive however often it is tried; where the whole address is `gone`, nor will anything else there."""

    why: str
    gone: bool = False


@frozen
class Unwanted:
    """Nobody is to be told outside: nothing is set up for it, or the person does not want it."""

    why: str


Outcome: TypeAlias = Sent | Later | Never | Unwanted
