"""O-1, O-2: guilds whose pages show another point system than balances keep what they were shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve

from dkp_adapters.eqdkp.arithmetic import Pages
from dkp_adapters.eqdkp.mapping.layouts import layout_of
from dkp_adapters.eqdkp.serialized import Plain
from dkp_core.kernel.ids import PoolId, RaidId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot.award import Award
from dkp_core.loot.priority import Contender, Contest, Fall, priorities
from dkp_core.moving import BalanceProof, Kind, PoliciesOf, Report
from dkp_core.points import Balance, Bucket, Entry, EntryKind, Policies
from dkp_core.raids import Attendance, AttendanceShare, EventType
from tests.unit.eqdkp.mapping.arrived import Arrived, arrived, opened, settings
from tests.unit.eqdkp.mapping.moved import RAIDED, adjustment, character, guild, item, present, raid
from tests.unit.eqdkp.mapping.test_proving import reported
from tests.unit.eqdkp.synthetic import Installation
from tests.unit.eqdkp.test_serialized import serialized

Rules = Mapping[int | str, Plain]

DAY: Final = 86_400
FUNCTIONS: Final[Plain] = {"func_tenth": {0: "$value * 0.9"}, "func_half": {0: "$value * 0.5"}}
FADING: Final[Rules] = {
    "name": "Rows", "type": "decay_ria", "pools": {0: 1}, "modules": {0: "raid", 1: "item"}, "zero_time": 36,
    "decay_time": 900, "start_date": RAIDED - DAY + 10 * DAY, "calc_func": "func_half",
}  # fmt: skip
WEEKLY: Final[Rules] = {
    "name": "Weekly", "type": "decay_current", "pools": {0: 1}, "zero_time": 0, "decay_time": 7,
    "start_date": RAIDED + 10 * DAY, "calc_func": "func_tenth",
}  # fmt: skip
CAP: Final[Rules] = {"name": "Cap", "type": "hardcap_current", "pools": {0: 1}, "upper_cap": "1"}


def site(layout: str, **more: str) -> Installation:
    """A main with a twink and a third; a raid of 99.00 that they were at, an item for 40.00, and 7.00 given."""
    return (
        guild()
        .with_rows("config", *settings(eqdkp_layout=layout, **more))
        .with_rows("raids", raid(1, value="99.00"))
        .with_rows("raid_attendees", *present(1, 1, 2, 3))
        .with_rows("items", item(1, buyer=3, value="40.00", raid_id=1))
        .with_rows("adjustments", adjustment(1, character=1, value="7.00"))
    )


def came_of(folder: Path, tables: Installation, *rules: Rules) -> tuple[Arrived, Report]:
    """What comes of a site with these rules, and the report on it."""
    apa, functions = serialized(dict(enumerate(rules))), serialized(FUNCTIONS)
    with opened(folder, tables, apa=apa, functions=functions) as source:
        came = arrived(source)
        return came, reported(came)


def parts(came: Arrived, character: int, pool: int = 1) -> tuple[str, str, str]:
    """What the owner of a character has earned, spent, and adjusted."""
    owner = came.numbers.users[came.arrivals._reckoned.household.characters[character].owner]
    sums = Counter[Bucket]()
    for each in came.of(Entry):
        if (each.user_id, each.pool_id) == (owner, came.numbers.of(Kind.POOL, pool)):
            sums[each.bucket] += each.amount.hundredths
    return str(Points(sums[Bucket.EARNED])), str(Points(-sums[Bucket.SPENT])), str(Points(sums[Bucket.ADJUSTED]))


def reconciled(came: Arrived) -> Sequence[tuple[str, str, str]]:
    """The entries that reconcile: whose, where they count, and how much."""
    entries = [each for each in came.of(Entry) if each.kind is EntryKind.IMPORT]
    return sorted((each.character_name, each.bucket.value, str(each.amount)) for each in entries)


def policies(came: Arrived) -> Mapping[int, Policies]:
    """Those of each pool that has some, by its id in the source."""
    old = {came.numbers.of(Kind.POOL, each): each for each in (1, 2)}
    return {old[each.pool_id]: each.in_force.policies for each in came.of(PoliciesOf)}


def proof(report: Report, character: str) -> BalanceProof:
    """The proof of a character's points in the first pool."""
    (found,) = [each for each in report.balances if (each.character, each.pool) == (character, "Main")]
    return found


def notes(came: Arrived, about: str) -> Sequence[str]:
    """What is to be known about something."""
    return [each for each in came.arrivals.notes if about in each]


