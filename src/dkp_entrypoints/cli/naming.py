"""What people type to name a thing: its id, its name in any case, or what it was called elsewhere (O-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

from dkp_core.accounts import MembershipRow
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotFound
from dkp_core.kernel.ids import (
    AdjustmentId,
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
from dkp_core.loot import AwardFilter, ItemDetailRow, ItemFilter, Whose
from dkp_core.points import AdjustmentFilter, ItemPoolRow, PoolRow
from dkp_core.raids import EventTypeRow, RaidFilter
from dkp_core.roster import CharacterRow, ProfileFieldRow, RankRow, RosterFilter, RosterRow
from dkp_entrypoints.cli.call import Call

# Discord's ids are that long since 2016, and no counter of ours ever gets there.
DISCORD_ID_LENGTH_MIN: Final = 15
ID_LENGTH_MAX: Final = 18
_OLD_SITE: Final = "eqdkp"
# More of one external id than can be told; no system calls so many things the same.
_FIRST: Final = PageRequest(1, 10)


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


def called_elsewhere(text: str) -> str | None:
    """What another system calls something, such as eqdkp:152; None where it can be no such id, without a colon.

    The system from which a guild moves in is meant in any case; what follows is taken as it stands.
    """
    system, colon, called = text.strip().partition(":")
    if not colon:
        return None
    return f"{_OLD_SITE if system.lower() == _OLD_SITE else system}:{called}"


def _only(kind: str, text: str, ids: Sequence[int]) -> int:
    """The one thing of that external id. Raises: NoSuch; InvalidValue where there are several."""
    if not ids:
        raise NoSuch(kind, text.strip()[:80])
    if len(ids) > 1:
        found = ", ".join(map(str, sorted(ids)))
        raise InvalidValue(kind, f"{text.strip()[:80]!r} is what several are called", f"the id of one: {found}")
    return ids[0]


def event_type(call: Call, text: str) -> EventTypeRow:
    """The event type of that id, name or external id. Raises: NoSuch."""
    listed = call.use_cases().list_event_types()(by=call.by())
    try:
        return _one("event type", text, listed)
    except NoSuch:
        called = called_elsewhere(text)
        called_so = {row.id: row for row in listed if called is not None and row.external_id == called}
        return called_so[EventTypeId(_only("event type", text, tuple(called_so)))]


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


def raid_id(call: Call, text: str) -> RaidId:
    """The id of a raid, by its external id too. Raises: NoSuch; InvalidValue where it is neither."""
    called = called_elsewhere(text)
    if called is None:
        return RaidId(_listed("raid", text, imported=True))
    rows = call.use_cases().list_raids()(RaidFilter(external_id=called), page=_FIRST, by=call.by()).results
    return RaidId(_only("raid", text, [row.id for row in rows]))


def auction_id(text: str) -> AuctionId:
    """The id of an auction. Raises: InvalidValue where it is no number."""
    return AuctionId(_listed("auction", text))


def award_id(call: Call, text: str) -> AwardId:
    """The id of an award, by its external id too. Raises: NoSuch; InvalidValue where it is neither."""
    called = called_elsewhere(text)
    if called is None:
        return AwardId(_listed("award", text, imported=True))
    rows = call.use_cases().list_awards()(AwardFilter(external_id=called), page=_FIRST, by=call.by()).results
    return AwardId(_only("award", text, [row.id for row in rows]))


def adjustment_id(call: Call, text: str) -> AdjustmentId:
    """The id of an adjustment, by its external id too.

    Raises: NoSuch; InvalidValue where it is neither, or was made in several pools.
    """
    called = called_elsewhere(text)
    if called is None:
        return AdjustmentId(_listed("adjustment", text, imported=True, by="dkp points adjustments"))
    rows = call.use_cases().list_adjustments()(AdjustmentFilter(external_id=called), page=_FIRST, by=call.by()).results
    return AdjustmentId(_only("adjustment", text, [row.id for row in rows]))


def award_draft_id(text: str) -> AwardDraftId:
    """The id of an award draft. Raises: InvalidValue where it is no number."""
    return AwardDraftId(_listed("draft", text))


def application_id(text: str) -> ApplicationId:
    """The id of an application. Raises: InvalidValue where it is no number."""
    return ApplicationId(_listed("application", text))


def _listed(kind: str, text: str, *, imported: bool = False, by: str = "") -> int:
    """The id of what has no name. Raises: InvalidValue where it is no number."""
    wanted = number(text)
    if wanted is None:
        accepted = f"a whole number, as {by or f'dkp {kind} list'} shows it"
        if imported:
            accepted = f"{accepted}, or what another system called it, such as eqdkp:152"
        raise InvalidValue(kind, f"{text[:40]!r} is no {kind}'s id", accepted)
    return wanted


def known_item_id(call: Call, text: str) -> ItemId | None:
    """The id of an item that is meant by its id, or by an external id that is known; None for what may be a name.

    Raises: InvalidValue where several items are called so.
    """
    wanted = number(text)
    return _item_called(call, text) if wanted is None else ItemId(wanted)


def _item_called(call: Call, text: str) -> ItemId | None:
    """The id of the item that is called so elsewhere, or that was awarded as that; None where there is none."""
    called = called_elsewhere(text)
    if called is None:
        return None
    rows = call.use_cases().list_items()(ItemFilter(external_id=called), page=_FIRST, by=call.by()).results
    return ItemId(_only("item", text, [row.id for row in rows])) if rows else None


def item(call: Call, text: str) -> ItemDetailRow:
    """The item of that id, name or external id, or that an award of that external id was of. Raises: NoSuch."""
    wanted = number(text)
    if wanted is not None:
        try:
            return call.use_cases().show_item()(ItemId(wanted), by=call.by())
        except NotFound:
            pass  # a name may be a number too
    try:
        return call.use_cases().find_item()(text, by=call.by())
    except NotFound:
        called = _item_called(call, text)
        if called is None:
            raise
    return call.use_cases().show_item()(called, by=call.by())


def character(call: Call, text: str) -> CharacterRow:
    """The character of that id, of that name or alias, or of that external id. Raises: NoSuch."""
    wanted = number(text)
    if wanted is not None:
        try:
            return call.use_cases().show_character()(CharacterId(wanted), by=call.by())
        except NotFound:
            pass  # a name may be a number too
    try:
        return call.use_cases().find_character()(text, by=call.by())
    except NotFound:
        called = called_elsewhere(text)
        if called is None:
            raise
    rows = call.use_cases().list_characters()(RosterFilter(external_id=called), page=_FIRST, by=call.by()).results
    found = CharacterId(_only("character", text, [row.id for row in rows]))
    return call.use_cases().show_character()(found, by=call.by())


def character_name(call: Call, text: str) -> str:
    """The name as it was typed; the character's own where an id was, or an external id. Raises: NoSuch for an id."""
    if number(text) is not None:
        return character(call, text).name
    if called_elsewhere(text) is None:
        return text
    try:
        return character(call, text).name
    except NotFound:
        return text  # whoever is asked for it tells that there is nobody of that name


