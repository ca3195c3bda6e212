"""What every adapter keeps to, as to moving a guild in from elsewhere, and undoing it (O-3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import pytest
from attrs import evolve, frozen

from dkp_core.accounts import ChangeMembership, Consent, ConsentGiven, ConsentKind, MembershipStatus, RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import AwardId, CharacterId, ClaimId, ImportId, PoolId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import Award, AwardFilter, AwardItem, Item, RevokeAward, Whose
from dkp_core.moving import (
    FormVersion,
    GuildHasData,
    Import,
    Imported,
    ImportGuild,
    ImportHasTheOfficers,
    ImportIsEdited,
    ImportIsNamed,
    ImportIsUndone,
    ImportRow,
    ListImports,
    OldDeed,
    OldTransition,
    PoliciesOf,
    Report,
    ShowImport,
    UndoImport,
    Undone,
)
from dkp_core.points import (
    Adjustment,
    AdjustmentFilter,
    AdjustmentLine,
    AdjustPoints,
    BalanceOutOfRange,
    ChangePool,
    Entry,
    HistoryRow,
    ItemPool,
    LinkUser,
    Pool,
    ReverseAdjustment,
)
from dkp_core.raids import (
    Attendance,
    AttendanceShareRow,
    CancelRaid,
    ChangeRaid,
    EventType,
    NamedPresence,
    Raid,
    RaidFilter,
    RecordAttendance,
)
from dkp_core.recruitment import Application, Comment, SetApplicationForm
from dkp_core.roster import ChangeCharacter, Character, Claim, ProfileField
from tests.caravan import DAYS_AGO, FINGERPRINT, READ_AT, Caravan, Robbed
from tests.doctored import Changing, Doctor, Doctored, Losing
from tests.integration.contracts.deeds import DAY, HOUR, Bank, Raiding, join
from tests.integration.contracts.installation import all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place, discord_id_of
from tests.integration.contracts.suite import Contract

OTHER_FINGERPRINT: Final = "b" * 64
CHUNKS: Final = 19


@frozen
class Settlement:
    """A guild as it was founded, that others move into."""

    place: Place
    pool_id: PoolId
    founder: UserId

    @classmethod
    def at(cls, place: Place) -> Settlement:
        """With a rank, a default pool called DKP, and an officer."""
        pool_id = PoolId(place.installation.ids.next("pool"))
        with place.work() as work:
            work.pools.save(Pool.create(pool_id, place.guild_id, name="DKP", is_default=True))
        return cls(place, pool_id, place.member("founder", RoleGroup.OFFICER))

    def move_in(self, caravan: Caravan = Caravan(), *, dry_run: bool = False) -> Imported:
        """Import; an hour passes."""
        installation = self.place.installation
        use = ImportGuild(installation.begin, installation.ids, installation.clock)
        imported = use(caravan, dry_run=dry_run, by=self.place.by)
        installation.clock.advance(HOUR)
        return imported

    def rehearsed(self, doctor: Doctor) -> Report:
        """What an import into a store that does not keep everything as it is given would tell."""
        installation = self.place.installation
        use = ImportGuild(Doctored(installation.begin, doctor), installation.ids, installation.clock)
        return use(Caravan(looks=False), dry_run=True, by=self.place.by).report

    def moved_in(self, caravan: Caravan = Caravan()) -> Import:
        """The import that it became."""
        record = self.move_in(caravan).record
        assert record is not None
        return record

    def undo(self, import_id: ImportId, *, discard_edits: bool = False, dry_run: bool = False) -> Undone:
        """Undo an import."""
        installation = self.place.installation
        return UndoImport(installation.begin, installation.clock)(
            import_id, discard_edits=discard_edits, dry_run=dry_run, by=self.place.by
        )

    # --- what is there ------------------------------------------------------------------------------------------------

    @property
    def owners(self) -> dict[str, UserId | None]:
        """Whose each character is."""
        with self.place.work() as work:
            return {each.name: each.owner for each in work.characters.all()}

    def owner(self, name: str) -> UserId:
        """Whose a character is."""
        owner = self.owners[name]
        assert owner is not None
        return owner

    def character_id(self, name: str) -> CharacterId:
        """A character's id."""
        with self.place.work() as work:
            return next(each.id for each in work.characters.all() if each.name == name)

    def pool(self, name: str) -> PoolId:
        """A pool's id."""
        with self.place.work() as work:
            return work.pools.named(name).id

    @property
    def imported_pool(self) -> PoolId:
        """The pool that came."""
        return self.pool("Classic")

    @property
    def raids(self) -> list[RaidId]:
        """The raids there are, the oldest first."""
        with self.place.views() as views:
            return [row.id for row in reversed(views.raids(RaidFilter(), ordering=(), page=EVERYTHING).results)]

    @property
    def award(self) -> AwardId:
        """The award that came."""
        with self.place.views() as views:
            return views.awards(AwardFilter(), ordering=(), page=EVERYTHING).results[0].id

    @property
    def summary(self) -> dict[str, object]:
        """All that can be asked of it, without ids and names of users."""
        place, bank = self.place, Bank(self.place)
        with place.work() as work:
            pools = {
                each.name: (each.is_default, each.archived, work.policies.of(each.id).version)
                for each in work.pools.all()
            }
            ranks = [each.name for each in work.ranks.all()]
            fields = [each.name for each in work.profile_fields.all()]
        with place.views() as views:
            raids = views.raids(RaidFilter(), ordering=(), page=EVERYTHING).results
            awards = views.awards(AwardFilter(), ordering=(), page=EVERYTHING).results
            adjusted = views.adjustments(AdjustmentFilter(), page=EVERYTHING).results
        standings = {
            name: [(row.main_character, numbers_of_standing(row), row.attendance_90) for row in bank.standings(pool)]
            for name, pool in ((name, self.pool(name)) for name in pools)
        }
        return {
            "pools": pools,
            "ranks": ranks,
            "fields": fields,
            "standings": standings,
            "roster": [(row.name, row.rank, row.status) for row in place.roster().results],
            "raids": [(row.starts_at, row.event_type, row.attendees, str(row.points)) for row in raids],
            "awards": [(row.item, row.character, str(row.amount), row.awarded_at) for row in awards],
            "adjustments": [(str(row.amount), row.reason, row.occurred_at) for row in adjusted],
            "history": {name: self.history(name) for name, owner in sorted(self.owners.items()) if owner},
            "differences": bank.differences(),
        }

    def history(self, name: str) -> list[tuple[object, ...]]:
        """The entries of a character's owner, without ids."""
        return [_told(row) for row in Bank(self.place).history(self.owner(name))]

    def told(self) -> list[str]:
        """The names of all events, the oldest first."""
        with self.place.views() as views:
            return [row.name for row in reversed(views.events(AuditFilter(), page=EVERYTHING).results)]

    def imports(self) -> tuple[ImportRow, ...]:
        """What moved in, as it is listed."""
        return ListImports(self.place.installation.read)(page=EVERYTHING, by=self.place.by).results


