"""O-2: whatever EQdkp Plus shows somebody is what they have here, to the hundredth."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_adapters.eqdkp.mapping.reckoning import hundredths
from dkp_adapters.eqdkp.mapping.reconciling import Reconciling
from dkp_adapters.eqdkp.source import open_source
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.points import Points
from dkp_core.moving import Kind
from dkp_core.points import Bucket, Entry, EntryKind, Source, SourceKind
from tests.unit.eqdkp.mapping.moved import (
    NOW,
    TABLES,
    Moved,
    adjustment,
    character,
    event,
    guild,
    in_pool,
    item,
    moved,
    moved_from,
    paid_in,
    present,
    raid,
    setting,
)
from tests.unit.eqdkp.real_installation import DECAYED, EQDKP, PLAIN, installation
from tests.unit.eqdkp.synthetic import Installation
from tests.unit.eqdkp.test_serialized import serialized

CAP = serialized({"a": {"name": "At most 5", "type": "hardcap_current", "pools": {0: 1}, "upper_cap": "5",
                        "lower_cap": "0"}})  # fmt: skip

FADING = serialized({"a": {"name": "Old raids", "type": "decay_ria", "pools": {0: 1}, "modules": {0: "raid"},
                           "zero_time": 36, "decay_time": 300, "start_date": 1_750_000_000,
                           "calc_func": "halved"}})  # fmt: skip
HALVED = serialized({"halved": {0: "$value * 0.5"}})


def earning() -> Installation:
    """The main earns 11.00 in the first pool, its twink 5.50, the third character nothing."""
    return guild().with_rows("raids", raid(5), raid(6)).with_rows("raid_attendees", *present(5, 1, 2), *present(6, 1))


def test_where_the_rows_come_to_what_is_shown_nothing_is_reconciled(tmp_path: Path) -> None:
    """O-2: without automatic adjustments there is no such entry."""
    came = moved_from(tmp_path, earning())
    assert came.reconciling.reconciliations == []
    assert {each.kind for each in came.of(Entry)} == {EntryKind.ATTENDANCE}
    assert came.balances() == {(came.household.characters[1].owner, 1): 1650}


def test_what_a_rule_took_is_one_entry_that_names_it(tmp_path: Path) -> None:
    """O-2: of kind import, from the import, at the moment at which it is shown."""
    came = moved_from(tmp_path, earning(), apa=CAP)
    anna = came.household.characters[1].owner
    (entry,) = [each for each in came.of(Entry) if each.kind is EntryKind.IMPORT]
    assert entry == Entry(
        id=entry.id,
        pool_id=PoolId(came.numbers.of(Kind.POOL, 1)),
        user_id=came.numbers.users[anna],
        kind=EntryKind.IMPORT,
        bucket=Bucket.ADJUSTED,
        amount=Points.of("-11.50"),
        reason="As EQdkp Plus shows it on 2026-11-20: cap 'At most 5'",
        character_name="Anna",
        source=Source(SourceKind.IMPORT, 7),
        actor_kind=ActorKind.IMPORT,
        actor_id="eqdkp",
        occurred_at=NOW,
        recorded_at=NOW,
    )
    (told,) = came.reconciling.reconciliations
    assert (told.user, told.pool, told.amount, told.reason) == ("Anna", "Main", entry.amount, entry.reason)
    assert came.balances() == {(anna, 1): 500}


def test_what_fades_of_each_row_is_reconciled_too(tmp_path: Path) -> None:
    """O-2: the entries have the full value of each raid, and one entry what is gone of them since."""
    came = moved_from(tmp_path, earning(), apa=FADING, apa_functions=HALVED)
    (told,) = came.reconciling.reconciliations
    assert (str(told.amount), told.reason) == ("-8.25", "As EQdkp Plus shows it on 2026-11-20: decay 'Old raids'")
    assert came.balances() == {(came.household.characters[1].owner, 1): 825}


def test_what_no_rule_made_is_not_explained(tmp_path: Path) -> None:
    """O-2: an entry for which nothing is known names nothing."""
    came = moved_from(tmp_path, earning())
    lost = Reconciling.of(came.reckoned, came.household, came.pools, [{}, came.loot.came, came.adjustments.came])
    (told,) = lost.reconciliations
    assert (str(told.amount), told.reason) == ("16.50", "As EQdkp Plus shows it on 2026-11-20: not explained")


def test_a_long_list_of_rules_is_cut_in_the_reason(tmp_path: Path) -> None:
    """G-9: a reason has at most 500 characters."""
    came = moved_from(tmp_path, earning(), apa=CAP.replace(b's:9:"At most 5"', b's:600:"%s"' % (b"x" * 600)))
    (told,) = came.reconciling.reconciliations
    assert (len(told.reason), told.reason[-1]) == (500, "…")


def test_where_twinks_are_shown_for_themselves_each_is_capped_for_itself(tmp_path: Path) -> None:
    """O-2: what a person has is the sum of what is shown for its characters."""
    shown_alone = earning().with_rows("config", setting("plus_version", "2.3.39"), setting("show_twinks", "1"))
    came = moved_from(tmp_path, shown_alone, apa=CAP)
    owners = {came.household.characters[each].owner for each in (1, 2)}
    assert sum(came.balances()[owner, 1] for owner in owners) == 500 + 500


def test_a_second_row_of_one_id_counts_for_nobody(tmp_path: Path) -> None:
    """O-2: a dump without keys may have one; the program never saw it, so there is nothing to reconcile."""
    once = moved_from(tmp_path, earning())
    came = moved_from(tmp_path, earning().with_rows("raids", raid(5), raid(6), raid(5, value="7.00")))
    assert came.reconciling.reconciliations == []
    assert came.balances() == once.balances()
    anna = came.household.characters[1].owner
    assert came.balances()[anna, 1] == came.reckoned.shown(anna, 1).hundredths


# --- a real installation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dump", "expected"), [PLAIN, DECAYED], ids=["plain", "decayed"])
def test_everybody_has_what_the_program_itself_shows(dump: str, expected: str) -> None:
    """O-2: for each person and pool of a real installation, by the numbers that the program printed."""
    _, program = installation(dump, expected)
    apa, functions = (EQDKP / f"small_apa_{file}.php.txt" for file in ("apatab", "apafunc"))
    has_rules = dump == DECAYED[0]
    at = datetime.fromtimestamp(int(program["as_of"]), UTC)
    with open_source(
        EQDKP / dump, now=at, apa=apa if has_rules else None, apa_functions=functions if has_rules else None
    ) as source:
        came = moved(source, now=at)
    balances, compared = came.balances(), 0
    for person in came.household.people:
        for pool in came.pools.order if came.household.of(person.number) else ():
            wanted = sum(
                Points.of(program["members"][str(each)]["pools"][str(pool)][how]["current"]).hundredths
                for how, characters in (
                    ("with_twinks", came.household.groups[person.number]),
                    ("single", came.household.alone[person.number]),
                )
                for each in characters
            )
            assert (person.name, pool, balances.get((person.number, pool), 0)) == (person.name, pool, wanted)
            compared += 1
    assert compared > 100
    _must_be_of_each_character(came, program)
    assert all(each.is_complete for each in came.accounting.counts({name: source.tables[name] for name in TABLES}))


def _must_be_of_each_character(came: Moved, program: Any) -> None:
    """O-2: what came in a character's name is what the program says it has, before decay and caps."""
    sums = Counter[tuple[str, int]]()
    for (_, name, pool), amount in came.sums(reconciled=False).items():
        sums[name, pool] += amount
    for member, row in program["members"].items():
        for pool, shown in row["pools"].items():
            wanted = Points.of(shown["single"]["current_without_apa"]).hundredths
            assert sums[came.household.characters[int(member)].name, int(pool)] == wanted


