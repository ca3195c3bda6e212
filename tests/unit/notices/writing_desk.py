"""Letters for tests of what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from dkp_core.kernel.ids import GuildId, NoticeId
from dkp_core.notices import Address, DiscordChannel, Letter, LetterField, Text, filled

POSTED: Final = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
CHANNEL: Final = DiscordChannel("4711", "https://discord.com/api/webhooks/4711/secret-token")


def letter(
    text: Text, data: Mapping[str, str] | None = None, *, guild: str = "Night Watch", to: Address = CHANNEL
) -> Letter:
    """A letter that says that, filled in."""
    values = {**(data or {}), "guild": guild}
    return Letter(
        notice_id=NoticeId(7),
        guild_id=GuildId(3),
        guild=guild,
        to=to,
        text="a.text",
        subject=filled(text.subject, values),
        body=filled(text.body, values),
        fields=tuple(LetterField(name, filled(value, values)) for name, value in text.fields),
        language="en",
        posted_at=POSTED,
    )
