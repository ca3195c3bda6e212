"""What people type to name a thing: its id, or its name in any case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

from dkp_core.accounts import MembershipRow
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotFound
from dkp_core.kernel.ids import (
    ApplicationId,
    AuctionId,
    AwardDraftId,
    AwardId,
    CharacterId,
    EventTypeId,
    ItemId,
    ItemPoolId,
    PoolId,
    RaidId,
    RankId,
    UserId,
)
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import PAGE_SIZE_MAX, PageRequest
from dkp_core.loot import ItemDetailRow, Whose
from dkp_core.points import ItemPoolRow, PoolRow
from dkp_core.raids import EventTypeRow
from dkp_core.roster import CharacterRow, ProfileFieldRow, RankRow
from dkp_entrypoints.cli.call import Call

# Discord's ids are that long since 2016, and no counter of ours ever gets there.
DISCORD_ID_LENGTH_MIN: Final = 15
ID_LENGTH_MAX: Final = 18


class Named(Protocol):
    """A row with an id and a name."""

    @property
    def id(self) -> int:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name."""


R = TypeVar("R", bound=Named)


def number(text: str) -> int | None:
    """The id that a text is, or None where it is none."""
    stripped = text.strip().removeprefix("#")
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) <= ID_LENGTH_MAX else None


def _one(kind: str, text: str, rows: Iterable[R]) -> R:
    """The row of that id, or else of that name. Raises: NoSuch."""
    listed = list(rows)
    wanted, key = number(text), name_key(text)
    for row in listed:
        if row.id == wanted:
            return row
    for row in listed:
        if name_key(row.name) == key:
            return row
    raise NoSuch(kind, text[:80])


def event_type(call: Call, text: str) -> EventTypeRow:
    """The event type of that id or name. Raises: NoSuch."""
    return _one("event type", text, call.use_cases().list_event_types()(by=call.by()))


def event_type_id(call: Call, text: str | None) -> EventTypeId | None:
    """Its id; None where none is named. Raises: NoSuch."""
    return None if text is None else event_type(call, text).id


def pool(call: Call, text: str) -> PoolRow:
    """The pool of that id or name. Raises: NoSuch."""
    return _one("pool", text, call.use_cases().list_pools()(by=call.by()))


def pool_id(call: Call, text: str | None) -> PoolId | None:
    """Its id; None where none is named. Raises: NoSuch."""
    return None if text is None else pool(call, text).id


def default_pool(call: Call, text: str | None) -> PoolRow:
    """The pool of that id or name, else the guild's default. Raises: NoSuch."""
    if text is not None:
        return pool(call, text)
    return next(row for row in call.use_cases().list_pools()(by=call.by()) if row.is_default)


def pool_ids(call: Call, texts: Iterable[str]) -> tuple[PoolId, ...]:
    """The ids of several pools. Raises: NoSuch."""
    return tuple(pool(call, text).id for text in texts)


def item_pool(call: Call, text: str) -> ItemPoolRow:
    """The item pool of that id or name. Raises: NoSuch."""
    return _one("item pool", text, call.use_cases().list_item_pools()(by=call.by()))


def item_pool_ids(call: Call, texts: Iterable[str]) -> tuple[ItemPoolId, ...]:
    """The ids of several item pools. Raises: NoSuch."""
    return tuple(item_pool(call, text).id for text in texts)


def profile_field(call: Call, text: str) -> ProfileFieldRow:
    """The profile field of that id or name. Raises: NoSuch."""
    return _one("profile field", text, call.use_cases().list_profile_fields()(by=call.by()))


def rank(call: Call, text: str) -> RankRow:
    """The rank of that id or name. Raises: NoSuch."""
    return _one("rank", text, call.use_cases().list_ranks()(by=call.by()))


def rank_id(call: Call, text: str | None) -> RankId | None:
    """Its id; None where none is named. Raises: NoSuch."""
    return None if text is None else rank(call, text).id


