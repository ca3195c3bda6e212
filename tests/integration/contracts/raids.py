"""What every adapter of the raids context keeps to, as to event types, raids and uploads."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

import pytest
from attrs import evolve

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import EventTypeId, ItemPoolId, PoolId, RaidId, UploadId
from dkp_core.kernel.page import PageRequest, ordering_of
from dkp_core.kernel.points import Points
from dkp_core.raids import (
    RAID_COLUMNS,
    EventType,
    EventTypeRow,
    Presence,
    RaidDetailRow,
    RaidFilter,
    RaidRow,
    RaidStatus,
    TickRow,
    Upload,
)
from dkp_core.raids.events import EventTypeRemoved, RaidRemoved
from dkp_core.raids.formats import DumpFormat
from tests.integration.contracts.deeds import DAY, HOUR, Bank, Raiding
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract

SHARP_S = ("Straße", "STRASSE")
"""One name: ß folds to ss."""
HASH: Final = "ab" * 32


class EventTypesContract(Contract):
    """The port `EventTypes`, and the view of them."""

    def drafted(self, place: Place, name: str) -> EventType:
        """An event type that is not kept yet, with something in every field."""
        return EventType(
            id=EventTypeId(place.installation.ids.next("event_type")),
            guild_id=place.guild_id,
            name=name,
            pools=(PoolId(9), PoolId(3)),
            default_points=Points.of("12.50"),
            modifier=Decimal("1.2345"),
            description="Dienstags 🐉\nund öfter",
            metadata={"Zone": "Été", "boss": "ночь"},
            item_pools=(ItemPoolId(8), ItemPoolId(2)),
            active=False,
            external_id="eqdkp:7",
        )

    def saved(self, place: Place, name: str) -> EventType:
        """An event type as it is kept."""
        event_type = self.drafted(place, name)
        with place.work() as work:
            work.event_types.save(event_type.created())
        return evolve(event_type, version=1)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_a_saved_event_type_comes_back_as_it_was(self, place: Place) -> None:
        """D-1, G-9: the pools in their order, and every other value."""
        event_type = self.saved(place, "Été 🐉")
        with place.work() as work:
            assert work.event_types.get(event_type.id) == event_type

    @pytest.mark.parametrize("modifier", ["0", "1", "100", "0.0001", "999.9999"])
    def test_a_modifier_is_kept_exactly(self, place: Place, modifier: str) -> None:
        """D-1, G-3."""
        event_type = evolve(self.drafted(place, "Raid"), modifier=Decimal(modifier).normalize())
        with place.work() as work:
            work.event_types.save(event_type)
        with place.work() as work:
            assert work.event_types.get(event_type.id).modifier == Decimal(modifier)
        with place.views() as views:
            assert views.event_type(event_type.id).modifier == modifier

    def test_a_change_is_kept_one_version_on(self, place: Place) -> None:
        event_type = self.saved(place, "Before")
        with place.work() as work:
            changed = work.event_types.get(event_type.id).change(
                name="After", pools=(), default_points=Points.of(1), modifier=Decimal(2), metadata={}, active=True
            )
            work.event_types.save(changed)
        with place.work() as work:
            assert work.event_types.get(event_type.id) == evolve(changed, version=2)
        assert place.told("event_type", event_type.id) == ["event_type_created", "event_type_changed"]

    def test_an_unknown_event_type_is_refused(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        foreign = self.saved(elsewhere, "Foreign")
        with place.work() as work:
            for unknown in (EventTypeId(0), foreign.id):
                with pytest.raises(NoSuch):
                    work.event_types.get(unknown)
            with pytest.raises(NoSuch):
                work.event_types.named("Foreign")

    @pytest.mark.parametrize("name", ["Élan", "éLAN", unicodedata.normalize("NFD", "Élan"), "  Élan "])
    def test_an_event_type_is_named_in_any_case_and_normal_form(self, place: Place, name: str) -> None:
        """G-9: but é is no e."""
        self.saved(place, "Elan")
        wanted = self.saved(place, "Élan")
        with place.work() as work:
            assert work.event_types.named(name) == wanted

    def test_two_event_types_never_share_a_name(self, place: Place, elsewhere: Place) -> None:
        """G-9, G-1: alike but for case; another guild's does not matter."""
        self.saved(elsewhere, SHARP_S[0])
        self.saved(place, SHARP_S[0])
        other = self.saved(place, "Other")
        with pytest.raises(NameTaken):
            self.saved(place, SHARP_S[1])
        with pytest.raises(NameTaken), place.work() as work:
            work.event_types.save(work.event_types.get(other.id).change(name=SHARP_S[1]))

    # --- removing -----------------------------------------------------------------------------------------------------

    def test_an_event_type_that_no_raid_names_is_removed(self, place: Place, elsewhere: Place) -> None:
        """G-4: with its event; another guild's stays."""
        event_type = self.saved(place, "Raid")
        other = self.saved(elsewhere, "Raid")
        event = EventTypeRemoved(event_type_id=event_type.id, name="Raid")
        with place.work() as work:
            assert work.event_types.remove(work.event_types.get(event_type.id).announcing(event))
        with place.work() as work, pytest.raises(NoSuch):
            work.event_types.get(event_type.id)
        assert place.told("event_type", event_type.id) == ["event_type_created", "event_type_removed"]
        with elsewhere.work() as work:
            assert work.event_types.get(other.id) == other

    def test_an_event_type_that_a_raid_names_stays(self, place: Place) -> None:
        """G-4: and nothing is told."""
        raiding = Raiding.at(place)
        raiding.raid()
        event = EventTypeRemoved(event_type_id=raiding.event_type.id, name="Raid")
        with place.work() as work:
            assert not work.event_types.remove(work.event_types.get(raiding.event_type.id).announcing(event))
        with place.work() as work:
            work.event_types.get(raiding.event_type.id)
        assert place.told("event_type", raiding.event_type.id) == ["event_type_created"]

    # --- somebody else ------------------------------------------------------------------------------------------------

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        read_before = self.saved(place, "Before")
        with place.work() as work:
            work.event_types.save(work.event_types.get(read_before.id).change(name="After"))
        with pytest.raises(Stale), place.work() as work:
            work.event_types.save(read_before.change(name="Never"))

    def test_who_reads_an_event_type_to_change_it_waits_for_the_other(self, place: Place) -> None:
        event_type = self.saved(place, "Before")

        def rename() -> None:
            with place.work() as work:
                work.event_types.save(work.event_types.get(event_type.id).change(name="After"))

        with place.work() as work:
            read = work.event_types.get(event_type.id)
            rival = Rival(rename)
            work.event_types.save(read.change(active=True))
        assert rival.outcome() is None
        with place.work() as work:
            both = work.event_types.get(event_type.id)
        assert (both.name, both.active, both.version) == ("After", True, 3)

    # --- the view -----------------------------------------------------------------------------------------------------

    def test_the_view_shows_what_was_saved(self, place: Place) -> None:
        """D-1, P-12: the points are default × modifier, half-up."""
        event_type = self.saved(place, "Raid")
        row = EventTypeRow(
            id=event_type.id,
            name="Raid",
            pools=(PoolId(9), PoolId(3)),
            default_points=Points.of("12.50"),
            modifier="1.2345",
            points=Points.of("15.43"),
            description="Dienstags 🐉\nund öfter",
            metadata={"Zone": "Été", "boss": "ночь"},
            item_pools=(ItemPoolId(8), ItemPoolId(2)),
            active=False,
            external_id="eqdkp:7",
        )
        with place.views() as views:
            assert views.event_type(event_type.id) == row
            assert views.event_types(active=None) == (row,)

    def test_event_types_are_listed_by_name_and_state(self, place: Place, elsewhere: Place) -> None:
        """G-9, G-1."""
        foreign = self.saved(elsewhere, "Elsewhere")
        for name, active in (("zeta", True), ("Beta", False), ("alpha", True)):
            event_type = evolve(self.drafted(place, name), active=active)
            with place.work() as work:
                work.event_types.save(event_type)
        with place.views() as views:
            listed = {active: [row.name for row in views.event_types(active=active)] for active in (None, True, False)}
            for unknown in (EventTypeId(0), foreign.id):
                with pytest.raises(NoSuch):
                    views.event_type(unknown)
        assert listed == {None: ["alpha", "Beta", "zeta"], True: ["alpha", "zeta"], False: ["Beta"]}


