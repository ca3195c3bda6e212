"""`dkp item`, `auction`, `bid` and `award`: what drops, how it is sold, and what became of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import fields

from dkp_core.loot import (
    AuctionRow,
    AwardRow,
    BidCheck,
    BidRow,
    ItemDetailRow,
    ItemRow,
    MaxBid,
    PlacedBid,
    PriorityRow,
    RulesRow,
    StartListDraw,
)
from tests.integration.cli.command_line import CommandLine

CLOAK = "Cloak of Cinders"


def names(kind: type) -> set[str]:
    """The fields of a row, as the API has them."""
    return {each.name for each in fields(kind)}


def standing(dkp: CommandLine, user: str) -> tuple[str, str, str]:
    """What a user has, what bids keep of it for all to see, and what is left."""
    (row,) = dkp.json("points", "balance", user, "--pool", "DKP")
    return row["current"], row["held"], row["available"]


@pytest.fixture(scope="module")
def earned(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guild, with 100 points for everybody."""
    dkp = CommandLine(tmp_path_factory.mktemp("earned") / "dkp.db")
    dkp.path.write_bytes(founded.read_bytes())
    users = [option for user in ("Alma", "Björn", "Chloé") for option in ("--user", user)]
    dkp.run("points", "adjust", *users, "--amount", "100", "--reason", "start")
    return dkp.path


@pytest.fixture
def rich(earned: Path, tmp_path: Path) -> CommandLine:
    """The command line on a copy of it."""
    path = tmp_path / "dkp.db"
    path.write_bytes(earned.read_bytes())
    return CommandLine(path)


# --- a first auction --------------------------------------------------------------------------------------------------


def test_a_first_auction_from_start_to_award(rich: CommandLine) -> None:
    """I-3, L-7: start, bid, look on, close, award; standings show what is held, until it is paid."""
    started = rich.json("auction", "start", CLOAK, "--closes-in", "2m")
    assert set(started) == names(AuctionRow)
    assert (started["status"], started["mode"], started["minimum_bid"]) == ("open", "open", "1.00")
    placed = rich.json("bid", "place", "1", "--character", "Élan", "--amount", "50")
    assert set(placed) == names(PlacedBid)
    assert (placed["leading"], placed["available"]) == (True, "50.00")
    rich.run("bid", "place", "1", "--user", "223456789012345678", "--character", "zweitulf", "--amount", "60")
    assert standing(rich, "Chloé") == ("100.00", "0.00", "100.00")
    assert standing(rich, "Björn") == ("100.00", "60.00", "40.00")
    held = {row["username"]: row["held"] for row in rich.json("standings")}
    assert held == {"Alma": "0.00", "Björn": "60.00", "Chloé": "0.00"}
    assert "Zweitulf" in rich.run("auction", "show", "1").stdout
    bids = rich.json("auction", "bids", "1")
    assert set(bids[0]) == names(BidRow)
    assert [(row["character"], row["amount"]) for row in bids] == [("Zweitulf", "60.00"), ("Élan", "50.00")]
    closed = rich.json("auction", "close", "1")
    assert [(row["character"], row["price"]) for row in closed["results"]] == [("Zweitulf", "60.00")]
    (award,) = rich.json("auction", "award", "1")
    assert set(award) == names(AwardRow)
    assert (award["username"], award["amount"], award["status"]) == ("Björn", "60.00", "standing")
    assert standing(rich, "Björn") == ("40.00", "0.00", "40.00")
    rich.run("verify")


def test_an_auction_is_watched_until_it_is_over(rich: CommandLine) -> None:
    """L-11: how it stands and its bids; a document a line for programs."""
    rich.run("auction", "start", CLOAK)
    rich.run("bid", "place", "1", "--character", "Élan", "--amount", "50")
    rich.run("auction", "close", "1")
    said = rich.run("auction", "show", "1", "--watch").stdout
    assert f"{CLOAK}: closed, 1 bid, Élan wins for 50.00" in said
    (line,) = rich.run("auction", "show", "1", "--watch", "--json").stdout.splitlines()
    seen = json.loads(line)
    assert (seen["auction"]["status"], seen["bids"][0]["character"]) == ("closed", "Élan")
    rich.refused("auction", "show", "9", "--watch", code=4)


