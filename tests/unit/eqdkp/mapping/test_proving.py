"""O-2: the proof: every number there against here, what differs explained by rule, and what is wrong found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings

from dkp_adapters.eqdkp.arithmetic import (
    DecayOfCurrent,
    DecayOfRows,
    HardCap,
    Installation,
    VisibleCap,
    attendances,
    shown,
    standings,
)
from dkp_adapters.eqdkp.arithmetic import Rule as ArithmeticRule
from dkp_adapters.eqdkp.mapping.turnout import SAID, Rule
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import open_source
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import AttendanceProof, BalanceProof, Found, Person, Report
from dkp_core.points import Balance, Bucket, Entry, EntryKind, Pool
from dkp_core.raids import Attendance, Raid
from tests.unit.eqdkp.mapping.arrived import Arrived, arrived, opened
from tests.unit.eqdkp.mapping.moved import (
    NOW,
    RAIDED,
    adjustment,
    character,
    event,
    guild,
    in_pool,
    item,
    present,
    raid,
    setting,
)
from tests.unit.eqdkp.real_installation import DECAYED, EQDKP, PLAIN, installation
from tests.unit.eqdkp.synthetic import Installation as Tables
from tests.unit.eqdkp.synthetic import Value
from tests.unit.eqdkp.test_arithmetic import installations, todays
from tests.unit.eqdkp.test_serialized import serialized

DAY: Final = timedelta(days=1)
RULES: Final[Mapping[str, tuple[Path | None, Path | None]]] = {
    PLAIN[0]: (None, None),
    DECAYED[0]: (EQDKP / "small_apa_apatab.php.txt", EQDKP / "small_apa_apafunc.php.txt"),
}


# --- what a store would say -------------------------------------------------------------------------------------------


def found_of(came: Arrived) -> Found:
    """What a store says that took it all in, counted here from the things themselves (P-3, D-9, D-15)."""
    sums: defaultdict[tuple[PoolId, UserId], Counter[Bucket]] = defaultdict(Counter)
    net: defaultdict[tuple[PoolId, UserId, str], Points] = defaultdict(lambda: ZERO)
    for entry in came.of(Entry):
        sums[entry.pool_id, entry.user_id][entry.bucket] += entry.amount.hundredths
        if entry.kind is not EntryKind.IMPORT:
            net[entry.pool_id, entry.user_id, entry.character_name] += entry.amount
    at = came.arrivals.origin.read_at
    joined = {came.numbers.users[each.number]: each.joined_at for each in came.arrivals.people}
    return Found(
        at=at,
        balances={
            key: Balance(
                earned=Points(each[Bucket.EARNED]),
                spent=Points(-each[Bucket.SPENT]),
                adjusted=Points(each[Bucket.ADJUSTED]),
            )
            for key, each in sums.items()
        },
        net=net,
        attendance={(pool, user): list(shares) for pool, user, shares in attendance_of(came, joined, at)},
        joined=joined,
    )


def attendance_of(
    came: Arrived, joined: Mapping[UserId, datetime], at: datetime
) -> Iterator[tuple[PoolId, UserId, Sequence[tuple[int, int]]]]:
    """The attendance of everybody in every pool."""
    present: defaultdict[int, set[UserId | None]] = defaultdict(set)
    for line in came.of(Attendance):
        present[line.raid_id].add(line.user_id)
    counted = [each for each in came.of(Raid) if each.id in present or any(tick.points for tick in each.ticks)]
    for pool in came.of(Pool):
        held = [each for each in counted if pool.id in each.pools]
        for user in joined:
            attended = [each.starts_at for each in held if user in present[each.id]]
            starts = [at - days * DAY for days in (30, 60, 90)] + [min([joined[user], *attended])]
            yield (
                pool.id,
                user,
                [
                    (sum(since <= each < at for each in attended), sum(since <= each.starts_at < at for each in held))
                    for since in starts
                ],
            )


def reported(came: Arrived, *doctored: Callable[[Found], Found]) -> Report:
    """The report on what came, if the store says what it should, or something else."""
    found = found_of(came)
    for each in doctored:
        found = each(found)
    return came.arrivals.report(came.numbers, found)


def report_of(folder: Path, tables: Tables) -> Report:
    """The report on an installation that a store took in."""
    with opened(folder, tables) as source:
        return reported(arrived(source))


def balance(report: Report, character: str, pool: str = "Main") -> BalanceProof:
    """The proof of a character's points."""
    (found,) = [each for each in report.balances if (each.character, each.pool) == (character, pool)]
    return found