# --- any installation -------------------------------------------------------------------------------------------------

CHARACTERS = st.sampled_from([0, 1, 2, 3, 4, 99])
EVENTS = st.sampled_from([1, 2, 3, 4, 777])
ITEM_POOLS = st.sampled_from([1, 2, 3, 4, 99])
VALUES = st.sampled_from(["0.00", "5.50", "-3.33", "0.01", "9999.99"])
RAIDS = st.sampled_from([5, 6, 7, 88])


@st.composite
def installations(draw: st.DrawFn) -> Installation:
    """Anything in the tables of points, orphans and rows said twice included."""
    mains = [draw(st.sampled_from([1, 2, 3, 4, 99])) for _ in range(4)]
    characters = [
        {
            **character(number, name, main=main),
            "requested_del": draw(st.booleans()),
            "require_confirm": draw(st.booleans()),
        }
        for number, (name, main) in enumerate(zip(("Anna", "Bert", "Cora", "anna"), mains, strict=True), start=1)
    ]
    held = draw(st.lists(st.tuples(EVENTS, VALUES), max_size=3))
    there = draw(st.lists(st.tuples(RAIDS, CHARACTERS), max_size=12))
    sold = draw(st.lists(st.tuples(CHARACTERS, VALUES, ITEM_POOLS, RAIDS), max_size=6))
    moved_by_hand = draw(st.lists(st.tuples(CHARACTERS, VALUES, EVENTS), max_size=6))
    linked = draw(st.lists(st.tuples(st.sampled_from([1, 2, 9]), EVENTS), max_size=4, unique=True))
    paid = draw(st.lists(st.tuples(st.sampled_from([1, 2, 9]), ITEM_POOLS), max_size=4, unique=True))
    return (
        guild()
        .with_rows("members", *characters)
        .with_rows(
            "config",
            setting("plus_version", "2.3.39"),
            setting("show_twinks", draw(st.sampled_from("01"))),
            setting("special_members", draw(st.sampled_from(["", "3"]))),
        )
        .with_rows(
            "events", *(event(number, name) for number, name in ((1, "Kael"), (2, "kael"), (3, ""), (4, "None")))
        )
        .with_rows("multidkp2event", *(in_pool(*each) for each in linked))
        .with_rows("multidkp2itempool", *(paid_in(*each) for each in paid))
        .with_rows("raids", *(raid(number, event, value) for number, (event, value) in enumerate(held, start=5)))
        .with_rows("raid_attendees", *(row for number, who in there for row in present(number, who)))
        .with_rows(
            "items",
            *(
                item(number, "Robe", buyer, value, itempool_id=item_pool, raid_id=at)
                for number, (buyer, value, item_pool, at) in enumerate(sold, start=1)
            ),
        )
        .with_rows(
            "adjustments",
            *(
                adjustment(number, who, value, event_id=str(event))
                for number, (who, value, event) in enumerate(moved_by_hand, start=1)
            ),
        )
    )