def test_an_award_closes_an_auction_that_is_open(rich: CommandLine) -> None:
    """L-7: exactly once; the second time it is over."""
    rich.run("auction", "start", CLOAK)
    rich.run("bid", "place", "1", "--character", "Élan", "--amount", "50")
    rich.run("auction", "award", "1", "--reason", "the only one")
    assert rich.json("award", "list")[0]["because"] == "the only one"
    assert "awarded" in rich.refused("auction", "award", "1", code=6)
    assert "awarded" in rich.refused("auction", "close", "1", code=6)


def test_who_can_not_pay_leaves_the_auction_closed(rich: CommandLine) -> None:
    """L-7: the refusal tells what it came to, so that it does not go on; a dry run of it changes nothing."""
    rich.run("auction", "start", CLOAK)
    rich.run("bid", "place", "1", "--character", "Élan", "--amount", "50")
    rich.run("points", "adjust", "--user", "Chloé", "--amount", "-60", "--reason", "x")
    before = rich.content()
    rich.run("auction", "award", "1", "--dry-run")
    assert rich.content() == before
    assert "has 40.00, and the price is 50.00" in rich.refused("auction", "award", "1", code=6)
    assert rich.json("auction", "show", "1")["status"] == "closed"
    assert "has 40.00" in rich.refused("auction", "award", "1", "--dry-run", code=6)
    assert standing(rich, "Chloé")[1] == "50.00"
    assert rich.json("auction", "award", "1", "--allow-overbid")[0]["overbid"] is True


@pytest.mark.parametrize("mode", ["open", "sealed_first_price", "sealed_second_price", "fixed_price_roll"])
@pytest.mark.parametrize("verb", ["close", "award"])
def test_a_dry_run_tells_nothing_of_what_a_running_auction_comes_to(verb: str, mode: str, rich: CommandLine) -> None:
    """L-11, L-15: the auction as it is, and that it would be closed; whether anybody can pay shows at the close."""
    rich.run("auction", "set-rules", "fixed_price_rolls=true", "award_at_close=true")
    amounts = ("73", "57") if mode != "fixed_price_roll" else ("31", "31")
    rich.run("auction", "start", CLOAK, "--mode", mode, *(("--minimum", "31") if amounts[0] == "31" else ()))
    for name, amount in zip(("Élan", "Björnulf"), amounts, strict=True):
        offer = ("--ceiling", amount) if mode == "open" else ("--amount", amount)
        rich.run("bid", "place", "1", "--character", name, *offer)
    rich.run("points", "adjust", "--user", "Chloé", "--user", "Björn", "--amount", "-90", "--reason", "x")
    shown, before = rich.json("auction", "show", "1"), rich.content()
    assert rich.json("auction", verb, "1", "--dry-run") == shown
    outcome = rich.run("auction", verb, "1", "--dry-run")
    assert "Dry run: it would be closed" in outcome.stderr
    assert rich.content() == before
    assert (shown["status"], shown["seed"], shown["results"]) == ("open", None, [])
    if mode != "open":
        assert not {"Élan", "Björnulf", "73.00", "57.00", "58.00"} & set(outcome.output.split())


def test_a_dry_run_tells_what_the_award_of_a_closed_auction_would_be(rich: CommandLine) -> None:
    """L-7: that is known; and what is over is refused as without it."""
    rich.run("auction", "start", CLOAK, "--mode", "sealed_first_price")
    rich.run("bid", "place", "1", "--character", "Élan", "--amount", "73")
    assert "Nobody" in rich.refused("auction", "award", "1", "--user", "Nobody", "--dry-run", code=4)
    rich.run("auction", "close", "1")
    assert "closed" in rich.refused("auction", "close", "1", "--dry-run", code=6)
    (award,) = rich.json("auction", "award", "1", "--dry-run")
    assert (award["username"], award["amount"]) == ("Chloé", "73.00")
    assert rich.json("award", "list") == []
    rich.run("auction", "start", "Helm", "--opens-at", "2199-01-01")
    for verb in ("close", "award"):
        assert "scheduled" in rich.refused("auction", verb, "2", "--dry-run", code=6)


