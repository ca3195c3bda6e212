"""In which standing a character bids: as a main, an alt or a box."""

from enum import StrEnum


class Tier(StrEnum):
    """The standing a bid is made in."""

    MAIN = "main"
    ALT = "alt"
    BOX = "box"