def attendance(report: Report, character: str, days: int | None = None, pool: str = "Main") -> AttendanceProof:
    """The proof of a character's attendance."""
    wanted = (character, pool, days)
    (found,) = [each for each in report.attendance if (each.character, each.pool, each.days) == wanted]
    return found


# --- a real installation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dump", "expected"), [PLAIN, DECAYED], ids=["plain", "decayed"])
def test_every_number_of_a_real_installation_is_proven(dump: str, expected: str) -> None:
    """O-2: 484 balances, single and with twinks, and 1,936 attendances are what the program itself shows; all agree."""
    _, program = installation(dump, expected)
    now = datetime.fromtimestamp(int(program["as_of"]), UTC)
    apa, functions = RULES[dump]
    with open_source(EQDKP / dump, apa=apa, apa_functions=functions) as source:
        report = reported(arrived(source, now=now))
    assert (report.is_complete, report.is_proven) == (True, True)
    assert len(report.balances) * 2 == 484
    assert len(report.attendance) == 968
    names = {each["name"]: pool for pool, each in program["pools"].items()}
    for each in report.balances:
        row = program["members"][each.old_id]["pools"][names[each.pool]]
        assert (str(each.shown_single), str(each.shown_with_twinks)) == (
            row["single"]["current"],
            row["with_twinks"]["current"],
        )
        assert (str(each.single), str(each.with_twinks)) == (
            row["single"]["current_without_apa"],
            row["with_twinks"]["current_without_apa"],
        )
        assert each.net == each.single
    for window in report.attendance:
        row = program["members"][window.old_id]["pools"][names[window.pool]]
        assert [list(window.old_single), list(window.old_with_twinks)] == [
            row[how][f"att_{window.days or 'LT'}"] for how in ("single", "with_twinks")
        ]
        assert (window.new == window.old_with_twinks) or window.because
    assert bool(report.reconciliations) is (apa is not None)


# --- any installation -------------------------------------------------------------------------------------------------


def user(number: int, registered_at: int) -> Mapping[str, Value]:
    """A user who registered then."""
    return {"user_id": number, "username": f"User {number}", "user_registered": registered_at}


def tables_of(house: Installation) -> Tables:
    """The tables of an installation that was made up; its formulas go by their texts."""
    special = serialized({index: str(each) for index, each in enumerate(sorted(house.config.special))}).decode()
    options = {
        "plus_version": "2.3.39.0",
        "round_precision": str(house.config.precision),
        "special_members": special,
        "show_twinks": str(int(house.config.show_twinks)),
        "timezone": str(house.config.zone),
    }
    return (
        guild()
        .with_rows("config", *(setting(name, value) for name, value in options.items()))
        .with_rows(
            "members",
            *(
                {
                    **character(each.id, f"Member {each.id}"),
                    "member_main_id": each.main,
                    "member_creation_date": each.created_at,
                    "requested_del": int(each.asks_deletion),
                    "require_confirm": int(each.is_unconfirmed),
                }
                for each in house.members
            ),
        )
        .with_rows(
            "users",
            *(user(10 + each.id, each.registered_at) for each in house.members if each.registered_at),
        )
        .with_rows(
            "member_user",
            *({"member_id": each.id, "user_id": 10 + each.id} for each in house.members if each.registered_at),
        )
        .with_rows("events", *(event(each, f"Event {each}") for each in (1, 2, 3)))
        .with_rows(
            "multidkp2event",
            *(
                in_pool(pool.id, each, multidkp2event_no_attendance=int(each in pool.no_attendance))
                for pool in house.pools
                for each in sorted(pool.events)
            ),
        )
        .with_rows(
            "multidkp2itempool",
            *(
                {"multidkp2itempool_itempool_id": each, "multidkp2itempool_multi_id": pool.id}
                for pool in house.pools
                for each in sorted(pool.item_pools)
            ),
        )
        .with_rows(
            "raids",
            *(
                raid(
                    each.id,
                    each.event,
                    value(each.value),
                    raid_date=each.at,
                    raid_connected_attendance="[" + ",".join(f'"{other}"' for other in each.connected) + "]",
                )
                for each in house.raids
            ),
        )
        .with_rows("raid_attendees", *({"raid_id": each.raid, "member_id": each.member} for each in house.attendees))
        .with_rows(
            "items",
            *(
                item(number, buyer=each.buyer, value=value(each.value), raid_id=each.raid, item_date=each.at,
                     itempool_id=each.item_pool)
                for number, each in enumerate(house.items, 1)
            ),
        )
        .with_rows(
            "adjustments",
            *(
                adjustment(number, each.member, value(each.value), adjustment_date=each.at,
                           event_id="" if each.event is None else str(each.event))
                for number, each in enumerate(house.adjustments, 1)
            ),
        )
        .with_rows("member_points", *noted(house))
    )  # fmt: skip