@settings(max_examples=60, deadline=None)
@given(installation=installations(), is_capped=st.booleans())
def test_nothing_is_lost_of_any_installation(installation: Installation, is_capped: bool) -> None:
    """O-2: each row is imported or listed; each character's entries come to its points, each person's to its page."""
    with TemporaryDirectory() as folder:
        came = moved_from(Path(folder), installation, apa=CAP if is_capped else None)
    rows = {name: len(installation.tables[name].rows) for name in TABLES}
    assert [each for each in came.accounting.counts(rows) if not each.is_complete] == []
    sums = came.sums(reconciled=False)
    for each in came.household.characters.values():
        user = came.numbers.users[each.owner]
        for pool in came.pools.order:
            both = came.reckoned.plain[each.id, pool]
            assert sums.get((user, each.name, pool), 0) == both.single.sum
    balances = came.balances()
    for person in came.household.people:
        for pool in came.pools.order:
            assert balances.get((person.number, pool), 0) == came.reckoned.shown(person.number, pool).hundredths
    _must_add_up(came)
    assert {kind: came.numbers._next[kind] - 1_000 for kind in came.counts} == came.counts


def _must_add_up(came: Moved) -> None:
    """O-2: nobody's points are lost or doubled: all that is shown is all that came, where no rule takes any."""
    if came.reckoned.house.rules:
        return
    alone = sum(hundredths(each.single.current).hundredths for each in came.reckoned.plain.values())
    assert sum(came.balances().values()) == alone
    assert came.reconciling.reconciliations == []
