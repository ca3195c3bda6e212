"""`dkp pool`, `item-pool`, `points`, `standings`, `attendance`, `audit`, `verify`."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import fields

from dkp_core.kernel.ports import AuditRow
from dkp_core.points import AdjustmentRow, BalanceRow, HistoryRow, ItemPoolRow, PoolRow, StandingRow
from dkp_core.raids import AttendanceShareRow
from dkp_entrypoints.cli.exit_codes import ExitCode
from tests.integration.cli.command_line import CommandLine


def names(kind: type) -> set[str]:
    """The fields of a row, as the API has them."""
    return {each.name for each in fields(kind)}


def current(dkp: CommandLine, user: str, *options: str) -> str:
    """A user's balance in the default pool."""
    (row,) = dkp.json("points", "balance", user, "--pool", "DKP", *options)
    return str(row["current"])


@pytest.fixture
def raided(dkp: CommandLine) -> CommandLine:
    """The guild after one raid worth 12.50, at which Björnulf and Élan were."""
    raid = dkp.json("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")["id"]
    dkp.run("raid", "attend", raid, "Björnulf", "Élan")
    return dkp


# --- pools ------------------------------------------------------------------------------------------------------------


def test_pools_are_added_changed_archived(dkp: CommandLine) -> None:
    """P-5: name, unit, decimals shown, default, archived."""
    assert [row["name"] for row in dkp.json("pool", "list")] == ["DKP", "Open raids"]
    made = dkp.json("pool", "add", "Alts", "--unit", "AP", "--decimals", "1", "--default")
    assert set(made) == names(PoolRow)
    assert (made["unit"], made["decimals"], made["is_default"]) == ("AP", 1, True)
    assert dkp.json("pool", "show", "dkp")["is_default"] is False
    changed = dkp.json("pool", "set", "Open raids", "--name", "Offen", "--archive")
    assert (changed["name"], changed["archived"]) == ("Offen", True)
    refused = ("points", "adjust", "--user", "Björn", "--amount", "1", "--reason", "x", "--pool", "Offen")
    assert "archived" in dkp.refused(*refused, code=6)
    dkp.run("pool", "set", "Offen", "--restore", "--unit", "P", "--decimals", "0")
    dkp.run(*refused)
    dkp.refused("pool", "set", "Alts", "--archive", code=6)
    dkp.refused("pool", "add", "ALTS", code=6)
    dkp.refused("pool", "add", "Genau", "--decimals", "3", code=3)
    dkp.refused("pool", "show", "Nirgends", code=4)


def test_item_pools_name_the_pool_they_are_paid_from(dkp: CommandLine) -> None:
    """P-5: the default pool unless one is named."""
    made = dkp.json("item-pool", "add", "Planar armour")
    assert set(made) == names(ItemPoolRow)
    assert made["pools"] == [1]
    assert dkp.json("item-pool", "set", "planar armour", "--name", "Planes", "--pool", "Open raids")["pools"] == [2]
    assert [row["name"] for row in dkp.json("item-pool", "list")] == ["Planes"]
    dkp.refused("item-pool", "set", "Nothing", code=4)


def test_standings_show_as_many_decimals_as_the_pool(dkp: CommandLine) -> None:
    """P-5, P-12: people see them rounded half-up; programs get the exact points."""
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "2.50", "--reason", "x", "--pool", "Open raids")
    line = next(line for line in dkp.run("standings", "--pool", "Open raids").stdout.splitlines() if "Björn" in line)
    assert " 3 " in line
    assert "2.50" not in line
    (row,) = [row for row in dkp.json("standings", "--pool", "Open raids") if row["username"] == "Björn"]
    assert row["current"] == "2.50"


# --- balances and history ---------------------------------------------------------------------------------------------


def test_balance_and_history_have_the_apis_fields(raided: CommandLine) -> None:
    """P-1, P-3: points as text, moments in UTC, the newest first."""
    rows = raided.json("points", "balance", "Élan")
    assert set(rows[0]) == names(BalanceRow)
    assert [(row["pool_name"], row["current"]) for row in rows] == [("DKP", "12.50"), ("Open raids", "0.00")]
    raided.run("points", "adjust", "--user", "Chloé", "--amount", "-2.50", "--reason", "late")
    history = raided.json("points", "history", "Chloé")
    assert set(history[0]) == names(HistoryRow)
    assert [(row["kind"], row["amount"], row["balance"]) for row in history] == [
        ("adjustment", "-2.50", "10.00"),
        ("attendance", "12.50", "12.50"),
    ]
    assert history[1]["occurred_at"] == "2026-11-19T19:00:00Z"
    assert raided.json("points", "history", "Chloé", "--oldest-first")[0]["kind"] == "attendance"


