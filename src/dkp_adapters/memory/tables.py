"""What is kept: rows in tables, the tables of each guild apart from every other's.

What is committed never changes. A transaction forks the tables it enters; its first write to one copies that table,
so that nobody else sees it. To commit is to put the forks where the originals were; to roll back is to forget them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Generic, Self, TypeVar

from attrs import Factory, asdict, define, frozen

from dkp_adapters.answers import Answer
from dkp_adapters.waiting import Lease
from dkp_core.accounts import (
    ApiKey,
    Consent,
    ConsentKind,
    Membership,
    SignInAttempt,
    SignInLink,
    User,
    UserSession,
    UserTokens,
)
from dkp_core.guilds import Guild
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import (
    AdjustmentId,
    ApplicationId,
    AuctionId,
    AwardDraftId,
    AwardId,
    BatchId,
    BidId,
    CharacterId,
    ClaimId,
    DisputeId,
    EntryId,
    EventTypeId,
    GuildId,
    ImportId,
    ItemId,
    ItemPoolId,
    MainChangeId,
    MergeId,
    NoticeId,
    PoolId,
    ProfileFieldId,
    RaidId,
    RankId,
    UploadId,
    UserId,
)
from dkp_core.loot import Auction, Award, AwardDraft, BidRecord, ChatGrammar, Hold, Item, Rules, StandingBid
from dkp_core.moving import Import
from dkp_core.notices import Channel, ChannelWebhook, Notice, NoticeStatus
from dkp_core.points import Adjustment, Balance, Batch, Dispute, Entry, InForce, ItemPool, Merge, Pool
from dkp_core.raids import Attendance, Decision, EventType, Raid, Sighting, Upload
from dkp_core.recruitment import (
    Application,
    Comment,
    CommentId,
    Form,
    RecruitmentRules,
    Recusal,
    Stage,
    Transition,
    Vote,
    VoteChange,
)
from dkp_core.roster import Character, Claim, MainChange, Ownership, ProfileField, Rank, RankChange

K = TypeVar("K")
V = TypeVar("V")


@define(eq=False, init=False)
class Rows(Mapping[K, V]):
    """Rows by their key, in the order in which they came."""

    _rows: dict[K, V]
    _shared: bool

    def __init__(self, rows: dict[K, V] | None = None, *, shared: bool = False) -> None:
        self._rows = {} if rows is None else rows
        self._shared = shared

    def __getitem__(self, key: K) -> V:
        return self._rows[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def fork(self) -> Rows[K, V]:
        """The same rows, to be written to without changing these."""
        return Rows(self._rows, shared=True)

    @property
    def written(self) -> bool:
        """Whether these are no longer the rows they were forked from."""
        return not self._shared

    def put(self, key: K, row: V) -> None:
        """Keep the row, instead of the one that had the key."""
        self._own()[key] = row

    def drop(self, key: K) -> None:
        """Forget the row; nothing happens when there is none."""
        if key in self._rows:
            del self._own()[key]

    def _own(self) -> dict[K, V]:
        if self._shared:
            self._rows, self._shared = dict(self._rows), False
        return self._rows


@frozen
class BorneName:
    """A name that a character bears or has borne, as it was written."""

    character_id: CharacterId
    name: str


@frozen
class Dated(Generic[V]):
    """A version of something that officers set, and since when."""

    value: V
    at: datetime


@frozen
class Held:
    """What a user's bid holds in one auction, and in which pool."""

    pool_id: PoolId
    hold: Hold


@frozen
class KeyUse:
    """How often a key was used, and when last."""

    count: int = 0
    last_at: datetime | None = None


@frozen(kw_only=True)
class RecordedEvent:
    """Something that happened, at the version that it took its aggregate to, and who did it."""

    id: int
    guild_id: GuildId
    at: datetime
    version: int
    event: DomainEvent
    by: Actor