def test_what_nobody_bid_on_goes_to_nobody_or_to_somebody_for_free(rich: CommandLine) -> None:
    """L-7: it has to be said which."""
    for _ in range(2):
        rich.run("auction", "start", CLOAK, "--another")
    assert "Nobody won" in rich.refused("auction", "award", "1", code=6)
    (rotted,) = rich.json("auction", "award", "1", "--nobody")
    assert (rotted["user_id"], rotted["amount"]) == (None, "0.00")
    (given,) = rich.json("auction", "award", "2", "--character", "Élan")
    assert (given["username"], given["amount"]) == ("Chloé", "0.00")


def test_a_winner_is_passed_over_for_the_next(rich: CommandLine) -> None:
    """L-7: as if the winner had not bid."""
    rich.run("auction", "start", CLOAK)
    rich.run("bid", "place", "1", "--character", "Élan", "--amount", "50")
    rich.run("bid", "place", "1", "--character", "Björnulf", "--amount", "60")
    (award,) = rich.json("auction", "award", "1", "--pass-over", "Björnulf")
    assert (award["username"], award["amount"]) == ("Chloé", "50.00")
    rich.run("verify")


def test_an_auction_is_moved_along_by_any_officer(rich: CommandLine) -> None:
    """L-16: extended, frozen, resumed with the time it had left, called off."""
    rich.run("auction", "start", CLOAK, "--closes-at", "2199-01-01T20:00")
    assert rich.json("auction", "extend", "1", "--by", "1h30m")["closes_at"] == "2199-01-01T20:30:00Z"
    assert rich.json("auction", "extend", "1", "--by-hand")["closes_at"] is None
    assert "no time" in rich.refused("auction", "extend", "1", "--by", "1m", code=3)
    assert "exactly one" in rich.refused("auction", "extend", "1", "--by", "1m", "--by-hand", code=3)
    assert rich.json("auction", "freeze", "1", "--reason", "outage")["status"] == "frozen"
    assert "frozen" in rich.refused("bid", "place", "1", "--character", "Élan", "--amount", "5", code=6)
    assert rich.json("auction", "resume", "1")["status"] == "open"
    assert rich.json("auction", "cancel", "1", "--reason", "it never dropped")["reason"] == "it never dropped"
    rich.refused("auction", "cancel", "1", code=6)
    assert rich.json("auction", "list", "--running") == []
    assert len(rich.json("auction", "list", "--over", "--status", "cancelled", "--item", CLOAK)) == 1


def test_an_outage_freezes_every_auction(rich: CommandLine) -> None:
    """L-16: and nothing else; they go on together."""
    for item in ("Helm", "Shield", "Staff"):
        rich.run("auction", "start", item)
    rich.run("auction", "close", "3")
    assert [row["id"] for row in rich.json("auction", "freeze", "--all")] == [1, 2]
    assert {row["status"] for row in rich.json("auction", "resume", "--all")} == {"open"}
    assert "No auction is frozen" in rich.run("auction", "resume", "--all").stdout
    for options in ((), ("1", "--all")):
        assert "--all" in rich.refused("auction", "freeze", *options, code=3)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("Helm", "--closes-in", "soon"), 3, "90s, 2m, 1h30m"),
        (("Helm", "--closes-in", "0m"), 3, "90s, 2m, 1h30m"),
        (("Helm", "--closes-in", "2m", "--closes-at", "2199-01-01"), 3, "--closes-at or --closes-in"),
        (("Helm", "--closes-at", "2001-01-01"), 3, "closes_at"),
        (("Helm", "--quantity", "0"), 3, "quantity"),
        (("Helm", "--mode", "fixed_price_roll"), 3, "rules.mode"),
        (("Helm", "--mode", "elsewhere"), 3, "rules.mode"),
        (("Helm", "--minimum", "1.005"), 3, "rules.minimum"),
        (("Helm", "--rule", "colour=red"), 3, "rules.colour"),
        (("Helm", "--rule", "increment"), 3, "sets nothing"),
        (("Helm", "--pool", "Gold"), 4, "Gold"),
        (("Helm", "--raid", "7"), 4, "7"),
        (("77",), 4, "77"),
    ],
)
def test_a_bad_start_is_told_field_by_field(
    arguments: tuple[str, ...], code: int, said: str, rich: CommandLine
) -> None:
    """G-8: nothing is started, and no item entered."""
    before = rich.content()
    assert said in rich.refused("auction", "start", *arguments, code=code)
    assert rich.content() == before