def item_pool_id(call: Call, text: str | None) -> ItemPoolId | None:
    """The id of an item pool; None where none is named. Raises: NoSuch."""
    return None if text is None else item_pool(call, text).id


def raid_id(text: str) -> RaidId:
    """The id of a raid. Raises: InvalidValue where it is no number."""
    return RaidId(_listed("raid", text))


def auction_id(text: str) -> AuctionId:
    """The id of an auction. Raises: InvalidValue where it is no number."""
    return AuctionId(_listed("auction", text))


def award_id(text: str) -> AwardId:
    """The id of an award. Raises: InvalidValue where it is no number."""
    return AwardId(_listed("award", text))


def award_draft_id(text: str) -> AwardDraftId:
    """The id of an award draft. Raises: InvalidValue where it is no number."""
    return AwardDraftId(_listed("draft", text))


def application_id(text: str) -> ApplicationId:
    """The id of an application. Raises: InvalidValue where it is no number."""
    return ApplicationId(_listed("application", text))


def _listed(kind: str, text: str) -> int:
    """The id of what has no name. Raises: InvalidValue where it is no number."""
    wanted = number(text)
    if wanted is None:
        raise InvalidValue(kind, f"{text[:40]!r} is no {kind}'s id", f"a whole number, as dkp {kind} list shows it")
    return wanted


def item(call: Call, text: str) -> ItemDetailRow:
    """The item of that id or name. Raises: NoSuch."""
    wanted = number(text)
    if wanted is not None:
        try:
            return call.use_cases().show_item()(ItemId(wanted), by=call.by())
        except NotFound:
            pass  # a name may be a number too
    return call.use_cases().find_item()(text, by=call.by())


def character(call: Call, text: str) -> CharacterRow:
    """The character of that id, or of that name or alias. Raises: NoSuch."""
    wanted = number(text)
    if wanted is not None:
        try:
            return call.use_cases().show_character()(CharacterId(wanted), by=call.by())
        except NotFound:
            pass  # a name may be a number too
    return call.use_cases().find_character()(text, by=call.by())


def user_id(call: Call, text: str) -> UserId:
    """The user of that id, that Discord id, or behind the character or the username of that name.

    Raises: NoSuch; InvalidValue for a character that belongs to nobody.
    """
    digits = text.strip().removeprefix("#")
    if digits.isascii() and digits.isdigit():
        if len(digits) >= DISCORD_ID_LENGTH_MIN:
            return call.use_cases().find_user()(digits, by=call.by()).id
        return call.use_cases().show_user()(UserId(int(digits)), by=call.by()).id
    try:
        found = call.use_cases().find_character()(text, by=call.by())
    except NotFound:
        member = _member(call, text)
        if member is None:
            raise NoSuch("user, or character,", text[:80]) from None
        return member.user_id
    if found.user_id is None:
        raise InvalidValue("user", f"the character {found.name} belongs to nobody", "a user, or a character of theirs")
    return found.user_id


def whose(call: Call, user: str | None, character_: str = "") -> Whose:
    """Whom a bid or an award is for: who owns the character, or that user, for one of their characters.

    Ids are passed on as they are: what is refused of a stranger is recorded. Raises: NoSuch for a username.
    """
    if user is None:
        return Whose(character=character_)
    digits = user.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        return Whose(user_id=user_id(call, user), character=character_)
    if len(digits) >= DISCORD_ID_LENGTH_MIN:
        return Whose(discord_id=digits, character=character_)
    return Whose(user_id=UserId(int(digits)), character=character_)


def user_id_or_own(call: Call, text: str | None) -> UserId:
    """The same; where none is named, whoever has the key that a server is asked with.

    Raises: also NotPermitted where the key is no user's, as on a database.
    """
    return call.use_cases().show_profile()(by=call.by()).id if text is None else user_id(call, text)


def _member(call: Call, username: str) -> MembershipRow | None:
    page = PageRequest(1, PAGE_SIZE_MAX)
    found = call.use_cases().list_memberships()(search=username, page=page, by=call.by()).results
    return next((row for row in found if name_key(row.username) == name_key(username)), None)