def value(hundredths: int) -> str:
    """Points, as a dump prints them."""
    return str(Points(hundredths))


def noted(house: Installation) -> Iterator[Mapping[str, Value]]:
    """The snapshots of an installation."""
    for number, each in enumerate(house.snapshots, 1):
        breakdown: Plain = {"earned": {0: 1, 1: Decimal(each.net) / 100}, "spent": {}, "adjustment": {}}
        yield {
            "id": number, "time": each.at, "member_id": each.member, "mdkp_id": each.pool,
            "misc": serialized(breakdown),
        }  # fmt: skip


def files_of(house: Installation) -> tuple[bytes, bytes]:
    """Its rules, as the two files have them."""
    rules: dict[int | str, Plain] = {}
    functions: dict[int | str, Plain] = {}
    for number, rule in enumerate(house.rules):
        told: dict[int | str, Plain] = {
            "name": f"Rule {number}",
            "type": _TYPES[type(rule)],
            "pools": dict(enumerate(sorted(rule.pools))),
        }
        if isinstance(rule, VisibleCap | HardCap):
            for name, bound in (("lower_cap", rule.bounds.lower), ("upper_cap", rule.bounds.upper)):
                told[name] = None if bound is None else value(bound)
        else:
            functions[f"func_{number}"] = dict(enumerate(rule.formula.text.split("\n")))
            told |= {
                "calc_func": f"func_{number}",
                "start_date": rule.rhythm.starts_at,
                "decay_time": Decimal(rule.rhythm.every) / 86_400,
                "zero_time": rule.zero_months,
            }
        if isinstance(rule, DecayOfRows):
            told["modules"] = dict(enumerate(each.value for each in rule.modules))
        rules[number] = told
    return serialized(rules), serialized(functions)


_TYPES: Final[Mapping[type[ArithmeticRule], str]] = {
    DecayOfCurrent: "decay_current",
    DecayOfRows: "decay_ria",
    VisibleCap: "hardcap_current",
    HardCap: "currentcap_current",
}


@given(house=installations(), now=todays)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_installation_is_proven(tmp_path: Path, house: Installation, now: int) -> None:
    """O-2: whatever dirt is in the rows, and whatever rules: every row is accounted for, every number agrees.

    The old numbers are those that are reckoned from the same installation without any tables between.
    """
    house = evolve(house, config=evolve(house.config, server=UTC))
    apa, functions = files_of(house)
    with opened(tmp_path, tables_of(house), apa=apa, functions=functions) as source:
        report = reported(arrived(source, now=datetime.fromtimestamp(now, UTC)))
    assert [each.because for each in report.balances if not each.agrees] == []
    assert [each.because for each in report.attendance if not each.agrees] == []
    assert report.is_complete
    plain, reckoned = standings(evolve(house, rules=()), now), standings(house, now)
    pools, there = {"Main": 1, "Alts": 2}, attendances(house, now)
    for each in report.balances:
        key = int(each.old_id), pools[each.pool]
        assert [str(told) for told in (each.single, each.with_twinks, each.shown_single, each.shown_with_twinks)] == [
            *(shown(told.sum) for told in (plain[key].single, plain[key].with_twinks)),
            *(shown(told.current) for told in (reckoned[key].single, reckoned[key].with_twinks)),
        ]
    for window in report.attendance:
        both = there[int(window.old_id), pools[window.pool]]
        for share, page in ((window.old_single, both.single), (window.old_with_twinks, both.with_twinks)):
            told = None if page is None else page.shown[window.days]
            assert share == ((0, 0) if told is None else (told.attended, told.total))


# --- what is explained ------------------------------------------------------------------------------------------------


def raided(*settings: tuple[str, str]) -> Tables:
    """Anna, her twink Bert and Cora were at a raid of 5.50; Bert bought for 2.25."""
    return (
        guild()
        .with_rows("config", *(setting(*each) for each in (("plus_version", "2.3.39.0"), *settings)))
        .with_rows("raids", raid(1))
        .with_rows("raid_attendees", *present(1, 1, 2, 3))
        .with_rows("items", item(1, buyer=2, value="2.25", raid_id=1))
    )


