"""O-1, O-2: a site with all the dirt there is moves in: every row is accounted for, every number is proven."""

from __future__ import annotations

import time
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from dkp_adapters.eqdkp.serialized import Plain
from tests.integration.cli.command_line import OFFICER, CommandLine
from tests.integration.eqdkp.dirty_site import (
    ANOTHER,
    KNOWN_HERE,
    LONG_NAME,
    LONG_NOTE,
    LONG_REASON,
    PREFIX,
    UTE_AND_ULF,
    dirty_site,
    rows_of,
    with_what_no_server_takes,
)
from tests.unit.eqdkp.synthetic import KEY, Installation, mysqldump, small
from tests.unit.eqdkp.test_serialized import serialized

DAY: Final = 86_400


@pytest.fixture
def dkp(tmp_path: Path) -> CommandLine:
    """A guild that was just founded by somebody whom the old site knows too."""
    assert OFFICER == KNOWN_HERE
    made = CommandLine(tmp_path / "dkp.db")
    made.run("init", "--guild", "Norrath Watch", "--officer", OFFICER, "--username", "Alma")
    return made


def moved_in(dkp: CommandLine, site: Installation, *options: str) -> Any:
    """What the command answers, when it was proven that nothing is lost."""
    Path("old.sql").write_bytes(mysqldump(small(ANOTHER), site))
    told = dkp.json("import", "eqdkp", "old.sql", "--key", KEY, "--prefix", PREFIX, *options)
    assert (told["is_complete"], told["is_proven"]) == (True, True)
    assert told["record"] is not None
    must_account_for_every_row(told["report"], rows_of(site))
    dkp.run("verify")
    return told


def must_account_for_every_row(report: Any, rows: Mapping[str, int]) -> None:
    """Counted anew from what is listed, row by row."""
    listed = Counter(each["table"] for each in report["listed"])
    assert {each["table"]: each["rows"] for each in report["tables"]} == rows
    for each in report["tables"]:
        assert each["rows"] == each["imported"] + listed[each["table"]], each
        assert sum(each["listed"].values()) == listed[each["table"]], each
    places = [(each["table"], each["row"]) for each in report["listed"]]
    assert len(places) == len(set(places)), "a row is listed twice"


Numbers = Mapping[str, tuple[str, str, str, str]]


def points(dkp: CommandLine, pool: str) -> Numbers:
    """What everybody has who has or had anything: earned, spent, adjusted and current, by the name of their main."""
    rows = dkp.json("standings", "--pool", pool)
    found = {str(row["main_character"]): (row["earned"], row["spent"], row["adjusted"], row["current"]) for row in rows}
    return {name: numbers for name, numbers in found.items() if set(numbers) != {"0.00"}}


ONCE: Final = ("5.50", "0.00", "0.00", "5.50")
"""At the raid at which almost all of them were, and nothing else."""
OTHERS: Final = {
    **dict.fromkeys(("Éowyn", "Éowyn (3)", "Nils", "Olaf", "Character 33", "&lt;b&gt;", "Zoe"), ONCE),
    LONG_NAME[:63] + "…": ONCE,
    "Düster": ("0.10", "0.00", "0.00", "0.10"),
    "Kilian": ("11.00", "0.00", "0.00", "11.00"),  # and Lars: they are each other's twinks
    "Sven": ("18.00", "0.00", "0.00", "18.00"),  # 5.50 + 1.25, Rosa's 1.25 and Tina's 10.00
    "Cora": ("3.10", "-5.00", "2.22", "10.32"),  # 5.50 - 2.50 + 0.10
}