@frozen
class RecordedTransition:
    """A step of an application, and who took it."""

    transition: Transition
    by: Actor


@frozen(kw_only=True)
class Wait:
    """What is known of a row that waits: whose it is until `try_at`, how often it was tried, why in vain."""

    try_at: datetime
    attempts: int = 0
    parked: bool = False
    claim: str | None = None
    last_error: str | None = None


@frozen(kw_only=True)
class WaitingDelivery:
    """A reaction that an event still has to have."""

    recorded: RecordedEvent
    reaction: str
    wait: Wait

    @property
    def since(self) -> datetime:
        """From when on it is late."""
        return self.recorded.at


@frozen(kw_only=True)
class WaitingDeadline:
    """Something that is to be done in a guild when its time comes."""

    guild_id: GuildId
    key: str
    kind: str
    due_at: datetime
    data: Mapping[str, str | int | None]
    wait: Wait

    @property
    def since(self) -> datetime:
        """From when on it is late."""
        return self.due_at


@frozen(kw_only=True)
class PostedNotice:
    """A notice, whose it is until `try_at` to send, how often that was tried, and what became of it."""

    id: NoticeId
    guild_id: GuildId
    notice: Notice
    posted_at: datetime
    waiting_since: datetime
    try_at: datetime
    status: NoticeStatus = NoticeStatus.WAITING
    attempts: int = 0
    unheard: int = 0
    claim: str | None = None
    fault: str | None = None
    settled_at: datetime | None = None


@frozen(kw_only=True)
class AnsweredRequest:
    """The answer to a request that named an idempotency key, and which request that was."""

    body_hash: str
    answer: Answer
    expires_at: datetime


@frozen(kw_only=True)
class Tables:
    """Some tables that are forked together."""

    def fork(self) -> Self:
        """The same tables, to be written to without changing these."""
        return type(self)(**{name: rows.fork() for name, rows in asdict(self, recurse=False).items()})

    @property
    def written(self) -> bool:
        """Whether any of them was written to since they were forked."""
        return any(rows.written for rows in asdict(self, recurse=False).values())