def numbers_of_standing(row: object) -> list[str]:
    """Earned, spent, adjusted, current."""
    return [str(getattr(row, name)) for name in ("earned", "spent", "adjusted", "current")]


def _told(row: HistoryRow) -> tuple[object, ...]:
    return row.kind, str(row.amount), str(row.balance), row.reason, row.character_name, row.occurred_at, row.actor_id


# --- what may be recorded since ---------------------------------------------------------------------------------------


def award_to(home: Settlement) -> None:
    """Somebody who came buys something."""
    installation = home.place.installation
    AwardItem(installation.begin, installation.ids, installation.clock)(
        item="Rubicite Breastplate",
        to=Whose(character="Karnor"),
        amount=Points.of(1),
        pool_id=home.imported_pool,
        by=home.place.by,
    )


def adjust(home: Settlement) -> None:
    """Somebody who came is given points in a pool that was there before, and that officers brought back."""
    installation = home.place.installation
    ChangePool(installation.begin)(home.pool_id, archived=False, by=home.place.by)
    AdjustPoints(installation.begin, installation.ids, installation.clock)(
        [AdjustmentLine(user_id=home.owner("Karnor"), amount=Points.of(1))],
        reason="helped",
        pool_id=home.pool_id,
        by=home.place.by,
    )


def claim(home: Settlement) -> None:
    """Somebody says who they are."""
    made = Claim.make(
        ClaimId(home.place.installation.ids.next("claim")),
        home.place.guild_id,
        claimant=home.founder,
        user_id=home.owner("Karnor"),
        character_name="Karnor",
        code="claim-bcdfghjk",
        at=NIGHT,
    )
    with home.place.work() as work:
        work.claims.save(made)


