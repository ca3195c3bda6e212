"""Chat lines made into bids and auctions: previewed or applied, each line once (L-10)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import define, field, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import DomainError, InvalidValue, NoSuch
from dkp_core.kernel.ids import AuctionId, AwardId, PoolId, RaidId
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO
from dkp_core.kernel.ports import Begin, Chance, Clock, Ids, Read
from dkp_core.loot.auction import Auction, ClosedAuction, RunningAuction
from dkp_core.loot.auctioning import cancel, start
from dkp_core.loot.awarding import award_directly, award_winners, closed
from dkp_core.loot.bid import Bidder, BidSource, Offer
from dkp_core.loot.bidding import Whose, bid_on, bid_seen, schedule, withdraw_from
from dkp_core.loot.cataloguing import known_item
from dkp_core.loot.chance import SEED_BYTES
from dkp_core.loot.chat import (
    AuctionCalled,
    AuctionCancelled,
    AuctionClosed,
    AwardSaid,
    BidSaid,
    Board,
    Channel,
    ChatGrammar,
    ChatMessage,
    Looted,
    Said,
    message_of,
    said_in,
)
from dkp_core.loot.closing import close
from dkp_core.loot.errors import AlreadyOnAuction, AwardedAlready, LootRefused
from dkp_core.loot.item import Item
from dkp_core.loot.ports import LootWork
from dkp_core.loot.rules import Mode
from dkp_core.loot.status import AuctionStatus
from dkp_core.points import hear
from dkp_core.raids import RaidsView, codes_of
from dkp_core.roster import Claim

LINES_MAX: Final = 500
LINE_LENGTH_MAX: Final = 4096
HEARD_SECONDS: Final = 60
"""What two logs tell alike within so long (and as long again) was said once."""
CALLED_OUT: Final = timedelta(hours=12)
"""An award that is called out again within so long is the same."""


class ChatOutcome(StrEnum):
    """What became of a line: nothing to do with auctions, done, refused, or done at an earlier reading."""

    TALK = "talk"
    DONE = "done"
    REFUSED = "refused"
    REPEATED = "repeated"


@frozen(kw_only=True)
class ChatReading:
    """What a line came to: `meaning` is what it says (bid, call, close), `detail` what was done or why it was not."""

    line: str = field(repr=False)
    outcome: ChatOutcome
    meaning: str = ""
    speaker: str = ""
    item: str = ""
    auction: AuctionId | None = None
    code: str = ""
    detail: str = field(default="", repr=False)


class _PreviewIsOver(Exception):
    """Leaves the unit of work, so that nothing of a preview is kept."""


@frozen
class ReadChat:
    """Take lines of a game's log: bids told in game are placed, auctions called by officers are started or closed.

    The code of a claim, said by one of the characters it is about, proves it.

    Each line that bears its time counts once, however often it is sent. A dry run tells what would become of each.
    """

    begin: Begin[LootWork]
    read: Read[RaidsView]
    ids: Ids
    chance: Chance
    clock: Clock

    def __call__(
        self,
        lines: Sequence[str],
        *,
        owner: str,
        raid_id: RaidId | None = None,
        pool_id: PoolId | None = None,
        dry_run: bool = False,
        by: Actor,
    ) -> tuple[ChatReading, ...]:
        by.must(Permission.BIDS_WRITE)
        if not 1 <= len(lines) <= LINES_MAX:
            raise InvalidValue("lines", f"there are {len(lines)}", f"1 to {LINES_MAX} at once")
        teller = clean_name(owner, "owner")
        heard = [_heard(line, teller) for line in lines]
        with self.read(by) as views:
            names = {name_key(name): name for name in views.known_names()} if any(heard) else {}
        readings: tuple[ChatReading, ...] = ()
        try:
            with self.begin(by) as work:
                at = self.clock.now()
                codes = [] if dry_run else [code for message in heard for code in codes_of(message)]
                proven = hear(work, codes, ids=self.ids, at=at, by=by)
                table = _Table(work, self.ids, self.chance, at, by, raid_id, pool_id, names, dry_run, proven)
                readings = tuple(table.readings(list(zip(lines, heard, strict=True)), teller))
                if dry_run:
                    raise _PreviewIsOver
        except _PreviewIsOver:
            pass
        return readings


def _heard(line: str, owner: str) -> ChatMessage | Looted | None:
    if len(line) > LINE_LENGTH_MAX:
        raise InvalidValue("lines", f"one has {len(line)} characters", f"at most {LINE_LENGTH_MAX} each")
    return message_of(line, owner)


def _hash(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode(errors="surrogatepass")).hexdigest()


@frozen(kw_only=True)
class _Marks:
    """By what a line is known again: as this log's own line, and, where others hear it too, as what they heard.

    Clocks of two PCs differ, so that is by the minute in which it reached us: `heard` are this and those beside it,
    each with the mark that this log sets on it.
    """

    own: str
    heard: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, line: str, message: ChatMessage, owner: str, at: datetime) -> _Marks:
        """The marks of a line that bears its time."""
        teller = name_key(owner)
        own = _hash("line", teller, line.rstrip())
        if message.channel is Channel.TELL:
            return cls(own=own)
        now = int(at.timestamp()) // HEARD_SECONDS
        said = [
            _hash("heard", name_key(message.speaker), message.channel, name_key(message.text), minute)
            for minute in (now, now - 1, now + 1)
        ]
        return cls(own=own, heard=tuple((each, _hash("by", teller, each)) for each in said))

    @property
    def all(self) -> frozenset[str]:
        """Everything that may be known of it."""
        return frozenset({self.own, *(mark for pair in self.heard for mark in pair)})

    @property
    def new(self) -> tuple[str, ...]:
        """What is to be remembered of it."""
        return (self.own, *(self.heard[0] if self.heard else ()))

    def repeats(self, applied: Collection[str]) -> bool:
        """Whether it was applied before: from this log, or from another one that heard it too."""
        return self.own in applied or any(said in applied and by not in applied for said, by in self.heard)


@define(eq=False)
class _Table:
    """Where the auctions of one reading lie: what is open changes with what is read.

    A dry run tells what would be done by what everybody may know: it closes nothing, so that nobody learns by it what a
    sealed auction comes to, or what somebody's sealed bids hold (L-11).
    """

    work: LootWork
    ids: Ids
    chance: Chance
    at: datetime
    by: Actor
    raid_id: RaidId | None
    pool_id: PoolId | None
    names: dict[str, str]
    dry_run: bool
    proven: Mapping[str, Claim]
    called: list[str] = field(factory=list, init=False)
    closing: set[AuctionId] = field(factory=set, init=False)

    def readings(self, lines: Sequence[tuple[str, ChatMessage | Looted | None]], owner: str) -> Sequence[ChatReading]:
        """What becomes of each line, in order."""
        _, grammar = self.work.chat_grammars.latest()
        marks = {
            line: _Marks.of(line, heard, owner, self.at)
            for line, heard in lines
            if isinstance(heard, ChatMessage) and heard.at
        }
        known = set(self.work.chat_lines.applied(sorted({mark for each in marks.values() for mark in each.all})))
        readings = []
        applied: dict[str, None] = {}
        for line, heard in lines:
            said = self._said(heard, grammar)
            if said is None:
                readings.append(self._proven(line, heard) or ChatReading(line=line, outcome=ChatOutcome.TALK))
                continue
            speaker = heard.speaker if isinstance(heard, ChatMessage) else ""
            mark = marks.get(line)
            if mark is not None and (mark.repeats(known) or mark.own in applied):
                readings.append(
                    ChatReading(line=line, outcome=ChatOutcome.REPEATED, meaning=_MEANINGS[type(said)], speaker=speaker)
                )
                continue
            outgoing = isinstance(heard, ChatMessage) and heard.outgoing
            readings.append(self._reading(line, said, speaker, outgoing=outgoing))
            if mark is not None:
                # Something may follow for who heard it elsewhere: in the log of who calls auctions, say.
                nothing_followed = readings[-1].outcome is ChatOutcome.TALK
                applied |= dict.fromkeys((mark.own,) if nothing_followed else mark.new)
        self.work.chat_lines.append([mark for mark in applied if mark not in known])
        return readings

    def _proven(self, line: str, heard: ChatMessage | Looted | None) -> ChatReading | None:
        """What a code comes to that proved a claim (R-8); None of any other line."""
        for code in codes_of(heard) if self.proven else ():
            claim = self.proven.get(code.code)
            if claim is not None:
                told = f"claim {claim.id} on {claim.character_name} is proven"
                return ChatReading(
                    line=line, outcome=ChatOutcome.DONE, meaning="claim", speaker=code.speaker, detail=told
                )
        return None

    def _said(self, heard: ChatMessage | Looted | None, grammar: ChatGrammar) -> Said | None:
        if not isinstance(heard, ChatMessage):
            return heard
        open_items = tuple(name for _, name in self.work.auctions.open())
        return said_in(heard, grammar, Board(open_items=(*open_items, *self.called), characters=self.names))

    def _reading(self, line: str, said: Said, speaker: str, *, outgoing: bool) -> ChatReading:
        item = getattr(said, "item", None) or ""
        auction: AuctionId | None = None
        try:
            # What is refused is refused before anything is written, but for the name of an item nobody knew.
            auction, detail = self._done(said, speaker, outgoing=outgoing)
            outcome, code = ChatOutcome.DONE, ""
        except _NotForAuctions as talk:
            outcome, code, detail = ChatOutcome.TALK, "", str(talk)
        except DomainError as refusal:
            outcome, code, detail = ChatOutcome.REFUSED, refusal.code, refusal.sentence
        return ChatReading(
            line=line,
            outcome=outcome,
            meaning=_MEANINGS[type(said)],
            speaker=speaker,
            item=item,
            auction=auction,
            code=code,
            detail=detail,
        )

    def _done(self, said: Said, speaker: str, *, outgoing: bool) -> tuple[AuctionId | None, str]:
        """Do what was said; answers with which auction, and what was done. Raises: DomainError."""
        if isinstance(said, BidSaid):
            return self._bid(said, speaker)
        if isinstance(said, Looted):
            return self._looted(said)
        self.by.must(Permission.AUCTIONS_WRITE)
        if not outgoing and not self._is_officer(speaker):
            raise _NotForAuctions(f"{speaker} is no officer")
        if isinstance(said, AuctionCalled):
            return self._called(said)
        if isinstance(said, AwardSaid):
            return self._awarded(said)
        auction = self._selling(said.item)
        if isinstance(said, AuctionCancelled):
            if self.dry_run:
                return auction.id, "would be called off"
            cancel(self.work, auction, reason="called off in chat", at=self.at)
            return auction.id, "called off"
        assert isinstance(said, AuctionClosed), "nothing else is said"
        if not isinstance(auction, RunningAuction):
            raise auction.must_be(AuctionStatus.OPEN)
        if self.dry_run:
            self.closing.add(auction.id)
            return auction.id, "would be closed"
        close(self.work, auction, ids=self.ids, at=self.at, by=self.by)
        return auction.id, "closed"

    def _is_officer(self, speaker: str) -> bool:
        bidder = self.work.bidders.find(character=speaker)
        membership = None if bidder is None else self.work.memberships.find(bidder.user_id)
        return membership is not None and membership.is_officer

    def _selling(self, item: str | None) -> Auction:
        """The auction that is meant: the open one of that item, or the only open one, locked."""
        if item is not None and name_key(item) in map(name_key, self.called):
            raise _NotForAuctions("its auction would be started first")
        found = [
            auction_id
            for auction_id, name in self.work.auctions.open()
            if item is None or name_key(name) == name_key(item)
        ]
        if not found or (item is None and len(found) > 1):
            raise _NotForAuctions("there is no such auction" if item else "it is not said which auction is meant")
        return self.work.auctions.get(found[0])

    def _bid(self, said: BidSaid, speaker: str) -> tuple[AuctionId, str]:
        auction = self._selling(said.item)
        owner = self.work.bidders.find(character=speaker)
        whose = Whose(user_id=owner.user_id if owner else None, character=said.character or speaker)
        if said.withdrawn:
            if self.dry_run:
                return auction.id, "would be withdrawn, if it may be"
            refusal = withdraw_from(self.work, auction, whose, ids=self.ids, at=self.at, by=self.by)
            if refusal is not None:
                raise refusal
            return auction.id, "withdrawn"
        offer = Offer(
            amount=None if said.ceiling else said.amount,
            ceiling=said.amount if said.ceiling else None,
            tier=said.tier,
        )
        if self.dry_run:
            seen = bid_seen(self.work, auction, offer, whose, at=self.at)
            if seen.refusal is not None:
                raise seen.refusal
            return auction.id, f"{said.amount} for {said.character or speaker} would be placed"
        answer = bid_on(self.work, auction, offer, whose, source=BidSource.CHAT, ids=self.ids, at=self.at, by=self.by)
        placed = answer.or_raise(self.by)
        leads = {True: ", and leads", False: ", and was beaten at once", None: ""}[placed.leading]
        return auction.id, f"{placed.amount} for {placed.character}{leads}"

    def _called(self, said: AuctionCalled) -> tuple[AuctionId | None, str]:
        if self.dry_run:
            return None, self._would_start(said)
        started: list[Auction] = []
        refused: list[DomainError] = []
        for name, quantity in said.items:
            try:
                started.append(self._started(name, quantity))
            except DomainError as refusal:
                refused.append(refusal)
        if not started:
            raise refused[0]
        told = [f"{auction.quantity} × {auction.item_name} is auction {auction.id}" for auction in started]
        return started[0].id, "; ".join([*told, *(refusal.sentence for refusal in refused)])

    def _would_start(self, said: AuctionCalled) -> str:
        new, up = [], []
        for name, quantity in said.items:
            item = self.work.items.named(name)
            selling = () if item is None else self.work.auctions.selling(item.id, self.raid_id)
            if selling:
                up.append(AlreadyOnAuction(selling[0], name))
            else:
                new.append(f"{quantity} × {name}")
                self.called.append(name)
        if not new:
            raise up[0]
        return "; ".join([f"would be started: {', '.join(new)}", *(each.sentence for each in up)])

    def _started(self, name: str, quantity: int) -> Auction:
        return start(
            self.work,
            AuctionId(self.ids.next("auction")),
            known_item(self.work, self.ids, name),
            quantity=quantity,
            raid_id=self.raid_id,
            pool_id=self.pool_id,
            rules={},
            seed=self.chance.token(SEED_BYTES),
            ids=self.ids,
            at=self.at,
            by=self.by,
        )

    def _looted(self, said: Looted) -> tuple[AuctionId | None, str]:
        """The winner of a closed auction has taken the item: that settles it; any other loot is no matter of bids."""
        item = self.work.items.named(said.item) if said.character and not said.left else None
        looter = None if item is None else self.work.bidders.find(character=said.character)
        if item is None or looter is None or not self.by.may(Permission.AUCTIONS_WRITE):
            raise _NotForAuctions("nobody waits for it")
        for auction_id in self.work.auctions.selling(item.id, self.raid_id):
            auction = self.work.auctions.get(auction_id)
            winners = (
                {win.bid.user_id for win in auction.settlement.wins} if isinstance(auction, ClosedAuction) else set()
            )
            if isinstance(auction, ClosedAuction) and winners == {looter.user_id}:
                if self.dry_run:
                    return auction_id, f"would be awarded to {said.character}, who looted it"
                self._award(auction, auction)
                return auction_id, f"awarded to {said.character}, who looted it"
        raise _NotForAuctions("nobody waits for it")

    def _award(self, before: Auction, result: ClosedAuction) -> None:
        """Award what an auction came to, which may be open until then. Raises: LootRefused; then it is closed."""
        answer = award_winners(
            self.work,
            result,
            result.settlement,
            allow_overbid=False,
            reason="",
            ids=self.ids,
            at=self.at,
            by=self.by,
        )
        if isinstance(answer, LootRefused):
            if isinstance(before, RunningAuction):
                self.work.auctions.save(closed(self.work, before, self.at))
            raise answer
        schedule(self.work, before, answer[0])

    def _awarded(self, said: AwardSaid) -> tuple[AuctionId | None, str]:
        """An award that is called out: it has to be what the auction came to; without an auction it is a result."""
        item = self.work.items.named(said.item)
        winner = None if said.to_nobody else self.work.bidders.find(character=said.character or "")
        if not said.to_nobody and winner is None:
            raise NoSuch("character with an owner", said.character or "")
        selling = () if item is None else self.work.auctions.selling(item.id, self.raid_id)
        auction = self.work.auctions.get(selling[0]) if selling else None
        if item is not None and not isinstance(auction, ClosedAuction):
            self._must_be_new(item, said, winner)
        if auction is None:
            return self._awarded_directly(said)
        if auction.id in self.closing:
            return auction.id, "would be awarded, if that is what it comes to"
        result = self._result(auction)
        wins = result.settlement.wins
        told = "; ".join(f"{win.bid.character_name} for {win.price}" for win in wins) or "nobody"
        won = [win for win in wins if winner is not None and win.bid.user_id == winner.user_id]
        fits = not wins if said.to_nobody else bool(won) and said.price in {None, won[0].price}
        if not fits:
            accepted = f"what auction {auction.id} comes to: {told}"
            raise InvalidValue("award", "the auction comes to something else", accepted)
        if self.dry_run:
            return auction.id, f"would be awarded to {told}"
        self._award(auction, result)
        return auction.id, f"awarded to {told}"

    def _result(self, auction: Auction) -> ClosedAuction:
        """What an auction comes to: one that is closed, or that runs openly, so that everybody sees it.

        Of any other a call must not tell, not even by being refused. Raises: WrongStatus.
        """
        if isinstance(auction, RunningAuction) and auction.rules.mode is Mode.OPEN:
            return auction.close(self.work.bids.standing(auction.id), self.at)
        if not isinstance(auction, ClosedAuction):
            raise auction.must_be(AuctionStatus.CLOSED)
        return auction

    def _must_be_new(self, item: Item, said: AwardSaid, winner: Bidder | None) -> None:
        """Refuse what was awarded so a short while ago: two logs tell of it, or one winner of several is called out."""
        whose = None if winner is None else winner.user_id
        for award in self.work.awards.standing_since(item.id, self.at - CALLED_OUT):
            if award.user_id == whose and said.price in {None, award.price}:
                raise AwardedAlready(award.id, item.name)

    def _awarded_directly(self, said: AwardSaid) -> tuple[None, str]:
        if self.dry_run:
            return None, f"would be awarded to {said.character or 'nobody'} for {said.price or ZERO}"
        award = award_directly(
            self.work,
            AwardId(self.ids.next("award")),
            known_item(self.work, self.ids, said.item),
            to=None if said.to_nobody else Whose(character=said.character or ""),
            amount=said.price or ZERO,
            reason="called out in chat",
            raid_id=self.raid_id,
            pool_id=self.pool_id,
            ids=self.ids,
            at=self.at,
            by=self.by,
        )
        return None, f"award {award.id}: {said.character or 'nobody'} for {award.price}"


class _NotForAuctions(Exception):
    """A line that nothing follows from."""


_MEANINGS: Final[dict[type, str]] = {
    BidSaid: "bid",
    AuctionCalled: "call",
    AuctionClosed: "close",
    AuctionCancelled: "cancel",
    AwardSaid: "award",
    Looted: "loot",
}