def test_one_drop_has_one_auction(rich: CommandLine) -> None:
    """L-2: unless it is said to be another."""
    rich.run("auction", "start", CLOAK)
    assert "another" in rich.refused("auction", "start", CLOAK.upper(), code=6)
    assert rich.json("auction", "start", "1", "--another")["item"] == CLOAK


# --- bids -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bid", "said", "refusal"),
    [
        (("--character", "Élan", "--amount", "0.50"), "at least 1.00", "bid_too_low"),
        (("--character", "Élan", "--amount", "7.50"), "steps of 1.00", "off_the_increment"),
        (("--character", "Élan", "--amount", "101"), "more than the 100.00 available", "over_available"),
        (("--character", "Élan", "--amount", "0"), "offers nothing", "amount_not_positive"),
        (("--user", "Björn", "--character", "Élan", "--amount", "5"), "no character 'Élan'", "not_your_character"),
        (("--character", "Niemand", "--amount", "5"), "'Niemand'", "unknown_bidder"),
        (("--user", "999999999999999999", "--amount", "5"), "999999999999999999", "unknown_bidder"),
    ],
)
def test_a_refused_bid_is_told_and_recorded(bid: tuple[str, ...], said: str, refusal: str, rich: CommandLine) -> None:
    """L-4, L-13: the rule with its numbers, in one line; and the same beforehand, without being recorded."""
    rich.run("auction", "start", CLOAK)
    check = rich.json("bid", "validate", "1", *bid)
    assert set(check) == names(BidCheck)
    assert (check["valid"], check["code"]) == (False, refusal)
    before = rich.content()
    rich.refused("bid", "place", "1", *bid, "--dry-run", code=6)
    assert rich.content() == before
    assert said in rich.refused("bid", "place", "1", *bid, code=6)
    assert [(row["outcome"], row["refusal"]) for row in rich.json("auction", "bids", "1")] == [("refused", refusal)]
    rich.run("verify")


def test_who_bids_has_to_be_said_on_a_database(rich: CommandLine) -> None:
    """L-9: the operator is nobody in particular."""
    rich.run("auction", "start", CLOAK)
    assert "who bids" in rich.refused("bid", "place", "1", "--amount", "5", code=3)
    assert "NaN" in rich.refused("bid", "place", "1", "--character", "Élan", "--amount", "NaN", code=3)
    assert "user's own key" in rich.refused("bid", "max", code=5)
    assert "personal key" in rich.refused("bid", "own", code=3)


def test_a_ceiling_bids_the_least_that_leads(rich: CommandLine) -> None:
    """L-14: and nobody sees how far it goes."""
    rich.run("auction", "start", CLOAK)
    assert rich.json("bid", "place", "1", "--character", "Élan", "--ceiling", "70")["amount"] == "1.00"
    assert rich.json("bid", "place", "1", "--character", "Björnulf", "--amount", "30")["leading"] is False
    assert rich.json("auction", "show", "1")["current_amount"] == "31.00"
    assert standing(rich, "Chloé") == ("100.00", "31.00", "69.00")
    for command in (("auction", "show", "1"), ("auction", "bids", "1"), ("audit",), ("points", "balance", "Chloé")):
        assert "70.00" not in rich.run(*command, "--json").stdout


def test_sealed_amounts_show_at_the_close(rich: CommandLine) -> None:
    """L-11, L-15: not to the operator either; and a bid may be taken back until then."""
    rich.run("auction", "start", CLOAK, "--mode", "sealed_second_price")
    receipts = {
        rich.json("bid", "place", "1", "--character", name, "--amount", amount)["receipt"]
        for name, amount in (("Élan", "73"), ("Björnulf", "57"), ("Almaryn", "91"))
    }
    assert {row["amount"] for row in rich.json("auction", "bids", "1")} == {None}
    assert standing(rich, "Chloé") == ("100.00", "0.00", "100.00")
    assert "closed" in rich.refused("auction", "check", "1", code=6)
    assert rich.json("bid", "withdraw", "1", "--character", "Almaryn") == {"auction": 1, "dry_run": False}
    assert "no bid" in rich.refused("bid", "withdraw", "1", "--character", "Almaryn", code=6)
    (result,) = rich.json("auction", "close", "1")["results"]
    assert (result["character"], result["price"]) == ("Élan", "58.00")
    assert {row["receipt"] for row in rich.json("auction", "bids", "1")} >= receipts
    found = rich.json("auction", "check", "1")
    assert found["holds"] is True
    assert "it all agrees" in rich.run("auction", "check", "1").stdout