def test_twinks_that_count_for_their_main_go_on_doing_so(dkp: CommandLine) -> None:
    """O-2: points by hand: twice at a raid, alts, alts of other people, alts of alts, and what counts for nobody."""
    told = moved_in(dkp, with_what_no_server_takes(dirty_site()))
    assert points(dkp, "Main") == {
        **OTHERS,
        "Anna": ("26.50", "167784.51", "-3.33", "-167761.34"),  # 2 x 5.50 + 10.00, and Bert's 5.50 - 12.34
        "Mona": ONCE,
        "Pia": ONCE,
    }
    assert points(dkp, "MAIN (2)") == {
        "Anna": ("10.00", "12.34", "0.00", "-2.34"),
        "Cora": ("9999.99", "0.00", "2.22", "10002.21"),
        "Sven": ("10.00", "0.00", "0.00", "10.00"),
    }
    assert points(dkp, "Pool 3") == {}
    (bank,) = [each for each in dkp.json("points", "balance", "Bank") if each["pool_name"] == "Main"]
    assert (bank["earned"], bank["current"]) == ("5.50", "5.50"), "it has its points, and stands beside the members"
    assert told["report"]["reconciliations"] == []


def test_characters_that_have_their_own_points_keep_them(dkp: CommandLine) -> None:
    """O-2: the same where twinks are shown for themselves: each goes to its user, else to its main's."""
    told = moved_in(dkp, with_what_no_server_takes(dirty_site(show_twinks="1")))
    assert points(dkp, "Main") == {
        **OTHERS,
        "Anna": ("32.00", "167772.17", "-3.33", "-167743.50"),  # 2 x 5.50 + 10.00, and Mona's and Pia's 5.50
        "Bert": ("5.50", "12.34", "0.00", "-6.84"),
    }
    assert points(dkp, "MAIN (2)") == {
        "Anna": ("10.00", "0.00", "0.00", "10.00"),
        "Bert": ("0.00", "12.34", "0.00", "-12.34"),
        "Cora": ("9999.99", "0.00", "2.22", "10002.21"),
        "Sven": ("10.00", "0.00", "0.00", "10.00"),
    }
    assert told["report"]["reconciliations"] == []


def test_what_rules_make_of_points_is_reconciled(dkp: CommandLine) -> None:
    """O-2: decay, caps at intervals, hard and visible ones, start points; what comes nearest goes on as policies.

    Half of all is gone since yesterday: of what the history has, which sees items by their raids and nobody twice.
    """
    moved_in(dkp, dirty_site(), *rule_files())
    main, other = points(dkp, "Main"), points(dkp, "MAIN (2)")
    assert main["Cora"][-1] == "2.61"  # half of 5.50 - 2.50 + 2.22; the item of no raid is in no history
    assert main["Anna"][-1] == "-83882.25"  # half of 5.50 + 5.50 - 167772.17 - 3.33; the raid is still to come
    assert main["Sven"][-1] == "4.01"  # half of 5.50 + 1.25, and of Rosa's 1.25, each rounded: 3.38 + 0.63
    assert other["Cora"][-1] == "60.00"
    assert other["Anna"][-1] == "-2.34"


def rule_files() -> Sequence[str]:
    """The options that name them."""
    began = int(time.time()) - DAY
    every: dict[int | str, Plain] = {"decay_time": 7, "start_date": began, "calc_func": "half", "zero_time": 0}
    rules: list[Plain] = [
        {"type": "decay_current", "name": "Half", "pools": {0: 1}, **every},
        {"type": "hardcap_current", "name": "At most", "pools": {0: 2}, "upper_cap": "60", "lower_cap": "-100"},
        {"type": "decay_ria", "name": "Fade", "pools": {0: 3}, "modules": {0: "raid"}, **every},
        {"type": "cap_current", "name": "Monthly", "pools": {0: 3}, "upper_cap": 40, "interval": 30, "event": 1},
        {"type": "currentcap_current", "name": "Hard", "pools": {0: 3}, "upper_cap": "100.5", "lower_cap": 0},
        {"type": "startpoints", "name": "Start", "pools": {}, "value": "25", "event": 1, "before": 0},
        {"type": "unheard_of", "name": "New", "pools": {0: 1}},
    ]
    Path("apatab.php").write_bytes(serialized(dict(enumerate(rules))))
    Path("apafunc.php").write_bytes(serialized({"half": {0: "$value * 0.5", 1: "round($Var0, 2)"}}))
    return ("--apa", "apatab.php", "--apa-functions", "apafunc.php")


