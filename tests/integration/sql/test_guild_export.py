"""A guild exported and imported again: the same but for its ids, on each database and from one to another (O-6)."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from attrs import evolve, frozen

from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.guild_export import SqlPacking
from dkp_adapters.sql.guild_export.conforming import fault_in
from dkp_adapters.sql.guild_export.contents import MAY_BE_EMPTY, OBJECTS, OTHER_WORDS, READERS, REPEATING, WORDS
from dkp_adapters.sql.guild_export.csv_sheets import MANIFEST, MANIFEST_BYTES_MAX, ROW_LETTERS_MAX
from dkp_adapters.sql.guild_export.documents import PIECE_BYTES, JsonReading
from dkp_adapters.sql.guild_export.layout import (
    AFRESH,
    LEFT_OUT,
    REPEATED,
    Amount,
    Number,
    Parts,
    Time,
    Truth,
    Words,
    sheets,
)
from dkp_adapters.sql.guild_export.renumbering import Renumbering
from dkp_adapters.sql.tables import Word, all_tables
from dkp_adapters.system import SystemClock
from dkp_core.accounts import User
from dkp_core.kernel.actor import ActorKind, operator
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Whose
from dkp_core.moving import BrokenExport, ExportGuild, ImportIsNamed, PackedAs, SlugTaken, UndoImport
from dkp_core.points import AdjustmentLine, AdjustPoints, SetPolicies, Verification, Verify
from dkp_core.raids import NamedPresence
from dkp_core.recruitment import RecruitmentRules
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.exported import exported, imported, told_by

NOW: Final = datetime(2026, 11, 20, 20, tzinfo=UTC)
SEALED_BID: Final = "7.77"
Doctored = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlDatabase]:
    """A small guild on SQLite: two pools, two raids, an award, a sealed bid on an auction that runs."""
    url = f"sqlite:///{tmp_path_factory.mktemp('home') / 'dkp.db'}?synchronous=off"
    schema.upgrade(url)
    cases = UseCases(settings=Settings(database_url=url))
    settle(cases)
    opened: SqlDatabase = cases.database()
    yield opened
    opened.close()


def settle(cases: UseCases) -> None:
    """Found the guild, and let something happen."""
    founded = cases.found_guild()(
        name="Wächter", officer_discord_id="80351110224678912", officer_username="alma", by=operator("test")
    )
    by = operator("test", founded.guild.id)
    cases.create_pool()(name="Open raids", by=by)
    cases.add_member()(discord_id="80351110224678913", username="björn", by=by)
    pool = cases.list_pools()(by=by)[0].id
    fear = cases.create_event_type()(name="Fear", pools=(pool,), default_points=Points.of("12.50"), by=by)
    for number, name in ((1, "Almaryn"), (2, "Björnulf")):
        cases.enter_character()(name=name, owner=UserId(number), by=by)
    for hour in (18, 19):
        raid = cases.record_raid()(event_type_id=fear.id, starts_at=NOW.replace(hour=hour), note="=1+1", by=by)
        names = [NamedPresence(name=name) for name in ("Almaryn", "Björnulf", "Fremd")]
        cases.record_attendance()(raid.id, names, by=by)
    cases.adjust_points()([AdjustmentLine(amount=Points.of("-1.25"), user_id=UserId(2))], reason="late", by=by)
    cases.award_item()(item="Helm", to=Whose(user_id=UserId(2)), amount=Points.of(3), by=by)
    auction = cases.start_auction()(
        item="Cloak",
        rules={"mode": "sealed_first_price", "increment": "0.01"},
        closes_at=datetime.now(UTC) + timedelta(days=1),
        by=by,
    )
    cases.place_bid()(auction.id, amount=Points.of(SEALED_BID), character="Björnulf", by=by)
    ring = cases.enter_item()(name="Ring", by=by)
    cases.leave_bid()(ring.id, ceiling=Points.of(SEALED_BID), character="Björnulf", by=by)
    cases.set_policies()(pool, {"decay": {"percent": "10"}}, by=by)


@pytest.fixture(scope="module")
def whole(home: SqlDatabase) -> bytes:
    """Its export, whole."""
    return exported(home, 1)


@pytest.fixture
def place(own_url: str) -> Iterator[SqlDatabase]:
    """Another installation, on each database in turn."""
    opened = SqlDatabase.open(own_url, clock=SystemClock())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlDatabase]:
    """An installation on SQLite that nothing ever gets into."""
    url = f"sqlite:///{tmp_path_factory.mktemp('empty') / 'dkp.db'}?synchronous=off"
    schema.upgrade(url)
    opened = SqlDatabase.open(url, clock=SystemClock())
    yield opened
    opened.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[SqlDatabase]:
    """Another installation on SQLite."""
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}?synchronous=off"
    schema.upgrade(url)
    opened = SqlDatabase.open(url, clock=SystemClock())
    yield opened
    opened.close()


def rows_in(content: bytes) -> bytes:
    """An export without what is told of when it was made."""
    return content.partition(b'"tables"')[2]


def people_in(content: bytes) -> list[int]:
    """The ids of the members that an export tells of."""
    return [row["user_id"] for row in json.loads(content)["tables"]["memberships"]]


def verified(database: SqlDatabase) -> Verification:
    """What does not add up."""
    return Verify(database.verifying)(by=operator("test"))


def nothing_is_in(database: SqlDatabase) -> bool:
    """Whether the installation is empty still: no guild and no user."""
    with database.read_steadily(operator("test", GuildId(1))) as views:
        return not views.guilds() and views.session.connection.ask("SELECT count(*) FROM users") == (0,)


# --- the round trip ---------------------------------------------------------------------------------------------------


def test_a_guild_comes_back_as_it_was_on_every_database(home: SqlDatabase, whole: bytes, place: SqlDatabase) -> None:
    """O-6, P-3: from SQLite to each, and out again; the same but for ids, and everything adds up."""
    with place.begin_installation(operator("test")) as work:
        # Ids are others there: so much happened before.
        work.users.save(User.add(UserId(place.ids.next("user")), discord_id=None, username="Somebody", at=NOW))
        for kind in ("guild", "character", "raid", "pool", "rank", "entry"):
            place.ids.next(kind, 7)
    made = imported(place, whole, "moved")
    assert (made.slug, made.users_known) == ("moved", 0)
    found = verified(place)
    assert found.clean, found.differences
    assert (found.guilds, found.entries) == (1, verified(home).entries)
    again = exported(place, made.guild_id)
    assert again != whole
    assert told_by(again) == told_by(whole)


def test_sheets_in_a_zip_hold_the_same(home: SqlDatabase, whole: bytes, elsewhere: SqlDatabase) -> None:
    """O-6: and come back alike."""
    made = imported(elsewhere, exported(home, 1, PackedAs.CSV))
    assert told_by(exported(elsewhere, made.guild_id)) == told_by(whole)


def test_in_the_same_installation_people_are_themselves(home: SqlDatabase, whole: bytes) -> None:
    """O-6, A-1: by their Discord ids; and the copy is taken away as a whole (O-3)."""
    before = exported(home, 1)
    made = imported(home, whole, "copy")
    assert made.users_new == 0
    by = operator("test", made.guild_id)
    assert people_in(exported(home, made.guild_id)) == people_in(before)
    assert verified(home).clean
    assert rows_in(exported(home, 1)) == rows_in(before), "the guild itself is as it was"
    UndoImport(home.begin, home.clock)(made.record.id, by=by)
    assert verified(home).guilds == 1
    assert rows_in(exported(home, 1)) == rows_in(before)


def test_who_is_unlinked_is_seen_by_their_own_guild_alone(home: SqlDatabase, whole: bytes) -> None:
    """O-6, G-1, A-13: without a Discord id nobody is known again, even in the same installation."""
    document = json.loads(whole)
    person = document["tables"]["users"][1]
    person["discord_id"] = None
    made = imported(home, json.dumps(document).encode(), "unlinked")
    assert (made.users_known, made.users_new) == (1, 1)
    assert person["id"] not in people_in(exported(home, made.guild_id))
    UndoImport(home.begin, home.clock)(made.record.id, by=operator("test", made.guild_id))


def test_an_import_that_was_gone_on_from_is_not_undone(whole: bytes, elsewhere: SqlDatabase) -> None:
    """O-6, O-3: as with every import, what was recorded since stands in the way."""
    made = imported(elsewhere, whole)
    by = operator("test", made.guild_id)
    pool = json.loads(exported(elsewhere, made.guild_id))["tables"]["pools"][0]["id"]
    SetPolicies(elsewhere.begin, elsewhere.clock)(pool, {"cap": "900"}, by=by)
    AdjustPoints(elsewhere.begin, elsewhere.ids, elsewhere.clock)(
        [AdjustmentLine(amount=Points.of(1), character="Almaryn")], reason="since", by=by
    )
    with pytest.raises(ImportIsNamed):
        UndoImport(elsewhere.begin, elsewhere.clock)(made.record.id, by=by)


# --- what is in it ----------------------------------------------------------------------------------------------------


def test_every_table_of_guilds_is_exported_or_left_out_for_a_reason() -> None:
    """O-6: a table that is added is in the next export by itself; so is a column."""
    of_guilds = {name for name, table in all_tables().tables.items() if "guild_id" in table.c}
    assert sheets().keys() == (of_guilds - LEFT_OUT.keys()) | {"guilds", "users"}
    assert LEFT_OUT.keys() <= of_guilds
    assert all(LEFT_OUT.values())
    for name in of_guilds - LEFT_OUT.keys():
        table = all_tables().tables[name]
        afresh = {*AFRESH.get(name, ()), *REPEATED.get(name, ())}
        assert {*sheets()[name].names} == {*table.c.keys()} - {"guild_id"} - afresh


def test_no_secret_is_among_it(home: SqlDatabase, whole: bytes) -> None:
    """O-6, O-13, A-12: addresses, digests, codes; of people who they are and nothing more."""
    document = json.loads(whole)
    assert {key for row in document["tables"]["users"] for key in row} == {"id", "discord_id", "username", "erased_at"}
    assert document["tables"]["users"][0]["discord_id"] == "80351110224678912"
    assert not {"api_keys", "channel_webhooks", "notices", "sessions"} & document["tables"].keys()
    for sheet in sheets().values():
        for column in sheet.columns:
            assert not column.info.get("sealed")
            assert column.key not in ("digest", "code", "secret")
            assert column.key != "email" or sheet.name == "applications"


@pytest.mark.parametrize("packed_as", PackedAs)
def test_officers_are_not_told_what_auctions_keep_secret(
    packed_as: PackedAs, home: SqlDatabase, elsewhere: SqlDatabase
) -> None:
    """O-6, L-11: auctions that run are left out with all that is theirs, and what is left is a whole guild."""
    officer = evolve(operator("test", GuildId(1)), kind=ActorKind.USER, id="1", user_id=UserId(1))
    out = io.BytesIO()
    packed = ExportGuild(SqlPacking(home))(packed_as, out.write, by=officer)
    assert not packed.complete
    assert [packed.rows[name] for name in ("auctions", "bids", "holds", "standing_bids")] == [0, 0, 0, 0]
    made = imported(elsewhere, out.getvalue())
    assert verified(elsewhere).clean
    told = exported(elsewhere, made.guild_id).decode()
    assert f'"{SEALED_BID}"' not in told
    assert f'"{SEALED_BID}"' in exported(home, 1).decode()
    assert {row["sealed"] for row in json.loads(told)["tables"]["balances"]} == {"0.00"}


def test_officers_are_not_told_what_was_said_and_voted_of_themselves(elsewhere: SqlDatabase, whole: bytes) -> None:
    """O-6, V-7: their own applications are left out, those of before a merge too; those of others are there."""
    made = imported(elsewhere, with_applications(whole, 1, 2))
    tables = json.loads(exported(elsewhere, made.guild_id))["tables"]
    first, second = (row["user_id"] for row in tables["applications"])
    for viewer, other in ((first, second), (second, first)):
        officer = evolve(operator("test", made.guild_id), kind=ActorKind.USER, id=str(viewer), user_id=viewer)
        out = io.BytesIO()
        ExportGuild(SqlPacking(elsewhere))(PackedAs.JSON, out.write, by=officer)
        told = json.loads(out.getvalue())["tables"]
        assert [row["user_id"] for row in told["applications"]] == [other]
        for name in ("application_transitions", "application_comments", "votes", "recusals"):
            assert {row["application_id"] for row in told[name]} == {told["applications"][0]["id"]}, name


def with_applications(content: bytes, *users: int) -> bytes:
    """The export, with a rejected application of each of these users."""
    document = json.loads(content)
    tables = document["tables"]
    for number, user in enumerate(users, 1):
        filled: dict[str, dict[str, Any]] = {
            "applications": {
                "id": number,
                "user_id": user,
                "status": "rejected",
                "character_name": "A",
                "character_key": "a",
                "submitted_at": NOW.isoformat(),
                "last_at": NOW.isoformat(),
                "ended_at": NOW.isoformat(),
                "referees": [],
                "polls": [],
                "rules": RecruitmentRules().values(),
                "answers": [],
            },
            "application_transitions": {"after": "rejected", "actor_kind": "operator", "actor_id": "operator"},
            "application_comments": {"id": number, "kind": "internal"},
            "recusals": {"user_id": user},
            "votes": {"voter": user, "stage": "members"},
        }
        for name, values in filled.items():
            tables[name].append(row_with(name, {"application_id": number, **values}))
    return json.dumps(document).encode()


def row_with(table: str, values: dict[str, Any]) -> dict[str, Any]:
    """A row of an export with these values, and else nothing, or what is as good as nothing."""
    plain = {Number: 0, Truth: False, Time: NOW.isoformat(), Amount: "0.00", Words: "", Parts: []}
    return {
        name: values.get(name, None if may_be_nothing else plain[type(kind)])
        for name, kind, may_be_nothing in sheets()[table].each
    }


def test_it_reads_like_the_api(whole: bytes) -> None:
    """O-6, G-3: points are text and moments are ISO 8601."""
    document = json.loads(whole)
    assert (document["format"], document["version"], document["complete"]) == ("dkp-guild", 1, True)
    entry = document["tables"]["entries"][0]
    assert Points.of(entry["amount"]).hundredths
    assert isinstance(entry["amount"], str)
    assert datetime.fromisoformat(entry["occurred_at"]).tzinfo is not None
    assert document["tables"]["guilds"][0]["settings"]["trials_bid"] in (True, False)
    assert len(whole.splitlines()) > sum(len(rows) for rows in document["tables"].values()), "a row a line"


class Watched(io.BytesIO):
    """A file that knows how much of it was wanted at once."""

    largest = 0

    def read(self, size: int | None = -1) -> bytes:
        """So much of it, never all."""
        assert size is not None
        assert size > 0
        self.largest = max(self.largest, size)
        return super().read(size)


def test_it_is_written_in_pieces(home: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-6: a guild of any size takes little memory, since no more than a few rows are ever read at once."""
    before, sizes = exported(home, 1), []
    monkeypatch.setattr("dkp_adapters.sql.guild_export.rows.PIECE", 3)
    all_of = Connection.all

    def watched(self: Connection, statement: Any, params: Any) -> Any:
        rows = all_of(self, statement, params)
        sizes.append(len(rows))
        return rows

    monkeypatch.setattr(Connection, "all", watched)
    assert rows_in(exported(home, 1)) == rows_in(before)
    assert max(sizes) <= 4  # uploads, of which there are few
    assert len(sizes) > len(sheets()) + 10