def test_a_seed_that_was_exchanged_is_found(rich: CommandLine) -> None:
    """L-15: by the audit log, by who noted the hash, and by who kept a receipt."""
    noted = rich.json("auction", "start", CLOAK, "--mode", "sealed_first_price")["seed_hash"]
    placed = rich.json("bid", "place", "1", "--character", "Élan", "--amount", "73")
    rich.run("auction", "close", "1")
    given = placed["receipt"]
    assert rich.json("auction", "check", "1", "--seed-hash", noted, "--receipt", given)["holds"] is True
    rich.execute("UPDATE auctions SET seed = '" + "00" * 32 + "'")
    found = rich.json("auction", "check", "1", "--seed-hash", noted, "--receipt", given, code=8)
    assert [check["what"].split(" in ")[0] for check in found["checks"] if check["holds"] is False] == [
        "seed hash",
        "seed hash as noted",
        "a receipt that was given",
    ]
    assert "does NOT agree" in rich.run("auction", "check", "1", code=8).stdout


def test_a_result_stays_published_when_its_auction_is_called_off(rich: CommandLine) -> None:
    """L-11, L-15: it was told at the close, and can be checked; of one that was running nothing ever is."""
    for item in (CLOAK, "Helm"):
        rich.run("auction", "start", item, "--mode", "sealed_second_price")
    for auction, name, amount in ((1, "Élan", "73"), (1, "Björnulf", "57"), (2, "Élan", "11")):
        rich.run("bid", "place", auction, "--character", name, "--amount", amount)
    rich.run("auction", "close", "1")
    for auction in (1, 2):
        rich.run("auction", "cancel", auction, "--reason", "it never dropped")
    (result,) = rich.json("auction", "show", "1")["results"]
    assert (result["character"], result["price"]) == ("Élan", "58.00")
    checks = {check["what"]: check["recomputed"] for check in rich.json("auction", "check", "1")["checks"]}
    assert checks["what Élan won"] == "58.00"
    assert "cancelled" in rich.refused("auction", "check", "2", code=6)
    assert "11.00" not in rich.run("auction", "bids", "2", "--json").stdout


def test_what_somebody_may_bid_at_most(rich: CommandLine) -> None:
    """L-9: in a pool, or within an auction's caps."""
    rich.run("auction", "start", CLOAK, "--rule", "floor=30")
    found = rich.json("bid", "max", "Élan")
    assert set(found) == names(MaxBid)
    assert found["max_bid"] == "100.00"
    assert rich.json("bid", "max", "Björnulf", "--auction", "1")["max_bid"] == "70.00"
    assert rich.json("bid", "max", "2", "--pool", "Open raids")["max_bid"] == "0.00"


def test_who_comes_first_by_the_point_system(rich: CommandLine) -> None:
    """P-6: only the columns that the system knows; the list that kings start with is drawn, and can be recomputed."""
    rows = rich.json("priority")
    assert set(rows[0]) == names(PriorityRow)
    assert "EP" not in rich.run("priority").stdout
    rich.run("pool", "set-policies", "DKP", "system=epgp", "base_points=10")
    assert {row["gp"] for row in rich.json("priority")} == {"10.00"}
    assert "GP" in rich.run("priority", "dkp").stdout
    rich.run("pool", "set-policies", "DKP", "system=suicide_kings")
    draw = rich.json("pool", "shuffle", "DKP")
    assert set(draw) == names(StartListDraw)
    assert [row["user_id"] for row in rich.json("priority", "--everyone")] == draw["users"]
    (only,) = rich.json("priority", "--class", "bard")
    rich.run("award", "give", CLOAK, "--character", "Élan")
    (fell,) = rich.json("priority", "--class", "bard")
    assert (fell["list_position"], fell["start_position"]) == (len(draw["users"]), only["start_position"])