def test_history_is_filtered(raided: CommandLine) -> None:
    """P-4: by kind, pool, character and date; the start belongs to it, the end does not."""

    def kinds(*options: str) -> list[str]:
        return [row["kind"] for row in raided.json("points", "history", "Björn", *options)]

    raided.run("points", "adjust", "--character", "Zweitulf", "--amount", "3", "--reason", "key")
    assert kinds() == ["adjustment", "attendance"]
    assert kinds("--kind", "attendance") == ["attendance"]
    assert kinds("--character", "zweitulf") == ["adjustment"]
    assert kinds("--pool", "Open raids") == []
    assert kinds("--since", "2026-11-19T20:00", "--until", "2026-11-19T20:00:01") == ["attendance"]
    assert kinds("--until", "2026-11-19T20:00") == []
    assert kinds("--limit", "1") == ["adjustment"]


def test_a_balance_of_the_past_counts_what_had_occurred_and_was_known(raided: CommandLine) -> None:
    """P-4: `--as-of` by occurrence, `--known-at` by recording."""
    assert current(raided, "Élan", "--as-of", "2026-11-19T20:00") == "0.00"
    assert current(raided, "Élan", "--as-of", "2026-11-19T20:00:00.000001") == "12.50"
    assert current(raided, "Élan", "--as-of", "2026-11-20T00:00Z", "--known-at", "2026-11-01") == "0.00"


# --- adjustments ------------------------------------------------------------------------------------------------------


def test_points_are_adjusted_and_taken_back(dkp: CommandLine) -> None:
    """P-8: with a reason; reversed once, by an entry of its own."""
    (made,) = dkp.json(
        *("points", "adjust", "--user", "Björn", "--amount", "-12.5", "--reason", "loot", "--note", "Cloak"),
        *("--at", "2026-11-01T20:00"),
    )
    assert set(made) == names(AdjustmentRow)
    assert (made["amount"], made["username"], made["occurred_at"]) == ("-12.50", "Björn", "2026-11-01T19:00:00Z")
    assert current(dkp, "Björn") == "-12.50"
    reversed_ = dkp.json("points", "reverse", made["id"], "--reason", "wrong raider")
    assert reversed_["reversed_at"] is not None
    assert current(dkp, "Björn") == "0.00"
    assert len(dkp.json("points", "history", "Björn")) == 2
    dkp.refused("points", "reverse", made["id"], "--reason", "again", code=6)
    dkp.refused("points", "reverse", "4711", "--reason", "nothing", code=4)
    assert [row["id"] for row in dkp.json("points", "adjustments", "--reversed")] == [made["id"]]
    assert dkp.json("points", "adjustments", "--standing") == []


def test_many_are_adjusted_at_once(dkp: CommandLine) -> None:
    """P-8: several users and characters get the same; all of it or nothing."""
    rows = dkp.json(
        *("points", "adjust", "--user", "Alma", "--user", "Chloé", "--character", "Zweitulf"),
        *("--amount", "5", "--reason", "anniversary"),
    )
    assert [row["username"] for row in rows] == ["Alma", "Chloé", "Björn"]
    assert [row["character_name"] for row in rows] == ["", "", "Zweitulf"]
    assert len(dkp.json("points", "adjustments", "--user", "Alma")) == 1
    bad = ("points", "adjust", "--user", "Alma", "--character", "Niemand", "--amount", "5", "--reason", "x")
    dkp.refused(*bad, code=4)
    assert len(dkp.json("points", "adjustments")) == 3


CSV = "character, amount, reason\nBjörnulf, 10, first kill\nÉlan, 2.25,\n"


def test_adjustments_are_read_from_a_csv(dkp: CommandLine, tmp_path: Path) -> None:
    """P-8: from a file or standard input, with a byte order mark or in UTF-16 as spreadsheets write it."""
    for number, data in enumerate((CSV.encode(), CSV.encode("utf-8-sig"), CSV.encode("utf-16"))):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(data)
        rows = dkp.json("points", "adjust", "--csv", path, "--reason", "bonus")
        assert [(row["username"], row["amount"], row["reason"]) for row in rows] == [
            ("Björn", "10.00", "first kill"),
            ("Chloé", "2.25", "bonus"),
        ]
    dkp.run("points", "adjust", "--csv", "-", "--reason", "bonus", stdin=CSV)
    assert current(dkp, "Élan") == "9.00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name the columns"),
        ("who,what\nÉlan,1\n", "name the columns"),
        ("character,amount\n", "no line"),
        ("character,amount\nÉlan,1.234\n", "line 2"),
        ("character,amount\nÉlan,NaN\nBjörnulf,1e3\n", "line 3"),
        ("user,amount\nÉlan,1\n", "is no user id"),
        ("character,amount\nÉlan,99999999999\n", "line 2"),
    ],
)
def test_a_bad_csv_names_the_line(text: str, said: str, dkp: CommandLine) -> None:
    """G-8: the line, what is wrong and what is accepted; nothing is half done."""
    before = dkp.content()
    assert said in dkp.refused("points", "adjust", "--csv", "-", "--reason", "x", stdin=text, code=3)
    assert dkp.content() == before