# --- zero-sum ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["zs", "user_zs"])
def test_zero_sum_keeps_what_members_saw(tmp_path: Path, layout: str) -> None:
    """O-2: a third of 40.00 for each of three characters, whatever the raid itself was worth."""
    came, report = came_of(tmp_path, site(layout))
    assert (parts(came, 1), parts(came, 3)) == (("26.67", "0.00", "7.00"), ("13.33", "40.00", "0.00"))
    assert reconciled(came) == [("Anna", "earned", "-171.33"), ("Cora", "earned", "-85.67")]
    anna, bert, cora = (proof(report, each) for each in ("Anna", "Bert", "Cora"))
    assert (str(anna.single), str(anna.shown_single), str(anna.shown_with_twinks)) == ("106.00", "20.33", "33.67")
    assert (str(anna.balance), str(bert.balance), str(cora.balance)) == ("33.67", "33.67", "-26.67")
    assert report.is_proven
    told = "what zero-sum (what raids paid there is reckoned from their items) made of the owner's points is here as"
    assert anna.because[0] == f"{told} entries of -171.33"
    (first, _) = report.reconciliations
    assert first.reason.startswith("As EQdkp Plus shows what is earned on 2026-11-20: zero-sum (what raids paid")
    assert report.unreckoned == []


def test_zero_sum_goes_on_where_items_are_paid_where_they_are_shared_out(tmp_path: Path) -> None:
    """O-1, P-6: in each pool of which that is true of all items; new raids pay no points beside."""
    came, _ = came_of(tmp_path, site("zs").with_rows("items", item(2, buyer=1, raid_id=1, itempool_id=2)))
    assert {pool: each.zero_sum for pool, each in policies(came).items()} == {}
    assert len(notes(came, "zero_sum is not set in pool")) == 2
    came, _ = came_of(tmp_path, site("zs"))
    assert {pool: each.zero_sum for pool, each in policies(came).items()} == {1: True, 2: True}
    assert {each.default_points for each in came.of(EventType)} == {ZERO}
    assert ("1", "it gives 5.00 by default, which zero-sum pages do not count, and here 0.00") in came.remarks("events")


def test_an_item_that_cost_nothing_is_no_obstacle(tmp_path: Path) -> None:
    """O-1: whatever it was paid from."""
    came, _ = came_of(
        tmp_path, site("zs").with_rows("items", item(2, buyer=1, raid_id=1, itempool_id=2, item_value="0.00"))
    )
    assert policies(came)[2].zero_sum


def test_rules_of_balances_are_none_of_zero_sum(tmp_path: Path) -> None:
    """O-2: its pages show neither, so nothing is taken, and nothing is set that would take from now on."""
    came, report = came_of(tmp_path, site("zs"), WEEKLY, CAP)
    assert parts(came, 1) == ("26.67", "0.00", "7.00")
    assert report.is_proven
    assert {str(each.decay) for each in policies(came).values()} == {"None"}
    assert [each.partition(" is not set")[0] for each in notes(came, "of this layout do not show")] == [
        "the automatic adjustment 'Weekly'", "the automatic adjustment 'Cap'",
    ]  # fmt: skip


def test_twinks_that_are_shown_alone_keep_their_points(tmp_path: Path) -> None:
    """O-2: zero-sum pages show 0 for them there; that is said, and the headline does not claim otherwise."""
    came, report = came_of(tmp_path, site("zs", show_twinks="1"))
    assert (parts(came, 2), report.is_proven) == (("26.66", "0.00", "7.00"), True)
    assert report.unreckoned == ["that zero-sum shows 0 for twinks by themselves"]
    assert len(notes(came, "here they have their points")) == 1


# --- what is reckoned from what is earned and spent -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "system"), [("epgp", "epgp"), ("user_edkp", "effective_dkp"), ("edkp_ct", "effective_dkp")]
)
def test_each_part_is_as_it_was_shown(tmp_path: Path, layout: str, system: str) -> None:
    """O-2: effort and gear points fade each for itself there, and are each what they were here."""
    came, report = came_of(tmp_path, site(layout), FADING, WEEKLY, CAP)
    assert (parts(came, 1), parts(came, 3)) == (("198.00", "0.00", "7.00"), ("99.00", "40.00", "0.00"))
    soon = {**FADING, "start_date": RAIDED - DAY, "decay_time": 300}
    came, report = came_of(tmp_path, site(layout), soon, WEEKLY, CAP)
    assert (parts(came, 1), parts(came, 3)) == (("99.00", "0.00", "7.00"), ("49.50", "20.00", "0.00"))
    assert reconciled(came) == [("Anna", "earned", "-99.00"), ("Cora", "earned", "-49.50"), ("Cora", "spent", "20.00")]
    assert report.is_proven
    assert {str(each.system) for each in policies(came).values()} == {system}
    assert all(each.decay is None and each.cap is None for each in policies(came).values())