def test_a_bid_left_before_the_raid_is_placed_when_its_auction_opens(rich: CommandLine) -> None:
    """L-14: it holds nothing until then; one that is taken back is not placed."""
    rich.run("item", "add", CLOAK)
    left = rich.json("bid", "leave", CLOAK, "--character", "Élan", "--ceiling", "40")
    assert left["ceiling"] == "40.00"
    rich.run("bid", "leave", CLOAK, "--user", "Björn", "--ceiling", "50")
    rich.run("bid", "take-back", CLOAK, "--user", "Björn")
    assert "standing bid" in rich.refused("bid", "take-back", CLOAK, "--user", "Björn", code=4)
    assert standing(rich, "Chloé")[1] == "0.00"
    rich.run("auction", "start", CLOAK)
    (row,) = rich.json("auction", "bids", "1")
    assert (row["character"], row["amount"], row["source"]) == ("Élan", "1.00", "standing")


# --- chat -------------------------------------------------------------------------------------------------------------

LOG = (
    "[Fri Nov 20 20:15:00 2026] You tell your raid, ':::Cloak of Cinders::: BIDS OPEN'\r\n"
    "[Fri Nov 20 20:15:01 2026] You have slain a bat!\r\n"
    "[Fri Nov 20 20:15:02 2026] Björnulf tells you, 'Cloak of Cinders 12'\r\n"
    "[Fri Nov 20 20:15:03 2026] Élan tells you, 'Cloak of Cinders 500'\r\n"
    "[Fri Nov 20 20:15:04 2026] Élan tells you, 'hello there'\r\n"
).encode()


def test_bids_told_in_game_are_read_once(rich: CommandLine) -> None:
    """L-10: what comes of each line."""
    told = rich.json("bid", "chat", "-", "--owner", "Almaryn", stdin=LOG)
    assert [(row["meaning"], row["outcome"]) for row in told] == [
        ("call", "done"),
        ("bid", "done"),
        ("bid", "refused"),
        ("", "talk"),
    ]
    assert len(rich.json("bid", "chat", "-", "--owner", "Almaryn", "--quiet", stdin=LOG)) == 3
    assert {row["source"] for row in rich.json("auction", "bids", "1")} == {"chat"}
    assert [row["outcome"] for row in rich.json("auction", "bids", "1")] == ["refused", "accepted"]
    assert standing(rich, "Björn")[1] == "12.00"


def test_a_preview_of_chat_tells_what_everybody_may_know(rich: CommandLine) -> None:
    """L-10, L-11: each line by what is up now, however long the log; no winner, no price, nothing that is sealed."""
    before = rich.content()
    chat = ("bid", "chat", "-", "--owner", "Almaryn", "--dry-run")
    assert [(row["outcome"], row["detail"]) for row in rich.json(*chat, stdin=LOG)][:2] == [
        ("done", f"would be started: 1 × {CLOAK}"),
        ("talk", "its auction would be started first"),
    ]
    assert rich.content() == before
    rich.run("auction", "start", CLOAK, "--mode", "sealed_first_price")
    rich.run("bid", "place", "1", "--character", "Björnulf", "--amount", "73")
    before = rich.content()
    much = LOG.partition(b"\n")[2].replace(b"500'", b"5'")
    much += "[Fri Nov 20 20:15:05 2026] Élan tells you, 'hello'\r\n".encode() * 600
    close = f"[Fri Nov 20 20:16:00 2026] You tell your raid, ':::{CLOAK}::: BIDS CLOSED'\r\n".encode()
    readings = rich.json(*chat, stdin=much + close)
    told = {row["meaning"]: (row["outcome"], row["detail"]) for row in readings}
    assert told["bid"] == ("done", "5.00 for Élan would be placed")
    assert told["close"] == ("done", "would be closed")
    assert len(readings) > 600
    assert rich.content() == before
    assert "73.00" not in str(readings)


