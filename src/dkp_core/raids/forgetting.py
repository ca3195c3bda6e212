"""Taking out of raw uploads what an erased person said, and what they were told (A-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import CharacterId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock
from dkp_core.kernel.text_file import decoded, utf16_codec
from dkp_core.raids.chat_line import owner_of, parties_of
from dkp_core.raids.formats.text import HEAD_BYTES
from dkp_core.raids.ports import RaidsWork
from dkp_core.raids.upload import Upload
from dkp_core.roster import Ownership

FORGET_CHAT: Final = "forget_chat"

AT_ONCE_BYTES: Final = 4 * 1024 * 1024
"""How much is read in one transaction, or the one file that is longer: others wait for it on SQLite."""
_A_DAY: Final = timedelta(days=1)
_CLOCKS: Final = range(1970, 9999)

IsTheirs = Callable[[str, datetime | None], bool]
"""Whether a character of that name was theirs at that time, by a PC's clock; or at some time, where none is told."""


@frozen
class ForgetChat:
    """Take out of the guild's raw uploads every line of chat that a person who was erased said or was told.

    The lines stay empty, so that all others keep their numbers, and the file is known again by its hash. It is done
    step by step, each in a transaction of its own.
    """

    begin: Begin[RaidsWork]
    clock: Clock

    def __call__(self, user_id: UserId, *, after: UploadId = UploadId(0), by: Actor) -> None:
        by.must(Permission.RAIDS_WRITE)
        with self.begin(by) as work:
            periods = work.characters.ever_owned(user_id)
            names = {each.character_id: work.characters.names(each.character_id) for each in periods}
            is_theirs = _known_as(periods, names)
            uploader = frozenset(
                [(ActorKind.USER, str(user_id))]
                + [(ActorKind.API_KEY, key.id) for key in work.api_keys.of_owner(user_id)]
            )
            if after == 0:
                work.uploads.forget_names(uploader)
                words = {name for some in names.values() for name in some}
                work.kept_answers.blank(words, lambda _, text: _is_chat_of(text, is_theirs))
            left = AT_ONCE_BYTES
            while left > 0:
                upload = work.uploads.kept_after(after)
                if upload is None:
                    return
                assert upload.content is not None, "only those with content are asked for"
                content = _without_chat(upload, upload.content, is_theirs, uploader, names.values())
                if content != upload.content:
                    work.uploads.rewrite(upload.id, content)
                after, left = upload.id, left - len(upload.content)
            key = f"{FORGET_CHAT}:{user_id}"
            work.deadlines.set(key, FORGET_CHAT, self.clock.now(), {"user_id": user_id, "after": after})


def _known_as(periods: Iterable[Ownership], names: Mapping[CharacterId, Iterable[str]]) -> IsTheirs:
    """Tells whether a name was theirs. A PC's clock has no zone, and may be wrong: a day either way counts as well."""
    by_key: dict[str, list[Ownership]] = {}
    for period in periods:
        for name in names[period.character_id]:
            by_key.setdefault(name_key(name), []).append(period)

    def is_theirs(name: str, at: datetime | None) -> bool:
        found = by_key.get(name_key(name.rpartition(".")[2]), ())  # of another server: `povar.Karnor`
        if at is None or at.year not in _CLOCKS:
            return bool(found)
        moment = at.replace(tzinfo=UTC)
        return any(
            each.since <= moment + _A_DAY and (each.until is None or moment - _A_DAY < each.until) for each in found
        )

    return is_theirs


def _is_chat_of(line: str, is_theirs: IsTheirs, owner: str = "") -> bool:
    """Whether a line of `owner`'s log is chat that one of theirs said or was told."""
    parties = parties_of(line, owner)
    return parties is not None and any(is_theirs(name, parties.at) for name in parties.names)


def _without_chat(
    upload: Upload,
    content: bytes,
    is_theirs: IsTheirs,
    uploader: frozenset[tuple[ActorKind, str]],
    names: Iterable[Iterable[str]],
) -> bytes:
    """The file with each of those lines emptied, and every other byte as it was."""
    named = owner_of(upload.file_name)
    theirs = (upload.actor_kind, upload.actor_id) in uploader
    # A log says "You" of its owner; of whom it is, where its name does not tell, only its uploader may know.
    owner = named[0] if named is not None else next((name for some in names for name in some), "") if theirs else ""
    codec = utf16_codec(content[:HEAD_BYTES])
    if codec is not None:
        lines = content.decode(codec, "surrogatepass").split("\n")
        if not any(_is_chat_of(line, is_theirs, owner) for line in lines):
            return content
        left = (_emptied(line) if _is_chat_of(line, is_theirs, owner) else line for line in lines)
        return "\n".join(left).encode(codec, "surrogatepass")
    if not (owner and is_theirs(owner, None)) and not _may_name(content, names):
        return content  # most files: no name of theirs is in it
    return b"\n".join(
        b"\r" * line.endswith(b"\r") if _may_be_chat(line) and _is_chat_of(decoded(line), is_theirs, owner) else line
        for line in content.split(b"\n")
    )


def _emptied(line: str) -> str:
    return "\r" if line.endswith("\r") else ""


def _may_be_chat(line: bytes) -> bool:
    return b"'" in line or b" -> " in line


def _may_name(content: bytes, names: Iterable[Iterable[str]]) -> bool:
    """Whether any of the names could be in the file, at the speed of a search; only plain ones are searched for."""
    lowered = content.lower()
    return any(not name.isascii() or name.lower().encode() in lowered for some in names for name in some)
