"""Everything that is held on people is known, table by table and column by column, and goes when it has to (A-12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs
import pytest
from sqlalchemy import Table

from dkp_adapters.answers import Answer
from dkp_adapters.memory.tables import GuildTables, InstallationTables
from dkp_adapters.memory.views import personal as memory
from dkp_adapters.sql.answered_requests import SqlAnsweredRequests
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.personal import (
    NOT_PERSONAL,
    PERSONAL,
    SOMEBODY_ELSES,
    TECHNICAL,
    Held,
    exported,
    guilds_naming_somebody,
    readings,
)
from dkp_adapters.sql.statement import DIALECTS
from dkp_adapters.sql.tables import all_tables
from dkp_core.accounts import EraseUser, Membership, RoleGroup, User
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import GuildId, UserId

TABLES: Final = all_tables().tables
A_PERSON: Final = re.compile(
    r"(.*_)?(user|user_id|users|owner|leader|claimant|voter|author|applicant|recipient|caller|holder|email|discord_id"
    r"|username|into|by|for)|actor_id"
)
"""Names of columns that look as if they said who somebody is."""

# Of tables that hold nothing on people: whom such a column names all the same.
NOBODY: Final = {
    "answered_requests.caller": "a key or a user, whose answers go with them",
    "deadlines.claimed_by": "a worker",
    "deliveries.claimed_by": "a worker",
    "leases.holder": "a process",
}
# Of tables that hold something on people: the columns that repeat who it is about, or name a process.
SAID_OTHERWISE: Final = {
    "users.discord_id": "their own",
    "users.username": "their own",
    "users.email": "their own",
    "applications.email": "their own",
    "claims.user_id": "whom they claim to be",
    "events.actor_user_id": "the person",
}


def personal_tables() -> Iterator[tuple[Table, Held]]:
    """Every table that holds something on people."""
    for name, held in PERSONAL.items():
        yield TABLES[name], held


def test_every_table_is_known_to_hold_something_on_people_or_not() -> None:
    """A-12: in SQL; a table that is added fails here until somebody has thought of it."""
    assert PERSONAL.keys() & NOT_PERSONAL.keys() == set()
    assert PERSONAL.keys() | NOT_PERSONAL.keys() == set(TABLES)
    assert all(NOT_PERSONAL.values())


def test_every_table_in_memory_is_known_as_well() -> None:
    """A-12: of both adapters, so that neither forgets what the other tells."""
    kept = {each.name for tables in (GuildTables, InstallationTables) for each in attrs.fields(tables)}
    assert memory.PERSONAL.keys() & memory.NOT_PERSONAL == set()
    assert memory.PERSONAL.keys() | memory.NOT_PERSONAL == kept


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_every_column_is_handed_out_or_kept_back_for_a_reason(name: str) -> None:
    """A-12: and every reason is of a column that there is."""
    table, held = TABLES[name], PERSONAL[name]
    columns = set(table.columns.keys())
    assert held.left_out.keys() <= columns
    assert set(held.until_closed) | set(held.as_json) <= {column.key for column in exported(table, held)}
    assert held.by or held.as_actor or held.through
    assert set(held.by) <= columns
    assert held.for_officers.keys() <= set(held.as_json)
    assert all(reason for reason in (*held.left_out.values(), *held.for_officers.values()))


def test_secrets_are_handed_out_to_nobody() -> None:
    """A-8, A-12, O-13: neither what is sealed nor what a digest was made of."""
    for table, held in personal_tables():
        for column in exported(table, held):
            assert not column.info.get("sealed"), f"{table.name}.{column.key}"
            assert not re.search("(digest|secret|sealed_.*|^code)$", column.key), f"{table.name}.{column.key}"


def test_whoever_is_named_in_a_table_is_found_by_it() -> None:
    """A-12: a column that looks like a person is asked for, or kept back, or it is said why not."""
    unknown = []
    for name, table in TABLES.items():
        held = PERSONAL.get(name)
        known = set(NOBODY) | set(SAID_OTHERWISE)
        for column in table.columns:
            told = {*TECHNICAL, *SOMEBODY_ELSES} | ({*held.by, *held.left_out} if held else set())
            if A_PERSON.fullmatch(column.key) and column.key not in told and f"{name}.{column.key}" not in known:
                unknown.append(f"{name}.{column.key}")
    assert unknown == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_question_is_said_in_every_dialect(dialect: str) -> None:
    """A-12: of a table of a guild, within that guild."""
    for own in (True, False):
        for reading in readings(own=own):
            compiled = reading.statement.compiled(dialect)  # type: ignore[arg-type]  # one of them
            assert ("guild_id" in compiled.names) == reading.of_guild
    assert guilds_naming_somebody().compiled(dialect).names == {"theirs"}  # type: ignore[arg-type]  # as above


# --- answers that are kept --------------------------------------------------------------------------------------------


def keep(database: SqlDatabase, caller: str, body: str, key: str = "k") -> None:
    """Keep an answer."""
    with database.scope():
        answer = Answer(status=200, headers={}, body=body)
        SqlAnsweredRequests(database).keep(caller, key, "hash", answer)


def kept(database: SqlDatabase, caller: str, key: str = "k") -> str | None:
    """The answer that is kept."""
    with database.scope():
        found = SqlAnsweredRequests(database).earlier(caller, key, "hash")
    return None if found is None else found.body


def test_answers_to_somebody_are_forgotten(database: SqlDatabase, by: Actor) -> None:
    """A-12: of each of their keys; nobody else's."""
    for caller in ("user:x1", "api_key:x2", "api_key:x3"):
        keep(database, caller, "{}")
    with database.begin_installation(operator("test")) as work:
        work.kept_answers.forget({"user:x1", "api_key:x2"})
    assert [kept(database, caller) for caller in ("user:x1", "api_key:x2", "api_key:x3")] == [None, None, "{}"]