def attend(home: Settlement) -> None:
    """The founder was at a raid that came, as they say."""
    home.place.character("Founderella", owner=home.founder, is_main=True)
    installation = home.place.installation
    RecordAttendance(installation.begin, installation.ids, installation.clock)(
        home.raids[-1], [NamedPresence(name="Founderella")], by=home.place.by
    )


def enter(home: Settlement) -> None:
    """Somebody who came gets another character."""
    home.place.character("Newborn", owner=home.owner("Karnor"), main_id=home.character_id("Karnor"))


def promote(home: Settlement) -> None:
    """A rank that came is given to a character that did not."""
    with home.place.work() as work:
        veteran = work.ranks.named("Veteran").id
    home.place.character("Veteranus", rank_id=veteran)


def raid_in_the_pool(home: Settlement) -> None:
    """A raid awards points in a pool that came."""
    raiding = evolve(Raiding.at(home.place), pool_id=home.imported_pool)
    kind = evolve(raiding.event_type, pools=(home.imported_pool,))
    evolve(raiding, event_type=kind).raid(NIGHT - DAY)


def ask(home: Settlement) -> None:
    """The questions to applicants that came were changed."""
    questions = [{"id": "who", "text": "Who?"}]
    SetApplicationForm(home.place.installation.begin)({"questions": questions}, by=home.place.by)


def link(home: Settlement) -> None:
    """The account of somebody who came is known."""
    installation, owner = home.place.installation, home.owner("Karnor")
    LinkUser(installation.begin, installation.clock)(user_id=owner, discord_id=discord_id_of(owner), by=home.place.by)


RECORDED_SINCE: Final[dict[Callable[[Settlement], None], str]] = {
    award_to: "awards",
    adjust: "adjustments",
    claim: "claims",
    attend: "entries",
    enter: "characters",
    promote: "characters",
    raid_in_the_pool: "raids",
    ask: "application_forms",
    link: "linked_users",
}
"""What may be recorded after an import, and what is told then: mostly the table that names what it brought."""


# --- where users may be in use beside -------------------------------------------------------------------------------


def join_elsewhere(home: Settlement, user_id: UserId) -> None:
    """They are a member of another guild too."""
    join(Place.found(home.place.installation, "Elsewhere"), user_id, NIGHT)


def sign_in(home: Settlement, user_id: UserId) -> None:
    """They have signed in."""
    with home.place.work() as work:
        work.users.save(evolve(work.users.get(user_id), signed_in_at=NIGHT))


def agree(home: Settlement, user_id: UserId) -> None:
    """They have agreed to something."""
    consent = Consent(user_id=user_id, kind=ConsentKind.PRIVACY, given_at=NIGHT)
    with home.place.installation.begin_installation(home.place.by) as work:
        work.consents.put(consent, ConsentGiven(user_id=user_id, kind=consent.kind))


IN_USE: Final = (join_elsewhere, sign_in, agree)


# --- what people may do about what came -----------------------------------------------------------------------------


def name_an_officer(home: Settlement) -> None:
    """Somebody who came is an officer from now on."""
    installation = home.place.installation
    ChangeMembership(installation.begin, installation.clock)(
        home.owner("Karnor"), role_group=RoleGroup.OFFICER, reason="helps", by=home.place.by
    )


def note_on_a_character(home: Settlement) -> None:
    """Something is noted on a character who came."""
    change = ChangeCharacter(home.place.installation.begin)
    change(home.character_id("Karnor"), notes="sings well", by=home.place.by)


def note_on_raids(home: Settlement) -> None:
    """Something is noted on two raids that came, on one of them twice."""
    installation = home.place.installation
    change = ChangeRaid(installation.begin, installation.ids, installation.clock)
    for raid_id, note in zip((*home.raids[:2], home.raids[0]), ("long", "short", "very long"), strict=True):
        change(raid_id, note=note, by=home.place.by)


EDITS: Final[dict[Callable[[Settlement], None], tuple[str, int]]] = {
    name_an_officer: ("membership", 1),
    note_on_a_character: ("character", 1),
    note_on_raids: ("raid", 2),
}
"""What people may do, and as how many edits of what it is told."""


