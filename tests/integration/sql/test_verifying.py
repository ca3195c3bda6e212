"""Every number that is kept, tampered with: `verify` names it (P-3, D-9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.verifying import SqlVerifying
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import SetRules
from dkp_core.points import Difference, EntryKind, Overbid
from dkp_core.raids import Presence
from dkp_core.recruitment import Option
from tests import services
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.deeds import DAY, Bank, Raiding
from tests.integration.contracts.loot_deeds import SEALED, Hall
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.recruitment_deeds import Office
from tests.integration.databases import with_schema
from tests.services import ENGINES, Engine


@pytest.fixture(scope="module", params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlDatabase]:
    """A database of this module's own, on each engine in turn."""
    engine: Engine = request.param
    url = with_schema(engine, tmp_path_factory.mktemp("verifying"))
    opened = SqlDatabase.open(url, clock=SettableClock(NIGHT))
    yield opened
    opened.close()
    services.drop_database(url)


@pytest.fixture
def place(database: SqlDatabase) -> Iterator[Place]:
    """A guild with something of everything in it; whatever a test does to it is gone afterwards."""
    found = Place.found(sql_installation(database, SettableClock(NIGHT)))
    yield found
    tamper(database, found, "DELETE FROM guilds WHERE id = {guild}")


PARTS = ("balances", "sources of points", "holds", "raids", "attendance", "merges", "votes")


def tamper(database: SqlDatabase, place: Place, sql: str, **values: object) -> None:
    """Change what is kept behind the adapter's back."""
    connection = database.engine.connect("write")
    connection.begin()
    connection.execute(sql.format(guild=place.guild_id, **values))
    connection.commit()
    connection.close()


def differences(database: SqlDatabase, place: Place) -> list[tuple[str, str, str]]:
    """What a recount finds in the guild."""
    found = SqlVerifying(database.engine).verify(lambda _: None).differences
    return [(each.what, each.kept, each.counted) for each in found if each.guild_id == place.guild_id]


class Scene:
    """A guild in which one user has points, attendance and an adjustment, and a name waits for somebody."""

    def __init__(self, place: Place) -> None:
        self.bank, self.raiding = Bank(place), Raiding.at(place)
        self.user_id = place.member("somebody", joined_at=NIGHT - 50 * DAY)
        self.pool_id = self.raiding.pool_id
        self.first = self.raiding.raid(NIGHT - 30 * DAY, [self.user_id])
        self.second = self.raiding.raid(NIGHT - 20 * DAY, {self.user_id: Presence.ABSENT_EXCUSED})
        self.third = self.raiding.raid(NIGHT - 10 * DAY)
        self.raiding.note(self.third, "Wanderer")
        self.cancelled = self.raiding.raid(NIGHT - 5 * DAY, [self.user_id])
        self.raiding.cancel(self.cancelled)
        self.adjustment = self.bank.drafted_adjustment(self.user_id, self.pool_id, "5.00")
        self.bank.adjust(self.adjustment)
        self.bank.book(self.bank.drafted(self.user_id, self.pool_id, "-2", kind=EntryKind.AWARD))

    def values(self) -> dict[str, object]:
        """What statements name."""
        return {
            "user": self.user_id,
            "pool": self.pool_id,
            "first": self.first,
            "second": self.second,
            "third": self.third,
            "cancelled": self.cancelled,
            "adjustment": self.adjustment.id,
        }


def test_what_the_adapter_wrote_adds_up(database: SqlDatabase, place: Place) -> None:
    """P-3: and everything that was looked at is counted."""
    before = SqlVerifying(database.engine).verify(lambda _: None)
    Scene(place)
    progress: list[str] = []
    after = SqlVerifying(database.engine).verify(progress.append)
    assert after.differences == before.differences == ()
    assert after.clean
    assert after.guilds == before.guilds
    assert after.balances - before.balances == 1
    assert after.entries - before.entries == 5
    told = [line for line in progress if line.endswith(f" of guild {place.guild_id}")]
    assert told == [f"{what} of guild {place.guild_id}" for what in PARTS]