def test_it_is_read_in_pieces(whole: bytes) -> None:
    """O-6: whatever the document's size, and however it is set out; nothing is cut in two where a piece ends."""
    entry = json.loads(whole)["tables"]["entries"][0]
    document = json.loads(whole)
    document["tables"]["entries"] = [{**entry, "id": number, "note": "é" * 50} for number in range(1, 4001)]
    for content in (json.dumps(document, indent=1), json.dumps(document, ensure_ascii=False)):
        file = Watched(content.encode())
        reading = JsonReading(file)
        assert reading.header()["format"] == "dkp-guild"
        rows = [row for table, number, row in reading.rows() if number and table == "entries"]
        reading.close()
        assert rows == document["tables"]["entries"]
        assert 0 < file.largest <= 2 * PIECE_BYTES < len(content)


# --- what is no export ------------------------------------------------------------------------------------------------


def _set(table: str, row: int, column: str, value: object) -> Doctored:
    def doctor(document: dict[str, Any]) -> None:
        document["tables"][table][row][column] = value

    return doctor


def _more_points(document: dict[str, Any]) -> None:
    document["tables"]["balances"][0]["earned"] = "99999.00"


def _in_parts(document: dict[str, Any]) -> None:
    document["tables"]["raids"][0]["pools"] = [77]