def test_alike_numbers_need_no_words(tmp_path: Path) -> None:
    """O-2: each character's points there and here, alone, with twinks, and of its owner."""
    report = report_of(tmp_path, raided())
    assert (report.is_complete, report.is_proven) == (True, True)
    assert balance(report, "Bert") == BalanceProof(
        character="Bert", old_id="2", pool="Main", owner="Anna",
        single=Points.of("3.25"), with_twinks=Points.of("8.75"),
        shown_single=Points.of("3.25"), shown_with_twinks=Points.of("8.75"),
        net=Points.of("3.25"), balance=Points.of("8.75"),
    )  # fmt: skip
    assert {each.because for each in report.balances} == {()}
    assert attendance(report, "Cora") == AttendanceProof(
        character="Cora", old_id="3", pool="Main", days=None,
        old_single=(1, 1), old_with_twinks=(1, 1), new=(1, 1),
    )  # fmt: skip
    assert {each.because for each in report.attendance} == {()}


def test_an_owner_of_several_is_told_what_else_they_have(tmp_path: Path) -> None:
    """O-2: where twinks are shown for themselves, or a user has two mains, the owner's balance is more than one's."""
    apart = report_of(tmp_path, raided(("show_twinks", "1")))
    assert apart.is_proven
    assert balance(apart, "Anna").because == ("points here are of the owner, who has beside it: Bert 3.25",)
    assert balance(apart, "Bert").because == ("points here are of the owner, who has beside it: Anna 5.50",)
    assert balance(apart, "Cora").because == ()
    two = raided().with_rows("users", {"user_id": 2, "username": "Ute", "user_active": 1})
    two = two.with_rows("member_user", *({"member_id": each, "user_id": 2} for each in (1, 2, 3)))
    report = report_of(tmp_path, two)
    assert report.is_proven
    told = balance(report, "Cora")
    assert (told.owner, told.balance, told.shown_with_twinks) == ("Ute", Points.of("14.25"), Points.of("5.50"))
    assert told.because == ("points here are of the owner, who has beside it: Anna 8.75",)


def test_who_is_apart_is_told_why(tmp_path: Path) -> None:
    """O-2: what the program keeps out of the main's sum has an owner of its own, and the reason stands with it."""
    tables = raided().with_rows(
        "members",
        character(1, "Anna"), {**character(2, "Bert", main=1), "requested_del": 1}, character(3, "Cora"),
    )  # fmt: skip
    report = report_of(tmp_path, tables)
    assert report.is_proven
    told = balance(report, "Bert")
    assert (told.balance, told.shown_single, told.shown_with_twinks) == tuple(map(Points.of, ("3.25", "3.25", "5.50")))
    (why,) = told.because
    assert "Anna" in why or "deletion" in why


def test_rules_are_told_with_the_entry_that_makes_up_for_them(tmp_path: Path) -> None:
    """O-2: what decay took is an entry, by the rule's name, and is said with each of the owner's characters."""
    house = evolve_rules(tmp_path)
    told = balance(house, "Bert")
    assert told.net == told.single == Points.of("3.25")
    (entry,) = [each for each in house.reconciliations if each.user == "Anna"]
    assert told.balance == Points.of("8.75") + entry.amount == told.shown_with_twinks
    assert told.because == (f"what decay 'Weekly' made of the owner's points is here as an entry of {entry.amount}",)
    assert house.is_proven


def evolve_rules(folder: Path) -> Report:
    """The report on them after half of all points was taken, once."""
    rule: Plain = {
        "name": "Weekly", "type": "decay_current", "pools": {0: 1}, "zero_time": 0, "decay_time": 700,
        "start_date": RAIDED + 86_400, "calc_func": "half",
    }  # fmt: skip
    functions = serialized({"half": {0: "$value / 2"}})
    with opened(folder, raided(), apa=serialized({1: rule}), functions=functions) as source:
        return reported(arrived(source))