@frozen(kw_only=True)
class GuildTables(Tables):
    """What belongs to one guild."""

    memberships: Rows[UserId, Membership] = Factory(Rows)
    ranks: Rows[RankId, Rank] = Factory(Rows)
    characters: Rows[CharacterId, Character] = Factory(Rows)
    names: Rows[str, BorneName] = Factory(Rows)
    ownerships: Rows[CharacterId, tuple[Ownership, ...]] = Factory(Rows)
    rank_changes: Rows[CharacterId, tuple[RankChange, ...]] = Factory(Rows)
    main_changes: Rows[MainChangeId, MainChange] = Factory(Rows)
    profile_fields: Rows[ProfileFieldId, ProfileField] = Factory(Rows)
    removed_ranks: Rows[RankId, str] = Factory(Rows)
    claims: Rows[ClaimId, Claim] = Factory(Rows)
    pools: Rows[PoolId, Pool] = Factory(Rows)
    policies: Rows[tuple[PoolId, int], InForce] = Factory(Rows)
    item_pools: Rows[ItemPoolId, ItemPool] = Factory(Rows)
    entries: Rows[EntryId, Entry] = Factory(Rows)
    balances: Rows[tuple[PoolId, UserId], Balance] = Factory(Rows)
    adjustments: Rows[AdjustmentId, Adjustment] = Factory(Rows)
    disputes: Rows[DisputeId, Dispute] = Factory(Rows)
    batches: Rows[BatchId, Batch] = Factory(Rows)
    merges: Rows[MergeId, Merge] = Factory(Rows)
    event_types: Rows[EventTypeId, EventType] = Factory(Rows)
    raids: Rows[RaidId, Raid] = Factory(Rows)
    attendance: Rows[tuple[RaidId, int, str], Attendance] = Factory(Rows)
    uploads: Rows[UploadId, Upload] = Factory(Rows)
    sightings: Rows[tuple[RaidId, int, UploadId, str], Sighting] = Factory(Rows)
    decisions: Rows[tuple[RaidId, int, str], Decision] = Factory(Rows)
    items: Rows[ItemId, Item] = Factory(Rows)
    house_rules: Rows[tuple[PoolId, int], Dated[Rules]] = Factory(Rows)
    chat_grammars: Rows[int, Dated[ChatGrammar]] = Factory(Rows)
    auctions: Rows[AuctionId, Auction] = Factory(Rows)
    bids: Rows[BidId, BidRecord] = Factory(Rows)
    holds: Rows[tuple[AuctionId, UserId], Held] = Factory(Rows)
    awards: Rows[AwardId, Award] = Factory(Rows)
    award_drafts: Rows[AwardDraftId, AwardDraft] = Factory(Rows)
    standing_bids: Rows[tuple[ItemId, UserId], StandingBid] = Factory(Rows)
    chat_lines: Rows[str, datetime] = Factory(Rows)
    recruitment_rules: Rows[int, Dated[RecruitmentRules]] = Factory(Rows)
    application_forms: Rows[int, Dated[Form]] = Factory(Rows)
    applications: Rows[ApplicationId, Application] = Factory(Rows)
    transitions: Rows[tuple[ApplicationId, int], RecordedTransition] = Factory(Rows)
    comments: Rows[CommentId, Comment] = Factory(Rows)
    votes: Rows[tuple[ApplicationId, int, Stage, UserId], Vote] = Factory(Rows)
    vote_changes: Rows[tuple[ApplicationId, int, Stage, UserId, int], VoteChange] = Factory(Rows)
    recusals: Rows[tuple[ApplicationId, UserId], Recusal] = Factory(Rows)
    channel_webhooks: Rows[Channel, ChannelWebhook] = Factory(Rows)
    imports: Rows[ImportId, Import] = Factory(Rows)
    events: Rows[int, RecordedEvent] = Factory(Rows)


@frozen(kw_only=True)
class InstallationTables(Tables):
    """What belongs to no guild, or is looked for over all of them."""

    guilds: Rows[GuildId, Guild] = Factory(Rows)
    users: Rows[UserId, User] = Factory(Rows)
    consents: Rows[tuple[UserId, ConsentKind, datetime], Consent] = Factory(Rows)
    api_keys: Rows[str, ApiKey] = Factory(Rows)
    key_uses: Rows[str, KeyUse] = Factory(Rows)
    sessions: Rows[str, UserSession] = Factory(Rows)
    sign_in_attempts: Rows[str, SignInAttempt] = Factory(Rows)
    sign_in_links: Rows[str, SignInLink] = Factory(Rows)
    discord_tokens: Rows[UserId, UserTokens] = Factory(Rows)
    deliveries: Rows[tuple[int, str], WaitingDelivery] = Factory(Rows)
    deadlines: Rows[tuple[GuildId, str], WaitingDeadline] = Factory(Rows)
    notices: Rows[NoticeId, PostedNotice] = Factory(Rows)
    leases: Rows[str, Lease] = Factory(Rows)
    answered_requests: Rows[tuple[str, str], AnsweredRequest] = Factory(Rows)


_NO_GUILDS: Final[Mapping[GuildId, GuildTables]] = MappingProxyType({})
_NO_ROWS: Final = GuildTables()


@frozen(kw_only=True)
class Snapshot:
    """Everything, as one commit left it; `revision` counts the commits."""

    revision: int = 0
    installation: InstallationTables = Factory(InstallationTables)
    guilds: Mapping[GuildId, GuildTables] = _NO_GUILDS

    def of(self, guild_id: GuildId) -> GuildTables:
        """The tables of that guild; empty ones where it has none yet."""
        return self.guilds.get(guild_id, _NO_ROWS)