def test_what_tells_of_somebody_is_emptied_in_the_answers_of_others(database: SqlDatabase) -> None:
    """A-12, G-7: the answer stays an answer, so that nothing is done twice."""
    name = 'Zo"ë_100% !'
    body = '{"username":"Zo\\"ë_100% !","note":"of Zo\\"ë_100% !","rows":[{"by":"Zo\\"ë_100% !","points":"5.00"}]}'
    keep(database, "bot:y", body)
    keep(database, "bot:y", '{"username":"Zo-ë 1007 !"}', "like")
    with database.begin_installation(operator("test")) as work:
        work.kept_answers.blank({name}, lambda _, text: text == name)
        work.kept_answers.blank(set(), lambda *_: True)
    emptied = '{"username":"","note":"of Zo\\"ë_100% !","rows":[{"by":"","points":"5.00"}]}'
    assert kept(database, "bot:y") == emptied
    assert kept(database, "bot:y", "like") == '{"username":"Zo-ë 1007 !"}'


def test_an_amount_that_reads_like_the_name_of_who_is_erased_stays(database: SqlDatabase) -> None:
    """A-12, G-7: others are told again what they were told, but for who it was."""
    user_id = UserId(database.ids.next("user"))
    with database.begin_installation(operator("test")) as work:
        work.users.save(User.add(user_id, discord_id=None, username="7.00", at=database.clock.now()))
    body = '{"username":"7.00","amount":"7.00","into_username":"7.00","rows":[{"leader":"7.00","because":"7.00"}]}'
    keep(database, "bot:z", body)
    EraseUser(database.begin_installation, database.clock)(user_id, by=operator("test"))
    left = '{"username":"","amount":"7.00","into_username":"","rows":[{"leader":"","because":"7.00"}]}'
    assert kept(database, "bot:z") == left


def test_a_guild_empties_nothing_of_another_guilds_answers(database: SqlDatabase, guild_id: GuildId, by: Actor) -> None:
    """A-12, G-1: only of what its own members and bots were answered."""
    user_id, stranger = (UserId(database.ids.next("user")) for _ in range(2))
    with database.begin(by) as work:
        for each in (user_id, stranger):
            work.users.save(User.add(each, discord_id=None, username=f"u{each}", at=database.clock.now()))
        work.memberships.save(Membership.begin(guild_id, user_id, RoleGroup.MEMBER, database.clock.now()))
    callers = [f"user:{user_id}", f"user:{stranger}"]
    for caller in callers:
        keep(database, caller, '["Rena"]')
    with database.begin(by) as work:
        work.kept_answers.blank({"Rena"}, lambda _, text: text == "Rena")
    assert [kept(database, caller) for caller in callers] == ['[""]', '["Rena"]']