def test_whose_log_it_is_is_in_its_name(rich: CommandLine, tmp_path: Path) -> None:
    """L-10: else it has to be said; letters of old clients are read too."""
    rich.run("auction", "start", CLOAK)
    path = tmp_path / "eqlog_Almaryn_firiona.txt"
    path.write_bytes("[Fri Nov 20 20:15:02 2026] Björnulf tells you, '12'\n".encode("cp1252"))
    assert [row["outcome"] for row in rich.json("bid", "chat", path)] == ["done"]
    assert "--owner" in rich.refused("bid", "chat", "-", stdin=LOG, code=3)
    assert "No line" in rich.run("bid", "chat", "-", "--owner", "Almaryn", stdin=b"").stdout


# --- rules and grammar ------------------------------------------------------------------------------------------------


def test_house_rules_are_data_in_versions(rich: CommandLine) -> None:
    """L-2: fields by name, or JSON; auctions that were started keep theirs."""
    rich.run("auction", "start", "Helm")
    (default,) = rich.json("auction", "rules")
    assert set(default) == names(RulesRow)
    assert (default["version"], default["changed_at"]) == (0, None)
    changed = rich.json("auction", "set-rules", "increment=5", "minimum=2.50", "mode=open", '{"trials": false}')
    assert (changed["version"], changed["values"]["increment"], changed["values"]["minimum"]) == (1, "5.00", "2.50")
    assert changed["values"]["trials"] is False
    read = rich.json("auction", "set-rules", "-", stdin='{"limits": [{"items": 1, "over": "20", "per": "night"}]}')
    assert read["version"] == 2
    assert [row["version"] for row in rich.json("auction", "rules", "--pool", "dkp")] == [2, 1, 0][: len(read) - 1]
    assert "increment" in rich.run("auction", "rules").stdout
    assert rich.json("auction", "start", "Shield")["increment"] == "5.00"
    assert rich.json("auction", "show", "1")["increment"] == "1.00"
    assert rich.json("auction", "rules", "--pool", "Open raids")[0]["version"] == 0
    for wrong, said in (
        ("increment", "sets nothing"),
        ("{increment", "no JSON"),
        ("colour=red", "rules.colour"),
        ("increment=0", "rules.increment"),
        ("increment=1.001", "rules.increment"),
    ):
        assert said in rich.refused("auction", "set-rules", wrong, code=3)


def test_the_grammar_of_the_chat_is_data(rich: CommandLine) -> None:
    """L-10: words and channels, as officers set them."""
    assert rich.json("auction", "grammar")["version"] == 0
    changed = rich.json("auction", "set-grammar", '{"amount_words": {"high": "50"}}')
    assert (changed["version"], changed["values"]["amount_words"]) == (1, {"high": "50.00"})
    assert '"high": "50.00"' in rich.run("auction", "grammar").stdout
    assert "grammar." in rich.refused("auction", "set-grammar", "colour=red", code=3)


# --- items ------------------------------------------------------------------------------------------------------------


def test_an_item_is_entered_changed_found_and_removed(rich: CommandLine) -> None:
    """L-1: one that an auction names becomes inactive."""
    rich.run("item-pool", "add", "Planar")
    made = rich.json(
        *("item", "add", CLOAK, "--description", "warm", "--item-pool", "planar", "--rarity", "rare"),
        *("--external-id", "123", "--link", "https://example.org/1", "--metadata", "slot=back"),
    )
    assert set(made) == names(ItemDetailRow)
    assert (made["item_pool"], made["metadata"]) == ("Planar", {"slot": "back"})
    assert rich.json("item", "show", "1") == rich.json("item", "show", CLOAK.upper()) == made
    assert rich.json("item", "change", CLOAK, "--name", "Mantle", "--inactive")["active"] is False
    assert set(rich.json("item", "list")[0]) == names(ItemRow)
    assert [row["name"] for row in rich.json("item", "list", "--search", "ANT", "--item-pool", "Planar")] == ["Mantle"]
    assert rich.json("item", "list", "--active") == []
    rich.run("auction", "start", "Helm")
    assert rich.json("item", "remove", "Mantle")["outcome"] == "removed"
    assert rich.json("item", "remove", "Helm")["outcome"] == "inactive"
    assert "metadata" in rich.refused("item", "add", "Neu", "--metadata", "slot", code=3)
    assert "web address" in rich.refused("item", "add", "Neu", "--link", "javascript:x", code=3)
    rich.refused("item", "show", "Nothing", code=4)