def test_each_pool_is_held_against_what_the_line_says_of_it(database: SqlDatabase, place: Place) -> None:
    """P-3, P-6: pools of one raid may pay differently, and none pays more than its line says."""
    scene = Scene(place)
    tamper(
        database,
        place,
        "UPDATE attendance SET elsewhere = '{{\"{pool}\":250}}' WHERE guild_id = {guild} AND raid_id = {first}",
        **scene.values(),
    )
    assert [(kept, counted) for _, kept, counted in differences(database, place)] == [("10.00", "2.50")]


def test_a_difference_says_whose_number_it_is(database: SqlDatabase, place: Place) -> None:
    """P-3: guild, pool and user, what is kept and what it adds up to."""
    scene = Scene(place)
    tamper(database, place, "UPDATE balances SET earned = earned + 5 WHERE guild_id = {guild}")
    assert SqlVerifying(database.engine).verify(lambda _: None).differences == (
        Difference(
            guild_id=place.guild_id,
            what="earned",
            pool_id=scene.pool_id,
            user_id=scene.user_id,
            kept="10.05",
            counted="10.00",
        ),
    )


TAMPERED = {
    "a bucket": (
        "UPDATE balances SET spent = 0 WHERE guild_id = {guild}",
        [("spent", "0.00", "2.00")],
    ),
    "a count of entries": (
        "UPDATE balances SET entries = 9 WHERE guild_id = {guild}",
        [("entries", "9", "5")],
    ),
    "a balance that is gone": (
        "DELETE FROM balances WHERE guild_id = {guild}",
        [
            ("earned", "0.00", "10.00"),
            ("spent", "0.00", "2.00"),
            ("adjusted", "0.00", "5.00"),
            ("entries", "0", "5"),
        ],
    ),
    "an entry that is gone": (
        "DELETE FROM entries WHERE guild_id = {guild} AND kind = 'award'",
        [("spent", "2.00", "0.00"), ("entries", "5", "4")],
    ),
    "an entry of another amount": (
        "UPDATE entries SET amount = 900 WHERE guild_id = {guild} AND source_kind = 'raid' AND source_id = {first}",
        [("earned", "10.00", "9.00"), ("entries for tick 1 of raid {first}", "9.00", "10.00")],
    ),
    "an award that was not booked": (
        "UPDATE attendance SET awarded = 1234 WHERE guild_id = {guild} AND raid_id = {first}",
        [("entries for tick 1 of raid {first}", "10.00", "12.34")],
    ),
    "a cancelled raid whose points stay": (
        "UPDATE entries SET source_kind = 'import' WHERE guild_id = {guild} AND source_id = {cancelled} AND amount < 0",
        [("entries for tick 1 of raid {cancelled}", "10.00", "0.00")],
    ),
    "an adjustment that was not booked": (
        "UPDATE adjustments SET amount = 600 WHERE guild_id = {guild}",
        [("entries for adjustment {adjustment}", "5.00", "6.00")],
    ),
    "an adjustment whose reversal was not booked": (
        "UPDATE adjustments SET reversed_at = 1 WHERE guild_id = {guild}",
        [("entries for adjustment {adjustment}", "5.00", "0.00")],
    ),
    "whether a raid counts": (
        "UPDATE raids SET counts = 0 WHERE guild_id = {guild} AND id = {third}",
        [("whether raid {third} counts", "False", "True"), ("raids that count", "3", "2")],
    ),
    "a raid's attendees": (
        "UPDATE raids SET attendees = 7 WHERE guild_id = {guild} AND id = {first}",
        [("attendees of raid {first}", "7", "1")],
    ),
    "a raid's unresolved names": (
        "UPDATE raids SET unresolved = 0 WHERE guild_id = {guild} AND id = {third}",
        [("unresolved names of raid {third}", "0", "1")],
    ),
    "how many raids count": (
        "UPDATE raid_totals SET held = 5 WHERE guild_id = {guild}",
        [("raids that count", "5", "3")],
    ),
    "who attended": (
        "UPDATE attended SET present = 1 WHERE guild_id = {guild} AND raid_id = {second}",
        [
            ("presence at raid {second}", "attended", "excused"),
            ("raids attended", "1", "2"),
            ("last raid", "2026-10-21T20:15:00+00:00", "2026-10-31T20:15:00+00:00"),
            ("raids excused from", "1", "0"),
        ],
    ),
    "an attended raid that is gone": (
        "DELETE FROM attended WHERE guild_id = {guild} AND raid_id = {second}",
        [("presence at raid {second}", "none", "excused"), ("raids excused from", "1", "0")],
    ),
    "attendance that never was": (
        "INSERT INTO attended VALUES ({guild}, 1790000000000000, {user}, {third}, 0)",
        [("presence at raid {third}", "excused", "none")],
    ),
    "raids attended": (
        "UPDATE attendance_totals SET attended = 4 WHERE guild_id = {guild}",
        [("raids attended", "4", "1")],
    ),
    "a user's totals that are gone": (
        "DELETE FROM attendance_totals WHERE guild_id = {guild}",
        [("raids attended", "None", "1")],
    ),
    "the last raid": (
        "UPDATE attendance_totals SET last_raid = NULL WHERE guild_id = {guild}",
        [("last raid", "never", "2026-10-21T20:15:00+00:00")],
    ),
    "when a lifetime began": (
        "UPDATE attendance_totals SET since = since - 86400000000 WHERE guild_id = {guild}",
        [("first raid or joining", "2026-09-30T20:15:00+00:00", "2026-10-01T20:15:00+00:00")],
    ),
    "raids held before it": (
        "UPDATE attendance_totals SET held_before = 2 WHERE guild_id = {guild}",
        [("raids held before", "2", "0")],
    ),
    "raids excused from": (
        "UPDATE attendance_totals SET held_before = 0, excused = 2 WHERE guild_id = {guild}",
        [("raids excused from", "2", "1")],
    ),
    "a name that waits for nobody": (
        "DELETE FROM unresolved_names WHERE guild_id = {guild}",
        [("'wanderer' waiting at tick 1 of raid {third}", "False", "True")],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_was_tampered_with_is_named(database: SqlDatabase, place: Place, what: str) -> None:
    """P-3, D-9: that, and what follows from it, and nothing else."""
    sql, expected = TAMPERED[what]
    scene = Scene(place)
    tamper(database, place, sql, **scene.values())
    named = [(number.format(**scene.values()), kept, counted) for number, kept, counted in expected]
    assert differences(database, place) == named


class Sale:
    """A guild in which bids hold points in four auctions, a fifth is closed, and something was awarded."""

    def __init__(self, place: Place) -> None:
        hall = self.hall = Hall.of(place)
        SetRules(place.installation.begin, place.installation.clock)(
            hall.pool_id, {"fixed_price_rolls": True}, by=place.by
        )
        self.ann, self.bob = hall.bidder("ann"), hall.bidder("bob")
        self.open, self.sealed = hall.start(), hall.start(rules=SEALED)
        self.rolled = hall.start(rules={"mode": "fixed_price_roll", "minimum": "3"})
        self.closed, self.over = hall.start(), hall.start()
        hall.bid(self.open, self.ann, "10", ceiling="15")
        hall.bid(self.open, self.bob, "11")
        hall.bid(self.sealed, self.ann, "20")
        hall.bid(self.sealed, self.bob, "21")
        hall.withdraw(self.sealed, self.bob)
        hall.bid(self.rolled, self.bob)
        hall.bid(self.closed, self.bob, "5")
        hall.close(self.closed)
        hall.bid(self.over, self.ann, "7")
        (award,) = hall.award(self.over)
        self.award = award.id
        self.free = hall.give("Rusty Sword", self.bob, "0")
        self.cid, self.copies = hall.bidder("cid"), hall.start(quantity=3, rules={"copies_each": 3})
        hall.bid(self.copies, self.cid, "2", copies=2)

    def values(self) -> dict[str, object]:
        """What statements name."""
        return {
            "pool": self.hall.pool_id,
            "ann": self.ann,
            "bob": self.bob,
            "open": self.open,
            "sealed": self.sealed,
            "rolled": self.rolled,
            "closed": self.closed,
            "copies": self.copies,
            "over": self.over,
            "award": self.award,
        }


HELD = {
    "points held for all to see": (
        "UPDATE balances SET held = held + 1 WHERE guild_id = {guild} AND user_id = {ann}",
        [("held", "12.01", "12.00")],
    ),
    "points held sealed": (
        "UPDATE balances SET sealed = 0 WHERE guild_id = {guild} AND user_id = {ann}",
        [("sealed", "an amount", "another")],
    ),
    "a ceiling that is not held": (
        "UPDATE holds SET sealed = 0 WHERE guild_id = {guild} AND auction_id = {open}",
        [("sealed", "an amount", "another"), ("hold of auction {open}", "12.00 shown", "another, sealed")],
    ),
    "a sealed bid that is not held": (
        "DELETE FROM holds WHERE guild_id = {guild} AND auction_id = {sealed}",
        [("sealed", "an amount", "another"), ("hold of auction {sealed}", "0.00 shown", "another, sealed")],
    ),
    "a roll that holds too much": (
        "UPDATE holds SET shown = 900 WHERE guild_id = {guild} AND auction_id = {rolled}",
        [("held", "8.00", "14.00"), ("hold of auction {rolled}", "9.00 shown", "3.00 shown")],
    ),
    "a winner who holds nothing": (
        "DELETE FROM holds WHERE guild_id = {guild} AND auction_id = {closed}",
        [("held", "8.00", "3.00"), ("hold of auction {closed}", "0.00 shown", "5.00 shown")],
    ),
    "a hold for too many copies": (
        "UPDATE holds SET copies = 3 WHERE guild_id = {guild} AND auction_id = {copies}",
        [("hold of auction {copies}", "4.00 shown for 3 copies", "4.00 shown for 2 copies")],
    ),
    "a hold of an auction that is over": (
        "INSERT INTO holds VALUES ({guild}, {over}, {ann}, {pool}, 700, 0, 1)",
        [("held", "12.00", "19.00"), ("hold of auction {over}", "7.00 shown", "0.00 shown")],
    ),
    "an auction that was called off with its holds": (
        "UPDATE auctions SET status = 'cancelled', running = 0 WHERE guild_id = {guild} AND id = {closed}",
        [("hold of auction {closed}", "5.00 shown", "0.00 shown")],
    ),
    "an award at another price": (
        "UPDATE awards SET price = 800 WHERE guild_id = {guild} AND id = {award}",
        [("entries for award {award}", "-7.00", "-8.00")],
    ),
    "an award that was taken back, and its price was not": (
        "UPDATE awards SET status = 'revoked' WHERE guild_id = {guild} AND id = {award}",
        [("entries for award {award}", "-7.00", "0.00")],
    ),
    "an award that is gone": (
        "DELETE FROM awards WHERE guild_id = {guild} AND id = {award}",
        [("entries for award {award}", "-7.00", "0.00")],
    ),
}


def test_what_bids_hold_and_awards_cost_adds_up(database: SqlDatabase, place: Place) -> None:
    """P-3, L-5: in every mode, and whatever became of an auction."""
    Sale(place)
    assert differences(database, place) == []


@pytest.mark.parametrize("what", HELD)
def test_a_hold_or_award_that_was_tampered_with_is_named(database: SqlDatabase, place: Place, what: str) -> None:
    """P-3, L-5, L-11: that, and what follows from it; of what is sealed no amount is told."""
    sql, expected = HELD[what]
    sale = Sale(place)
    tamper(database, place, sql, **sale.values())
    named = [(number.format(**sale.values()), kept, counted) for number, kept, counted in expected]
    assert differences(database, place) == named


def test_overbids_that_stand_are_listed_and_are_no_difference(database: SqlDatabase, place: Place) -> None:
    """P-13: an officer let them pass; one that was taken back is an overbid no more."""
    sale = Sale(place)
    tamper(database, place, "UPDATE awards SET overbid = 1 WHERE guild_id = {guild} AND id = {award}", **sale.values())
    found = SqlVerifying(database.engine).verify(lambda _: None)
    assert found.clean
    assert found.overbids == (
        Overbid(
            guild_id=place.guild_id,
            award_id=sale.award,
            user_id=sale.ann,
            pool_id=sale.hall.pool_id,
            price=Points.of("7"),
        ),
    )
    tamper(database, place, "UPDATE awards SET status = 'moved' WHERE guild_id = {guild} AND overbid = 1")
    assert SqlVerifying(database.engine).verify(lambda _: None).overbids == ()


def test_it_sees_one_state_of_the_database_whatever_is_written_meanwhile(database: SqlDatabase, place: Place) -> None:
    """P-3: neither entries without their balances, nor raids without their attendance."""
    scene = Scene(place)
    joined: list[UserId] = []

    def write(_: str) -> None:
        joined.append(place.member())
        scene.bank.give(joined[-1], scene.pool_id, "1")
        scene.raiding.raid(NIGHT - 3 * DAY, [scene.user_id, *joined])
        scene.raiding.note(scene.third, f"Name {len(joined)}")

    verifying = SqlVerifying(database.engine)
    assert verifying.verify(write).differences == ()
    assert len(joined) == len(PARTS)
    assert verifying.verify(lambda _: None).differences == ()


def test_guilds_are_looked_through_one_by_one(database: SqlDatabase, place: Place) -> None:
    """G-1: a difference in one is not another's."""
    other = Place.found(place.installation, "Elsewhere")
    Scene(place)
    Scene(other)
    tamper(database, other, "UPDATE balances SET adjusted = 0 WHERE guild_id = {guild}")
    assert differences(database, place) == []
    assert differences(database, other) == [("adjusted", "0.00", "5.00")]
    tamper(database, other, "DELETE FROM guilds WHERE id = {guild}")


def test_a_vote_that_was_tampered_with_is_named(database: SqlDatabase, place: Place) -> None:
    """V-7: a vote is the last of what became of it; who voted what is not told."""
    office = Office(place)
    application_id, _ = office.voted_on()
    ann, bob, cid, dan, eve = office.members(5)
    for voter in (ann, bob, cid, dan):
        for option in (Option.PASS, Option.FAIL):
            office.vote(application_id, voter, option)
    office.vote(application_id, eve)
    assert differences(database, place) == []
    of_guild = "WHERE guild_id = {guild} AND voter = {voter}"
    for voter, sql in {
        ann: "UPDATE vote_changes SET after = 'recycle' " + of_guild + " AND number = 2",
        bob: "UPDATE votes SET changes = 0 " + of_guild,
        cid: "DELETE FROM vote_changes " + of_guild + " AND number = 1",
        dan: "UPDATE votes SET attended = attended + 1 " + of_guild,
        eve: "DELETE FROM votes " + of_guild,
    }.items():
        tamper(database, place, sql, voter=voter)
    vote = f"vote on application {application_id}"
    found = SqlVerifying(database.engine).verify(lambda _: None).differences
    assert [(each.what, each.user_id, each.kept, each.counted) for each in found] == [
        (f"changes of a {vote}", bob, "0", "1"),
        (f"steps of a {vote}", cid, "2", "1"),
        (f"steps of a {vote}", eve, "0", "1"),
        (vote, ann, "a vote", "another"),
        (vote, dan, "a vote", "another"),
    ]
