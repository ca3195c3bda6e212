"""What every adapter of the points context keeps to, as to standings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.points import STANDINGS_COLUMNS, EntryKind, StandingRow, StandingsFilter
from dkp_core.raids import Presence
from tests.integration.contracts.deeds import DAY, HOUR, Bank, Raiding, end_membership, join
from tests.integration.contracts.installation import Installation
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract

EVERYONE = StandingsFilter(everyone=True)


class StandingsContract(Contract):
    """The view of standings."""

    @pytest.fixture
    def bank(self, place: Place) -> Bank:
        """Points in the guild of the test."""
        return Bank(place)

    def listed(self, rows: tuple[StandingRow, ...]) -> list[tuple[int, str]]:
        """Positions and names."""
        return [(row.position, row.username) for row in rows]

    # --- who and where ------------------------------------------------------------------------------------------------

    def test_the_highest_current_balance_stands_first(self, bank: Bank) -> None:
        """P-10: equals by user id; who has no points stands at 0, and debts come last."""
        pool_id = bank.pool()
        users = {name: bank.place.member(name) for name in ("poor", "second", "none", "first", "third")}
        bank.book(
            bank.drafted(users["first"], pool_id, "30", kind=EntryKind.ADJUSTMENT),
            bank.drafted(users["second"], pool_id, "100"),
            bank.drafted(users["second"], pool_id, "-80", kind=EntryKind.AWARD),
            bank.drafted(users["third"], pool_id, "20"),
            bank.drafted(users["poor"], pool_id, "45"),
            bank.drafted(users["poor"], pool_id, "-50", kind=EntryKind.DECAY),
        )
        assert self.listed(bank.standings(pool_id)) == [
            (1, "first"),
            (2, "second"),
            (3, "third"),
            (4, "none"),
            (5, "poor"),
        ]

    def test_a_line_shows_the_balance_the_main_and_its_rank(self, bank: Bank) -> None:
        """P-3, P-10: `rank` is the rank's name; alts are not shown."""
        place, pool_id = bank.place, bank.pool()
        user_id = place.member("Élodie")
        main_id = place.character("Hauptfigur", owner=user_id, is_main=True, rank_id=place.rank("Großmeister"))
        place.character("Twink", owner=user_id, main_id=main_id)
        bank.give(user_id, pool_id, "10")
        bank.book(bank.drafted(user_id, pool_id, "-4", kind=EntryKind.AWARD))
        bank.book(bank.drafted(user_id, pool_id, "-1.50", kind=EntryKind.PENALTY))
        (row,) = bank.standings(pool_id)
        assert (row.position, row.user_id, row.username) == (1, user_id, "Élodie")
        assert (row.main_character, row.character_class, row.rank) == ("Hauptfigur", "Cleric", "Großmeister")
        numbers = (row.earned, row.spent, row.adjusted, row.current, row.held, row.available)
        assert list(map(str, numbers)) == ["10.00", "4.00", "-1.50", "4.50", "0.00", "4.50"]

    def test_who_has_no_main_shows_none(self, bank: Bank) -> None:
        place, pool_id = bank.place, bank.pool()
        place.character("Twink", owner=place.member())
        (row,) = bank.standings(pool_id)
        assert (row.main_character, row.character_class, row.rank) == (None, None, None)

    def test_points_of_other_pools_and_guilds_do_not_show(self, bank: Bank, elsewhere: Place) -> None:
        """P-1, G-1."""
        user_id, pool_id = bank.place.member(), bank.pool()
        join(elsewhere, user_id, NIGHT)
        elsewhere.member("stranger")
        bank.give(user_id, bank.pool(), "7")
        Bank(elsewhere).give(user_id, Bank(elsewhere).pool(), "9")
        bank.give(user_id, pool_id, "1")
        assert [(row.user_id, str(row.current)) for row in bank.standings(pool_id)] == [(user_id, "1.00")]
        assert [row.user_id for row in bank.standings(pool_id, EVERYONE)] == [user_id]

    def test_only_active_members_are_listed(self, bank: Bank) -> None:
        """P-10: unless everyone is wanted: who ever was a member, or has points in the pool."""
        place, pool_id, other_pool = bank.place, bank.pool(), bank.pool()
        for group in RoleGroup:
            place.member(group.value, group)
        place.member("trial", RoleGroup.APPLICANT, trial=True)
        left, stranger, imported = place.member("left"), place.user("stranger"), place.user("imported")
        end_membership(place, left)
        bank.give(left, pool_id, "5")
        bank.give(stranger, other_pool, "5")
        bank.give(imported, pool_id, "5")
        active = ["developer", "member", "officer", "recruiter"]
        assert sorted(row.username for row in bank.standings(pool_id)) == active
        assert sorted(row.username for row in bank.standings(pool_id, EVERYONE)) == sorted(
            [*active, "applicant", "guest", "imported", "left", "trial"]
        )

    def test_trials_are_active_where_the_guild_says_so(self, installation: Installation) -> None:
        """P-10: in force, that is."""
        place = Place.found(installation, trials_are_active=True)
        bank = Bank(place)
        pool_id = bank.pool()
        place.member("trial", RoleGroup.APPLICANT, trial=True)
        place.member("applicant", RoleGroup.APPLICANT)
        end_membership(place, place.member("former trial", RoleGroup.APPLICANT, trial=True))
        assert [row.username for row in bank.standings(pool_id)] == ["trial"]

    def test_the_standings_of_an_unknown_pool_are_refused(self, bank: Bank, elsewhere: Place) -> None:
        """G-1."""
        bank.place.member()
        foreign = Bank(elsewhere).pool()
        for unknown in (PoolId(0), foreign):
            for wanted in (StandingsFilter(), EVERYONE):
                with pytest.raises(NoSuch):
                    bank.standings(unknown, wanted)
            with pytest.raises(NoSuch):
                bank.revision(unknown)

    def test_a_guild_without_members_has_empty_standings(self, bank: Bank) -> None:
        pool_id = bank.pool()
        assert bank.standings(pool_id) == bank.standings(pool_id, EVERYONE) == ()

    # --- narrowing and sorting ----------------------------------------------------------------------------------------

    def crowd(self, bank: Bank, pool_id: PoolId) -> None:
        """People who differ in every column, some of whom lack a main or never raided."""
        place = bank.place
        raiding = Raiding.at(place)
        ranks = [place.rank("Officer", 1), place.rank("Élite", 2)]
        users: list[UserId] = []
        for index, (name, main) in enumerate(
            [("carl", "Zed"), ("Anna", None), ("Éva", "alba"), ("bert", "Brokk"), ("dora", None), ("emil", "Élan")]
        ):
            user_id = place.member(name, joined_at=NIGHT - 200 * DAY)
            users.append(user_id)
            if main is not None:
                hero = place.drafted(
                    main,
                    owner=user_id,
                    is_main=True,
                    rank_id=ranks[index % 2],
                    character_class=["Monk", "Bard", "monk"][index % 3],
                )
                place.enter(hero)
            bank.book(
                bank.drafted(user_id, pool_id, str(10 * (index % 3))),
                bank.drafted(user_id, pool_id, str(-(index % 2)), kind=EntryKind.AWARD),
                bank.drafted(user_id, pool_id, str(3 - index), kind=EntryKind.PENALTY),
            )
        raiding.raid(NIGHT - 100 * DAY, [users[0]])
        raiding.raid(NIGHT - 80 * DAY, users[:2])
        raiding.raid(NIGHT - 45 * DAY, users[:3])
        raiding.raid(NIGHT - 10 * DAY, users[1:4])
        raiding.raid(NIGHT - 5 * DAY, {users[0]: Presence.LATE, users[4]: Presence.ABSENT_EXCUSED})

    def test_narrowing_leaves_the_positions(self, bank: Bank) -> None:
        """P-10: `position` counts among those listed before they are narrowed."""
        place, pool_id = bank.place, bank.pool()
        officer = place.rank("Officer")
        for index, (name, main, word) in enumerate(
            [("Éva", "Albaran", "Bard"), ("bert", "Brokk", "Straßenbarde"), ("carl", "Célan", "bard")]
        ):
            user_id = place.member(name)
            hero = place.drafted(
                main,
                owner=user_id,
                is_main=True,
                rank_id=officer if index else place.rank_id,
                character_class=word,
            )
            place.enter(hero)
            bank.give(user_id, pool_id, str(index))
        place.member("alone")

        def found(wanted: StandingsFilter) -> list[tuple[int, str]]:
            return self.listed(bank.standings(pool_id, wanted))

        everybody = [(1, "carl"), (2, "bert"), (3, "Éva"), (4, "alone")]
        assert found(StandingsFilter()) == everybody
        assert found(StandingsFilter(character_class="BARD")) == [(1, "carl"), (3, "Éva")]
        assert found(StandingsFilter(character_class="strassenbarde")) == [(2, "bert")]
        assert found(StandingsFilter(rank="officer")) == [(1, "carl"), (2, "bert")]
        assert found(StandingsFilter(rank=str(place.rank_id))) == [(3, "Éva")]
        assert found(StandingsFilter(search="éV")) == [(3, "Éva")]
        assert found(StandingsFilter(search="OK")) == [(2, "bert")]
        assert found(StandingsFilter(search="lan")) == [(1, "carl")]
        assert found(StandingsFilter(search="AL")) == [(3, "Éva"), (4, "alone")]
        assert found(StandingsFilter(search="%")) == []
        assert found(StandingsFilter(search=" ")) == everybody
        assert found(StandingsFilter(character_class="Bard", rank="Officer", search="c")) == [(1, "carl")]
        assert found(StandingsFilter(character_class="Nobody")) == []

    @pytest.mark.parametrize("column", STANDINGS_COLUMNS)
    def test_standings_are_sorted_by_any_column(self, bank: Bank, column: str) -> None:
        """P-10, D-9: either way; equals by position, what there is not last, or first when descending."""
        pool_id = bank.pool()
        self.crowd(bank, pool_id)
        plain = bank.standings(pool_id)

        def key(row: StandingRow) -> tuple[bool, object]:
            value = getattr(row, column)
            if isinstance(value, str):
                value = float(value) if column.startswith("attendance") else value.casefold()
            return (value is None, 0 if value is None else value)

        rising = bank.standings(pool_id, ordering=column)
        assert list(rising) == sorted(plain, key=key)
        falling = bank.standings(pool_id, ordering=f"-{column}")
        assert list(falling) == sorted(plain, key=key, reverse=True)
        assert len({key(row) for row in plain}) > 1 or column == "held"

    def test_the_second_column_sorts_what_is_equal_in_the_first(self, bank: Bank) -> None:
        """P-10."""
        pool_id = bank.pool()
        for name, amount in (("b", "1"), ("c", "2"), ("a", "1"), ("d", "2")):
            bank.give(bank.place.member(name), pool_id, amount)
        rows = bank.standings(pool_id, ordering="-current,-username")
        assert [row.username for row in rows] == ["d", "c", "b", "a"]

    # --- attendance ---------------------------------------------------------------------------------------------------

    def test_attendance_is_shown_in_percent(self, bank: Bank) -> None:
        """P-10, P-12, D-9: over 30, 60, 90 days and lifetime, half-up; with the last raid."""
        place, pool_id = bank.place, bank.pool()
        raiding = Raiding.at(place)
        user_id = place.member("raider", joined_at=NIGHT - 300 * DAY)
        never = place.member("never", joined_at=NIGHT - 300 * DAY)
        for days in (10, 20, 25, 50, 80, 120, 200):
            raiding.raid(NIGHT - days * DAY, [user_id] if days in (20, 80) else [])
        rows = {row.user_id: row for row in bank.standings(pool_id)}
        shown = rows[user_id]
        assert (shown.attendance_30, shown.attendance_60, shown.attendance_90, shown.attendance_lifetime) == (
            "33.33",
            "25.00",
            "40.00",
            "28.57",
        )
        assert (shown.last_raid, rows[never].last_raid) == (NIGHT - 20 * DAY, None)
        assert rows[never].attendance_lifetime == "0.00"

    # --- the revision -------------------------------------------------------------------------------------------------

    def test_the_revision_stays_while_nothing_changes(self, bank: Bank) -> None:
        """P-10: as time goes by, too."""
        pool_id = bank.pool()
        self.crowd(bank, pool_id)
        before = bank.revision(pool_id)
        assert bank.revision(pool_id) == before
        assert bank.revision(pool_id, at=NIGHT + HOUR) == before

    @pytest.mark.parametrize(
        "change",
        [
            "an entry",
            "a reversal",
            "a username",
            "a member",
            "a member who leaves",
            "a role group",
            "a main's name",
            "a main",
            "a rank's name",
            "another rank",
            "a raid",
            "attendance",
            "attendance at a second tick",
            "a name that was resolved",
            "a cancelled raid",
            "a setting",
        ],
    )
    def test_the_revision_differs_once_the_standings_do(self, bank: Bank, change: str) -> None:
        """P-10: it changes with everything that is shown."""
        place, pool_id = bank.place, bank.pool()
        raiding = Raiding.at(place)
        user_id = place.member("somebody", joined_at=NIGHT - 100 * DAY)
        place.member("trial", RoleGroup.APPLICANT, trial=True)
        main_id = place.character("Main", owner=user_id, is_main=True)
        rank_id = place.rank("Officer")
        entry = bank.give(user_id, pool_id, "5")
        raid_id = raiding.raid(NIGHT - DAY, [user_id])
        other_raid = raiding.raid(NIGHT - 2 * DAY)
        raiding.add_tick(other_raid)
        raiding.note(other_raid, "Unknown")

        def change_membership(group: RoleGroup) -> None:
            with place.work() as work:
                work.memberships.save(work.memberships.get(user_id).move_to(group, reason=""))

        def change_character(**values: object) -> None:
            with place.work() as work:
                work.characters.save(evolve(work.characters.get(main_id), **values))  # type: ignore[arg-type]  # as named

        def rename_user() -> None:
            with place.work() as work:
                work.users.save(work.users.get(user_id).rename("somebody else", None))

        def rename_rank() -> None:
            with place.work() as work:
                work.ranks.save(work.ranks.get(place.rank_id).change(name="Novice"))

        def count_trials() -> None:
            with place.work() as work:
                guild = work.guilds.get(place.guild_id)
                work.guilds.save(guild.change(settings={"trials_are_active": True}))

        changes: dict[str, Callable[[], object]] = {
            "an entry": lambda: bank.give(user_id, pool_id, "1"),
            "a reversal": lambda: bank.book(bank.reversal(entry)),
            "a username": rename_user,
            "a member": lambda: place.member("another"),
            "a member who leaves": lambda: end_membership(place, user_id),
            "a role group": lambda: change_membership(RoleGroup.GUEST),
            "a main's name": lambda: change_character(name="Renamed"),
            "a main": lambda: change_character(is_main=False),
            "a rank's name": rename_rank,
            "another rank": lambda: change_character(rank_id=rank_id),
            "a raid": lambda: raiding.raid(NIGHT - 3 * DAY),
            "attendance": lambda: raiding.attend(other_raid, [user_id]),
            "attendance at a second tick": lambda: raiding.attend(other_raid, [user_id], tick=2),
            "a name that was resolved": lambda: raiding.resolve("unknown", user_id),
            "a cancelled raid": lambda: raiding.cancel(raid_id),
            "a setting": count_trials,
        }
        before, shown = bank.revision(pool_id), bank.standings(pool_id)
        changes[change]()
        assert bank.standings(pool_id) != shown
        assert bank.revision(pool_id) != before

    @pytest.mark.parametrize("days", [0, 30, 60, 90])
    def test_the_revision_differs_once_a_window_holds_other_raids(self, bank: Bank, days: int) -> None:
        """D-9, G-2: the raid is in the window at its very start, and a microsecond later it is not any more."""
        place, pool_id = bank.place, bank.pool()
        raiding = Raiding.at(place)
        user_id = place.member(joined_at=NIGHT - 400 * DAY)
        start = NIGHT - 100 * DAY
        raiding.raid(start - HOUR)
        raiding.raid(start, [user_id])
        raiding.raid(start + 101 * DAY, [])
        edge = start + days * DAY
        after = edge + datetime.resolution
        assert bank.revision(pool_id, at=edge - HOUR + datetime.resolution) == bank.revision(pool_id, at=edge)
        assert bank.standings(pool_id, at=edge - HOUR + datetime.resolution) == bank.standings(pool_id, at=edge)
        assert bank.standings(pool_id, at=edge) != bank.standings(pool_id, at=after)
        assert bank.revision(pool_id, at=edge) != bank.revision(pool_id, at=after)