def test_an_item_tells_what_it_went_for(rich: CommandLine) -> None:
    """L-1, L-17: awards that were taken back don't count; bids stay."""
    for amount in ("10", "20", "60"):
        rich.run("award", "give", CLOAK, "--character", "Élan", "--amount", amount, "--reason", "x")
    rich.run("award", "revoke", "3", "--reason", "wrong one")
    prices = rich.json("item", "show", CLOAK)["prices"]
    assert (prices["count"], prices["last"], prices["median"]) == (2, "20.00", "15.00")
    assert "median" in rich.run("item", "show", CLOAK).stdout
    assert "Nobody ever bid" in rich.run("item", "history", CLOAK).stdout
    rich.run("auction", "start", CLOAK)
    rich.run("bid", "place", "1", "--character", "Björnulf", "--amount", "3")
    assert [row["character"] for row in rich.json("item", "history", CLOAK)] == ["Björnulf"]


# --- awards -----------------------------------------------------------------------------------------------------------


def test_an_award_is_given_revoked_moved_and_returned(rich: CommandLine) -> None:
    """L-8, L-17: every one of them entries; balances come back."""
    made = rich.json("award", "give", CLOAK, "--character", "Élan", "--amount", "40", "--reason", "by word of mouth")
    assert set(made) == names(AwardRow)
    assert standing(rich, "Chloé")[0] == "60.00"
    assert rich.json("award", "revoke", made["id"], "--reason", "wrong one")["status"] == "revoked"
    assert standing(rich, "Chloé")[0] == "100.00"
    assert "revoked" in rich.refused("award", "revoke", made["id"], "--reason", "again", code=6)
    again = rich.json("award", "give", "1", "--user", "Chloé", "--amount", "40")
    moved = rich.json("award", "move", again["id"], "--character", "Björnulf", "--amount", "30", "--reason", "better")
    assert (moved["username"], moved["moved_from"]) == ("Björn", again["id"])
    assert (standing(rich, "Chloé")[0], standing(rich, "Björn")[0]) == ("100.00", "70.00")
    assert rich.json("award", "return", moved["id"], "--reason", "not needed")["status"] == "returned"
    assert standing(rich, "Björn")[0] == "100.00"
    assert [row["status"] for row in rich.json("award", "list", "--item", CLOAK)] == ["returned", "moved", "revoked"]
    assert rich.json("award", "list", "--user", "Björn", "--status", "returned")[0] == rich.json("award", "show", 3)
    assert rich.json("award", "list", "--raid", "1") == []
    rich.run("verify")


def test_results_of_bidding_elsewhere_keep_their_bids(rich: CommandLine) -> None:
    """L-9: the bids given are history; an overbid is refused, or let through and flagged."""
    give = ("award", "give", CLOAK, "--user", "223456789012345678")
    assert "100.00" in rich.refused(*give, "--amount", "120", code=6)
    flagged = rich.json(
        *give, "--amount", "120", "--allow-overbid", "--bid", "Björnulf=120", "--bid", "323456789012345678=110"
    )
    assert flagged["overbid"] is True
    bids = rich.json("item", "history", CLOAK)
    assert {(row["username"], row["amount"]) for row in bids} == {("Björn", "120.00"), ("Chloé", "110.00")}
    assert [row["id"] for row in rich.json("award", "list", "--overbid")] == [flagged["id"]]
    assert "made elsewhere" in rich.refused("auction", "check", flagged["auction_id"], code=3)
    assert "gives no amount" in rich.refused(*give, "--bid", "Björnulf", code=3)


def test_who_gets_it_is_said_once(rich: CommandLine) -> None:
    """L-7: somebody, or nobody."""
    for options in ((), ("--nobody", "--character", "Élan")):
        assert "--nobody" in rich.refused("award", "give", CLOAK, *options, code=3)
    assert rich.json("award", "give", CLOAK, "--nobody")["user_id"] is None
    assert "--character" in rich.refused("award", "move", "1", "--reason", "x", code=3)
    assert rich.refused("award", "show", "x", code=3).startswith("award")
    assert rich.refused("award", "give", CLOAK, "--nobody", "--amount", "5", code=3).startswith("amount")