def test_a_csv_that_is_no_text_is_refused(dkp: CommandLine, tmp_path: Path) -> None:
    """G-9: no letter is guessed."""
    path = tmp_path / "latin.csv"
    path.write_bytes("character,amount\nÉlan,1\n".encode("latin-1"))
    assert "UTF-8" in dkp.refused("points", "adjust", "--csv", path, "--reason", "x", code=3)
    assert "can't be read" in dkp.refused("points", "adjust", "--csv", tmp_path, "--reason", "x", code=3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--amount", "5", "--reason", "x"), "whose points"),
        (("--user", "Alma", "--reason", "x"), "amount"),
        (("--user", "Alma", "--amount", "5"), "reason"),
        (("--user", "Alma", "--amount", "0", "--reason", "x"), "moves no points"),
        (("--user", "Alma", "--amount", "1.234", "--reason", "x"), "1.234"),
        (("--user", "Alma", "--amount", "NaN", "--reason", "x"), "NaN"),
        (("--user", "Alma", "--amount", "1e3", "--reason", "x"), "1e3"),
        (("--user", "Alma", "--amount", "1,5", "--reason", "x"), "1,5"),
        (("--user", "Alma", "--amount", "inf", "--reason", "x"), "inf"),
        (("--user", "Alma", "--amount", "10000000000", "--reason", "x"), "10000000000"),
        (("--user", "Alma", "--amount", "٣", "--reason", "x"), "amount"),
        (("--user", "Alma", "--amount", "5", "--reason", "x" * 501), "501 characters"),
        (("--user", "Alma", "--amount", "5", "--reason", "x", "--at", "2199-01-01"), "future"),
        (("--user", "Alma", "--amount", "5", "--reason", "x", "--at", "2026-10-25T02:30"), "exists twice"),
        (("--user", "Alma", "--amount", "5", "--reason", "x", "--at", "2026-03-29T02:30"), "never was"),
        (("--user", "Alma", "--amount", "5", "--reason", "x", "--at", "yesterday"), "is no time"),
        (("--user", "Alma", "--csv", "-", "--reason", "x"), "said twice"),
    ],
)
def test_a_bad_adjustment_is_told_field_by_field(arguments: tuple[str, ...], said: str, dkp: CommandLine) -> None:
    """G-3, G-8, D-13: exact points within limits, a reason, a time that was and was but once."""
    before = dkp.content()
    assert said in dkp.refused("points", "adjust", *arguments, code=3)
    assert dkp.content() == before


def test_an_hour_that_exists_twice_is_shown_with_both_its_times(dkp: CommandLine) -> None:
    """D-13: the error can be copied into the next try."""
    adjust = ("points", "adjust", "--user", "Alma", "--amount", "5", "--reason", "x", "--at")
    said = dkp.refused(*adjust, "2026-10-25T02:30", code=3)
    assert "2026-10-25T02:30:00+02:00" in said
    assert "2026-10-25T02:30:00+01:00" in said
    assert dkp.json(*adjust, "2026-10-25T02:30+01:00")[0]["occurred_at"] == "2026-10-25T01:30:00Z"


def test_a_balance_does_not_leave_its_limits(dkp: CommandLine) -> None:
    """G-3: found at the end of the transaction, told as a conflict, and nothing is left of it."""
    most = ("points", "adjust", "--user", "Alma", "--amount", "9999999999.99", "--reason", "all")
    dkp.run(*most)
    before = dkp.content()
    assert "9,999,999,999.99" in dkp.refused(*most, code=6)
    dkp.refused(*most, "--dry-run", code=6)
    assert dkp.content() == before


# --- standings, attendance, audit, verify -----------------------------------------------------------------------------


def test_standings_have_the_apis_fields_filters_and_order(raided: CommandLine) -> None:
    """P-10: active members of the default pool; sorted and narrowed by any column."""
    raided.run("points", "adjust", "--user", "Chloé", "--amount", "1", "--reason", "x")
    rows = raided.json("standings")
    assert set(rows[0]) == names(StandingRow)
    assert [(row["position"], row["username"], row["current"]) for row in rows] == [
        (1, "Chloé", "13.50"),
        (2, "Björn", "12.50"),
        (3, "Alma", "0.00"),
    ]
    assert rows[0]["last_raid"] == "2026-11-19T19:00:00Z"
    assert [row["username"] for row in raided.json("standings", "--order", "username")] == ["Alma", "Björn", "Chloé"]
    assert [row["username"] for row in raided.json("standings", "--class", "bard")] == ["Chloé"]
    assert [row["username"] for row in raided.json("standings", "--where", "current_min=13")] == ["Chloé"]
    assert len(raided.json("standings", "--pool", "open RAIDS")) == 3
    raided.run("user", "end", "Björn")
    assert len(raided.json("standings")) == 2
    assert len(raided.json("standings", "--everyone")) == 3
    raided.refused("standings", "--order", "height", code=3)
    raided.refused("standings", "--where", "current", code=3)
    raided.refused("standings", "--pool", "Gold", code=4)