DOCTORED: Final[dict[str, tuple[Doctored, str, str]]] = {
    "another format": (lambda d: d.update(format="zip"), "format", "'dkp-guild'"),
    "a newer version": (lambda d: d.update(version=2), "version", "update this program first"),
    "no version": (lambda d: d.pop("version"), "version", "1 to 1"),
    "a missing table": (lambda d: d["tables"].pop("raids"), "tables.raids", "it is missing"),
    "another table": (lambda d: d["tables"].update(secrets=[]), "tables.secrets", "no table of an export"),
    "an unknown column": (_set("raids", 0, "colour", "red"), "tables.raids.1.colour", "no such column"),
    "a missing column": (lambda d: d["tables"]["raids"][1].pop("title"), "tables.raids.2.title", "it is missing"),
    "a number for text": (_set("raids", 0, "title", 7), "tables.raids.1.title", "text of at most 64"),
    "long text": (_set("raids", 0, "title", "x" * 65), "tables.raids.1.title", "text of at most 64"),
    "NUL": (_set("raids", 0, "note", "a\0b"), "tables.raids.1.note", "text"),
    "half a letter": (_set("raids", 0, "note", "\ud800"), "tables.raids.1.note", "text"),
    "a float": (_set("entries", 2, "amount", 1.5), "tables.entries.3.amount", "points as text"),
    "no points": (_set("entries", 2, "amount", "1.505"), "tables.entries.3.amount", "points as text"),
    "no moment": (_set("entries", 2, "occurred_at", "yesterday"), "tables.entries.3.occurred_at", "a moment such as"),
    "a local moment": (_set("entries", 2, "occurred_at", "2026-11-20T20:00"), "tables.entries.3", "a moment such as"),
    "a huge number": (_set("bids", 0, "id", 2**63), "tables.bids.1.id", "whole number"),
    "no id": (_set("raids", 0, "id", 0), "tables.raids.1.id", "0 is no id"),
    "an id twice": (lambda d: _set("raids", 0, "id", d["tables"]["raids"][1]["id"])(d), "tables.raids.2.id", "twice"),
    "no truth": (_set("pools", 0, "archived", 1), "tables.pools.1.archived", "true or false"),
    "nothing": (_set("pools", 0, "name", None), "tables.pools.1.name", "it is nothing"),
    "no object": (lambda d: d["tables"]["pools"].append([1]), "tables.pools.3", "an object of columns"),
    "a dangling id": (_set("awards", 0, "item_id", 999), "tables.awards.1", "there is no item 999"),
    "a dangling user": (_set("entries", 0, "user_id", 999), "tables.entries.1", "there is no user 999"),
    "a dangling id in a list": (_in_parts, "tables.raids.1", "there is no pool 77"),
    "an unknown event": (_set("events", 0, "name", "guild_sold"), "tables.events.1", "no event that is known"),
    "an unknown deadline": (_set("deadlines", 0, "kind", "explode"), "tables.deadlines.1.kind", "advance_auction"),
    "two guilds": (lambda d: d["tables"]["guilds"].append(d["tables"]["guilds"][0]), "tables.guilds.2", "one guild"),
    "no guild": (lambda d: d["tables"]["guilds"].clear(), "tables.guilds", "the one guild"),
    "no slug": (_set("guilds", 0, "slug", "Not A Slug"), "tables.guilds.1.slug", "lower-case letters"),
    "no timezone": (_set("guilds", 0, "timezone", "Mars/Olympus"), "tables.guilds.1.timezone", "Europe/Berlin"),
    "no Discord id": (_set("users", 0, "discord_id", "me"), "tables.users.1.discord_id", "Discord"),
    "a user twice": (lambda d: _set("users", 1, "id", d["tables"]["users"][0]["id"])(d), "tables.users.2.id", "twice"),
    "one Discord id twice": (
        lambda d: _set("users", 1, "discord_id", d["tables"]["users"][0]["discord_id"])(d),
        "tables.users.2.discord_id",
        "twice",
    ),
    "points from nowhere": (_more_points, "earned of", "which it adds up to"),
    "an entry too few": (lambda d: d["tables"]["entries"].pop(), "", "which it adds up to"),
    "a name twice": (
        lambda d: d["tables"]["pools"][1].update(
            {name: d["tables"]["pools"][0][name] for name in ("name", "name_key")}
        ),
        "tables.pools",
        "rows contradict each other",
    ),
    "an unknown word": (
        _set("memberships", 0, "role_group", "emperor"),
        "tables.memberships.1.role_group",
        "officer, ",
    ),
    "an unknown status": (_set("raids", 1, "status", "x"), "tables.raids.2.status", "open, closed, cancelled"),
    "settings as a list": (_set("guilds", 0, "settings", [1]), "tables.guilds.1.settings", "an object"),
    "an unknown setting": (_set("guilds", 0, "settings", {"evil": 1}), "tables.guilds.1.settings.evil", "no such"),
    "no weekday": (_set("guilds", 0, "first_weekday", "noday"), "tables.guilds.1.first_weekday", "monday"),
    "a setting told otherwise": (_set("guilds", 0, "trials_bid", True), "tables.guilds.1.trials_bid", "others say"),
    "ticks that are none": (_set("raids", 0, "ticks", [["a"]]), "tables.raids.1", "not built as it should be"),
    "ticks of words": (_set("raids", 0, "ticks", [[1, 2, 3, 4]]), "tables.raids.1", "ticks.name is '2'"),
    "a policy of nonsense": (
        _set("pool_policies", 0, "policies", {"cap": []}),
        "tables.pool_policies.1.policies.cap",
        "",
    ),
    "rules without a mode": (_set("auctions", 0, "rules", {}), "tables.auctions.1", "'mode'"),
    "a result of three parts": (_set("auctions", 0, "settlement", [[], [], 1]), "tables.auctions.1", "not built"),
    "a seed that is none": (_set("auctions", 0, "seed", "zz"), "tables.auctions.1", "hexadecimal"),
    "another mode": (_set("auctions", 0, "mode", "open"), "tables.auctions.1.mode", "'sealed_first_price'"),
    "half a bid": (_set("bids", 0, "tier", None), "tables.bids.1", "not built"),
    "a bid from nowhere": (_set("bids", 0, "made_as", "5-x"), "tables.bids.1.made_as", "auction, bid and user"),
    "an event of nothing": (_set("events", 5, "data", {"x": 1}), "tables.events.6.data", "is missing"),
    "a deadline of nothing": (_set("deadlines", 0, "data", {}), "tables.deadlines.1.data", "_id is 'None'"),
    "an empty name": (_set("characters", 0, "name", ""), "tables.characters.1.name", "1 to 64"),
    "another key": (_set("characters", 0, "name_key", "other"), "tables.characters.1.name_key", "'almaryn'"),
    "no date": (_set("characters", 0, "joined_on", "soon"), "tables.characters.1", "isoformat"),
    "a factor of nonsense": (_set("event_types", 0, "modifier", "much"), "tables.event_types.1", "not built"),
    "a list for an object": (_set("items", 0, "metadata", []), "tables.items.1.metadata", "an object"),
    "numbers for words": (_set("items", 0, "metadata", {"slot": 1}), "tables.items.1", "metadata 'slot' is '1'"),
    "nobody who leads": (_set("memberships", 0, "role_group", "member"), "tables.memberships", "who can sign in"),
    "two defaults": (
        lambda d: [pool.update(is_default=True) for pool in d["tables"]["pools"]],
        "tables.pools",
        "2 of them are the default",
    ),
    "no default": (lambda d: [rank.update(is_default=False) for rank in d["tables"]["ranks"]], "tables.ranks", "0 of"),
}