def test_attendance_names_the_rules_that_make_it_differ(tmp_path: Path) -> None:
    """O-2: and no others."""
    tables = (
        raided(("special_members", serialized({0: "3"}).decode()))
        .with_rows("multidkp2event", in_pool(1, 1), in_pool(1, 2, multidkp2event_no_attendance=1))
        .with_rows("raids", raid(1), raid(2, 2), raid(3, raid_date=int((NOW + DAY).timestamp())))
        .with_rows("raid_attendees", *present(1, 1, 2, 3))
    )
    report = report_of(tmp_path, tables)
    assert report.is_proven
    anna, cora = attendance(report, "Anna"), attendance(report, "Cora")
    assert (anna.old_with_twinks, anna.new) == ((1, 2), (1, 2))
    assert anna.because == (SAID[Rule.NO_ATTENDANCE], SAID[Rule.TO_COME])
    assert (cora.old_with_twinks, cora.new) == ((0, 0), (1, 2))
    assert SAID[Rule.SPECIAL] in cora.because
    assert attendance(report, "Cora", 30).because == (SAID[Rule.SPECIAL], SAID[Rule.TO_COME])


# --- what is wrong is found -------------------------------------------------------------------------------------------


def test_a_hundredth_that_is_missing_is_found(tmp_path: Path) -> None:
    """O-2: in a balance, with every character of its owner, and with nobody else's."""

    def short(found: Found) -> Found:
        key = min(found.balances)
        poorer = evolve(found.balances[key], earned=found.balances[key].earned - Points(1))
        return evolve(found, balances={**found.balances, key: poorer})

    with opened(tmp_path, raided()) as source:
        report = reported(arrived(source), short)
    assert not report.is_proven
    assert [(each.character, each.pool) for each in report.balances if not each.agrees] == [
        ("Anna", "Main"),
        ("Bert", "Main"),
    ]
    assert balance(report, "Bert").because[0] == "not explained: the owner has 8.74 here, and is shown 8.75 there"


def test_an_entry_that_is_wrong_is_found(tmp_path: Path) -> None:
    """O-2: with the character it is of, even where the owner's balance is right."""

    def moved_over(found: Found) -> Found:
        net = dict(found.net)
        bert = next(key for key in net if key[2] == "Bert")
        anna = next(key for key in net if key[2] == "Anna")
        net[bert], net[anna] = net[bert] + Points(1), net[anna] - Points(1)
        return evolve(found, net=net)

    with opened(tmp_path, raided()) as source:
        report = reported(arrived(source), moved_over)
    assert [each.character for each in report.balances if not each.agrees] == ["Anna", "Bert"]
    assert balance(report, "Bert").because == (
        "not explained: the entries here come to 3.26, and its rows there to 3.25",
    )


def test_an_entry_that_makes_up_for_lost_ones_is_found(tmp_path: Path) -> None:
    """O-2: where the owner's balance is right only by an entry that no rule accounts for."""

    def lost(found: Found) -> Found:
        return evolve(found, net={key: amount for key, amount in found.net.items() if key[2] != "Anna"})

    with opened(tmp_path, raided()) as source:
        report = reported(arrived(source), lost)
    assert not report.is_proven
    assert balance(report, "Bert").because == (
        "not explained: the owner has 5.50 beside the rows' entries, and rules make 0.00",
    )
    assert [each.character for each in report.balances if not each.agrees] == ["Anna", "Bert"]


def test_attendance_that_is_wrong_or_missing_is_found(tmp_path: Path) -> None:
    """O-2: one raid more or less in one window, or nothing at all of somebody."""

    def one_more(found: Found) -> Found:
        key = min(found.attendance)
        first, *others = found.attendance[key]
        return evolve(found, attendance={**found.attendance, key: [(first[0], first[1] + 1), *others]})

    def nothing(found: Found) -> Found:
        return evolve(found, attendance={})

    with opened(tmp_path, raided()) as source:
        came = arrived(source)
        wrong = reported(came, one_more)
        missing = reported(came, nothing)
    assert {(each.character, each.days) for each in wrong.attendance if not each.agrees} == {("Anna", 30), ("Bert", 30)}
    assert attendance(wrong, "Anna", 30).because == ("not explained: by the rules here it would be 0/0",)
    assert {each.agrees for each in missing.attendance} == {False}


def test_who_joined_when_is_what_the_store_says(tmp_path: Path) -> None:
    """D-9, O-2: a member from before keeps the day they joined, and a lifetime goes by that."""

    def later(found: Found) -> Found:
        return evolve(found, joined=dict.fromkeys(found.joined, NOW))

    with opened(tmp_path, raided().with_rows("raid_attendees", *present(1, 1))) as source:
        came = arrived(source)
        assert isinstance(came.arrivals.people[0], Person)
        report = reported(came, later)
    assert attendance(report, "Anna").agrees
    assert not attendance(report, "Cora").agrees
