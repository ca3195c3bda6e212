"""A guild that moves in: a small one with something of everything, made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import (
    AdjustmentId,
    ApplicationId,
    AwardId,
    CharacterId,
    EntryId,
    EventTypeId,
    ItemId,
    ItemPoolId,
    PoolId,
    ProfileFieldId,
    RaidId,
    RankId,
    UserId,
)
from dkp_core.kernel.points import Points
from dkp_core.loot import Award, Item
from dkp_core.moving import (
    Arrivals,
    DeedRecorded,
    FormVersion,
    Found,
    Kind,
    Numbers,
    OldDeed,
    OldTransition,
    Origin,
    Person,
    PoliciesOf,
    Report,
    TableCount,
    Thing,
    Why,
)
from dkp_core.points import (
    BUCKETS,
    Adjustment,
    Entry,
    EntryKind,
    InForce,
    ItemPool,
    Policies,
    Pool,
    Source,
    SourceKind,
)
from dkp_core.raids import Attendance, EventType, Presence, Raid, RaidStatus, Tick
from dkp_core.recruitment import (
    ApplicationStatus,
    Candidate,
    Comment,
    CommentId,
    CommentKind,
    Form,
    RecruitmentRules,
    Submitted,
    Transition,
)
from dkp_core.roster import Character, CharacterStatus, ProfileField, ProfileFieldKind, Rank

READ_AT: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
JOINED: Final = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
DAYS_AGO: Final = (200, 80, 40, 10)
"""When the raids were: outside every window, and inside one after the other."""
WORTH: Final = "12.50"
PRICE: Final = "7.25"
FINGERPRINT: Final = "a" * 64
DECAY: Final = {"percent": "10", "schedule": {"every": 7, "unit": "days", "at": "04:30", "starts_on": "2026-11-27"}}

ANNA, BERT, CORA = 1, 2, 3
MAIN, ALT, LONER, NOBODYS = 11, 12, 13, 14


class Robbed(Exception):
    """The caravan does not get through."""


@frozen(kw_only=True)
class Caravan(Arrivals):
    """Three people, four characters, a new pool beside the one called DKP, four raids, and what followed from them.

    Anna (officer, external id eqdkp:1) owns Élan (main) and Boru, Bert owns Karnor, Cora is deactivated and has nobody.
    Anna and Bert came to every raid; Anna bought something at the last one. It is `robbed_after` so many chunks. Unless
    it `looks`, it does not look at what the store says. What Anna `paid` is what the thing costs, as it should be.
    """

    fingerprint: str = FINGERPRINT
    discord_id: str | None = None
    robbed_after: int | None = None
    amount: str = "3.00"
    looks: bool = True
    paid: str = PRICE

    @property
    def origin(self) -> Origin:
        return Origin(
            program="EQdkp Plus", version="2.3.34", name="old.sql", fingerprint=self.fingerprint, read_at=READ_AT
        )

    @property
    def people(self) -> Sequence[Person]:
        return (
            Person(
                number=ANNA,
                name="Anna",
                discord_id=self.discord_id,
                timezone="Europe/Berlin",
                role_group=RoleGroup.OFFICER,
                joined_at=JOINED,
                external_id="eqdkp:1",
            ),
            Person(number=BERT, name="Bert", joined_at=JOINED, external_id="eqdkp:2"),
            Person(
                number=CORA,
                name="Cora",
                status=MembershipStatus.DEACTIVATED,
                reason="not active there",
                joined_at=JOINED,
                external_id="eqdkp:3",
            ),
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        kinds: list[Kind] = [kind for kind in Kind if kind is not Kind.USER]
        return dict.fromkeys(kinds, 8) | {Kind.ENTRY: 20, Kind.RAID: len(DAYS_AGO)}

    @property
    def default_pool(self) -> int | None:
        return 2

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        for number, chunk in enumerate(_Load(self, numbers).chunks()):
            if number == self.robbed_after:
                raise Robbed
            yield chunk

    def report(self, numbers: Numbers, found: Found) -> Report:
        assert numbers.has(Kind.CHARACTER, MAIN)
        if self.looks:
            self._must_be_found(numbers, found)
        return Report(
            program="EQdkp Plus",
            version="2.3.34",
            source="old.sql",
            read_at=READ_AT,
            tables=[TableCount(table="members", rows=5, imported=4, listed={Why.ORPHAN: 1})],
        )

    def _must_be_found(self, numbers: Numbers, found: Found) -> None:
        """What the store says is what was brought: read within the transaction."""
        anna, pool_id = numbers.users[ANNA], PoolId(numbers.of(Kind.POOL, 2))
        earned = Points.of(WORTH).hundredths * len(DAYS_AGO)
        bought, given = Points.of(PRICE).hundredths, Points.of(self.amount).hundredths
        assert found.balances[pool_id, anna].current == Points(earned - bought + given + 1)
        assert found.net[pool_id, anna, "Élan"] == Points(earned - bought + given)
        assert found.attendance[pool_id, anna] == ((1, 1), (2, 2), (3, 3), (4, 4))
        assert found.at == READ_AT


class _Load:
    """What a caravan brings, made with the ids that it was given."""

    def __init__(self, caravan: Caravan, numbers: Numbers) -> None:
        self.caravan = caravan
        self.numbers = numbers
        self.anna, self.bert = numbers.users[ANNA], numbers.users[BERT]
        self.guild_id = numbers.guild_id

    def new(self, kind: Kind, key: int | None = None) -> Any:
        return self.numbers.new(kind, key)

    def chunks(self) -> Iterator[Sequence[Thing]]:
        yield from self.roster()
        yield from self.setting()
        yield from self.raids()
        yield from self.loot()
        yield from self.points()
        yield from self.recruitment()
        told = DeedRecorded(
            import_id=self.numbers.import_id, tag="raid_added", record="raid", record_id="1", told="Raid 1 was added"
        )
        yield [OldDeed(at=JOINED + timedelta(days=3), by="admin", event=told)]

    def roster(self) -> Iterator[Sequence[Thing]]:
        guild_id, known = self.guild_id, self.numbers.named[Kind.RANK]
        member = RankId(self.numbers.reuse(Kind.RANK, 1, known["member"]))
        veteran = RankId(self.new(Kind.RANK, 2))
        yield [Rank(id=veteran, guild_id=guild_id, name="Veteran", order=30)]
        field_id = ProfileFieldId(self.new(Kind.PROFILE_FIELD, 1))
        yield [ProfileField(id=field_id, guild_id=guild_id, name="Epic", kind=ProfileFieldKind.TEXT, order=1)]
        main = CharacterId(self.new(Kind.CHARACTER, MAIN))

        def character(key: int, name: str, owner: UserId | None, rank_id: RankId, **other: Any) -> Character:
            made = main if key == MAIN else CharacterId(self.new(Kind.CHARACTER, key))
            return Character(
                id=made,
                guild_id=guild_id,
                name=name,
                character_class="Cleric",
                level=60,
                race="Dwarf",
                rank_id=rank_id,
                status=CharacterStatus.ACTIVE,
                owner=owner,
                joined_on=date(2026, 1, 2),
                external_id=f"eqdkp:{key}",
                **other,
            )

        yield [
            character(MAIN, "Élan", self.anna, veteran, is_main=True, main_id=None, profile={field_id: "1.5"}),
            character(ALT, "Boru", self.anna, member, is_main=False, main_id=main),
            character(LONER, "Karnor", self.bert, member, is_main=True, main_id=None),
            character(NOBODYS, "Zed", None, member, is_main=False, main_id=None),
        ]

    def setting(self) -> Iterator[Sequence[Thing]]:
        guild_id, known = self.guild_id, self.numbers.named[Kind.POOL]
        self.numbers.reuse(Kind.POOL, 1, known["dkp"])
        self.pool_id = PoolId(self.new(Kind.POOL, 2))
        yield [Pool(id=self.pool_id, guild_id=guild_id, name="Classic", external_id="eqdkp:2")]
        policies = Policies().with_values({"decay": DECAY}, "policies")
        yield [
            PoliciesOf(
                pool_id=self.pool_id,
                in_force=InForce(version=1, policies=policies, changed_at=self.numbers.at),
            )
        ]
        item_pool_id = ItemPoolId(self.new(Kind.ITEM_POOL, 1))
        yield [ItemPool(id=item_pool_id, guild_id=guild_id, name="Drops", pools=(self.pool_id,))]
        self.event_type_id = EventTypeId(self.new(Kind.EVENT_TYPE, 1))
        yield [
            EventType(
                id=self.event_type_id,
                guild_id=guild_id,
                name="Plane of Fear",
                pools=(self.pool_id,),
                default_points=Points.of(WORTH),
                item_pools=(item_pool_id,),
                external_id="eqdkp:1",
            )
        ]
        self.item_pool_id = item_pool_id

    def raids(self) -> Iterator[Sequence[Thing]]:
        worth, raids, lines, entries = Points.of(WORTH), [], [], []
        for number, days in enumerate(DAYS_AGO, start=1):
            raid_id, at = RaidId(self.new(Kind.RAID, number)), READ_AT - timedelta(days=days)
            raids.append(
                Raid(
                    id=raid_id,
                    guild_id=self.guild_id,
                    event_type_id=self.event_type_id,
                    title="Plane of Fear",
                    pools=(self.pool_id,),
                    starts_at=at,
                    points=worth,
                    note=f"night {number}",
                    status=RaidStatus.CLOSED,
                    ticks=(Tick(number=1, name="Start", at=at, points=worth),),
                    external_id=f"eqdkp:{number}",
                )
            )
            for key, name, user_id in ((MAIN, "Élan", self.anna), (LONER, "Karnor", self.bert)):
                lines.append(
                    Attendance(
                        raid_id=raid_id,
                        tick=1,
                        name=name,
                        presence=Presence.PRESENT,
                        character_id=CharacterId(self.numbers.of(Kind.CHARACTER, key)),
                        user_id=user_id,
                        awarded=worth,
                        at=at,
                    )
                )
                entries.append(
                    self.entry(EntryKind.ATTENDANCE, user_id, WORTH, name, (SourceKind.RAID, raid_id, 1), at)
                )
        self.last_raid, self.last_at = raids[-1].id, raids[-1].starts_at
        yield raids
        yield lines[:3]
        yield lines[3:]
        yield entries

    def entry(
        self,
        kind: EntryKind,
        user_id: UserId,
        amount: str,
        name: str,
        source: tuple[SourceKind, int, int],
        at: datetime,
    ) -> Entry:
        return Entry(
            id=EntryId(self.new(Kind.ENTRY)),
            pool_id=self.pool_id,
            user_id=user_id,
            kind=kind,
            bucket=BUCKETS[kind],
            amount=Points.of(amount),
            reason="of old",
            character_name=name,
            source=Source(*source),
            actor_kind=ActorKind.IMPORT,
            actor_id="admin",
            occurred_at=at,
            recorded_at=self.numbers.at,
        )

    def loot(self) -> Iterator[Sequence[Thing]]:
        item_id, award_id = ItemId(self.new(Kind.ITEM, 1)), AwardId(self.new(Kind.AWARD, 1))
        yield [Item(id=item_id, guild_id=self.guild_id, name="Cloak of Flames", item_pool_id=self.item_pool_id)]
        yield [
            Award(
                id=award_id,
                guild_id=self.guild_id,
                item_id=item_id,
                item_name="Cloak of Flames",
                auction_id=None,
                raid_id=self.last_raid,
                user_id=self.anna,
                character_name="Élan",
                pools=(self.pool_id,),
                price=Points.of(PRICE),
                because="Imported from EQdkp Plus",
                actor_kind=ActorKind.IMPORT,
                actor_id="admin",
                awarded_at=self.last_at,
                external_id="eqdkp:152",
            )
        ]
        yield [
            self.entry(
                EntryKind.AWARD,
                self.anna,
                f"-{self.caravan.paid}",
                "Élan",
                (SourceKind.AWARD, award_id, 0),
                self.last_at,
            )
        ]

    def points(self) -> Iterator[Sequence[Thing]]:
        adjustment_id, at, amount = AdjustmentId(self.new(Kind.ADJUSTMENT, 1)), JOINED, self.caravan.amount
        source = (SourceKind.ADJUSTMENT, adjustment_id, 0)
        entry = self.entry(EntryKind.ADJUSTMENT, self.anna, amount, "Élan", source, at)
        yield [
            Adjustment(
                id=adjustment_id,
                guild_id=self.guild_id,
                user_id=self.anna,
                pool_id=self.pool_id,
                amount=Points.of(amount),
                reason="of old",
                note="",
                character_name="Élan",
                actor_kind=ActorKind.IMPORT,
                actor_id="admin",
                occurred_at=at,
                recorded_at=self.numbers.at,
                entry_id=entry.id,
                external_id="eqdkp:9",
            )
        ]
        yield [entry]
        reconciled = (SourceKind.IMPORT, self.numbers.import_id, 0)
        yield [self.entry(EntryKind.IMPORT, self.anna, "0.01", "", reconciled, self.numbers.at)]

    def recruitment(self) -> Iterator[Sequence[Thing]]:
        questions = [{"id": "why", "text": "Why us?"}]
        yield [FormVersion(version=1, form=Form().with_values({"questions": questions}, "form"), at=JOINED)]
        application_id = ApplicationId(self.new(Kind.APPLICATION, 1))
        yield [
            Submitted(
                id=application_id,
                guild_id=self.guild_id,
                user_id=self.bert,
                candidate=Candidate(character_name="Karnor", form_version=1),
                rules=RecruitmentRules(),
                rules_version=0,
                submitted_at=JOINED,
                last_at=JOINED,
                steps=1,
            )
        ]
        step = Transition(number=1, at=JOINED, before=None, after=ApplicationStatus.SUBMITTED)
        yield [OldTransition(application_id=application_id, transition=step, by="bert")]
        yield [
            Comment(
                id=CommentId(self.new(Kind.COMMENT, 1)),
                application_id=application_id,
                author=self.anna,
                kind=CommentKind.INTERNAL,
                text="Welcome back",
                at=JOINED,
            )
        ]