@pytest.mark.parametrize("how", DOCTORED)
def test_what_contradicts_itself_is_refused(how: str, whole: bytes, empty: SqlDatabase) -> None:
    """O-6, G-8: by the place, what is wrong there and what is accepted; and nothing is written."""
    doctor, place, told = DOCTORED[how]
    document = json.loads(whole)
    doctor(document)
    with pytest.raises(BrokenExport) as refused:
        imported(empty, json.dumps(document).encode())
    assert refused.value.field.startswith(place)
    assert told in refused.value.sentence
    assert nothing_is_in(empty)


BROKEN: Final[dict[str, Callable[[bytes], bytes]]] = {
    "nothing": lambda whole: b"",
    "something else": lambda whole: b"<html></html>",
    "a list": lambda whole: b"[]",
    "cut off": lambda whole: whole[: len(whole) // 2],
    "cut off at the end": lambda whole: whole[:-4],
    "followed by something": lambda whole: whole + b"{}",
    "in Latin-1": lambda whole: whole.decode().encode("latin-1", "replace"),
    "no zip": lambda whole: b"PK\x03\x04" + whole,
    "an empty zip": lambda whole: b"PK\x05\x06" + bytes(18),
    "nested too deep": lambda whole: b'{"a":' * 100_000,
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_no_export_is_refused(how: str, whole: bytes, empty: SqlDatabase) -> None:
    """O-6, G-8."""
    with pytest.raises(BrokenExport):
        imported(empty, BROKEN[how](whole))
    assert nothing_is_in(empty)


def _rezipped(content: bytes, change: Callable[[dict[str, bytes]], object]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            new.writestr(name, data)
    return out.getvalue()


BROKEN_SHEETS: Final[dict[str, tuple[Callable[[dict[str, bytes]], object], str]]] = {
    "no manifest": (lambda m: m.pop(MANIFEST), MANIFEST),
    "a missing sheet": (lambda m: m.pop("raids.csv"), "tables.raids"),
    "another file": (lambda m: m.update({"readme.txt": b""}), "readme.txt"),
    "a cell too many": (lambda m: m.update({"pools.csv": m["pools.csv"] + b"1,2\r\n"}), "tables.pools.3"),
    "no number": (
        lambda m: m.update({"pools.csv": m["pools.csv"].replace(b"\r\n1,", b"\r\none,", 1)}),
        "tables.pools.1.id",
    ),
    "no UTF-8": (lambda m: m.update({"pools.csv": m["pools.csv"] + b"\xff"}), "tables.pools"),
    "a manifest that unpacks to much": (lambda m: m.update({MANIFEST: b" " * (MANIFEST_BYTES_MAX + 1)}), MANIFEST),
    "a row that unpacks to much": (
        lambda m: m.update({"pools.csv": m["pools.csv"] + b"1" * (ROW_LETTERS_MAX + 1)}),
        "tables.pools.3",
    ),
    "a row of many lines that unpacks to much": (
        lambda m: m.update({"pools.csv": m["pools.csv"] + b'"\n",' * (ROW_LETTERS_MAX // 4)}),
        "tables.pools.3",
    ),
    "an open quote": (lambda m: m.update({"pools.csv": m["pools.csv"] + b'"'}), "tables.pools"),
}


@pytest.mark.parametrize("how", BROKEN_SHEETS)
def test_broken_sheets_are_refused(how: str, home: SqlDatabase, empty: SqlDatabase) -> None:
    """O-6, G-8: by the sheet and the row."""
    change, place = BROKEN_SHEETS[how]
    with pytest.raises(BrokenExport) as refused:
        imported(empty, _rezipped(exported(home, 1, PackedAs.CSV), change))
    assert refused.value.field.startswith(place)
    assert nothing_is_in(empty)


def test_no_cell_is_a_formula(home: SqlDatabase) -> None:
    """O-6, O-13: what a spreadsheet would reckon comes after an apostrophe."""
    with zipfile.ZipFile(io.BytesIO(exported(home, 1, PackedAs.CSV))) as sheets_in_zip:
        text = sheets_in_zip.read("raids.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["note"] for row in rows] == ["'=1+1"] * 2
    words = Words(None)
    for told in ("=1+1", "+1", "-1", "@a", "'", "", "\tx", "plain", "it's"):
        assert words.read(words.cell(told)) == told
        assert words.cell(told)[:1] not in ("", "=", "+", "-", "@", "\t", "\r")


def test_a_slug_that_is_taken_is_named(home: SqlDatabase, whole: bytes) -> None:
    """O-6: another can be given."""
    with pytest.raises(SlugTaken) as refused:
        imported(home, whole)
    assert "--slug" in refused.value.sentence


def test_a_slug_that_is_taken_is_named_before_all_is_read(home: SqlDatabase, whole: bytes) -> None:
    """O-6: a large file is not read in vain, and whatever is wrong with the rest of it."""
    cut_off = whole[: whole.index(b'"memberships"') + 20]
    with pytest.raises(SlugTaken):
        imported(home, cut_off)
    with pytest.raises(BrokenExport):
        imported(home, cut_off, "free")


# --- what its contents are looked at for ------------------------------------------------------------------------------


def test_every_column_of_words_is_looked_at() -> None:
    """O-6: a word that is added is told of, or said to be free."""
    found = {
        f"{sheet.name}.{column.key}"
        for sheet in sheets().values()
        for column in sheet.columns
        if column.type is Word and sheet.name != "users"
    }
    known = {f"{table}.{column}" for table, columns in WORDS.items() for column in columns}
    assert found == known | OTHER_WORDS
    assert not known & OTHER_WORDS


def test_every_column_of_parts_is_read() -> None:
    """O-6: as an object or a list, and as whoever works with it reads it."""
    parts = {
        f"{sheet.name}.{name}": sheet.name
        for sheet in sheets().values()
        for name, kind in zip(sheet.names, sheet.fields, strict=True)
        if isinstance(kind, Parts)
    }
    assert parts.keys() >= OBJECTS | MAY_BE_EMPTY
    of_ids = {"item_pools.pools", "batches.exempt", "awards.pools", "awards.shared_with", "award_drafts.awards"}
    assert {table for name, table in parts.items() if name not in of_ids} == READERS.keys() - {"bids"}


def test_every_column_that_repeats_others_is_compared() -> None:
    """O-6: keys to search by are what the names come to."""
    keys = {f"{sheet.name}.{name}" for sheet in sheets().values() for name in sheet.names if name.endswith("_key")}
    compared = {f"{table}.{column}" for table, columns in REPEATING.items() for column in columns}
    assert keys - compared == {"unresolved_names.name_key"}, "it has no name beside it"


@frozen
class _Part:
    number: int
    name: str | None = None


@frozen
class _Whole:
    parts: tuple[_Part, ...]
    points: Mapping[UserId, Points]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (_Whole((_Part(1), _Part(2, "b")), {UserId(1): Points(5)}), None),
        (_Whole((_Part(1), _Part(True)), {}), "parts.number is 'True'"),
        (_Whole((_Part(1, 2),), {}), "parts.name is '2'"),  # type: ignore[arg-type]  # as JSON may have it
        (_Whole([_Part(1)], {}), "parts is '["),  # type: ignore[arg-type]
        (_Whole((), {"1": Points(5)}), "points '1' is '1'"),  # type: ignore[dict-item]
    ],
)
def test_what_a_value_is_made_of_is_compared_with_its_type(value: object, fault: str | None) -> None:
    """O-6: JSON may hold anything, and nobody looks at it again once it is stored."""
    found = fault_in(value, _Whole)
    assert found is None if fault is None else fault in (found or "")


# --- ids --------------------------------------------------------------------------------------------------------------


def test_new_ids_are_in_the_old_order_without_gaps() -> None:
    """O-6: of any numbers."""
    chance = random.Random(7)
    for most in (10, 5_000, 2**50):
        numbers = sorted({chance.randrange(1, most) for _ in range(2_000)})
        new = Renumbering()
        shuffled = chance.sample(numbers, len(numbers))
        assert all(new.note(each) for each in shuffled)
        assert not new.note(numbers[0])
        new.place(100)
        assert [new.of(each) for each in numbers] == list(range(100, 100 + len(numbers)))
        assert [new.below(each) for each in numbers] == list(range(len(numbers)))
        assert new.below(numbers[-1] + 1) == new.count == len(numbers)
        strange = next(each for each in range(1, most + 2) if each not in set(numbers))
        assert not new.has(strange)
        with pytest.raises(KeyError):
            new.of(strange)