class RaidsContract(Contract):
    """The port `Raids`, and the view of raids."""

    @pytest.fixture
    def raiding(self, place: Place) -> Raiding:
        """Raids in the guild of the test."""
        return Raiding.at(place)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_a_saved_raid_comes_back_as_it_was(self, raiding: Raiding) -> None:
        """D-2, G-2, G-9: to the microsecond, with its ticks."""
        start = NIGHT.replace(microsecond=123_457)
        raid = raiding.drafted(start, points="12.34", note="Été 🐉\nzu spät", leader=raiding.place.member())
        raid = raid.add_tick(name="Mitte ☾", at=start + HOUR, points=Points.of("0.01"), now=NIGHT + DAY)
        raid = evolve(raid, ends_at=start + 3 * HOUR, pools=(PoolId(7), raiding.pool_id), status=RaidStatus.CLOSED)
        with raiding.place.work() as work:
            work.raids.save(raid)
        with raiding.place.work() as work:
            assert work.raids.get(raid.id) == evolve(raid, version=1)
            assert work.raids.get(raid.id).pending == ()

    def test_a_raid_keeps_the_name_its_event_type_had(self, raiding: Raiding) -> None:
        """P-1: the ledger gives it as the reason."""
        raid_id = raiding.raid()
        with raiding.place.work() as work:
            work.event_types.save(work.event_types.get(raiding.event_type.id).change(name="Renamed"))
        with raiding.place.work() as work:
            assert work.raids.get(raid_id).title == raiding.event_type.name
        with raiding.place.views() as views:
            assert views.raid(raid_id).event_type == "Renamed"

    def test_a_change_is_kept_one_version_on(self, raiding: Raiding) -> None:
        raid_id = raiding.raid()
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id)
            changed = raid.change(ends_at=NIGHT, leader=raiding.place.member(), note="anders", closed=True)
            work.raids.save(changed)
        with raiding.place.work() as work:
            assert work.raids.get(raid_id) == evolve(changed, version=2)
        assert raiding.place.told("raid", raid_id) == ["raid_recorded", "raid_changed"]

    def test_ticks_are_added_one_after_the_other(self, raiding: Raiding) -> None:
        """D-2."""
        raid_id = raiding.raid()
        for _ in range(3):
            raiding.add_tick(raid_id)
        with raiding.place.work() as work:
            assert [tick.number for tick in work.raids.get(raid_id).ticks] == [1, 2, 3, 4]

    def test_an_unknown_raid_is_refused(self, raiding: Raiding, elsewhere: Place) -> None:
        """G-1."""
        foreign = Raiding.at(elsewhere).raid(present=[elsewhere.member()])
        with raiding.place.work() as work:
            for unknown in (RaidId(0), foreign):
                with pytest.raises(NoSuch):
                    work.raids.get(unknown)
                assert work.attendances.of_raid(unknown) == ()
        with raiding.place.views() as views:
            for unknown in (RaidId(0), foreign):
                with pytest.raises(NoSuch):
                    views.raid(unknown)
                with pytest.raises(NoSuch):
                    views.attendance(unknown)
                assert views.unresolved(unknown) == ()
            assert views.raids(RaidFilter(), ordering=(), page=PageRequest()).count == 0

    def test_a_failed_block_leaves_no_raid(self, raiding: Raiding) -> None:
        """G-6."""
        raid = raiding.drafted(NIGHT)

        def save_and_fail() -> None:
            with raiding.place.work() as work:
                work.raids.save(raid)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            save_and_fail()
        with raiding.place.work() as work, pytest.raises(NoSuch):
            work.raids.get(raid.id)
        assert raiding.place.told("raid", raid.id) == []

    # --- removing -----------------------------------------------------------------------------------------------------

    def test_a_raid_that_nobody_attended_is_removed(self, raiding: Raiding) -> None:
        """G-4, D-9: it does not count any more."""
        user_id = raiding.place.member(joined_at=NIGHT - 9 * DAY)
        raid_id = raiding.raid()
        assert raiding.share(user_id) == "0/1 0/1 0/1 0/1"
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id).announcing(RaidRemoved(raid_id=raid_id))
            assert work.raids.remove(raid)
        with raiding.place.work() as work, pytest.raises(NoSuch):
            work.raids.get(raid_id)
        assert raiding.place.told("raid", raid_id) == ["raid_recorded", "raid_removed"]
        assert raiding.share(user_id) == "0/0 0/0 0/0 0/0"
        assert Bank(raiding.place).differences() == []

    def test_a_raid_with_attendance_stays(self, raiding: Raiding) -> None:
        """G-4: whoever the names stand for; nothing is told."""
        raid_id = raiding.raid()
        raiding.note(raid_id, "Unknown")
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id).announcing(RaidRemoved(raid_id=raid_id))
            assert not work.raids.remove(raid)
        with raiding.place.work() as work:
            work.raids.get(raid_id)
        assert raiding.place.told("raid", raid_id) == ["raid_recorded"]

    # --- somebody else ------------------------------------------------------------------------------------------------

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, raiding: Raiding) -> None:
        raid_id = raiding.raid()
        with raiding.place.work() as work:
            read_before = work.raids.get(raid_id)
        raiding.add_tick(raid_id)
        with pytest.raises(Stale), raiding.place.work() as work:
            work.raids.save(read_before.change(note="never"))

    def test_ticks_added_at_once_are_all_kept(self, raiding: Raiding) -> None:
        """D-2, P-13: a raid is locked by who reads it to change it, with its ticks."""
        raid_id = raiding.raid()

        def add() -> None:
            raiding.add_tick(raid_id)

        outcomes = all_at_once(*[add] * 5)
        assert all(fault is None or isinstance(fault, Stale) for fault in outcomes)
        with raiding.place.work() as work:
            numbers = [tick.number for tick in work.raids.get(raid_id).ticks]
        assert numbers == list(range(1, outcomes.count(None) + 2))

    def test_who_reads_a_raid_to_change_it_waits_for_the_other(self, raiding: Raiding) -> None:
        raid_id = raiding.raid()

        def add() -> None:
            raiding.add_tick(raid_id)

        with raiding.place.work() as work:
            raid = work.raids.get(raid_id)
            rival = Rival(add)
            work.raids.save(raid.add_tick(name="Mine", at=NIGHT, points=None, now=NIGHT))
        assert rival.outcome() is None
        with raiding.place.work() as work:
            both = work.raids.get(raid_id)
        assert [tick.name for tick in both.ticks] == ["Attendance", "Mine", "Later"]

    # --- the list -----------------------------------------------------------------------------------------------------

    def rows(self, place: Place, wanted: RaidFilter = RaidFilter(), ordering: str = "") -> tuple[RaidRow, ...]:
        """The raids that match."""
        with place.views() as views:
            page = views.raids(wanted, ordering=ordering_of(ordering, RAID_COLUMNS), page=EVERYTHING)
        assert page.count == len(page.results)
        return page.results

    def test_a_line_shows_the_raid_and_who_was_there(self, raiding: Raiding) -> None:
        """D-2, D-5: users are counted once however many ticks, and so are names that stand for nobody."""
        place = raiding.place
        leader, guest, excused = place.member("Élodie"), place.member(), place.member()
        raid_id = raiding.raid(NIGHT - DAY, note="Été", leader=leader)
        raiding.add_tick(raid_id)
        raiding.attend(raid_id, {leader: Presence.PRESENT, guest: Presence.STANDBY, excused: Presence.ABSENT_EXCUSED})
        raiding.attend(raid_id, [leader], tick=2)
        raiding.note(raid_id, "Unknown", "Other")
        raiding.note(raid_id, "uNKNOWN", tick=2)
        (row,) = self.rows(place)
        assert row == RaidRow(
            id=raid_id,
            event_type_id=raiding.event_type.id,
            event_type=raiding.event_type.name,
            starts_at=NIGHT - DAY,
            ends_at=None,
            leader_id=leader,
            leader="Élodie",
            note="Été",
            points=Points.of(10),
            status=RaidStatus.OPEN,
            ticks=2,
            attendees=2,
            unresolved=2,
            external_id=None,
        )
        with place.views() as views:
            detail = views.raid(raid_id)
        assert detail == RaidDetailRow(
            id=raid_id,
            event_type_id=raiding.event_type.id,
            event_type=raiding.event_type.name,
            pools=(raiding.pool_id,),
            starts_at=NIGHT - DAY,
            ends_at=None,
            leader_id=leader,
            leader="Élodie",
            note="Été",
            points=Points.of(10),
            status=RaidStatus.OPEN,
            ticks=(
                TickRow(number=1, name="Attendance", at=NIGHT - DAY, points=Points.of(10), attendees=5),
                TickRow(number=2, name="Later", at=NIGHT - DAY + HOUR, points=Points.of(5), attendees=2),
            ),
            attendees=2,
            unresolved=2,
            external_id=None,
        )
        raiding.resolve("unknown", guest)
        raiding.resolve("other", None)
        (row,) = self.rows(place)
        assert (row.attendees, row.unresolved) == (2, 0)

    def test_the_latest_raids_are_listed_first(self, raiding: Raiding) -> None:
        """D-2: those of one moment by id; in pages, each of which tells how many there are."""
        ids = [raiding.raid(NIGHT - days * DAY) for days in (3, 1, 2, 1)]
        expected = [ids[3], ids[1], ids[2], ids[0]]
        assert [row.id for row in self.rows(raiding.place)] == expected
        with raiding.place.views() as views:
            pages = [views.raids(RaidFilter(), ordering=(), page=PageRequest(n, 3)) for n in (1, 2, 3)]
        assert [page.count for page in pages] == [4, 4, 4]
        assert [[row.id for row in page.results] for page in pages] == [expected[:3], expected[3:], []]

    @pytest.mark.parametrize("column", RAID_COLUMNS)
    def test_raids_are_sorted_by_any_column(self, raiding: Raiding, column: str) -> None:
        """Either way; equals the latest first."""
        place, other = raiding.place, Raiding.at(raiding.place, "another KIND")
        users = [place.member() for _ in range(2)]
        ids = [
            raiding.raid(NIGHT - 2 * DAY, users, points="1"),
            other.raid(NIGHT - DAY, users[:1], points="3"),
            raiding.raid(NIGHT - 4 * DAY, points="2"),
            other.raid(NIGHT - 3 * DAY, users[1:], points="2"),
        ]
        raiding.cancel(ids[0])
        plain = self.rows(place)

        def key(row: RaidRow) -> object:
            value = getattr(row, column)
            return value.casefold() if isinstance(value, str) else value

        assert list(self.rows(place, ordering=column)) == sorted(plain, key=key)  # type: ignore[arg-type]  # of one column
        assert list(self.rows(place, ordering=f"-{column}")) == sorted(plain, key=key, reverse=True)  # type: ignore[arg-type]  # of one column

    def test_raids_are_narrowed_by_every_filter(self, raiding: Raiding) -> None:
        """D-2, G-2, G-9: a cancelled raid is still one that its users attended."""
        place, other = raiding.place, Raiding.at(raiding.place, "Straßenkampf")
        here, there = place.member(), place.member()
        raids = {
            "first": raiding.raid(NIGHT - 4 * DAY, {here: Presence.LATE, there: Presence.ABSENT_EXCUSED}),
            "second": other.raid(NIGHT - 3 * DAY, [here, there], note="Élan 100%"),
            "third": raiding.raid(NIGHT - 2 * DAY, [here], note="elan 100x"),
            "fourth": other.raid(NIGHT - DAY),
        }
        raiding.cancel(raids["third"])
        with place.work() as work:
            work.raids.save(work.raids.get(raids["fourth"]).change(closed=True))

        def found(wanted: RaidFilter) -> list[str]:
            ids = [row.id for row in self.rows(place, wanted)]
            return [name for name, raid_id in raids.items() if raid_id in ids]

        assert found(RaidFilter()) == list(raids)
        assert found(RaidFilter(event_type_id=other.event_type.id)) == ["second", "fourth"]
        assert found(RaidFilter(status=RaidStatus.CANCELLED)) == ["third"]
        assert found(RaidFilter(status=RaidStatus.OPEN)) == ["first", "second"]
        assert found(RaidFilter(status=RaidStatus.CLOSED)) == ["fourth"]
        assert found(RaidFilter(pool_id=raiding.pool_id)) == ["first", "third"]
        assert found(RaidFilter(pool_id=PoolId(0))) == []
        assert found(RaidFilter(user_id=here)) == ["first", "second", "third"]
        assert found(RaidFilter(user_id=there)) == ["second"]
        assert found(RaidFilter(since=NIGHT - 3 * DAY)) == ["second", "third", "fourth"]
        assert found(RaidFilter(until=NIGHT - 2 * DAY)) == ["first", "second"]
        assert found(RaidFilter(search="éLAN")) == ["second"]
        assert found(RaidFilter(search="100%")) == ["second"]
        assert found(RaidFilter(search="STRASSE")) == ["second", "fourth"]
        assert found(RaidFilter(search=" ")) == list(raids)
        assert found(RaidFilter(search="100", user_id=here, since=NIGHT - 3 * DAY, until=NIGHT)) == ["second", "third"]

    def test_pools_are_told_apart_by_their_whole_id(self, place: Place) -> None:
        """D-1: whichever place they have in a raid's list of pools."""
        raiding = Raiding.at(place)
        lists = {"a": (1,), "b": (11, 1), "c": (111, 11, 211), "d": ()}
        ids = {}
        for name, pools in lists.items():
            raid = evolve(raiding.drafted(NIGHT), pools=tuple(PoolId(900_000 + pool) for pool in pools))
            with place.work() as work:
                work.raids.save(raid)
            ids[raid.id] = name

        def found(pool: int) -> set[str]:
            return {ids[row.id] for row in self.rows(place, RaidFilter(pool_id=PoolId(900_000 + pool)))}

        assert [found(pool) for pool in (1, 11, 111, 211, 2)] == [{"a", "b"}, {"b", "c"}, {"c"}, {"c"}, set()]


