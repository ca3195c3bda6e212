"""Award drafts from logs and exports: made, listed, confirmed and dismissed (D-11)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import AwardDraftId, AwardId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.period import Period, night_of, zone_named
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.loot.auction import QUANTITY_MAX
from dkp_core.loot.auctioning import raid_of
from dkp_core.loot.award import Award
from dkp_core.loot.award_draft import AwardDraft, DraftStatus, fingerprinted
from dkp_core.loot.awarding import award_directly
from dkp_core.loot.bidding import Whose
from dkp_core.loot.cataloguing import known_item
from dkp_core.loot.events import LootDrafted
from dkp_core.loot.item import Item
from dkp_core.loot.ports import LootView, LootWork
from dkp_core.loot.views import AwardDraftFilter, AwardDraftRow
from dkp_core.raids import DumpFormat, LootLine, LootReading, Raid, read_loot

DRAFTS_MAX: Final = 2000
"""Drafts of one file: a raid of many nights has fewer, and each is looked at by a person."""

YEARS: Final = range(1970, 9999)
"""Years in which every wall clock's time is a moment."""

REALM: Final = "-"
"""Stands between a character and its realm, which the roster may do without."""

WITH_REALMS: Final = frozenset({DumpFormat.RC_LOOT_COUNCIL, DumpFormat.GARGUL, DumpFormat.THATS_MY_BIS})
"""Formats in which what stands behind a hyphen is a realm; in others it is a part of the name."""

UNDATED: Final = "it has no time, and the file tells of other nights too"


class DraftOutcome(StrEnum):
    """What became of a line of the file."""

    DRAFTED = "drafted"
    ALREADY_DRAFTED = "already_drafted"
    OTHER_NIGHT = "other_night"
    UNREADABLE = "unreadable"


@frozen(kw_only=True)
class DraftedLine:
    """One line of the file that tells of loot, or should have; `item_id` and `user_id` where they are known.

    `drafted_for` is the raid for which it was drafted before. `award_id` is an award of the raid that stands, of the
    same item to the same person: the line may tell of that.
    """

    line: int
    outcome: DraftOutcome
    item: str = ""
    character: str = ""
    quantity: int = 1
    amount: Points | None = None
    rot: bool = False
    detail: str = ""
    item_id: ItemId | None = None
    user_id: UserId | None = None
    draft_id: AwardDraftId | None = None
    drafted_for: RaidId | None = None
    award_id: AwardId | None = None


@frozen(kw_only=True)
class DraftReport:
    """What a file tells of a raid's loot: every line is accounted for, those that tell nothing of it by their number.

    `applied` is False for a preview. The `zone` is the one by which lines belong to the raid's night.
    """

    applied: bool
    raid_id: RaidId
    format: DumpFormat
    file_name: str
    sha256: str
    zone: str
    drafted: int
    already_drafted: int
    other_night: int
    unreadable: int
    lines_total: int
    noise: int
    lines: tuple[DraftedLine, ...]