LOST: Final[dict[type[Any], tuple[str, int]]] = {
    ProfileField: ("profile_fields", 1),
    Character: ("characters", 4),
    PoliciesOf: ("pool_policies", 1),
    ItemPool: ("item_pools", 1),
    EventType: ("event_types", 1),
    Raid: ("raids", 4),
    Attendance: ("attendance", 8),
    Item: ("items", 1),
    Award: ("awards", 1),
    Adjustment: ("adjustments", 1),
    Entry: ("entries", 11),
    FormVersion: ("application_forms", 1),
    OldTransition: ("application_transitions", 1),
    Comment: ("application_comments", 1),
    Application: ("applications", 1),
    OldDeed: ("deeds", 1),
}
"""What may get lost on the way, as what it is counted, and how much of it comes."""

CHANGED: Final[Sequence[tuple[type[Any], Callable[[Any], Any], str]]] = (
    (Entry, lambda it: evolve(it, occurred_at=it.occurred_at + 400 * DAY), "entries: when they were"),
    (Entry, lambda it: evolve(it, amount=Points(1)), "entries: what they are worth"),
    (Award, lambda it: evolve(it, price=Points(1)), "awards: what they are worth"),
    (Award, lambda it: evolve(it, user_id=UserId(it.user_id + 1)), "awards: whose they are"),
    (
        Award,
        lambda it: evolve(it, raid_id=None, external_id=None),
        "awards: which have an old id and what they belong to",
    ),
    (Adjustment, lambda it: evolve(it, amount=Points(77)), "adjustments: what they are worth"),
    (Attendance, lambda it: evolve(it, awarded=Points(77)), "attendance: what they are worth"),
    (Attendance, lambda it: evolve(it, user_id=None), "attendance: whose they are"),
    (Raid, lambda it: evolve(it, points=Points(1)), "raids: what they are worth"),
    (Raid, lambda it: evolve(it, ticks=()), "raids: what they belong to"),
    (Character, lambda it: evolve(it, external_id=None), "characters: which have an old id"),
    (EventType, lambda it: evolve(it, default_points=Points(1)), "event_types: what they are worth"),
)
"""What may be changed on the way, and what is told of it."""