def test_a_part_that_is_wrong_is_found(tmp_path: Path) -> None:
    """O-2: even where the balance is right."""
    with opened(tmp_path, site("epgp")) as source:
        came = arrived(source)
    owner = came.numbers.users[came.arrivals._reckoned.household.characters[3].owner]
    wrong = {(PoolId(came.numbers.of(Kind.POOL, 1)), owner): Balance(earned=Points.of(58), adjusted=Points.of(1))}
    report = reported(came, lambda found: evolve(found, balances={**found.balances, **wrong}))
    cora = proof(report, "Cora")
    assert not cora.agrees
    assert cora.because[0] == (
        "not explained: the owner has earned 58.00 and spent 0.00 here, "
        "and is shown to have earned 99.00 and spent 40.00 there"
    )


def test_settings_of_a_layout_are_asked_for_where_they_may_be_others(tmp_path: Path) -> None:
    """O-1: the layout that is shipped has base points of 0; one that was changed may have others, in a file."""
    plain, _ = came_of(tmp_path, site("epgp"))
    changed, _ = came_of(tmp_path, site("user_epgp"))
    assert (len(notes(plain, "base points")), len(notes(changed, "base points"))) == (0, 1)
    assert len(notes(came_of(tmp_path, site("edkp"))[0], "the window of attendance")) == 1


# --- suicide kings ----------------------------------------------------------------------------------------------------


def kings(layout: str, **lists: str) -> Installation:
    """Four people, of whom one plays a twink, after three raids; one bought where she was not."""
    return (
        guild()
        .with_rows(
            "members",
            {**character(1, "Anna"), "member_creation_date": 400},
            {**character(2, "Bert", main=4), "member_creation_date": 100},
            {**character(3, "Cora"), "member_creation_date": 300},
            {**character(4, "Dora"), "member_creation_date": 200},
            {**character(5, "Emil"), "member_creation_date": 50},
        )
        .with_rows("config", *settings(eqdkp_layout=layout, **lists))
        .with_rows("raids", *(raid(each, raid_date=RAIDED + each * DAY) for each in (1, 2, 3)))
        .with_rows("raid_attendees", *present(1, 1, 2, 3), *present(2, 1, 3), *present(3, 5))
        .with_rows(
            "items",
            *(
                item(each, buyer=buyer, raid_id=each, item_date=RAIDED + each * DAY)
                for each, buyer in ((1, 2), (2, 3), (3, 1))
            ),
        )
    )


def listed(*characters: int) -> str:
    """A list as the program keeps it."""
    return serialized(dict(enumerate(characters))).decode()


def positions(came: Arrived) -> Sequence[str]:
    """Who comes first in the first pool, by the ledger and loot history that came."""
    household = came.arrivals._reckoned.household
    names = {came.numbers.users[each.number]: each.name for each in household.people}
    in_force = policies(came)[1]
    there: defaultdict[RaidId, set[UserId]] = defaultdict(set)
    for line in came.of(Attendance):
        if line.user_id is not None:
            there[line.raid_id].add(line.user_id)
    joined = {came.numbers.users[each.number]: each.joined_at for each in came.arrivals.people}
    contest = Contest(
        policies=in_force,
        contenders=tuple(
            Contender(
                user_id=user, username=name, main_character=name, character_class=None, rank_id=None, rank=None,
                is_active=True, joined_at=joined[user], earned=ZERO, spent=ZERO, adjusted=ZERO,
                attendance=AttendanceShare(attended=0, held=0),
            )
            for user, name in sorted(names.items())
        ),
        start_list=tuple(UserId(each) for each in in_force.start_list),
        falls=tuple(
            Fall(user_id=each.user_id, raid_id=each.raid_id, raid_began_at=each.awarded_at)
            for each in sorted(came.of(Award), key=lambda each: each.awarded_at)
            if each.user_id is not None
        ),
        attendees=there,
    )  # fmt: skip
    return [row.username for row in priorities(contest, among=names.keys())]


def started(came: Arrived) -> Sequence[str]:
    """The list that the first pool starts with."""
    users = {came.numbers.users[each.number]: each.name for each in came.arrivals.people}
    return [users[UserId(each)] for each in policies(came)[1].start_list]


