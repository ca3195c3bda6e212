"""What every adapter of the accounts context keeps to."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.accounts import (
    MEMBERSHIP_COLUMNS,
    AlreadyAMember,
    ApiKey,
    ChangeMembership,
    Consent,
    ConsentGiven,
    ConsentKind,
    Credential,
    DiscordIdTaken,
    KeyKind,
    LastOfficer,
    Membership,
    MembershipRow,
    MembershipStatus,
    NotificationKind,
    RoleGroup,
    User,
)
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import AuditFilter
from dkp_core.points import LinkUser
from dkp_core.raids import Presence
from tests.integration.contracts.installation import Installation, Rival, all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, OPERATOR, Place, discord_id_of
from tests.integration.contracts.suite import Contract

HOUR = timedelta(hours=1)
NOBODY = UserId(0)


def key_of(place: Place, *, owner: UserId | None = None, **values: object) -> ApiKey:
    """A key that was never kept: a personal one where it has an owner, else a bot's."""
    key = ApiKey(
        id=str(uuid.uuid4()),
        kind=KeyKind.PERSONAL if owner is not None else KeyKind.BOT,
        name="a program",
        prefix=secrets.token_hex(6),
        digest=secrets.token_hex(32),
        owner=owner,
        guild_id=None if owner is not None else place.guild_id,
        scopes=frozenset() if owner is not None else frozenset({Permission.POINTS_READ}),
        created_at=NIGHT,
    )
    return evolve(key, **values)  # type: ignore[arg-type]  # values of its own fields


def kept(place: Place, key: ApiKey) -> ApiKey:
    """The key, saved."""
    with place.installation.begin_installation(OPERATOR) as work:
        work.api_keys.save(key)
    return evolve(key, version=key.version + 1, pending=())


def shut_out_user(place: Place, user_id: UserId) -> None:
    """Deactivate a user as such."""
    with place.installation.begin_installation(OPERATOR) as work:
        work.users.save(work.users.get(user_id).deactivate(NIGHT))


class UsersContract(Contract):
    """The port `Users`."""

    def test_a_saved_user_comes_back_as_they_were(self, place: Place) -> None:
        """A-1, A-5, G-9: every value is kept."""
        user_id = UserId(place.installation.ids.next("user"))
        user = User(
            id=user_id,
            discord_id=discord_id_of(user_id),
            username="zoë ß 🦄",
            global_name="Zoë the Großartige",
            discriminator="0042",
            avatar_url="https://cdn.discordapp.com/avatars/" + "a" * 400,
            email="zoë@example.org",
            timezone="America/Argentina/ComodRivadavia",
            locale="de-AT",
            default_guild=place.guild_id,
            muted=frozenset({NotificationKind.VOTES, NotificationKind.AUCTIONS}),
            added_at=NIGHT,
            deactivated_at=NIGHT + timedelta(microseconds=1),
            erased_at=NIGHT + timedelta(microseconds=2),
        )
        with place.installation.begin_installation(OPERATOR) as work:
            work.users.save(user)
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.users.get(user_id) == evolve(user, version=1)

    def test_a_user_may_lack_all_that_discord_tells(self, place: Place) -> None:
        """A-13: an unlinked user has no Discord id, and there may be many of them."""
        one, other = place.user("one", linked=False), place.user("other", linked=False)
        with place.work() as work:
            users = [work.users.get(one), work.users.get(other)]
        assert [(user.discord_id, user.global_name, user.email, user.default_guild) for user in users] == [
            (None, None, None, None)
        ] * 2

    def test_an_unknown_user_is_refused(self, place: Place) -> None:
        with place.work() as work, pytest.raises(NoSuch):
            work.users.get(NOBODY)

    def test_a_user_is_found_by_discord_id(self, place: Place, elsewhere: Place) -> None:
        """A-1: users belong to no guild, so also from another one."""
        user_id = place.user()
        with elsewhere.work() as work:
            found = work.users.with_discord_id(discord_id_of(user_id))
            assert found is not None
            assert found.id == user_id
            assert work.users.with_discord_id("1") is None

    def test_a_discord_id_belongs_to_one_user(self, place: Place) -> None:
        """A-1, R-9: the conflict tells whose it is."""
        user_id = place.user()
        other = User.add(
            UserId(place.installation.ids.next("user")),
            discord_id=discord_id_of(user_id),
            username="other",
            at=NIGHT,
        )
        with pytest.raises(DiscordIdTaken) as refusal, place.work() as work:
            work.users.save(other)
        assert (refusal.value.discord_id, refusal.value.user_id) == (discord_id_of(user_id), user_id)

    def test_a_user_keeps_their_own_discord_id(self, place: Place) -> None:
        user_id = place.user()
        with place.work() as work:
            work.users.save(work.users.get(user_id).rename("other", None))
        with place.work() as work:
            assert work.users.get(user_id).username == "other"

    def test_of_two_who_take_a_discord_id_at_once_one_gets_it(self, place: Place) -> None:
        """A-1: however close they are."""
        ids = [UserId(place.installation.ids.next("user")) for _ in range(2)]

        def add(user_id: UserId) -> None:
            with place.work() as work:
                work.users.save(User.add(user_id, discord_id=discord_id_of(ids[0]), username="raced", at=NIGHT))

        faults = [fault for fault in all_at_once(*(lambda each=each: add(each) for each in ids)) if fault]
        assert len(faults) == 1
        assert isinstance(faults[0], DiscordIdTaken | Stale)

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        user_id = place.user()
        with place.work() as work:
            read_before = work.users.get(user_id)
        with place.work() as work:
            work.users.save(work.users.get(user_id).prefer(locale="de"))
        with pytest.raises(Stale), place.work() as work:
            work.users.save(read_before.prefer(locale="fr"))

    def test_who_reads_a_user_to_change_them_waits_for_the_other(self, place: Place, elsewhere: Place) -> None:
        """From whatever guild: neither change is lost."""
        user_id = place.user()

        def prefer_german() -> None:
            with elsewhere.work() as work:
                work.users.save(work.users.get(user_id).prefer(locale="de"))

        with place.work() as work:
            user = work.users.get(user_id)
            rival = Rival(prefer_german)
            work.users.save(user.prefer(timezone="Asia/Tokyo"))
        assert rival.outcome() is None
        with place.work() as work:
            both = work.users.get(user_id)
        assert (both.locale, both.timezone, both.version) == ("de", "Asia/Tokyo", 3)

    def test_a_person_is_in_the_guilds_with_a_membership_or_a_history_of_theirs(
        self, place: Place, elsewhere: Place
    ) -> None:
        """A-12: in order of id, also where nothing is left but a character of old."""
        user_id, stranger = place.member(), place.user()
        elsewhere.character("Élan", owner=user_id)
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.users.guilds_of(user_id) == (place.guild_id, elsewhere.guild_id)
            assert work.users.guilds_of(stranger) == ()

    def test_who_is_erased_is_a_pseudonym_whom_nobody_finds(self, place: Place) -> None:
        """A-12: and the Discord account may come back as somebody else."""
        user_id = place.user()
        with place.installation.begin_installation(OPERATOR) as work:
            work.users.save(work.users.get(user_id).erase(NIGHT))
        with place.installation.begin_installation(OPERATOR) as work:
            erased = work.users.get(user_id)
            assert (erased.username, erased.erased_at, erased.is_unlinked) == (f"erased-{user_id}", NIGHT, False)
            assert work.users.with_discord_id(discord_id_of(user_id)) is None
            again = UserId(place.installation.ids.next("user"))
            work.users.save(User.add(again, discord_id=discord_id_of(user_id), username="back", at=NIGHT))

    def test_the_events_of_a_user_tell_no_personal_data(self, place: Place) -> None:
        """G-5, A-12: that it changed, not to what."""
        user_id = place.user("old name")
        with place.work() as work:
            work.users.save(work.users.get(user_id).rename("new name", None))
        added, changed = place.told_rows("user", user_id)
        assert (added.name, changed.name) == ("user_added", "user_changed")
        assert changed.data == {"user_id": user_id, "fields": ["username"]}