class MovingContract(Contract):
    """The ports `Intake`, `Imports` and `ImportsView`, and the use cases on them."""

    @pytest.fixture
    def home(self, place: Place) -> Settlement:
        """A guild that was just founded."""
        place.installation.clock.set(NIGHT)
        return Settlement.at(place)

    # --- moving in ----------------------------------------------------------------------------------------------------

    def test_everything_comes_in_as_it_was(self, home: Settlement) -> None:
        """O-1, O-4: characters and whose they are, points with what they come from, raids, loot and adjustments."""
        record = home.moved_in()
        anna, bert = home.owner("Élan"), home.owner("Karnor")
        assert home.owners == {"Élan": anna, "Boru": anna, "Karnor": bert, "Zed": None}
        found = home.summary
        assert found["pools"] == {"DKP": (False, True, 0), "Classic": (True, False, 1)}
        assert found["ranks"] == ["Member", "Veteran"]
        assert found["fields"] == ["Epic"]
        assert found["raids"] == [(READ_AT - days * DAY, "Plane of Fear", 2, "12.50") for days in sorted(DAYS_AGO)]
        assert found["awards"] == [("Cloak of Flames", "Élan", "7.25", READ_AT - 10 * DAY)]
        assert [amount for amount, *_ in found["adjustments"]] == ["3.00"]  # type: ignore[attr-defined]  # a list
        bank = Bank(home.place)
        assert bank.numbers(anna, home.imported_pool)[:4] == ["50.00", "7.25", "3.01", "45.76"]
        assert bank.numbers(bert, home.imported_pool)[:4] == ["50.00", "0.00", "0.00", "50.00"]
        history = bank.history(anna)
        assert {row.actor_kind for row in history} == {ActorKind.IMPORT}
        assert {row.recorded_at for row in history} == {record.at}
        with home.place.views() as views:
            assert views.award(home.award).external_id == "eqdkp:152"
            assert {row.external_id for row in home.place.roster().results} == {f"eqdkp:{n}" for n in range(11, 15)}
            assert views.user(anna).username == "Anna"

    def test_people_have_the_places_that_they_had(self, home: Settlement) -> None:
        """O-1, A-4: by role group; who was not active there is not here; their old ids are kept (O-4)."""
        home.moved_in()
        with home.place.work() as work:
            anna, bert = (work.memberships.get(home.owner(name)) for name in ("Élan", "Karnor"))
            users = {work.users.get(each.user_id).username: each.user_id for each in work.memberships.named()}
            cora = work.memberships.get(users["Cora"])
            assert work.users.get(anna.user_id).timezone == "Europe/Berlin"
        assert (anna.role_group, anna.external_id, anna.was_member) == (RoleGroup.OFFICER, "eqdkp:1", True)
        assert (bert.role_group, bert.status, bert.ended_at) == (RoleGroup.MEMBER, MembershipStatus.IN_FORCE, None)
        assert (cora.status, cora.reason, cora.ended_at) == (MembershipStatus.DEACTIVATED, "not active there", NIGHT)

    def test_an_import_tells_one_thing_beside_what_was_logged_there(self, home: Settlement) -> None:
        """O-3, G-5: nothing is announced as if it happened now; old deeds stand where they happened."""
        before = home.told()
        record = home.moved_in()
        assert sorted(home.told()) == sorted([*before, "deed_recorded", "guild_imported"])
        old, new = (
            next(row for row in home.place.told_rows("import", record.id) if row.name == name)
            for name in ("deed_recorded", "guild_imported")
        )
        assert (old.actor_kind, old.actor_id, old.user_id) == ("import", "admin", None)
        assert old.at < new.at == NIGHT
        assert new.data["fingerprint"] == FINGERPRINT

    def test_what_is_summed_up_is_what_it_adds_up_to(self, home: Settlement) -> None:
        """O-3, P-3, D-9: balances, attendance and counts, as after any other day."""
        home.moved_in()
        assert Bank(home.place).differences() == []
        shares = {
            row.user_id: [row.attended_30, row.attended_60, row.attended_90, row.attended_lifetime, row.held_lifetime]
            for row in _shares(home)
        }
        assert shares[home.owner("Élan")] == shares[home.owner("Karnor")] == [1, 2, 3, 4, 4]
        assert shares[home.founder] == [0, 0, 0, 0, 0]

    def test_an_import_is_shown(self, home: Settlement, elsewhere: Place) -> None:
        """O-3: to who may read the audit log, and of this guild alone."""
        record = home.moved_in()
        expected = ImportRow(
            id=record.id,
            program="EQdkp Plus",
            program_version="2.3.34",
            source="old.sql",
            fingerprint=FINGERPRINT,
            at=NIGHT,
            actor_kind=ActorKind.OPERATOR,
            actor_id="operator",
            rows_imported={"members": 4},
            undone_at=None,
        )
        assert home.imports() == (expected,)
        show = ShowImport(home.place.installation.read)
        assert show(record.id, by=home.place.by) == expected
        with pytest.raises(NoSuch):
            show(record.id, by=elsewhere.by)
        with pytest.raises(NotPermitted):
            show(record.id, by=evolve(home.place.by, permissions=frozenset()))
        with pytest.raises(NotPermitted):
            ListImports(home.place.installation.read)(
                page=PageRequest(), by=evolve(home.place.by, permissions=frozenset())
            )
        with elsewhere.views() as views:
            assert views.imports(page=EVERYTHING).count == 0
        with home.place.views() as views:
            assert views.imports(page=PageRequest(2, 1)).count == 1

    def test_only_the_operator_moves_guilds(self, home: Settlement) -> None:
        """O-3: who runs the installation, whatever others may do."""
        installation, officer = home.place.installation, evolve(home.place.by, kind=ActorKind.USER)
        with pytest.raises(NotPermitted):
            ImportGuild(installation.begin, installation.ids, installation.clock)(Caravan(), by=officer)
        record = home.moved_in()
        with pytest.raises(NotPermitted):
            UndoImport(installation.begin, installation.clock)(record.id, by=officer)

    def test_what_came_is_read_back(self, home: Settlement) -> None:
        """O-2: nothing is at fault where all of it is kept."""
        assert home.move_in(dry_run=True).report.faults == ()
        assert home.move_in(Caravan(discord_id=discord_id_of(home.founder))).report.faults == ()

    def test_nothing_is_lost_without_being_told(self, home: Settlement) -> None:
        """O-2: a thing of any kind that is not kept is a fault."""
        for kind, (name, count) in LOST.items():
            report = home.rehearsed(Losing(kind))
            assert f"{name}: {count} came, and {count - 1} are kept" in report.faults
            assert not report.is_proven

    def test_nothing_is_changed_without_being_told(self, home: Settlement) -> None:
        """O-2: so is one that is kept otherwise than it came, whatever of it."""
        for kind, change, told in CHANGED:
            report = home.rehearsed(Changing(kind, change))
            assert f"{told} is not kept as it came" in report.faults
            assert not report.is_proven

    def test_what_does_not_add_up_is_told(self, home: Settlement) -> None:
        """O-2, P-3: prices and entries say the same, or it is a fault, though both are kept as they came."""
        report = home.move_in(Caravan(looks=False, paid="7.00"), dry_run=True).report
        assert [each for each in report.faults if each.startswith("entries for award")] == list(report.faults)
        assert len(report.faults) == 1
        assert report.faults[0].endswith(": -7.00 is kept, and it adds up to -7.25")

    # --- once ---------------------------------------------------------------------------------------------------------

    def test_the_same_source_again_adds_nothing(self, home: Settlement) -> None:
        """O-3: it answers which import it was."""
        record = home.moved_in()
        before, told = home.summary, home.told()
        again = home.move_in()
        assert (again.record, again.before) == (None, record)
        assert (home.summary, home.told()) == (before, told)

    def test_another_source_is_refused_where_one_came_in(self, home: Settlement) -> None:
        """O-3: naming the import that stands."""
        record = home.moved_in()
        before = home.summary
        with pytest.raises(GuildHasData) as refused:
            home.move_in(Caravan(fingerprint=OTHER_FINGERPRINT))
        assert refused.value.earlier == record.id
        assert refused.value.found["raids"] == len(DAYS_AGO)
        assert home.summary == before

    def test_a_guild_with_a_past_is_refused(self, home: Settlement) -> None:
        """O-3: whatever the past is; how it is set up is none."""
        home.place.rank("Novice")
        home.place.character("Native")
        with pytest.raises(GuildHasData) as refused:
            home.move_in()
        assert refused.value.earlier is None
        assert refused.value.found["characters"] == 1
        assert "raids" not in refused.value.found
        assert home.owners == {"Native": None}

    def test_a_rehearsal_leaves_nothing(self, home: Settlement) -> None:
        """O-3: a dry run tells what would come of it, and then lets it go."""
        before, told = home.summary, home.told()
        rehearsed = home.move_in(dry_run=True)
        assert (rehearsed.record, rehearsed.before) == (None, None)
        assert (home.summary, home.told(), home.imports()) == (before, told, ())
        done = home.move_in()
        assert done.report == rehearsed.report
        assert done.record is not None

    def test_two_at_once_are_one(self, home: Settlement) -> None:
        """O-3: the other one finds what the first has brought."""
        moving = [partial(home.move_in, Caravan(fingerprint=each)) for each in (FINGERPRINT, OTHER_FINGERPRINT)]
        outcomes = all_at_once(*moving)
        assert [type(each) for each in outcomes if each is not None] == [GuildHasData]
        assert len(home.imports()) == 1
        assert len(home.raids) == len(DAYS_AGO)
        assert Bank(home.place).differences() == []

    def test_an_import_that_is_interrupted_leaves_nothing(self, home: Settlement, elsewhere: Place) -> None:
        """O-3: wherever that was; run again, it comes to what it would have been."""
        before, told = home.summary, home.told()
        for chunks in range(0, CHUNKS, 3):
            with pytest.raises(Robbed):
                home.move_in(Caravan(robbed_after=chunks))
        assert (home.summary, home.told(), home.imports()) == (before, told, ())
        home.place.installation.clock.set(NIGHT)
        home.moved_in()
        home.place.installation.clock.set(NIGHT)
        other = Settlement.at(elsewhere)
        other.moved_in()
        assert home.summary == other.summary

    def test_balances_out_of_range_are_refused(self, home: Settlement) -> None:
        """O-3, P-2: nothing comes in."""
        with pytest.raises(BalanceOutOfRange):
            home.move_in(Caravan(amount="9999999990.00"))
        assert home.owners == {}

    # --- people who are known -----------------------------------------------------------------------------------------

    def test_who_is_known_by_their_discord_id_is_that_user(self, home: Settlement) -> None:
        """O-1, A-13: they keep their place, and stay when the import goes."""
        with home.place.work() as work:
            before = work.memberships.get(home.founder)
        record = home.moved_in(Caravan(discord_id=discord_id_of(home.founder)))
        assert home.owner("Élan") == home.founder
        with home.place.work() as work:
            member = work.memberships.get(home.founder)
            assert (member.external_id, member.joined_at) == ("eqdkp:1", before.joined_at)
        home.undo(record.id)
        with home.place.work() as work:
            assert work.memberships.get(home.founder) == before
            assert work.users.get(home.founder).username == "founder"

    def test_who_is_known_elsewhere_becomes_a_member_until_it_is_undone(
        self, home: Settlement, elsewhere: Place
    ) -> None:
        """O-1, G-1: users belong to the installation."""
        known = elsewhere.member("known")
        record = home.moved_in(Caravan(discord_id=discord_id_of(known)))
        assert home.owner("Élan") == known
        home.undo(record.id)
        with home.place.work() as work:
            assert work.memberships.find(known) is None
        with elsewhere.work() as work:
            assert work.memberships.get(known).status is MembershipStatus.IN_FORCE

    # --- going on -----------------------------------------------------------------------------------------------------

    def test_what_came_can_be_corrected_like_anything_else(self, home: Settlement) -> None:
        """O-3, P-1: a raid is cancelled, an award revoked, an adjustment reversed, and attendance added."""
        home.moved_in()
        installation, by = home.place.installation, home.place.by
        ports = (installation.begin, installation.ids, installation.clock)
        CancelRaid(*ports)(home.raids[0], by=by)
        RevokeAward(*ports)(home.award, reason="a mistake", by=by)
        with home.place.views() as views:
            (adjustment,) = views.adjustments(AdjustmentFilter(), page=EVERYTHING).results
        ReverseAdjustment(*ports)(adjustment.id, reason="a mistake", by=by)
        home.place.character("Newcomer", owner=home.founder, is_main=True)
        RecordAttendance(*ports)(home.raids[-1], [NamedPresence(name="Newcomer"), NamedPresence(name="Nobody")], by=by)
        bank = Bank(home.place)
        assert bank.numbers(home.owner("Élan"), home.imported_pool)[3] == "37.51"
        assert bank.numbers(home.owner("Karnor"), home.imported_pool)[3] == "37.50"
        assert bank.numbers(home.founder, home.imported_pool)[3] == "12.50"
        shares = {row.user_id: (row.attended_lifetime, row.held_lifetime) for row in _shares(home)}
        assert shares[home.owner("Karnor")] == (3, 3)
        assert bank.differences() == []

    # --- undoing ------------------------------------------------------------------------------------------------------

    def test_an_import_is_undone_as_a_whole(self, home: Settlement, elsewhere: Place) -> None:
        """O-3: all that is left is that it was; it can come in again."""
        other = Settlement.at(elsewhere)
        other.moved_in()
        there, before, told = other.summary, home.summary, home.told()
        record = home.moved_in()
        assert home.undo(record.id, dry_run=True) == Undone(record=record, edited={}, staying=frozenset())
        assert len(home.raids) == len(DAYS_AGO)
        home.place.installation.clock.advance(HOUR)
        undone = home.undo(record.id).record
        assert home.summary == before
        assert sorted(home.told()) == sorted([*told, "guild_imported", "import_undone"])
        assert [row.undone_at for row in home.imports()] == [undone.undone_at] != [None]
        assert other.summary == there
        with pytest.raises(ImportIsUndone):
            home.undo(record.id)
        again = home.move_in()
        assert (again.before, again.record is None) == (None, False)
        assert Bank(home.place).differences() == []

    def test_only_imports_that_are_there_are_undone(self, home: Settlement, elsewhere: Place) -> None:
        """G-1: of this guild."""
        record = home.moved_in()
        installation = home.place.installation
        with pytest.raises(NoSuch):
            UndoImport(installation.begin, installation.clock)(record.id, by=elsewhere.by)

    def test_an_import_that_the_guild_went_on_from_stays(self, home: Settlement) -> None:
        """O-3: whatever names what it brought would name nothing then; each of these is found."""
        record = home.moved_in()
        known: Mapping[str, int] = {}
        for act, table in RECORDED_SINCE.items():
            act(home)
            with pytest.raises(ImportIsNamed) as refused:
                home.undo(record.id, dry_run=True)
            assert refused.value.found[table] == known.get(table, 0) + 1, act.__name__
            known = refused.value.found
        with pytest.raises(ImportIsNamed):
            home.undo(record.id)
        assert len(home.raids) == len(DAYS_AGO) + 1
        assert [row.undone_at for row in home.imports()] == [None]

    def test_edits_go_only_if_somebody_says_so(self, home: Settlement) -> None:
        """O-3: what people did about what came is named before it is lost, in a rehearsal too."""
        before, record = home.summary, home.moved_in()
        assert home.undo(record.id, dry_run=True).edited == {}
        expected: dict[str, int] = {}
        for act, (kind, count) in EDITS.items():
            act(home)
            expected[kind] = count
            for dry_run in (True, False):
                with pytest.raises(ImportIsEdited) as refused:
                    home.undo(record.id, dry_run=dry_run)
                assert refused.value.found == expected
        rehearsed = home.undo(record.id, discard_edits=True, dry_run=True)
        assert (rehearsed.edited, len(home.raids)) == (expected, len(DAYS_AGO))
        assert home.undo(record.id, discard_edits=True).edited == expected
        assert home.summary == before

    def test_what_no_person_did_is_no_edit(self, home: Settlement) -> None:
        """O-3: a bot or a job does it again."""
        record, by = home.moved_in(), evolve(home.place.by, kind=ActorKind.BOT)
        ChangeCharacter(home.place.installation.begin)(home.character_id("Karnor"), notes="sings", by=by)
        assert home.undo(record.id).edited == {}

    @pytest.mark.parametrize("use", IN_USE)
    def test_users_who_are_in_use_stay_when_the_rest_goes(
        self, home: Settlement, use: Callable[[Settlement, UserId], None]
    ) -> None:
        """O-3, A-13: an import can be undone though somebody has signed in, or plays in another guild too."""
        before, record = home.summary, home.moved_in()
        anna, bert = home.owner("Élan"), home.owner("Karnor")
        use(home, bert)
        assert home.undo(record.id, dry_run=True).staying == {bert}
        assert home.undo(record.id).staying == {bert}
        assert home.summary == before
        with home.place.work() as work:
            assert work.memberships.find(bert) is None
            assert work.users.get(bert).username == "Bert"
            with pytest.raises(NoSuch):
                work.users.get(anna)

    def test_a_guild_is_not_left_without_an_officer(self, home: Settlement) -> None:
        """O-3, A-2: where those who were here before are officers no more, an import with all of them stays."""
        record = home.moved_in(Caravan(discord_id="80351110224678912"))
        installation, anna = home.place.installation, home.owner("Élan")
        change = ChangeMembership(installation.begin, installation.clock)
        change(home.founder, role_group=RoleGroup.MEMBER, reason="tired", by=home.place.by)
        for dry_run in (True, False):
            with pytest.raises(ImportHasTheOfficers):
                home.undo(record.id, dry_run=dry_run)
        assert home.owner("Élan") == anna
        change(home.founder, role_group=RoleGroup.OFFICER, reason="rested", by=home.place.by)
        home.undo(record.id)
        with home.place.work() as work:
            assert work.memberships.officers() == {home.founder}

    def test_what_the_guild_did_beside_it_stays(self, home: Settlement) -> None:
        """O-3: an import is undone where nothing names it, whatever else happened."""
        record = home.moved_in()
        native = home.place.character("Native", owner=home.founder, is_main=True)
        bank = Bank(home.place)
        bank.give(home.founder, home.pool_id, "5.00")
        raiding = Raiding.at(home.place)
        raiding.raid(NIGHT - DAY, [home.founder])
        home.undo(record.id)
        assert home.owners == {"Native": home.founder}
        assert home.character_id("Native") == native
        assert bank.numbers(home.founder, home.pool_id)[3] == "5.00"
        assert bank.numbers(home.founder, raiding.pool_id)[3] == "10.00"
        shares = {row.user_id: (row.attended_lifetime, row.held_lifetime) for row in _shares(home)}
        assert shares == {home.founder: (1, 1)}
        assert bank.differences() == []

    def test_balances_that_went_on_keep_what_they_went_on_from(self, home: Settlement) -> None:
        """O-3: of somebody who was here before, too."""
        record = home.moved_in(Caravan(discord_id=discord_id_of(home.founder)))
        Bank(home.place).give(home.founder, home.imported_pool, "-1.00")
        with pytest.raises(ImportIsNamed) as refused:
            home.undo(record.id)
        assert refused.value.found == {"entries": 1}


def _shares(home: Settlement) -> tuple[AttendanceShareRow, ...]:
    with home.place.views() as views:
        return views.attendance_shares(user_id=None, pool_id=None, everyone=True, ordering=(), at=READ_AT)