@pytest.mark.parametrize(
    ("layout", "setting", "after"),
    [
        # Dora falls below Anna and Cora, who were there with her twink; Cora is the lowest there; Anna and Emil change.
        ("sk", "sk_startlist_1", ["Emil", "Cora", "Dora", "Anna"]),
        ("user_sk", "sk_startlist_1", ["Emil", "Cora", "Dora", "Anna"]),
        # Who got nothing is first, then all as they got something.
        ("sk_bottom", "sk_fix_startlist_1", ["Emil", "Dora", "Cora", "Anna"]),
        # What Anna bought where she was not moves nobody.
        ("sk_fixed", "sk_btm_startlist_1", ["Anna", "Cora", "Dora", "Emil"]),
    ],
)
def test_positions_go_on(tmp_path: Path, layout: str, setting: str, after: Sequence[str]) -> None:
    """O-1, P-6: by the list that was drawn, of mains, and what was bought since."""
    came, report = came_of(tmp_path, kings(layout, **{setting: listed(2, 1, 99, 3, 4, 5)}))
    assert started(came) == ["Dora", "Anna", "Cora", "Emil"]
    assert positions(came) == after
    assert report.is_proven
    assert report.unreckoned == ["the places on the lists of suicide kings"]
    assert len(notes(came, "start_list is set")) == 1
    assert came.listed("config") == []


def test_who_is_on_no_list_follows_by_when_they_were_made(tmp_path: Path) -> None:
    """O-1: as there; a twink's age counts for its main."""
    came, _ = came_of(tmp_path, kings("sk", sk_startlist_1=listed(3)))
    assert started(came) == ["Cora", "Emil", "Dora", "Anna"]


def test_a_pool_without_a_list_has_none_here(tmp_path: Path) -> None:
    """O-1: where pages were never looked at, none was drawn."""
    came, _ = came_of(tmp_path, kings("sk", sk_startlist_1=listed(3)))
    assert policies(came)[2].start_list == ()
    assert len(notes(came, "pool 'Alts' has no list to start with yet")) == 1


def test_a_list_of_more_people_than_there_may_be_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-2: it is told, and who is beyond its end follows by when they joined."""
    monkeypatch.setattr("dkp_adapters.eqdkp.mapping.policies.USERS_MAX", 2)
    came, _ = came_of(tmp_path, kings("sk", sk_startlist_1=listed(3, 5)))
    assert started(came) == ["Cora", "Emil"]
    assert len(notes(came, "starts with has 4 people; here the first 2 of them")) == 1


def test_a_list_of_another_system_is_not_taken(tmp_path: Path) -> None:
    """O-1: the setting stays in the archive."""
    came, _ = came_of(tmp_path, kings("epgp", sk_startlist_1=listed(3)))
    assert policies(came)[1].start_list == ()
    assert len(came.listed("config")) == 1


# --- others -----------------------------------------------------------------------------------------------------------


def test_a_layout_of_the_sites_own_is_not_claimed_to_agree(tmp_path: Path) -> None:
    """O-2: only its file says what it shows; points are reckoned, and it is said what was not."""
    came, report = came_of(tmp_path, site("raidpoints"))
    assert (parts(came, 1), policies(came)) == (("198.00", "0.00", "7.00"), {})
    assert report.unreckoned == ["the layout 'raidpoints'"]
    (told,) = notes(came, "the layout 'raidpoints'")
    assert "its file is not read" in told


def test_a_site_without_points_has_those_of_its_rows(tmp_path: Path) -> None:
    """O-2: its pages show none, which is said."""
    came, report = came_of(tmp_path, site("nopoints"))
    assert (parts(came, 1), report.is_proven) == (("198.00", "0.00", "7.00"), True)
    assert len(notes(came, "the layout 'nopoints' shows no points")) == 1


def test_a_rule_that_cannot_be_followed_is_not_claimed_to_agree_either(tmp_path: Path) -> None:
    """O-2: it may change what is shown."""
    _, report = came_of(tmp_path, site("normal"), {**WEEKLY, "calc_func": "none"})
    assert report.unreckoned == ["the automatic adjustment 'Weekly'"]


@pytest.mark.parametrize(
    ("name", "base", "pages"),
    [
        (None, "normal", Pages.POINTS),
        ("", "normal", Pages.POINTS),
        ("user_normal", "normal", Pages.POINTS),
        ("nopoints", "nopoints", Pages.POINTS),
        ("sk_fixed", "sk_fixed", Pages.POINTS),
        ("epgp", "epgp", Pages.PARTS),
        ("user_zs", "zs", Pages.ZERO_SUM),
        ("zs2", None, Pages.POINTS),
        ("user_mine", None, Pages.POINTS),
    ],
)
def test_layouts_are_known_by_their_names(name: str | None, base: str | None, pages: Pages) -> None:
    """O-1: one that was changed is called after what it was made from."""
    found = layout_of({"eqdkp_layout": name})
    assert (found.base, found.pages, found.is_changed) == (base, pages, (name or "normal") != base)