class ConsentsContract(Contract):
    """The port `Consents`, and what the accounts view shows of it."""

    def test_every_consent_is_kept_with_its_dates(self, place: Place) -> None:
        """A-12: given, withdrawn, given again."""
        user_id, other = place.user(), place.user()
        first = Consent(user_id=user_id, kind=ConsentKind.EMAIL, given_at=NIGHT)
        ended = first.withdraw(NIGHT + HOUR)
        again = Consent(user_id=user_id, kind=ConsentKind.EMAIL, given_at=NIGHT + 2 * HOUR)
        privacy = Consent(user_id=user_id, kind=ConsentKind.PRIVACY, given_at=NIGHT)
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.consents.last(user_id, ConsentKind.EMAIL) is None
            for consent in (first, privacy, ended, again):
                work.consents.put(consent, ConsentGiven(user_id=user_id, kind=consent.kind))
            assert work.consents.last(user_id, ConsentKind.EMAIL) == again
            assert work.consents.last(user_id, ConsentKind.PRIVACY) == privacy
            assert work.consents.last(other, ConsentKind.EMAIL) is None
        with place.views() as views:
            assert views.consents(user_id) == (again, ended, privacy)
            assert views.consents(other) == ()

    def test_what_was_agreed_to_is_told_in_the_installations_log(self, place: Place) -> None:
        """G-1, A-12: it is the person's own, and no guild's."""
        user_id = place.user()
        consent = Consent(user_id=user_id, kind=ConsentKind.PRIVACY, given_at=NIGHT)
        with place.work() as work:
            work.consents.put(consent, ConsentGiven(user_id=user_id, kind=consent.kind))
        assert place.told("user", user_id) == ["user_added"]
        wanted = AuditFilter(aggregate="user", aggregate_id=str(user_id))
        with place.installation.read(OPERATOR) as views:
            (told,) = views.events(wanted, page=EVERYTHING).results
        assert (told.name, told.data["kind"]) == ("consent_given", "privacy")