@frozen
class DraftAwards:
    """Make award drafts of a raid from what a log or an export of loot tells; nothing is awarded by that.

    With `apply` False nothing is changed, and the report tells what would be. Lines with a time count where they are of
    the raid's night, from noon to noon, lines without one where no line is of another night, unless the `whole` file is
    meant; times have no zone: `zone` names it, else the one that this uploader named last is taken, else the guild's.
    The same loot is drafted once, however often its file is given, for whichever raid of the night, and also where the
    log has grown since.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        raid_id: RaidId,
        data: Iterable[bytes],
        *,
        file_name: str = "",
        format: DumpFormat | None = None,  # noqa: A002  # the word the interfaces use for it
        zone: str | None = None,
        whole: bool = False,
        apply: bool = True,
        by: Actor,
    ) -> DraftReport:
        by.must(Permission.AUCTIONS_WRITE)
        if zone is not None:
            zone_named(zone, "zone")
        digest = hashlib.sha256()
        reading = read_loot(_passing(data, digest), file_name=file_name, format=format)
        sha256 = digest.hexdigest()
        with self.begin(by) as work:
            raid = _standing(work, raid_id)
            guild = work.guilds.get(work.guild_id)
            zone = zone or work.uploads.last_zone(by) or guild.timezone
            night = None if whole else night_of(raid.starts_at, guild.timezone)
            told = list(fingerprinted(reading.loot, sha256))
            if night is not None:
                told = _of_night(told, night, zone)
            known = _drafted(work, raid_id, told)
            new = [(line, fingerprint) for line, fingerprint in told if fingerprint not in known]
            drafts = self._drafts(work, raid, new, reading.format, sha256, apply=apply)
            awards = _awards_alike(work.awards.standing_at(raid_id) if drafts else (), drafts)
            if apply and drafts:
                event = LootDrafted(raid_id=raid_id, drafts=tuple(draft.id for draft in drafts))
                work.award_drafts.append(drafts, event)
        lines = _lines(reading, sha256, known, drafts, awards)
        return _report(reading, raid_id, lines, file_name=file_name, sha256=sha256, zone=zone, applied=apply)

    def _drafts(
        self,
        work: LootWork,
        raid: Raid,
        new: Sequence[tuple[LootLine, str]],
        format: DumpFormat,  # noqa: A002  # the word the interfaces use for it
        sha256: str,
        *,
        apply: bool,
    ) -> list[AwardDraft]:
        """A draft of each line, with whom it names where that is known. Raises: InvalidValue for too many."""
        if len(new) > DRAFTS_MAX:
            accepted = f"at most {DRAFTS_MAX:,} at once: the part of it that tells of the raid"
            raise InvalidValue("file", f"it tells of {len(new):,} items", accepted)
        items = work.items.known({line.item for line, _ in new})
        with_realms = format in WITH_REALMS
        users = {name: _owner(work, name, with_realms=with_realms) for name in {line.name for line, _ in new} if name}
        first = self.ids.next("award_draft", len(new)) if apply and new else 0
        return [
            AwardDraft(
                id=AwardDraftId(first + index if first else 0),
                guild_id=work.guild_id,
                raid_id=raid.id,
                item_name=line.item,
                item_id=items.get(line.item),
                name=line.name,
                user_id=users.get(line.name),
                quantity=line.quantity,
                cost=line.cost,
                rot=line.rot,
                note=line.note.replace("\x00", "\ufffd"),
                local_time=line.at.isoformat() if line.at is not None else "",
                sha256=sha256,
                line=line.line,
                fingerprint=fingerprint,
                drafted_at=self.clock.now(),
            )
            for index, (line, fingerprint) in enumerate(new)
        ]


def _passing(chunks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _standing(work: LootWork, raid_id: RaidId) -> Raid:
    raid = raid_of(work, raid_id)
    assert raid is not None, "it is named"
    return raid


def _of_night(told: Sequence[tuple[LootLine, str]], night: Period, zone: str) -> list[tuple[LootLine, str]]:
    """The lines that are of that night.

    A line without a time is of whichever raid the file is given for, unless others tell that it holds more than that.
    """
    within = {line.line for line, _ in told if line.at is not None and _is_within(line.at, night, zone)}
    one_night = all(line.at is None or line.line in within for line, _ in told)
    return [
        (line, fingerprint)
        for line, fingerprint in told
        if line.line in within or (line.at is None and not line.time_unread and one_night)
    ]


def _is_within(local: datetime, night: Period, zone: str) -> bool:
    return local.year in YEARS and night.start <= _moment(local, zone) < night.end


def _moment(local: datetime, zone: str) -> datetime:
    """The moment of a wall clock's time; of an hour that exists twice the first, which is near enough for a night."""
    return local.replace(tzinfo=local.tzinfo or zone_named(zone), fold=0).astimezone(UTC)


def _drafted(work: LootWork, raid_id: RaidId, told: Sequence[tuple[LootLine, str]]) -> Mapping[str, RaidId]:
    """For which raid each of these was drafted before; without a time, what another raid has may be other loot."""
    known = work.award_drafts.drafted(raid_id, [fingerprint for _, fingerprint in told])
    return {
        fingerprint: known[fingerprint]
        for line, fingerprint in told
        if fingerprint in known and (line.at is not None or known[fingerprint] == raid_id)
    }


def _awards_alike(awards: Sequence[Award], drafts: Sequence[AwardDraft]) -> Mapping[str, AwardId]:
    """By its fingerprint, for each draft the first of these awards that is of the same item to the same person."""
    found: dict[str, AwardId] = {}
    for draft in drafts:
        item, character = name_key(draft.item_name), name_key(draft.name)
        for award in awards:
            same_item = award.item_id == draft.item_id or name_key(award.item_name) == item
            if same_item and (
                (draft.user_id is not None and award.user_id == draft.user_id)
                or (character and name_key(award.character_name) == character)
            ):
                found.setdefault(draft.fingerprint, award.id)
    return found