def test_attendance_has_the_apis_fields(raided: CommandLine) -> None:
    """D-9: attended of held, in every window; of one user, of one pool's raids."""
    rows = raided.json("attendance")
    assert set(rows[0]) == names(AttendanceShareRow)
    assert {row["username"]: row["attendance_30"] for row in rows} == {
        "Alma": "0.00",
        "Björn": "100.00",
        "Chloé": "100.00",
    }
    assert len(raided.json("attendance", "--user", "Björn")) == 1
    assert raided.json("attendance", "--user", "Björn", "--pool", "Open raids")[0]["held_30"] == 0


def test_the_audit_log_names_who_what_and_when(raided: CommandLine) -> None:
    """G-5: the operator, through the command line, with the values before and after."""
    rows = raided.json("audit", "--name", "attendance_recorded")
    assert set(rows[0]) == names(AuditRow)
    assert (rows[0]["actor_kind"], rows[0]["entrypoint"], rows[0]["data"]["awarded"]) == ("operator", "cli", 2)
    raided.run("guild", "set", "--name", "Neu")
    (change,) = raided.json("audit", "--aggregate", "guild", "--name", "guild_changed")[0]["data"]["changes"]
    assert change == {"field": "name", "before": "Freya's Chariot", "after": "Neu"}
    assert raided.json("audit", "--since", "2199-01-01") == []
    assert raided.json("audit", "--actor-kind", "bot") == []
    assert len(raided.json("audit", "--aggregate", "raid", "--id", "1", "--until", "2199-01-01")) == 2
    assert "100 of" not in raided.run("audit", "--limit", "2").stderr
    assert "guild_changed" in raided.run("audit").stdout


def test_verify_finds_what_was_tampered_with(raided: CommandLine) -> None:
    """P-3: 0 while everything adds up; 8 and each difference by name when it does not."""
    assert "everything adds up" in raided.run("verify").stdout
    adds_up = {"clean": True, "guilds": 1, "balances": 2, "entries": 2, "differences": [], "overbids": []}
    assert raided.json("verify") == adds_up
    raided.execute("UPDATE balances SET earned = earned + 1 WHERE user_id = 2")
    found = raided.json("verify", code=8)
    assert found["clean"] is False
    assert {(row["user_id"], row["kept"], row["counted"]) for row in found["differences"]} == {(2, "12.51", "12.50")}
    assert "12.51" in raided.run("verify", code=8).stdout


# --- explaining, disputes, what if ------------------------------------------------------------------------------------


def test_a_number_is_explained_and_disputed(raided: CommandLine) -> None:
    """P-14: the balance's parts, the entry's raid, and an officer's answer."""
    entry = raided.json("points", "history", "Björn", "--source", "raid:1", "--bucket", "earned")[0]["id"]
    explained = raided.json("points", "explain", "Björn", "--pool", "DKP")
    assert [(part["kind"], part["amount"], part["entries"]) for part in explained["parts"]] == [
        ("attendance", "12.50", 1)
    ]
    assert "current 12.50" in raided.run("points", "explain", "Björn").stderr
    assert raided.json("points", "explain", "Björn", "--entry", entry)["raid"]["id"] == 1
    dispute = raided.json("dispute", "make", entry, "--for", "Björn", "--text", "I was asleep")["id"]
    assert [row["id"] for row in raided.json("dispute", "list", "--status", "open")] == [dispute]
    assert raided.json("dispute", "uphold", dispute)["status"] == "upheld"
    assert current(raided, "Björn") == "0.00"
    assert raided.json("dispute", "show", dispute)["text"] == "I was asleep"


def test_a_source_that_is_none_is_refused(raided: CommandLine) -> None:
    """G-8: with what is accepted."""
    refused = raided.run("points", "history", "Björn", "--source", "sky:1", code=int(ExitCode.INVALID))
    assert "raid:12" in refused.stderr


def test_what_if_is_told_to_people_and_programs(raided: CommandLine) -> None:
    """P-15: a table, and JSON."""
    found = raided.json("simulate", "--set", "cap=5", "--months", "1")
    assert {row["current_then"] for row in found["rows"]} == {"5.00", "0.00"}
    shown = raided.run("simulate", "--set", "cap=5")
    assert "2 lose" in shown.stderr
    assert current(raided, "Björn") == "12.50"