class MembershipsContract(Contract):
    """The port `Memberships`."""

    def test_a_saved_membership_comes_back_as_it_was(self, place: Place) -> None:
        """A-2: every value is kept."""
        user_id = place.user()
        membership = Membership(
            guild_id=place.guild_id,
            user_id=user_id,
            role_group=RoleGroup.APPLICANT,
            trial=True,
            status=MembershipStatus.ENDED,
            joined_at=NIGHT - HOUR,
            ended_at=NIGHT,
            reason="went to raid with Élan " + "…" * 1000,
            was_member=True,
        )
        with place.work() as work:
            work.memberships.save(membership)
        with place.work() as work:
            assert work.memberships.get(user_id) == evolve(membership, version=1)
            assert work.memberships.find(user_id) == evolve(membership, version=1)

    def test_who_has_no_membership_is_not_found(self, place: Place) -> None:
        user_id = place.user()
        with place.work() as work:
            assert work.memberships.find(user_id) is None
            with pytest.raises(NoSuch):
                work.memberships.get(user_id)

    def test_a_user_has_one_membership_in_a_guild(self, place: Place) -> None:
        """A-2."""
        user_id = place.member()
        again = Membership.begin(place.guild_id, user_id, RoleGroup.OFFICER, NIGHT)
        with pytest.raises(AlreadyAMember) as refusal, place.work() as work:
            work.memberships.save(again)
        assert refusal.value.user_id == user_id

    def test_a_user_may_have_memberships_in_many_guilds_each_on_its_own(self, place: Place, elsewhere: Place) -> None:
        """G-1: what happens to one leaves the other as it is."""
        user_id = place.member(role_group=RoleGroup.OFFICER)
        with elsewhere.work() as work:
            assert work.memberships.find(user_id) is None
            assert user_id not in work.memberships.officers()
            work.memberships.save(Membership.begin(elsewhere.guild_id, user_id, RoleGroup.GUEST, NIGHT))
        with place.work() as work:
            assert work.memberships.get(user_id).role_group is RoleGroup.OFFICER

    def test_of_two_who_begin_a_membership_at_once_one_does(self, place: Place) -> None:
        """A-2."""
        user_id = place.user()

        def begin() -> None:
            with place.work() as work:
                work.memberships.save(Membership.begin(place.guild_id, user_id, RoleGroup.MEMBER, NIGHT))

        faults = [fault for fault in all_at_once(begin, begin) if fault]
        assert len(faults) == 1
        assert isinstance(faults[0], AlreadyAMember | Stale)

    def test_members_are_named_with_all_that_a_file_may_name_them_by(self, place: Place, elsewhere: Place) -> None:
        """R-6, G-1: in force or not, in order of user id; who was merged into another is not named."""
        elsewhere.member("Stranger")
        one, gone, other = place.member("One"), place.member("Gone"), place.member("Other", linked=False)
        merged = place.member("Merged", linked=False)
        with place.work() as work:
            work.memberships.save(work.memberships.get(gone).end(NIGHT, reason="break"))
            work.memberships.save(evolve(work.memberships.get(merged), merged_into=one))
        with place.work() as work:
            named = [(each.user_id, each.discord_id, each.username) for each in work.memberships.named()]
        assert named == [
            (one, discord_id_of(one), "One"),
            (gone, discord_id_of(gone), "Gone"),
            (other, None, "Other"),
        ]

    def test_the_officers_are_those_in_force(self, place: Place) -> None:
        """A-2."""
        officers = {place.member(role_group=RoleGroup.OFFICER) for _ in range(3)}
        place.member(role_group=RoleGroup.RECRUITER)
        ended, deactivated = (place.member(role_group=RoleGroup.OFFICER) for _ in range(2))
        with place.work() as work:
            work.memberships.save(work.memberships.get(ended).end(NIGHT, reason=""))
            work.memberships.save(work.memberships.get(deactivated).deactivate(NIGHT, reason=""))
        with place.work() as work:
            assert work.memberships.officers() == officers

    def test_whom_the_operator_shut_out_is_no_officer(self, place: Place) -> None:
        """A-2, A-10: they could not run the guild."""
        officer, shut_out = (place.member(role_group=RoleGroup.OFFICER) for _ in range(2))
        shut_out_user(place, shut_out)
        with place.work() as work:
            assert work.memberships.officers() == {officer}

    def test_an_unlinked_officer_is_none_who_could_run_the_guild(self, place: Place) -> None:
        """A-2, A-13: nobody signs in as them until they have a Discord account."""
        officer, unlinked = (place.member(role_group=RoleGroup.OFFICER, linked=each) for each in (True, False))
        with place.work() as work:
            assert work.memberships.officers() == {officer}
        demote = ChangeMembership(place.installation.begin, place.installation.clock)
        with pytest.raises(LastOfficer):
            demote(officer, role_group=RoleGroup.MEMBER, by=place.by)
        LinkUser(place.installation.begin, place.installation.clock)(
            user_id=unlinked, discord_id="76543210987654", by=place.by
        )
        with place.work() as work:
            assert work.memberships.officers() == {officer, unlinked}
        demote(officer, role_group=RoleGroup.MEMBER, by=place.by)

    def test_an_officer_who_is_shut_out_meanwhile_counts_no_more(self, place: Place) -> None:
        """A-2: who waits for the officers sees what was done to those behind the memberships, too."""
        one, other = (place.member(role_group=RoleGroup.OFFICER) for _ in range(2))
        seen: list[frozenset[UserId]] = []

        def ask() -> None:
            with place.work() as work:
                seen.append(work.memberships.officers())

        with place.work() as work:
            work.memberships.officers()
            rival = Rival(ask)
            work.users.save(work.users.get(other).deactivate(NIGHT))
        assert rival.outcome() is None
        assert seen == [{one}]

    def test_two_officers_who_demote_each_other_leave_one(self, place: Place) -> None:
        """A-2: the officers are locked by who asks for them, so the second sees what the first has done."""
        one, other = (place.member(role_group=RoleGroup.OFFICER) for _ in range(2))

        def demote(user_id: UserId) -> None:
            with place.work() as work:
                officers = work.memberships.officers()
                membership = work.memberships.get(user_id)
                if officers == {user_id}:
                    raise LastOfficer(user_id)
                work.memberships.save(membership.move_to(RoleGroup.MEMBER, reason="a quarrel"))

        with place.work() as work:
            work.memberships.officers()
            rival = Rival(lambda: demote(one))
            work.memberships.save(work.memberships.get(other).move_to(RoleGroup.MEMBER, reason="a quarrel"))
        assert isinstance(rival.outcome(), LastOfficer)
        with place.work() as work:
            assert work.memberships.officers() == {one}

    def test_many_quarrels_at_once_leave_an_officer(self, place: Place) -> None:
        """A-2: however close they are."""
        quarrelling = [place.member(role_group=RoleGroup.OFFICER) for _ in range(4)]

        def demote(user_id: UserId) -> None:
            with place.work() as work:
                officers = work.memberships.officers()
                membership = work.memberships.get(user_id)
                if officers == {user_id}:
                    raise LastOfficer(user_id)
                work.memberships.save(membership.move_to(RoleGroup.MEMBER, reason="a quarrel"))

        faults = all_at_once(*(lambda each=each: demote(each) for each in quarrelling))
        assert all(fault is None or isinstance(fault, LastOfficer | Stale) for fault in faults), faults
        with place.work() as work:
            assert work.memberships.officers()

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        user_id = place.member()
        with place.work() as work:
            read_before = work.memberships.get(user_id)
        with place.work() as work:
            work.memberships.save(work.memberships.get(user_id).end(NIGHT, reason=""))
        with pytest.raises(Stale), place.work() as work:
            work.memberships.save(read_before.move_to(RoleGroup.OFFICER, reason=""))

    def test_who_reads_a_membership_to_change_it_waits_for_the_other(self, place: Place) -> None:
        user_id = place.member()

        def promote() -> None:
            with place.work() as work:
                membership = work.memberships.get(user_id)
                work.memberships.save(membership.move_to(RoleGroup.OFFICER, reason="trusted"))

        with place.work() as work:
            membership = work.memberships.get(user_id)
            rival = Rival(promote)
            work.memberships.save(evolve(membership, joined_at=NIGHT - HOUR))
        assert rival.outcome() is None
        with place.work() as work:
            both = work.memberships.get(user_id)
        assert (both.role_group, both.joined_at, both.version) == (RoleGroup.OFFICER, NIGHT - HOUR, 3)

    def test_the_events_of_a_membership_are_stored_with_it(self, place: Place, elsewhere: Place) -> None:
        """G-5, G-1: the values before and after, and why; in this guild's log alone."""
        user_id = place.member()
        with place.work() as work:
            work.memberships.save(work.memberships.get(user_id).move_to(RoleGroup.OFFICER, reason="trusted"))
        began, changed = place.told_rows("membership", user_id)
        assert (began.name, began.data["role_group"]) == ("membership_began", "member")
        assert (changed.name, changed.data["reason"]) == ("membership_changed", "trusted")
        assert changed.data["changes"] == [{"field": "role_group", "before": "member", "after": "officer"}]
        assert elsewhere.told("membership", user_id) == []


