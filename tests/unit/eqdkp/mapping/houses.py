"""Installations with users and characters in them, as short as a test says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import define, field

from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.household import Household, household_of
from dkp_adapters.eqdkp.mapping.roster import Roster
from dkp_adapters.eqdkp.source import EqdkpSource, open_source
from dkp_core.kernel.ids import GuildId, ImportId, UserId
from dkp_core.moving import Kind, Numbers, Thing, Why
from tests.unit.eqdkp.synthetic import Folder, Installation, Number, Value, empty, mysqldump
from tests.unit.eqdkp.test_serialized import serialized

MADE: Final = 1_700_000_000
GUILD_RANKS: Final = {"leader": 1, "member": 2}
DEFAULT_RANK: Final = 2


def character(old_id: int, name: str, main: int | None = None, **more: Value) -> Mapping[str, Value]:
    """A row of a character."""
    return {
        "member_id": old_id,
        "member_name": name,
        "member_main_id": main,
        "member_status": 1,
        "member_rank_id": 1,
        "member_creation_date": MADE,
        **more,
    }


def user(old_id: int, name: str, **more: Value) -> Mapping[str, Value]:
    """A row of a user."""
    return {"user_id": old_id, "username": name, "user_active": 1, "user_registered": MADE, **more}


def village(
    *characters: Mapping[str, Value],
    users: Sequence[Mapping[str, Value]] = (),
    owners: Mapping[int, int] | Sequence[tuple[int, int]] = (),
    were_at: Sequence[int] = (),
    special: Sequence[int] = (),
    show_twinks: bool = False,
) -> Installation:
    """An installation; `owners` are users by characters, `were_at` the characters of rows on raids, one each.

    All users are in the group of members.
    """
    pairs = owners.items() if isinstance(owners, Mapping) else owners
    made = (
        empty()
        .with_rows("members", *characters)
        .with_rows("member_ranks", {"rank_id": 1, "rank_name": "Member"})
        .with_rows("users", *users)
        .with_rows("groups_user", {"groups_user_id": 4, "groups_user_name": "Members"})
        .with_rows(
            "groups_users", *({"group_id": 4, "user_id": each} for each in {row["user_id"]: None for row in users})
        )
        .with_rows("member_user", *({"member_id": each, "user_id": whose} for each, whose in pairs))
        .with_rows("events", {"event_id": 1, "event_name": "Kael", "event_value": Number("1.00")})
        .with_rows("raids", {"raid_id": 1, "event_id": 1, "raid_date": MADE, "raid_value": Number("1.00")})
        .with_rows("raid_attendees", *({"raid_id": 1, "member_id": each} for each in were_at))
    )
    return made.with_rows(
        "config",
        *_settings(
            plus_version="2.3.39.0",
            show_twinks="1" if show_twinks else "0",
            special_members=serialized({index: str(each) for index, each in enumerate(special)}),
        ),
    )


def _settings(**given: Value) -> Sequence[Mapping[str, Value]]:
    return [{"config_name": name, "config_plugin": "core", "config_value": value} for name, value in given.items()]


@define
class Home:
    """A household, and what is told of it."""

    source: EqdkpSource
    household: Household
    accounting: Accounting
    _roster: Roster | None = field(default=None, init=False)

    def families(self) -> Mapping[str, Sequence[str]]:
        """The characters of each person who has some, the main first; linked or not, people go by their names."""
        return {
            each.name: [character.name for character in self.household.of(each.number)]
            for each in self.household.people
            if self.household.of(each.number)
        }

    def told(self, table: str, old_id: int) -> str:
        """What is remarked of a row."""
        return "; ".join(
            each.text for each in self.accounting.remarks if (each.table, each.old_id) == (table, str(old_id))
        )

    def listed(self, table: str) -> Sequence[tuple[int, Why, str]]:
        """The rows of a table that have no home."""
        return [(each.row, each.why, each.reason) for each in self.accounting.listed if each.table == table]

    def incomplete(self, *tables: str) -> Sequence[str]:
        """The tables among these of which a row is neither imported nor listed."""
        self.accounting.take_faults(self.source.faults)
        counts = {each.table: each for each in self.accounting.counts(self.source.tables)}
        return [each for each in tables if not counts[each].is_complete]

    def roster(self) -> Roster:
        """Its roster, whose rows are accounted for once."""
        if self._roster is None:
            self._roster = Roster.of(self.source, self.household, self.accounting)
        return self._roster

    def numbers(self, counts: Mapping[Kind, int]) -> Numbers:
        """Ids from 100 on; users have their numbers a thousandfold, and a guild's own ranks are 1 and 2."""
        return Numbers(
            guild_id=GuildId(1),
            import_id=ImportId(1),
            at=datetime(2026, 11, 20, tzinfo=UTC),
            users={each.number: UserId(1000 * each.number) for each in self.household.people},
            named={Kind.RANK: GUILD_RANKS, Kind.POOL: {}},
            default_rank=DEFAULT_RANK,
            rank_order=7,
            next=dict.fromkeys(counts, 100),
            ends={kind: 100 + count for kind, count in counts.items()},
        )

    def things(self) -> Sequence[Thing]:
        """What its roster gives."""
        roster = self.roster()
        return [each for chunk in roster.things(self.numbers(roster.counts)) for each in chunk]


@define
class Homes:
    """Where households are opened, and closed in the end."""

    folder: Folder
    opened: list[Home] = field(factory=list, init=False)

    def of(self, installation: Installation, key: str | None = None) -> Home:
        """That of an installation."""
        source = open_source(self.folder.file(mysqldump(installation)), key, now=datetime(2026, 11, 20, tzinfo=UTC))
        accounting = Accounting()
        self.opened.append(Home(source, household_of(source, accounting), accounting))
        return self.opened[-1]

    def close(self) -> None:
        """Lets the temporary files go."""
        while self.opened:
            self.opened.pop().source.close()
