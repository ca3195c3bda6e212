"""What every adapter keeps to for people's sake: everything on them is told, and goes when they are erased (A-12)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.accounts import (
    ApiKey,
    Consent,
    ConsentGiven,
    ConsentKind,
    EraseUser,
    ExportPerson,
    KeyKind,
    LastOfficer,
    RoleGroup,
    SetUserActive,
)
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import ProfileFieldId, RaidId, UploadId, UserId
from dkp_core.raids import DumpFormat, ForgetChat, Presence, Upload
from dkp_core.recruitment import ApplicationStatus, OnTrial
from dkp_core.roster import ForgetOnRoster, Ownership, ProfileField, ProfileFieldKind, ShownTo
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import NIGHT, OPERATOR, Place, discord_id_of
from tests.integration.contracts.recruitment_deeds import EVERY_RULE, ODD, Office
from tests.integration.contracts.suite import Contract

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STAMP = "[Fri Nov 20 19:00:00 2026] "
APPLICATION = {
    *(
        "guild_id",
        "id",
        "user_id",
        "status",
        "archived",
        "submitted_at",
        "ended_at",
        "trial_starts_at",
        "trial_ends_at",
    ),
    *("outcome", "character_id", "rules_version", "form_version", "character_name", "server", "character_class"),
    *("level", "timezone", "email", "previous_guilds", "availability", "references", "answers"),
}
STEP = {"guild_id", "application_id", "number", "at", "before", "after", "outcome", "reason"}
CHAT = f"{STAMP}Rena tells the guild, 'the code is 4711'\r\n{STAMP}You have entered Plane of Fear.\r\n"


def own(place: Place, user_id: UserId) -> Actor:
    """The person themselves."""
    return Actor(kind=ActorKind.USER, id=str(user_id), entrypoint="test", guild_id=place.guild_id, user_id=user_id)


def held_on(place: Place, user_id: UserId, by: Actor | None = None) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """What is held on a user, as they are told it, or as somebody else is."""
    installation = place.installation
    export = ExportPerson(installation.begin_installation, installation.read, installation.clock)
    return export(user_id, by=by or own(place, user_id)).sections


def upload(
    place: Place,
    content: bytes | None = CHAT.encode(),
    *,
    file_name: str = "eqlog_Boss_povar.txt",
    actor_kind: ActorKind = ActorKind.OPERATOR,
    actor_id: str = "operator",
) -> Upload:
    """A raw file, kept."""
    kept = Upload(
        id=UploadId(place.installation.ids.next("upload")),
        guild_id=place.guild_id,
        sha256="ab" * 32,
        check="",
        file_name=file_name,
        format=DumpFormat.WHO_LOG,
        parser_version=1,
        size=7,
        zone="Europe/Berlin",
        zone_named=True,
        content=content,
        whole=True,
        raid_id=RaidId(1),
        tick=1,
        actor_kind=actor_kind,
        actor_id=actor_id,
        uploaded_at=NIGHT,
    )
    with place.work() as work:
        work.uploads.append(kept)
    return kept


class ForgettingContract(Contract):
    """What the ports tell who takes something of a person away."""

    def test_raw_files_that_are_kept_are_gone_through_in_order(self, place: Place, elsewhere: Place) -> None:
        """A-12, D-14, G-1: with every value, without those that were pruned, and without other guilds'."""
        first, _, third = upload(place), upload(place, None), upload(place, bytes(range(256)))
        upload(elsewhere)
        with place.work() as work:
            assert work.uploads.kept_after(UploadId(0)) == first
            assert work.uploads.kept_after(first.id) == third
            assert work.uploads.kept_after(third.id) is None

    def test_a_raw_file_is_rewritten_and_nothing_else_of_it_changes(self, place: Place, elsewhere: Place) -> None:
        """A-12, D-7: hash and size are those of the file that came."""
        one, other = upload(place), upload(elsewhere)
        with place.work() as work:
            work.uploads.rewrite(one.id, b"\x00 less \xff")
            work.uploads.rewrite(other.id, b"of another guild")
        with place.work() as work:
            assert work.uploads.kept_after(UploadId(0)) == evolve(one, content=b"\x00 less \xff")
        with elsewhere.work() as work:
            assert work.uploads.kept_after(UploadId(0)) == other

    def test_names_that_uploaders_gave_their_files_are_forgotten(self, place: Place) -> None:
        """A-12: of these actors, but what the game calls its logs."""
        theirs = upload(place, file_name="Rena Real.txt", actor_kind=ActorKind.USER, actor_id="12")
        by_key = upload(place, None, file_name="mine.csv", actor_kind=ActorKind.API_KEY, actor_id="k")
        of_the_game = upload(place, actor_kind=ActorKind.USER, actor_id="12")
        another = upload(place, file_name="ours.csv", actor_kind=ActorKind.API_KEY, actor_id="12")
        with place.work() as work:
            work.uploads.forget_names({(ActorKind.USER, "12"), (ActorKind.API_KEY, "k")})
            work.uploads.forget_names(set())
        with place.work() as work:
            assert work.uploads.kept_after(UploadId(0)) == evolve(theirs, file_name="")
            assert work.uploads.kept_after(by_key.id) == of_the_game
            assert work.uploads.kept_after(of_the_game.id) == another

    def test_every_period_in_which_somebody_owned_a_character_is_told(self, place: Place, elsewhere: Place) -> None:
        """A-12, R-4: also those that are over, in order of character and time; in this guild."""
        one, other = place.member("one"), place.member("other")
        first, second = place.character("Élan", owner=one), place.character("Björnulf", owner=one)
        elsewhere.character("Élan", owner=one)
        with place.work() as work:
            work.characters.end_ownership(first, NIGHT)
            work.characters.begin_ownership(Ownership(character_id=first, owner=other, since=NIGHT, reason="sold"))
            work.characters.end_ownership(first, NIGHT + DAY)
            again = Ownership(character_id=first, owner=one, since=NIGHT + DAY, reason="back")
            work.characters.begin_ownership(again)
        with place.work() as work:
            periods = [Ownership.first(first, one), again, Ownership.first(second, one)]
            periods[0] = evolve(periods[0], until=NIGHT)
            assert list(work.characters.ever_owned(one)) == periods
            assert [period.since for period in work.characters.ever_owned(other)] == [NIGHT]
            assert work.characters.ever_owned(place.user()) == ()

    def test_who_turned_out_to_be_somebody_is_told(self, place: Place, elsewhere: Place) -> None:
        """A-12, R-8: in this guild, in order of user id."""
        person = place.member()
        merged = [place.member(linked=False) for _ in range(2)]
        with place.work() as work:
            for user_id in reversed(merged):
                membership = work.memberships.get(user_id)
                work.memberships.save(membership.merge_into(person, NIGHT, reason="it is them"))
            assert list(work.memberships.merged_into(person)) == merged
            assert work.memberships.merged_into(merged[0]) == ()
        with elsewhere.work() as work:
            assert work.memberships.merged_into(person) == ()