def test_everybody_is_who_they_were(dkp: CommandLine) -> None:
    """O-1: names, owners, links, texts and dates, as near as they can be kept; whatever is otherwise is remarked."""
    told = moved_in(dkp, with_what_no_server_takes(dirty_site()))
    rows = {row["external_id"]: row for row in dkp.json("character", "list")}
    owners = {each: rows[f"eqdkp:{each}"]["owner"] for each in (1, 2, 10, 11, 40, 41, 42)}
    assert owners == {1: "Ute", 2: "Ute", 10: "Alma", 11: "Ugo", 40: "Una", 41: "Una", 42: "Una"}
    assert rows["eqdkp:11"]["name"] == "éowyn (2)"
    assert (rows["eqdkp:1"]["character_class"], rows["eqdkp:1"]["level"]) == ("class 99", None)
    assert rows["eqdkp:31"]["status"] == "retired"
    users = {row["external_id"]: row for row in dkp.json("user", "list") if row["external_id"]}
    discord = {each: users[f"eqdkp:{each}"]["discord_id"] for each in (2, 3, 4, 6)}
    assert discord == {2: UTE_AND_ULF, 3: None, 4: KNOWN_HERE, 6: None}
    assert users["eqdkp:4"]["username"] == "Alma"
    raids = {row["external_id"]: row for row in dkp.json("raid", "list")}
    assert raids["eqdkp:101"]["starts_at"] == "1970-01-01T00:00:00Z"
    assert raids["eqdkp:102"]["starts_at"] == "2036-07-18T13:20:00Z"
    assert {each: raids[f"eqdkp:{each}"]["event_type"] for each in (103, 104, 106)} == {
        103: "Kael (2)", 104: "Event 777", 106: "D'Vinn",
    }  # fmt: skip
    assert len(raids["eqdkp:100"]["note"]) == 4_000
    remarked = {(each["table"], each["old_id"]) for each in told["report"]["remarks"]}
    assert remarked >= {
        *(("users", each) for each in "368"),
        *(("members", each) for each in map(str, (1, 2, 3, 11, 12, 20, 21, 22, 23, 31, 32, 33, 34, 35, 40, 42, 51))),
        *(("raids", each) for each in ("100", "101", "102", "103", "104", "105", "107")),
        *(("items", each) for each in "245"),
        *(("adjustments", each) for each in "56"),
        *(("multidkp", each) for each in "23"),
        *(("events", each) for each in "34"),
        ("raid_attendees", "100/1"),
        ("member_ranks", "2"),
    }


def test_what_did_not_fit_is_in_the_archive_and_no_secret_is(dkp: CommandLine) -> None:
    """O-2: long texts as they were; no session, no address, whatever table it stands in."""
    told = moved_in(dkp, with_what_no_server_takes(dirty_site()))
    with zipfile.ZipFile(told["archive"]) as archive:
        kept = {name: archive.read(name).decode() for name in archive.namelist()}
    assert LONG_NOTE in kept["tables/raids.jsonl"]
    assert LONG_NOTE in kept["tables/members.jsonl"]
    assert LONG_REASON in kept["tables/adjustments.jsonl"]
    assert LONG_NAME in kept["tables/members.jsonl"]
    assert "forum_posts" in kept["manifest.json"]
    for content in kept.values():
        assert "secret-session" not in content
        assert "example.org" not in content


def test_all_of_it_goes_again(dkp: CommandLine) -> None:
    """O-3: undone, nothing is left of any of it but that it was; and it comes again."""
    before = dkp.content()
    told = moved_in(dkp, with_what_no_server_takes(dirty_site()))
    dkp.run("import", "undo", told["record"]["id"])
    after = dkp.content()
    kept = {"imports", "events", "deliveries", "guilds", "installation", "raid_totals", "roster_revisions"}
    assert {table for table in before if before[table] != after[table]} <= kept
    again = moved_in(dkp, with_what_no_server_takes(dirty_site()))
    assert again["report"]["balances"] == told["report"]["balances"]