class ApiKeysContract(Contract):
    """The port `ApiKeys`."""

    def test_a_persons_keys_are_found_by_their_owner(self, place: Place) -> None:
        """A-12: personal ones alone, revoked ones too, in order of id."""
        user_id, other = place.user(), place.user()
        revoked = kept(place, key_of(place, owner=user_id, revoked_at=NIGHT))
        keys = [revoked, kept(place, key_of(place, owner=user_id))]
        kept(place, key_of(place, owner=other))
        kept(place, key_of(place))
        with place.installation.begin_installation(OPERATOR) as work:
            assert list(work.api_keys.of_owner(user_id)) == sorted(keys, key=lambda key: key.id)

    def test_a_saved_key_comes_back_as_it_was(self, place: Place) -> None:
        """A-7, A-8: every value is kept."""
        key = key_of(
            place,
            name="the bot's Schlüssel",
            scopes=frozenset({Permission.POINTS_READ, Permission.ROSTER_WRITE}),
            expires_at=NIGHT + HOUR,
            revoked_at=NIGHT + 2 * HOUR,
            old_digest=secrets.token_hex(32),
            old_digest_until=NIGHT + 3 * HOUR,
        )
        with place.work() as work:
            work.api_keys.save(key)
        with place.work() as work:
            assert work.api_keys.get(key.id) == evolve(key, version=1)

    def test_a_personal_key_belongs_to_its_owner_and_no_guild(self, place: Place) -> None:
        """A-6, G-1."""
        key = kept(place, key_of(place, owner=place.user()))
        with place.installation.begin_installation(OPERATOR) as work:
            found = work.api_keys.get(key.id)
        assert (found.owner, found.guild_id, found.kind) == (key.owner, None, KeyKind.PERSONAL)

    def test_an_unknown_key_is_refused(self, place: Place) -> None:
        with place.work() as work, pytest.raises(NoSuch):
            work.api_keys.get(str(uuid.uuid4()))

    def test_a_guild_does_not_see_the_bot_keys_of_another(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        key = kept(place, key_of(place))
        with elsewhere.work() as work, pytest.raises(NoSuch):
            work.api_keys.get(key.id)

    def test_a_changed_key_is_kept_one_version_on(self, place: Place) -> None:
        """A-8: rotation leaves the old secret valid for a while."""
        key = kept(place, key_of(place))
        rotated = key.rotate(secrets.token_hex(32), NIGHT, HOUR).with_scopes(frozenset({Permission.AUDIT_READ}))
        with place.work() as work:
            work.api_keys.save(rotated)
        with place.work() as work:
            assert work.api_keys.get(key.id) == evolve(rotated, version=2)

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        """A-8: a revoked key is not brought back by who rotates it."""
        key = kept(place, key_of(place))
        with place.work() as work:
            work.api_keys.save(work.api_keys.get(key.id).revoke(NIGHT))
        with pytest.raises(Stale), place.work() as work:
            work.api_keys.save(key.rotate(secrets.token_hex(32), NIGHT, HOUR))

    def test_who_reads_a_key_to_change_it_waits_for_the_other(self, place: Place) -> None:
        """A-8: so a revocation holds, whatever else is done with the key at that moment."""
        key = kept(place, key_of(place))

        def revoke() -> None:
            with place.installation.begin_installation(OPERATOR) as work:
                work.api_keys.save(work.api_keys.get(key.id).revoke(NIGHT))

        with place.work() as work:
            read = work.api_keys.get(key.id)
            rival = Rival(revoke)
            work.api_keys.save(read.with_scopes(frozenset({Permission.AUDIT_READ})))
        assert rival.outcome() is None
        with place.work() as work:
            both = work.api_keys.get(key.id)
        assert (both.scopes, both.revoked_at) == (frozenset({Permission.AUDIT_READ}), NIGHT)

    def test_uses_are_added_up(self, place: Place) -> None:
        """A-8: how often in all, and when last; keys that are gone are passed over."""
        one, other, unused = (kept(place, key_of(place)) for _ in range(3))
        for uses in (
            {one.id: (2, NIGHT), other.id: (40, NIGHT)},
            {str(uuid.uuid4()): (7, NIGHT), one.id: (1, NIGHT + HOUR)},
            {one.id: (1, NIGHT - HOUR)},
            {},
        ):
            with place.installation.begin_installation(OPERATOR) as work:
                work.api_keys.used(uses)
        with place.views() as views:
            shown = {row.id: row for row in views.keys(kind=KeyKind.BOT, owner=None)}
        assert (shown[one.id].use_count, shown[one.id].last_used_at) == (4, NIGHT + HOUR)
        assert (shown[other.id].use_count, shown[other.id].last_used_at) == (40, NIGHT)
        assert (shown[unused.id].use_count, shown[unused.id].last_used_at) == (0, None)

    def test_a_key_in_use_can_be_saved_all_the_same(self, place: Place) -> None:
        """A-8: counting uses is no change of the key."""
        key = kept(place, key_of(place))
        with place.installation.begin_installation(OPERATOR) as work:
            work.api_keys.used({key.id: (1, NIGHT)})
        with place.work() as work:
            work.api_keys.save(key.revoke(NIGHT))
        with place.views() as views:
            (row,) = views.keys(kind=KeyKind.BOT, owner=None)
        assert (row.revoked_at, row.use_count) == (NIGHT, 1)

    def test_the_events_of_a_bot_key_stand_in_its_guild_s_log(self, place: Place) -> None:
        """G-5: wherever it was decided; and nothing of the secret."""
        key = kept(place, key_of(place).issued())
        with place.installation.begin_installation(OPERATOR) as work:
            work.api_keys.save(key.revoke(NIGHT))
        issued, revoked = place.told_rows("api_key", key.id)
        assert (issued.name, revoked.name) == ("key_issued", "key_revoked")
        assert issued.data["scopes"] == ["points:read"]
        assert key.digest not in str(issued.data)
        assert key.prefix not in str(issued.data)


class CredentialsContract(Contract):
    """The port `Credentials`."""

    @staticmethod
    def found(place: Place, key: ApiKey, guild: str | None = None) -> Credential:
        """What is known of who calls with that key."""
        found = place.installation.credentials.find(key.prefix, guild)
        assert found is not None
        assert found.key == key
        return found

    def test_a_prefix_that_is_no_key_s_finds_nothing(self, place: Place) -> None:
        """A-8."""
        assert place.installation.credentials.find("000000000000", None) is None
        assert place.installation.credentials.find("%", f"guild-{place.guild_id}") is None

    def test_a_personal_key_comes_with_its_owner_and_their_guilds(self, place: Place, elsewhere: Place) -> None:
        """A-6: of whatever status, with what decides the rights there."""
        owner = place.member(role_group=RoleGroup.APPLICANT, trial=True)
        with elsewhere.work() as work:
            membership = Membership.begin(elsewhere.guild_id, owner, RoleGroup.OFFICER, NIGHT)
            work.memberships.save(membership.deactivate(NIGHT, reason=""))
            work.users.save(work.users.get(owner).prefer(default_guild=elsewhere.guild_id))
        found = self.found(place, kept(place, key_of(place, owner=owner)))
        assert (found.owner_deactivated, found.default_guild) == (False, elsewhere.guild_id)
        guilds = {guild.id: guild for guild in found.guilds}
        assert guilds.keys() == {place.guild_id, elsewhere.guild_id}
        here, there = guilds[place.guild_id], guilds[elsewhere.guild_id]
        assert (here.slug, here.role_group, here.trial, here.status) == (
            f"guild-{place.guild_id}",
            RoleGroup.APPLICANT,
            True,
            MembershipStatus.IN_FORCE,
        )
        assert (there.role_group, there.trial, there.status) == (
            RoleGroup.OFFICER,
            False,
            MembershipStatus.DEACTIVATED,
        )

    @pytest.mark.parametrize("by_id", [False, True])
    def test_the_guild_that_was_named_is_there_too(self, place: Place, elsewhere: Place, by_id: bool) -> None:
        """A-2: who has no membership in it is a guest there."""
        key = kept(place, key_of(place, owner=place.member()))
        named = str(elsewhere.guild_id) if by_id else f"guild-{elsewhere.guild_id}"
        guilds = {guild.id: guild for guild in self.found(place, key, named).guilds}
        assert guilds.keys() == {place.guild_id, elsewhere.guild_id}
        there = guilds[elsewhere.guild_id]
        assert (there.role_group, there.trial, there.status) == (None, False, None)

    @pytest.mark.parametrize("by_id", [False, True])
    def test_a_guild_of_one_s_own_that_was_named_is_there_once(self, place: Place, by_id: bool) -> None:
        key = kept(place, key_of(place, owner=place.member()))
        named = str(place.guild_id) if by_id else f"guild-{place.guild_id}"
        (guild,) = self.found(place, key, named).guilds
        assert (guild.id, guild.role_group) == (place.guild_id, RoleGroup.MEMBER)

    @pytest.mark.parametrize("named", ["no-such-guild", "0", "9" * 40, ""])
    def test_a_guild_that_is_not_there_is_not_found(self, place: Place, named: str) -> None:
        key = kept(place, key_of(place, owner=place.user()))
        assert self.found(place, key, named).guilds == ()

    def test_a_bot_key_comes_with_its_guild(self, place: Place, elsewhere: Place) -> None:
        """A-7: and with the one that was named, so that the refusal can tell."""
        key = kept(place, key_of(place))
        found = self.found(place, key)
        (guild,) = found.guilds
        assert (guild.id, guild.role_group, guild.status) == (place.guild_id, None, None)
        assert (found.owner_deactivated, found.default_guild) == (False, None)
        named = self.found(place, key, f"guild-{elsewhere.guild_id}")
        assert {guild.id for guild in named.guilds} == {place.guild_id, elsewhere.guild_id}

    def test_it_tells_that_the_owner_is_shut_out(self, place: Place) -> None:
        """A-10."""
        owner = place.member()
        key = kept(place, key_of(place, owner=owner))
        with place.work() as work:
            work.users.save(work.users.get(owner).deactivate(NIGHT))
        assert self.found(place, key).owner_deactivated

    def test_it_tells_whether_guests_may_read_the_roster(self, installation: Installation) -> None:
        """A-3: as the guild's setting is now."""
        place = Place.found(installation, public_roster=True)
        key = kept(place, key_of(place))
        assert [guild.public_roster for guild in self.found(place, key).guilds] == [True]
        with place.work() as work:
            guild = work.guilds.get(place.guild_id)
            work.guilds.save(guild.change(settings={"public_roster": False}))
        assert [guild.public_roster for guild in self.found(place, key).guilds] == [False]

    def test_where_there_are_several_guilds_none_is_the_only_one(self, place: Place, elsewhere: Place) -> None:
        assert self.found(place, kept(place, key_of(place, owner=place.user()))).only_guild is None

    def test_a_changed_key_is_found_as_it_is_now(self, place: Place) -> None:
        """A-8: a revocation holds from its commit on."""
        key = kept(place, key_of(place))
        revoked = kept(place, key.revoke(NIGHT))
        assert self.found(place, revoked).key.revoked_at == NIGHT


class OnlyGuildContract:
    """The port `Credentials` where the installation has just one guild: needs an `empty_installation`."""

    def test_the_only_guild_is_told(self, empty_installation: Installation) -> None:
        """With the caller's place in it, if they have one."""
        place = Place.found(empty_installation, public_roster=True)
        stranger = kept(place, key_of(place, owner=place.user("stranger")))
        member = kept(place, key_of(place, owner=place.member()))
        seen_by_stranger = empty_installation.credentials.find(stranger.prefix, None)
        seen_by_member = empty_installation.credentials.find(member.prefix, None)
        assert seen_by_stranger is not None
        assert seen_by_member is not None
        assert seen_by_stranger.guilds == ()
        assert seen_by_stranger.only_guild is not None
        assert seen_by_member.only_guild is not None
        only = seen_by_stranger.only_guild
        assert (only.id, only.public_roster, only.role_group) == (place.guild_id, True, None)
        assert seen_by_member.only_guild.role_group is RoleGroup.MEMBER
        Place.found(empty_installation, "Another")
        seen_by_stranger = empty_installation.credentials.find(stranger.prefix, None)
        assert seen_by_stranger is not None
        assert seen_by_stranger.only_guild is None


class AccountsViewContract(Contract):
    """The port `AccountsView`."""

    # --- users --------------------------------------------------------------------------------------------------------

    def test_a_member_is_shown_with_their_place(self, place: Place) -> None:
        user_id = place.member("Zoë", RoleGroup.RECRUITER, trial=True, joined_at=NIGHT - HOUR)
        with place.views() as views:
            row = views.user(user_id)
            assert views.user_with_discord_id(discord_id_of(user_id)) == row
        assert (row.id, row.discord_id, row.username) == (user_id, discord_id_of(user_id), "Zoë")
        assert (row.role_group, row.trial, row.status, row.joined_at) == (
            RoleGroup.RECRUITER,
            True,
            MembershipStatus.IN_FORCE,
            NIGHT - HOUR,
        )

    def test_a_member_who_left_is_shown_still(self, place: Place) -> None:
        user_id = place.member()
        with place.work() as work:
            work.memberships.save(work.memberships.get(user_id).end(NIGHT, reason=""))
        with place.views() as views:
            assert views.user(user_id).status is MembershipStatus.ENDED

    def test_who_has_no_place_here_is_not_found(self, place: Place, elsewhere: Place) -> None:
        """G-1: a member of another guild is nobody here."""
        user_id = elsewhere.member()
        elsewhere.character("Elan", owner=user_id, is_main=True)
        with place.views() as views:
            for unknown in (user_id, NOBODY):
                with pytest.raises(NoSuch):
                    views.user(unknown)
            for discord_id in (discord_id_of(user_id), "1"):
                with pytest.raises(NoSuch):
                    views.user_with_discord_id(discord_id)

    def test_who_owns_a_character_is_found_as_a_guest(self, place: Place) -> None:
        """A-2: a history here is enough."""
        user_id = place.user("owner")
        place.character("Elan", owner=user_id, is_main=True)
        with place.views() as views:
            row = views.user(user_id)
            assert views.user_with_discord_id(discord_id_of(user_id)) == row
        assert (row.role_group, row.trial, row.status, row.joined_at) == (RoleGroup.GUEST, False, None, None)

    def test_who_owned_a_character_once_is_found(self, place: Place) -> None:
        user_id = place.user("owner")
        character_id = place.character("Elan", owner=user_id, is_main=True)
        with place.work() as work:
            character = work.characters.get(character_id)
            work.characters.save(evolve(character, owner=None, is_main=False))
            work.characters.end_ownership(character_id, NIGHT)
        with place.views() as views:
            assert views.user(user_id).id == user_id

    def test_who_attended_a_raid_is_found(self, place: Place) -> None:
        user_id = place.user("raider")
        place.raid(present={user_id: Presence.PRESENT})
        with place.views() as views:
            assert views.user(user_id).id == user_id

    def test_a_profile_shows_preferences_and_guilds(self, place: Place, elsewhere: Place) -> None:
        """A-5: guilds by name, those that were left too."""
        user_id = place.member("Zoë")
        with elsewhere.work() as work:
            membership = Membership.begin(elsewhere.guild_id, user_id, RoleGroup.OFFICER, NIGHT)
            work.memberships.save(membership.end(NIGHT, reason=""))
            user = work.users.get(user_id).prefer(timezone="Asia/Tokyo", locale="ja", default_guild=place.guild_id)
            user = user.prefer(muted=("votes", "auctions"))
            work.users.save(evolve(user, global_name="Z", discriminator="1", avatar_url="a", email="z@example.org"))
        for by in (place.by, OPERATOR):
            with place.installation.read(by) as views:
                row = views.profile(user_id)
            assert (row.id, row.discord_id, row.username) == (user_id, discord_id_of(user_id), "Zoë")
            assert (row.global_name, row.discriminator, row.avatar_url, row.email) == ("Z", "1", "a", "z@example.org")
            assert (row.timezone, row.locale, row.default_guild) == ("Asia/Tokyo", "ja", place.guild_id)
            assert row.muted == ("auctions", "votes")
            assert row.added_at == NIGHT
            assert [(guild.id, guild.slug, guild.name, guild.role_group, guild.status) for guild in row.guilds] == [
                (
                    elsewhere.guild_id,
                    f"guild-{elsewhere.guild_id}",
                    "Elsewhere",
                    RoleGroup.OFFICER,
                    MembershipStatus.ENDED,
                ),
                (
                    place.guild_id,
                    f"guild-{place.guild_id}",
                    "Nightfall",
                    RoleGroup.MEMBER,
                    MembershipStatus.IN_FORCE,
                ),
            ]

    def test_a_profile_may_be_without_guilds(self, place: Place) -> None:
        with place.views() as views:
            row = views.profile(place.user())
            assert (row.guilds, row.muted) == ((), ())
            with pytest.raises(NoSuch):
                views.profile(NOBODY)

    # --- memberships --------------------------------------------------------------------------------------------------

    @staticmethod
    def memberships(
        place: Place,
        *,
        role_group: RoleGroup | None = None,
        status: MembershipStatus | None = None,
        search: str = "",
        ordering: str = "",
        page: PageRequest = EVERYTHING,
    ) -> Page[MembershipRow]:
        """The guild's memberships."""
        with place.views() as views:
            return views.memberships(
                role_group=role_group,
                status=status,
                search=search,
                ordering=ordering_of(ordering, MEMBERSHIP_COLUMNS),
                page=page,
            )

    def names(self, page: Page[MembershipRow]) -> list[str]:
        """The usernames in the rows."""
        return [row.username for row in page.results]

    def test_a_membership_is_shown_in_full(self, place: Place) -> None:
        user_id = place.member("Zoë", RoleGroup.APPLICANT, trial=True)
        with place.work() as work:
            work.memberships.save(work.memberships.get(user_id).end(NIGHT + HOUR, reason="bye"))
        assert self.memberships(place).results == (
            MembershipRow(
                user_id=user_id,
                discord_id=discord_id_of(user_id),
                username="Zoë",
                role_group=RoleGroup.APPLICANT,
                trial=True,
                status=MembershipStatus.ENDED,
                joined_at=NIGHT,
                ended_at=NIGHT + HOUR,
                reason="bye",
                merged_into=None,
                external_id=None,
            ),
        )

    def test_memberships_are_listed_by_username_in_any_case(self, place: Place, elsewhere: Place) -> None:
        """G-9, G-1."""
        elsewhere.member("Aaron")
        for name in ("zoe", "Bert", "Zoë", "anna"):
            place.member(name)
        assert self.names(self.memberships(place)) == ["anna", "Bert", "zoe", "Zoë"]
        assert self.names(self.memberships(place, ordering="-username")) == ["Zoë", "zoe", "Bert", "anna"]

    def test_memberships_are_filtered(self, place: Place) -> None:
        officer, member = place.member("officer", RoleGroup.OFFICER), place.member("member")
        with place.work() as work:
            work.memberships.save(work.memberships.get(member).end(NIGHT, reason=""))
        assert self.names(self.memberships(place, role_group=RoleGroup.OFFICER)) == ["officer"]
        assert self.names(self.memberships(place, status=MembershipStatus.ENDED)) == ["member"]
        assert self.memberships(place, role_group=RoleGroup.OFFICER, status=MembershipStatus.ENDED).count == 0
        assert [row.user_id for row in self.memberships(place, search="OFF").results] == [officer]

    @pytest.mark.parametrize(
        ("search", "found"),
        [("ZOË", ["Zoë"]), ("zoe\u0308", ["Zoë"]), ("zo", ["zoe", "Zoë"]), ("100%", ["100%_a/b"]), ("_", ["100%_a/b"])],
    )
    def test_a_search_finds_a_part_of_the_username(self, place: Place, search: str, found: list[str]) -> None:
        """G-9: in any case and normal form; no sign in it means anything else."""
        for name in ("zoe", "Zoë", "100%_a/b", "1000xab"):
            place.member(name)
        assert self.names(self.memberships(place, search=search)) == found

    def test_memberships_are_ordered_as_asked(self, place: Place) -> None:
        one = place.member("one", RoleGroup.RECRUITER, joined_at=NIGHT - HOUR)
        two = place.member("two", RoleGroup.MEMBER, joined_at=NIGHT)
        three = place.member("three", RoleGroup.OFFICER, joined_at=NIGHT)
        with place.work() as work:
            work.memberships.save(work.memberships.get(two).end(NIGHT, reason=""))
        expected = {
            "role_group": ["two", "three", "one"],
            "-role_group": ["one", "three", "two"],
            "status": ["two", "one", "three"],
            "joined_at": ["one", "three", "two"],
            "-joined_at,-username": ["two", "three", "one"],
            "-user_id": ["three", "two", "one"],
        }
        assert one < two < three
        found = {ordering: self.names(self.memberships(place, ordering=ordering)) for ordering in expected}
        assert found == expected

    def test_pages_are_cut_and_everything_is_counted(self, place: Place) -> None:
        for number in range(5):
            place.member(f"member {number}")
        pages = [self.memberships(place, page=PageRequest(number, 2)) for number in (1, 2, 3, 4)]
        assert [self.names(page) for page in pages] == [
            ["member 0", "member 1"],
            ["member 2", "member 3"],
            ["member 4"],
            [],
        ]
        assert [page.count for page in pages] == [5, 5, 5, 5]

    # --- keys ---------------------------------------------------------------------------------------------------------

    def test_bot_keys_are_those_of_the_guild_the_newest_first(self, place: Place, elsewhere: Place) -> None:
        """A-7, A-8, G-1: revoked ones too, never a secret."""
        kept(elsewhere, key_of(elsewhere))
        kept(place, key_of(place, owner=place.user()))
        old = kept(place, key_of(place, name="old", scopes=frozenset({Permission.AUDIT_READ, Permission.RAIDS_READ})))
        new = kept(place, key_of(place, name="new", created_at=NIGHT + HOUR, expires_at=NIGHT + 2 * HOUR))
        kept(place, new.rotate(secrets.token_hex(32), NIGHT + HOUR, HOUR))
        kept(place, old.revoke(NIGHT + HOUR))
        with place.views() as views:
            rows = views.keys(kind=KeyKind.BOT, owner=None)
        assert [(row.id, row.kind, row.name, row.prefix, row.owner) for row in rows] == [
            (key.id, "bot", key.name, key.prefix, None) for key in (new, old)
        ]
        assert [row.scopes for row in rows] == [("points:read",), ("audit:read", "raids:read")]
        assert [(row.created_at, row.expires_at, row.revoked_at, row.old_secret_until) for row in rows] == [
            (NIGHT + HOUR, NIGHT + 2 * HOUR, None, NIGHT + 2 * HOUR),
            (NIGHT, None, NIGHT + HOUR, None),
        ]

    def test_personal_keys_are_those_of_their_owner_in_whatever_guild(self, place: Place, elsewhere: Place) -> None:
        """A-6."""
        owner = place.member()
        key = kept(place, key_of(place, owner=owner))
        kept(place, key_of(place, owner=place.member()))
        for by in (place.by, elsewhere.by, OPERATOR):
            with place.installation.read(by) as views:
                rows = views.keys(kind=KeyKind.PERSONAL, owner=owner)
            assert [(row.id, row.kind, row.owner, row.scopes) for row in rows] == [(key.id, "personal", owner, ())]