class PersonalDataContract(Contract):
    """What is held on a person: all of it, and nothing of others."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    def test_who_is_nobody_has_nothing(self, place: Place) -> None:
        """A-12."""
        with pytest.raises(NoSuch):
            held_on(place, UserId(0))

    def test_everything_that_is_held_on_a_person_is_told(self, hall: Hall, elsewhere: Place) -> None:
        """A-12: of whatever guild, in sections that each have rows of theirs."""
        place = hall.place
        person = hall.bidder("Rena", "100", character="Thalindra")
        elsewhere.character("Seinfeld", owner=person)
        raid_id = place.raid(present={person: Presence.PRESENT})
        with place.work() as work:
            raid = work.raids.get(raid_id)
            work.raids.save(raid.change(leader=person))
            key = ApiKey(
                id=str(uuid.uuid4()),
                kind=KeyKind.PERSONAL,
                name="Rena's phone",
                prefix=uuid.uuid4().hex[:12],
                digest="the digest",
                owner=person,
                created_at=NIGHT,
            )
            work.api_keys.save(key)
            consent = Consent(user_id=person, kind=ConsentKind.EMAIL, given_at=NIGHT)
            work.consents.put(consent, ConsentGiven(user_id=person, kind=consent.kind))
        upload(place, actor_kind=ActorKind.USER, actor_id=str(person))
        hall.give("Helm", person, "3")
        hall.bid(hall.start(), person, "67.00")
        with place.installation.begin(own(place, person)) as work:
            work.memberships.save(work.memberships.get(person).move_to(RoleGroup.RECRUITER, reason="by themselves"))
        held = held_on(place, person)
        told = json.loads(json.dumps(held))
        for section, words in {
            "profile": ["Rena", discord_id_of(person)],
            "memberships": ["recruiter"],
            "consents": ["email", "2026-11-20T20:15:00+00:00"],
            "keys": ["Rena's phone"],
            "characters": ["Thalindra", "Seinfeld"],
            "ownerships": ["1970-01-01"],
            "entries": ["100.00", "3.00"],
            "balances": ["67.00"],
            "attendance": ["present"],
            "raids_led": ["2026-11-19"],
            "uploads": ["eqlog_Boss_povar.txt", "Europe/Berlin"],
            "bids": ["67.00"],
            "holds": ["67.00"],
            "awards": ["Helm"],
            "deeds": ["membership_changed"],
        }.items():
            for word in words:
                assert word in str(told[section]), section
        assert "the digest" not in str(told)
        assert {row["guild_id"] for row in told["characters"]} == {place.guild_id, elsewhere.guild_id}

    @pytest.mark.parametrize("by_the_person", [True, False])
    def test_what_profile_fields_for_officers_hold_is_left_out(self, place: Place, *, by_the_person: bool) -> None:
        """A-12, R-1: the owner sees them nowhere else either; the other fields are told."""
        person = place.member()
        fields = {}
        for shown_to in ShownTo:
            made = ProfileField.create(
                ProfileFieldId(place.installation.ids.next("profile_field")),
                place.guild_id,
                name=f"For {shown_to.value}",
                kind=ProfileFieldKind.TEXT,
                shown_to=shown_to,
                order=1,
            )
            with place.work() as work:
                work.profile_fields.save(made)
            fields[made.id] = f"told to {shown_to.value}"
        character_id = place.character("Elan", owner=person)
        with place.work() as work:
            work.characters.save(work.characters.get(character_id).change(profile=fields))
        told = str(held_on(place, person, own(place, person) if by_the_person else OPERATOR)["characters"])
        assert [each in told for each in fields.values()] == [True, True, False]

    def test_nothing_of_others_is_told(self, hall: Hall) -> None:
        """A-12, G-1: neither their names nor their ids, where both did the same."""
        place = hall.place
        person, other = hall.bidder("Rena", character="Thalindra"), hall.bidder("Quirin", character="Björnulf")
        place.raid(present={person: Presence.PRESENT, other: Presence.LATE})
        auction_id = hall.start()
        hall.bid(auction_id, other, "67.00")
        hall.bid(auction_id, person, "71.00")
        held = held_on(place, person)
        told = str(held)
        assert "Quirin" not in told
        assert "Björnulf" not in told
        assert "67.00" not in told
        users = {row[name] for rows in held.values() for row in rows for name in ("user_id", "owner") if name in row}
        assert users <= {person, None}

    def test_an_applicant_is_told_the_reasons_that_they_see(self, place: Place) -> None:
        """A-12, V-7: why they were turned down, and not how was voted; as their own application shows it."""
        office, person = Office(place), place.user()
        kept = office.keep(office.drafted(person).accept(EVERY_RULE, 1, NIGHT, reason="The members passed."))
        assert isinstance(kept, OnTrial)
        office.keep(kept.reject(NIGHT + DAY, reason="Zu spät 🐉"))
        steps = held_on(place, person)["application_steps"]
        assert [(row["after"], row["reason"]) for row in steps] == [
            ("submitted", ""),
            ("trial_accepted", ""),
            ("rejected", "Zu spät 🐉"),
        ]
        assert not {"round", "by", "user_id"} & {name for row in steps for name in row}

    def test_of_an_application_only_what_is_the_applicant_s_is_told(self, place: Place) -> None:
        """A-12, V-7: in every state the same; nothing of rounds, of what is proposed, or of what waits for somebody."""
        office = Office(place)
        for status in ApplicationStatus:
            person = place.user()
            office.keep(evolve(office.life(person)[status], version=0))
            held = held_on(place, person)
            (row,) = held["applications"]
            assert set(row) == APPLICATION
            assert {name: row[name] for name in ("status", "character_id", "email", "submitted_at")} == {
                "status": status.value,
                "character_id": 77,
                "email": "élan+dkp@exämple.org",
                "submitted_at": (NIGHT + ODD).isoformat(),
            }
            assert json.loads(json.dumps(row["answers"])) == [["why", "Ä\u0323 🐉" * 500], ["role", '"["']]
            assert all(set(step) == STEP for step in held["application_steps"])
            assert held["application_steps"]
            assert row["archived"] is (row["ended_at"] is not None)
            assert row["outcome"] == ("pass" if status is ApplicationStatus.VOTING_COMPLETE else None)

    def test_only_the_person_is_told_what_running_auctions_keep_secret(self, hall: Hall) -> None:
        """A-12, L-11: the operator may be an officer, and bid as well."""
        place = hall.place
        person = hall.bidder("Rena")
        running, over = (hall.start(item, rules={"mode": "sealed_first_price"}) for item in ("Axe", "Bow"))
        hall.bid(running, person, "67.00")
        hall.bid(over, person, "22.00")
        hall.close(over)
        assert "67.00" in str(held_on(place, person)["bids"])
        others = held_on(place, person, OPERATOR)
        assert "67.00" not in str(others)
        assert "22.00" in str(others["bids"])
        with place.installation.read(OPERATOR) as views:
            assert views.consents(person) == ()

    def test_what_is_held_on_who_turned_out_to_be_the_person_is_told_too(self, place: Place) -> None:
        """A-12, R-8: it counts as theirs."""
        person, merged = place.member("Rena"), place.member("imported", linked=False)
        place.character("Ancient", owner=merged)
        with place.work() as work:
            membership = work.memberships.get(merged)
            work.memberships.save(membership.merge_into(person, NIGHT, reason="it is them"))
        assert "Ancient" in str(held_on(place, person)["characters"])

    def test_what_tells_of_an_erased_person_is_gone(self, place: Place, elsewhere: Place) -> None:
        """A-12: in every guild; what the guild went by stays."""
        person = place.member("Rena")
        character_id = place.character("Rena", owner=person, is_main=True)
        elsewhere.character("Rena", owner=person)
        with place.work() as work:
            user = work.users.get(person)
            work.users.save(evolve(user, email="rena@example.org", global_name="Rena Real"))
            noted = work.characters.get(character_id).change(notes="lives in Graz")
            work.characters.save(noted)
        uploads = [upload(where) for where in (place, elsewhere)]
        installation = place.installation
        EraseUser(installation.begin_installation, installation.clock)(person, by=OPERATOR)
        for where in (place, elsewhere):
            ForgetOnRoster(installation.begin, installation.clock)(person, by=where.by)
            ForgetChat(installation.begin, installation.clock)(person, by=where.by)
        told = str(held_on(place, person, OPERATOR))
        for word in ("rena@example.org", "Rena Real", "Graz", discord_id_of(person)):
            assert word not in told
        for where, kept in zip((place, elsewhere), uploads, strict=True):
            with where.work() as work:
                left = work.uploads.kept_after(UploadId(0))
            assert left is not None
            assert (left.sha256, left.content) == (kept.sha256, b"\r\n" + CHAT.encode().split(b"\n")[1] + b"\n")
        assert place.told("membership", person) == ["membership_began", "membership_changed", "member_erased"]
        assert elsewhere.told("membership", person) == ["member_erased"]

    @pytest.mark.parametrize("way", ["erased", "shut out"])
    def test_of_two_last_officers_who_go_at_once_one_stays(self, place: Place, way: str) -> None:
        """A-2: however close they are."""
        officers = [place.member(role_group=RoleGroup.OFFICER) for _ in range(2)]
        begin, clock = place.installation.begin_installation, place.installation.clock
        erase, shut_out = EraseUser(begin, clock), SetUserActive(begin, clock)

        def go(user_id: UserId) -> object:
            if way == "erased":
                return erase(user_id, by=OPERATOR)
            return shut_out(user_id, active=False, by=OPERATOR)

        faults = all_at_once(*(lambda each=each: go(each) for each in officers))
        assert sum(fault is None for fault in faults) <= 1, faults
        assert all(fault is None or isinstance(fault, LastOfficer | Stale) for fault in faults), faults
        with place.work() as work:
            assert work.memberships.officers()

    def test_of_two_who_are_erased_at_once_nothing_is_left_in_one_file(self, place: Place) -> None:
        """A-12: who rewrites a file holds it, so that none brings back what the other took out."""
        one, other = place.member("one"), place.member("other")
        place.character("Rena", owner=one)
        place.character("Boss", owner=other)
        upload(place, (CHAT + f"{STAMP}Boss says, '4711 it is'\r\n").encode(), file_name="a log.txt")
        installation = place.installation
        forget = ForgetChat(installation.begin, installation.clock)
        with place.work() as work:
            kept = work.uploads.kept_after(UploadId(0))
            assert kept is not None
            assert kept.content is not None
            rival = Rival(lambda: forget(other, by=place.by))
            work.uploads.rewrite(kept.id, kept.content.replace(b"Rena tells the guild, 'the code is 4711'", b""))
        assert rival.outcome() is None
        with place.work() as work:
            left = work.uploads.kept_after(UploadId(0))
        assert left is not None
        assert left.content is not None
        assert b"4711" not in left.content