class UploadsContract(Contract):
    """The port `Uploads`."""

    def upload(
        self,
        place: Place,
        raid_id: RaidId,
        *,
        check: str = "",
        zone: str = "UTC",
        zone_named: bool = True,
        content: bytes | None = bytes(range(256)),
        actor_id: str = "operator",
        uploaded_at: datetime = NIGHT,
    ) -> Upload:
        """An upload that made the raid."""
        upload = Upload(
            id=UploadId(place.installation.ids.next("upload")),
            guild_id=place.guild_id,
            sha256=HASH,
            check=check,
            file_name="Überfall 🐉.txt",
            format=next(iter(DumpFormat)),
            parser_version=1,
            size=0 if content is None else len(content),
            zone=zone,
            zone_named=zone_named,
            content=content,
            whole=True,
            raid_id=raid_id,
            tick=1,
            actor_kind=ActorKind.OPERATOR,
            actor_id=actor_id,
            uploaded_at=uploaded_at,
        )
        with place.work() as work:
            work.uploads.append(upload)
        return upload

    def made(self, place: Place, check: str = "", sha256: str = HASH) -> RaidId | None:
        """The raid that the file made."""
        with place.work() as work:
            return work.uploads.made(sha256, check)

    def test_a_file_finds_the_raid_it_made(self, place: Place, elsewhere: Place) -> None:
        """D-7, G-1: by its hash, and the check in it; in this guild."""
        raiding = Raiding.at(place)
        one, other = raiding.raid(), raiding.raid()
        assert self.made(place) is None
        self.upload(place, one)
        self.upload(place, other, check="2026-11-20T20:15:00")
        assert self.made(place) == one
        assert self.made(place, "2026-11-20T20:15:00") == other
        assert self.made(place, "2026-11-20T20:15:01") is None
        assert self.made(place, sha256="cd" * 32) is None
        assert self.made(elsewhere) is None

    def test_of_several_raids_the_latest_that_stands_is_found(self, place: Place) -> None:
        """D-7: `--again` makes another."""
        raiding = Raiding.at(place)
        raids = [raiding.raid() for _ in range(3)]
        for raid_id, hours in zip(raids, (1, 3, 2), strict=True):
            self.upload(place, raid_id, uploaded_at=NIGHT + hours * HOUR)
        for expected in (raids[1], raids[2], raids[0]):
            assert self.made(place) == expected
            raiding.cancel(expected)
        assert self.made(place) is None

    def test_a_raid_that_was_removed_was_not_made(self, place: Place) -> None:
        raid_id = Raiding.at(place).raid()
        self.upload(place, raid_id)
        with place.work() as work:
            work.raids.remove(work.raids.get(raid_id))
        assert self.made(place) is None

    def test_the_zone_that_somebody_named_last_is_kept_for_them(self, place: Place, elsewhere: Place) -> None:
        """D-13, G-1: by actor and guild."""
        raid_id = Raiding.at(place).raid()
        self.upload(place, raid_id, zone="Europe/Berlin", uploaded_at=NIGHT + HOUR)
        self.upload(place, raid_id, zone="Asia/Tokyo", uploaded_at=NIGHT)
        self.upload(place, raid_id, zone="UTC", zone_named=False, uploaded_at=NIGHT + 2 * DAY)
        self.upload(place, raid_id, zone="America/Chicago", actor_id="another", uploaded_at=NIGHT + DAY)

        def last(where: Place, kind: ActorKind, actor_id: str) -> str | None:
            with where.work() as work:
                return work.uploads.last_zone(evolve(where.by, kind=kind, id=actor_id))

        assert last(place, ActorKind.OPERATOR, "operator") == "Europe/Berlin"
        assert last(place, ActorKind.OPERATOR, "another") == "America/Chicago"
        assert last(place, ActorKind.API_KEY, "operator") is None
        assert last(elsewhere, ActorKind.OPERATOR, "operator") is None

    def test_old_content_is_forgotten_but_not_what_it_made(self, place: Place, elsewhere: Place) -> None:
        """O-9, D-14, G-1: each once; the hash still finds the raid."""
        raid_id = Raiding.at(place).raid()
        for days in (3, 2, 1):
            self.upload(place, raid_id, uploaded_at=NIGHT - days * DAY)
        self.upload(place, raid_id, content=None, uploaded_at=NIGHT - 9 * DAY)
        self.upload(elsewhere, Raiding.at(elsewhere).raid(), uploaded_at=NIGHT - 9 * DAY)

        def pruned(where: Place, before: datetime) -> int:
            with where.work() as work:
                return work.uploads.prune(before)

        asked: list[tuple[Callable[[], int], int]] = [
            (lambda: pruned(place, NIGHT - 3 * DAY), 0),
            (lambda: pruned(place, NIGHT - DAY), 2),
            (lambda: pruned(place, NIGHT - DAY), 0),
            (lambda: pruned(elsewhere, NIGHT), 1),
        ]
        assert [ask() for ask, _ in asked] == [expected for _, expected in asked]
        assert self.made(place) == raid_id