def _owner(work: LootWork, name: str, *, with_realms: bool) -> UserId | None:
    """Who owns the character of that name; where names have realms, else the one of the name before it."""
    character = _character(work, name)
    if character is None and with_realms:
        character = _character(work, name.partition(REALM)[0].strip())
    return None if character is None else character.user_id


def _character(work: LootWork, name: str) -> Whose | None:
    """The character of that name, and who owns it."""
    bidder = work.bidders.find(character=name) if name else None
    if bidder is None or not bidder.owns_character:
        return None
    return Whose(user_id=bidder.user_id, character=bidder.character_name)


def _lines(
    reading: LootReading,
    sha256: str,
    known: Mapping[str, RaidId],
    drafts: Sequence[AwardDraft],
    awards: Mapping[str, AwardId],
) -> list[DraftedLine]:
    """What became of every line that tells of loot, or should have."""
    made = {draft.fingerprint: draft for draft in drafts}
    loot = (
        _told(line, made.get(fingerprint), known.get(fingerprint), awards.get(fingerprint))
        for line, fingerprint in fingerprinted(reading.loot, sha256)
    )
    unreadable = (
        DraftedLine(line=line.number, outcome=DraftOutcome.UNREADABLE, detail=line.detail)
        for line in reading.unreadable
    )
    return sorted((*loot, *unreadable), key=lambda line: line.line)


def _report(
    reading: LootReading,
    raid_id: RaidId,
    lines: Sequence[DraftedLine],
    *,
    file_name: str,
    sha256: str,
    zone: str,
    applied: bool,
) -> DraftReport:
    counts: Mapping[DraftOutcome, int] = {
        outcome: sum(1 for line in lines if line.outcome is outcome) for outcome in DraftOutcome
    }
    return DraftReport(
        applied=applied,
        raid_id=raid_id,
        format=reading.format,
        file_name=file_name,
        sha256=sha256,
        zone=zone,
        drafted=counts[DraftOutcome.DRAFTED],
        already_drafted=counts[DraftOutcome.ALREADY_DRAFTED],
        other_night=counts[DraftOutcome.OTHER_NIGHT],
        unreadable=counts[DraftOutcome.UNREADABLE],
        lines_total=reading.lines_total,
        noise=reading.lines_total - len({line.line for line in lines}),
        lines=tuple(lines),
    )


def _told(
    line: LootLine, draft: AwardDraft | None, drafted_for: RaidId | None, award_id: AwardId | None
) -> DraftedLine:
    detail = line.note
    if draft is not None:
        outcome = DraftOutcome.DRAFTED
    elif drafted_for is not None:
        outcome = DraftOutcome.ALREADY_DRAFTED
    elif line.time_unread:
        outcome, detail = DraftOutcome.UNREADABLE, f"its time, {line.time_unread!r}, can't be read"
    else:
        outcome, detail = DraftOutcome.OTHER_NIGHT, line.note if line.at is not None else UNDATED
    return DraftedLine(
        line=line.line,
        outcome=outcome,
        item=line.item,
        character=line.name,
        quantity=line.quantity,
        amount=line.cost,
        rot=line.rot,
        detail=detail,
        item_id=draft.item_id if draft is not None else None,
        user_id=draft.user_id if draft is not None else None,
        draft_id=draft.id if draft is not None and draft.id else None,
        drafted_for=drafted_for,
        award_id=award_id,
    )


# --- settling ---------------------------------------------------------------------------------------------------------


