"""Lines of a game's log as a bot sends them, for tests of chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dkp_core.loot import ChatReading
from tests.unit.loot.raid_night import RaidNight

STAMP: Final = "[Fri Nov 20 20:00:{:02d} 2026] "


def hears(night: RaidNight, *lines: str, at: int = 0, **more: object) -> tuple[ChatReading, ...]:
    """The log of Boss, an officer, read by a bot; a second passes from line to line."""
    stamped = [STAMP.format(at + index) + line for index, line in enumerate(lines)]
    return read(night, stamped, **more)


def read(night: RaidNight, lines: Sequence[str], **more: object) -> tuple[ChatReading, ...]:
    """These lines read by a bot."""
    given = {"owner": "Boss", "by": night.bot} | more
    return night.guild.use.read_chat()(lines, **given)  # type: ignore[arg-type]  # as given
