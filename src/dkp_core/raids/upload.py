"""Uploads: the raw files that attendance was read from, kept with their hash (D-14)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import GuildId, RaidId, UploadId
from dkp_core.kernel.text_file import decoded, utf16_codec
from dkp_core.raids.formats import DumpFormat

KEPT_BYTES_MAX: Final = 16 * 1024 * 1024
SHOWN_LENGTH_MAX: Final = 500
_HEAD_BYTES: Final = 4096


@frozen(kw_only=True)
class Upload:
    """A file as it was uploaded: its hash, what was kept of it, and the raid and tick it made.

    `check` is the local time of the attendance check in it, for a log that holds several. `content` is the whole
    file where `whole`; of a longer log only the check's own lines, each behind its number. None once it was pruned.
    """

    id: UploadId
    guild_id: GuildId
    sha256: str
    check: str
    file_name: str
    format: DumpFormat
    parser_version: int
    size: int
    zone: str
    zone_named: bool
    content: bytes | None
    whole: bool
    raid_id: RaidId
    tick: int
    actor_kind: ActorKind
    actor_id: str
    uploaded_at: datetime

    def line(self, number: int) -> str | None:
        """That line of the file, at most 500 characters of it; None where it is not kept."""
        if self.content is None:
            return None
        if not self.whole:
            kept = (line.partition("\t") for line in self.content.decode().split("\n"))
            return next((rest[:SHOWN_LENGTH_MAX] for counted, _, rest in kept if counted == str(number)), None)
        codec = utf16_codec(self.content[:_HEAD_BYTES])
        content = self.content if codec is None else self.content.decode(codec, "replace").encode()
        lines = content.split(b"\n", number)
        return decoded(lines[number - 1].removesuffix(b"\r"))[:SHOWN_LENGTH_MAX] if len(lines) >= number else None