@frozen
class ConfirmAwardDraft:
    """Award what a draft tells: to whom the file names, for the price it names, unless an officer says otherwise.

    Who looted is not always who won, and a file that names no price leaves it to be said; of several copies each is
    awarded by itself, at that price. More than what is available is refused, unless an officer lets the overbid
    through. A draft is settled once.
    """

    begin: Begin[LootWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        raid_id: RaidId,
        draft_id: AwardDraftId,
        *,
        to: Whose | None = None,
        to_nobody: bool = False,
        amount: Points | None = None,
        item: str | None = None,
        item_id: ItemId | None = None,
        quantity: int | None = None,
        pool_id: PoolId | None = None,
        reason: str = "",
        allow_overbid: bool = False,
        by: Actor,
    ) -> tuple[Award, ...]:
        by.must(Permission.AUCTIONS_WRITE)
        if to is not None and to_nobody:
            raise InvalidValue("to", "it is said to go to somebody and to nobody", "one of them")
        if item is not None and item_id is not None:
            raise InvalidValue("item", "the item is named twice", "a name, or the id of an item")
        with self.begin(by) as work:
            _standing(work, raid_id)
            draft = _of_raid(work, raid_id, draft_id)
            draft.must_be_open()
            copies = draft.quantity if quantity is None else quantity
            if not 1 <= copies <= QUANTITY_MAX:
                raise InvalidValue("quantity", f"{copies} copies are said", f"1 to {QUANTITY_MAX}")
            given = _item(work, self.ids, draft, item, item_id)
            winner = None if to_nobody else to or _winner(work, draft)
            price = _price(draft, amount, to_nobody=winner is None)
            first = AwardId(self.ids.next("award", copies))
            at = self.clock.now()
            awards = tuple(
                award_directly(
                    work,
                    AwardId(first + index),
                    given,
                    to=winner,
                    amount=price,
                    reason=reason or "looted, by a log or an export",
                    raid_id=raid_id,
                    pool_id=pool_id,
                    allow_overbid=allow_overbid,
                    ids=self.ids,
                    at=at,
                    by=by,
                )
                for index in range(copies)
            )
            work.award_drafts.save(draft.confirm([award.id for award in awards]))
        return awards


def _of_raid(work: LootWork, raid_id: RaidId, draft_id: AwardDraftId) -> AwardDraft:
    draft = work.award_drafts.get(draft_id)
    if draft.raid_id != raid_id:
        raise NoSuch("award draft of the raid", draft_id)
    return draft


def _item(work: LootWork, ids: Ids, draft: AwardDraft, name: str | None, item_id: ItemId | None) -> Item:
    """The item that is said, else the one that the file names; one that nobody knew yet is entered (L-9)."""
    if item_id is not None:
        return work.items.get(item_id)
    if name is not None:
        return known_item(work, ids, name)
    known = work.items.known([draft.item_name]).get(draft.item_name)
    return work.items.get(known) if known is not None else known_item(work, ids, draft.item_name)


def _winner(work: LootWork, draft: AwardDraft) -> Whose | None:
    """Who the file names, as they are known now; nobody where it says that it rots. Raises: InvalidValue."""
    if draft.rot:
        return None
    winner = _character(work, draft.name) if draft.name else None
    if winner is None:
        # Also where it would be somebody's without its realm: that may be another's namesake.
        fault = f"the file names {draft.name!r}, who is nobody's character" if draft.name else "the file names nobody"
        raise InvalidValue("to", fault, "a user, a discord_id or a character; or nobody")
    return winner


def _price(draft: AwardDraft, amount: Points | None, *, to_nobody: bool) -> Points:
    if amount is not None:
        return amount
    if to_nobody:
        return ZERO
    if draft.cost is None:
        raise InvalidValue("amount", "the file names no price", "what each copy costs, 0 where it is free")
    return draft.cost


@frozen
class DismissAwardDraft:
    """Say that a draft is nothing to award, and why. A draft is settled once."""

    begin: Begin[LootWork]

    def __call__(self, raid_id: RaidId, draft_id: AwardDraftId, *, reason: str, by: Actor) -> AwardDraft:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            dismissed = _of_raid(work, raid_id, draft_id).dismiss(reason)
            work.award_drafts.save(dismissed)
        return dismissed


@frozen
class EmptyAwardDrafts:
    """What follows when a user is erased: what else files say of what the user looted is gone from the drafts."""

    begin: Begin[LootWork]

    def __call__(self, user_id: UserId, *, by: Actor) -> None:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            for draft in work.award_drafts.of_user(user_id):
                work.award_drafts.save(draft.emptied())


@frozen
class ListAwardDrafts:
    """The award drafts of a raid, in the order in which they were made, in pages: those that wait, or all."""

    read: Read[LootView]

    def __call__(
        self, raid_id: RaidId, *, status: DraftStatus | None = None, page: PageRequest, by: Actor
    ) -> Page[AwardDraftRow]:
        by.must(Permission.AUCTIONS_WRITE)
        with self.read(by) as views:
            return views.award_drafts(AwardDraftFilter(raid_id=raid_id, status=status), page=page)


@frozen
class ShowAwardDraft:
    """One award draft of a raid."""

    read: Read[LootView]

    def __call__(self, raid_id: RaidId, draft_id: AwardDraftId, *, by: Actor) -> AwardDraftRow:
        by.must(Permission.AUCTIONS_WRITE)
        with self.read(by) as views:
            row = views.award_draft(draft_id)
        if row.raid_id != raid_id:
            raise NoSuch("award draft of the raid", draft_id)
        return row