def user_id(call: Call, text: str) -> UserId:
    """The user of that id, Discord id or external id, or behind the character or the username of that name.

    Who was merged into somebody is found as them by the external id, as old links mean the person.
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
        found_so = _called(call, text)
        if found_so is not None:
            return found_so
        member = _member(call, text)
        if member is None:
            raise NoSuch("user, or character,", text[:80]) from None
        return member.user_id
    if found.user_id is None:
        raise InvalidValue("user", f"the character {found.name} belongs to nobody", "a user, or a character of theirs")
    return found.user_id


def whose(call: Call, user: str | None, character_: str = "") -> Whose:
    """Whom a bid or an award is for: who owns the character, or that user, for one of their characters.

    Ids are passed on as they are: what is refused of a stranger is recorded.
    Raises: NoSuch for a username or an external id of a user.
    """
    if called_elsewhere(character_) is not None:
        character_ = character_name(call, character_)
    if user is None:
        return Whose(character=character_)
    digits = user.strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()):
        return Whose(user_id=user_id(call, user), character=character_)
    if len(digits) >= DISCORD_ID_LENGTH_MIN:
        return Whose(discord_id=digits, character=character_)
    return Whose(user_id=UserId(int(digits)), character=character_)


def person_id(call: Call, text: str) -> UserId:
    """The user of that name, or of whom that is the user or a character elsewhere: whose points are meant.

    Raises: NoSuch; InvalidValue where the external id is that of a user and of somebody else's character.
    """
    bearers = _bearers(call, text)
    if not bearers:
        return user_id(call, text)
    bearer = bearers[CharacterId(_only("character", text, tuple(bearers)))]
    try:
        found = user_id(call, text)
    except NotFound:
        if bearer.user_id is None:
            raise
        return bearer.user_id
    if found != bearer.user_id:
        username = call.use_cases().show_user()(found, by=call.by()).username
        fault = f"{text.strip()[:80]!r} is what the user {username} is called, and the character {bearer.name}"
        raise InvalidValue("user", fault, f"the user's id, {found}, or the character's name")
    return found


def _bearers(call: Call, text: str) -> dict[CharacterId, RosterRow]:
    """The characters of that external id, unless it is what one is named."""
    called = called_elsewhere(text)
    if called is None:
        return {}
    try:
        call.use_cases().find_character()(text, by=call.by())
    except NotFound:
        listed = call.use_cases().list_characters()
        rows = listed(RosterFilter(external_id=called), page=_FIRST, by=call.by()).results
        return {row.id: row for row in rows}
    return {}


def user_id_or_own(call: Call, text: str | None) -> UserId:
    """The person; where none is named, whoever has the key that a server is asked with.

    Raises: also NotPermitted where the key is no user's, as on a database.
    """
    return call.use_cases().show_profile()(by=call.by()).id if text is None else person_id(call, text)


def _called(call: Call, text: str) -> UserId | None:
    """Who has that external id, or turned out to be who has it; None where nobody has. Raises: InvalidValue."""
    called = called_elsewhere(text)
    if called is None:
        return None
    rows = call.use_cases().list_memberships()(external_id=called, page=_FIRST, by=call.by()).results
    if not rows:
        return None
    found = UserId(_only("user", called, [row.user_id for row in rows]))
    while (into := call.use_cases().show_user()(found, by=call.by()).merged_into) is not None:
        found = into
    return found


def _member(call: Call, username: str) -> MembershipRow | None:
    page = PageRequest(1, PAGE_SIZE_MAX)
    found = call.use_cases().list_memberships()(search=username, page=page, by=call.by()).results
    return next((row for row in found if name_key(row.username) == name_key(username)), None)
