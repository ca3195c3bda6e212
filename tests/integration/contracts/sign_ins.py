"""What every adapter keeps to of how people come in: sessions, attempts, one-time links and Discord's tokens."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from dkp_adapters.sealing import FernetSealing, make_key
from dkp_core.accounts import (
    DiscordGrant,
    DiscordTokensDoomed,
    Ending,
    Membership,
    MembershipStatus,
    RoleGroup,
    SessionCredential,
    SignInAttempt,
    SignInLink,
    UserSession,
    UserTokens,
)
from dkp_core.kernel.errors import Stale, Unsealable
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import AuditFilter
from tests.integration.contracts.installation import Installation, Rival, all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, OPERATOR, Place, discord_id_of
from tests.integration.contracts.suite import Contract

HOUR = timedelta(hours=1)
NOBODY = UserId(0)
# Moments that no other test's rows lie at, for what is pruned over the whole installation.
LONG_AGO = NIGHT - timedelta(days=3000)


def session_of(user_id: UserId, at: datetime = NIGHT, **more: object) -> UserSession:
    """A session that was never kept."""
    session = UserSession(
        id=str(uuid.uuid4()),
        user_id=user_id,
        digest=secrets.token_hex(32),
        device="Firefox on Linux",
        created_at=at,
        last_seen_at=at,
        ends_at=at + timedelta(days=1),
    )
    return evolve(session, **more)  # type: ignore[arg-type]  # values of its own fields


def kept(installation: Installation, session: UserSession) -> UserSession:
    """The session, begun."""
    with installation.begin_installation(OPERATOR) as work:
        work.sessions.begin(session)
    return evolve(session, version=1, pending=())


def sealed(user_id: UserId, **more: object) -> UserTokens:
    """Tokens that were never kept."""
    tokens = UserTokens(
        user_id=user_id,
        sealed_access=f"a{secrets.token_urlsafe(200)}",
        sealed_refresh=f"r{secrets.token_urlsafe(200)}",
        scopes=("identify", "email"),
        expires_at=NIGHT + timedelta(days=7),
    )
    return evolve(tokens, **more)  # type: ignore[arg-type]  # values of its own fields


class UserSessionsContract(Contract):
    """The port `UserSessions`."""

    def test_a_session_comes_back_as_it_was(self, place: Place) -> None:
        """A-1: every value is kept, and its beginning is told where what belongs to no guild is told."""
        session = session_of(place.user(), device="Ünbekannt 🦄")
        kept(place.installation, session.begun())
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.sessions.find(session.id) == evolve(session, version=1)
            assert work.sessions.of_user(session.user_id) == (evolve(session, version=1),)
            assert work.sessions.find(str(uuid.uuid4())) is None
            assert work.sessions.of_user(NOBODY) == ()

    def test_sessions_are_found_and_ended_from_within_a_guild(self, place: Place) -> None:
        """A-12: what is done to a person reaches their sessions, wherever it is decided."""
        user_id = place.user()
        sessions = sorted((kept(place.installation, session_of(user_id)) for _ in range(3)), key=lambda each: each.id)
        with place.work() as work:
            assert work.sessions.of_user(user_id) == tuple(sessions)
            work.sessions.end(sessions[0].ended(Ending.BY_OWNER))
        with place.work() as work:
            assert work.sessions.of_user(user_id) == tuple(sessions[1:])
        assert place.told("session", sessions[0].id) == []

    def test_a_session_ends_once(self, place: Place) -> None:
        session = kept(place.installation, session_of(place.user()))
        with place.installation.begin_installation(OPERATOR) as work:
            work.sessions.end(session.ended(Ending.BY_OWNER))
            assert work.sessions.find(session.id) is None
        with pytest.raises(Stale), place.installation.begin_installation(OPERATOR) as work:
            work.sessions.end(session.ended(Ending.BY_OWNER))

    def test_of_two_who_end_a_session_at_once_one_does(self, place: Place) -> None:
        session = kept(place.installation, session_of(place.user()))

        def end() -> None:
            with place.installation.begin_installation(OPERATOR) as work:
                work.sessions.end(session.ended(Ending.BY_OWNER))

        faults = [fault for fault in all_at_once(end, end) if fault is not None]
        assert [type(fault) for fault in faults] == [Stale]

    def test_when_a_session_was_used_last_is_noted_and_never_put_back(self, place: Place) -> None:
        """A-1: by processes that do not wait for each other."""
        used, later, other = (kept(place.installation, session_of(place.user())) for _ in range(3))
        with place.installation.begin_installation(OPERATOR) as work:
            work.sessions.seen({used.id: NIGHT + HOUR, later.id: NIGHT + 2 * HOUR, "gone": NIGHT + HOUR})
        with place.installation.begin_installation(OPERATOR) as work:
            work.sessions.seen({later.id: NIGHT + HOUR})
            work.sessions.seen({})
        with place.installation.begin_installation(OPERATOR) as work:
            found = [work.sessions.find(each.id) for each in (used, later, other)]
        assert [each.last_seen_at for each in found if each] == [NIGHT + HOUR, NIGHT + 2 * HOUR, NIGHT]

    def test_what_is_over_is_pruned(self, place: Place) -> None:
        """A-12: by its end, or by idleness, to the moment."""
        user_id = place.user()
        at = LONG_AGO
        over, idle, live = (
            kept(place.installation, session_of(user_id, at, **values))
            for values in (
                {"ends_at": at + HOUR, "last_seen_at": at + HOUR},
                {"last_seen_at": at},
                {"ends_at": at + HOUR + timedelta(microseconds=1), "last_seen_at": at + timedelta(microseconds=1)},
            )
        )
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.sessions.prune(at=at + HOUR, not_seen_after=at) == 2
            assert work.sessions.of_user(user_id) == (live,)
            assert work.sessions.find(over.id) is None
            assert work.sessions.find(idle.id) is None
            work.sessions.end(live)

    def test_sessions_are_listed_the_last_used_first(self, place: Place) -> None:
        """A-1: those that live; their secrets' digests are not shown."""
        user_id = place.user()
        older, newer = (kept(place.installation, session_of(user_id, NIGHT + n * HOUR)) for n in (0, 1))
        kept(place.installation, session_of(user_id, ends_at=NIGHT + HOUR))
        kept(place.installation, session_of(user_id, last_seen_at=NIGHT - HOUR))
        kept(place.installation, session_of(place.user()))
        with place.installation.read(OPERATOR) as views:
            rows = views.sessions(user_id, at=NIGHT + HOUR, seen_after=NIGHT - HOUR)
        assert [row.id for row in rows] == [newer.id, older.id]
        assert (rows[0].device, rows[0].created_at, rows[0].ends_at) == (newer.device, newer.created_at, newer.ends_at)
        assert not rows[0].current


class SignInAttemptsContract(Contract):
    """The port `SignInAttempts`."""

    def attempt(self, expires_at: datetime = NIGHT + HOUR) -> SignInAttempt:
        """An attempt that was never kept."""
        return SignInAttempt(
            state_digest=secrets.token_hex(32),
            browser_digest=secrets.token_hex(32),
            sealed_verifier=secrets.token_urlsafe(120),
            redirect_uri=f"https://dkp.example.org/{'x' * 400}",
            next_path=f"/{'n' * 900}",
            expires_at=expires_at,
        )

    def test_an_attempt_is_taken_once(self, place: Place) -> None:
        """A-1: as it was begun; a replayed state finds nothing."""
        attempt = self.attempt()
        with place.installation.begin_installation(OPERATOR) as work:
            work.sign_in_attempts.begin(attempt)
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.sign_in_attempts.take(secrets.token_hex(32)) is None
            assert work.sign_in_attempts.take(attempt.state_digest) == attempt
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.sign_in_attempts.take(attempt.state_digest) is None

    def test_of_many_who_take_an_attempt_at_once_one_gets_it(self, place: Place) -> None:
        """A-1: the code is redeemed once."""
        attempt = self.attempt()
        with place.installation.begin_installation(OPERATOR) as work:
            work.sign_in_attempts.begin(attempt)
        got: list[SignInAttempt | None] = []

        def take() -> None:
            with place.installation.begin_installation(OPERATOR) as work:
                taken = work.sign_in_attempts.take(attempt.state_digest)
            got.append(taken)

        faults = all_at_once(*[take] * 4)
        assert all(fault is None or isinstance(fault, Stale) for fault in faults)
        assert [each for each in got if each is not None] == [attempt]

    def test_what_has_expired_is_pruned(self, place: Place) -> None:
        """A-12."""
        over, live = self.attempt(LONG_AGO), self.attempt(LONG_AGO + timedelta(microseconds=1))
        with place.installation.begin_installation(OPERATOR) as work:
            work.sign_in_attempts.begin(over)
            work.sign_in_attempts.begin(live)
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.sign_in_attempts.prune(LONG_AGO) == 1
            assert work.sign_in_attempts.take(over.state_digest) is None
            assert work.sign_in_attempts.take(live.state_digest) == live


class SignInLinksContract(Contract):
    """The port `SignInLinks`."""

    def link(self, user_id: UserId, expires_at: datetime = NIGHT + HOUR) -> SignInLink:
        """A link that was never kept."""
        return SignInLink(digest=secrets.token_hex(32), user_id=user_id, expires_at=expires_at)

    def test_a_link_is_taken_once_and_tells_whom_it_is_for(self, place: Place) -> None:
        """A-11."""
        link = self.link(place.user())
        with place.installation.begin_installation(OPERATOR) as work:
            work.sign_in_links.add(link)
        with place.installation.read(OPERATOR) as views:
            assert views.user_id_of_link(link.digest) == link.user_id
            assert views.user_id_of_link(secrets.token_hex(32)) is None
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.sign_in_links.take(link.digest) == link
            assert work.sign_in_links.take(link.digest) is None
        with place.installation.read(OPERATOR) as views:
            assert views.user_id_of_link(link.digest) is None

    def test_of_two_who_take_a_link_at_once_one_gets_it(self, place: Place) -> None:
        """A-11: one use."""
        link = self.link(place.user())
        with place.installation.begin_installation(OPERATOR) as work:
            work.sign_in_links.add(link)
        got: list[SignInLink | None] = []

        def take() -> None:
            with place.installation.begin_installation(OPERATOR) as work:
                taken = work.sign_in_links.take(link.digest)
            got.append(taken)

        faults = all_at_once(take, take)
        assert all(fault is None or isinstance(fault, Stale) for fault in faults)
        assert [each for each in got if each is not None] == [link]

    def test_what_has_expired_is_pruned(self, place: Place) -> None:
        """A-12."""
        user_id = place.user()
        over, live = self.link(user_id, LONG_AGO), self.link(user_id, LONG_AGO + timedelta(microseconds=1))
        with place.installation.begin_installation(OPERATOR) as work:
            work.sign_in_links.add(over)
            work.sign_in_links.add(live)
        with place.installation.begin_installation(OPERATOR) as work:
            assert work.sign_in_links.prune(LONG_AGO) == 1
            assert work.sign_in_links.take(live.digest) == live


class DiscordTokensContract(Contract):
    """The port `DiscordTokens`."""

    def test_tokens_come_back_as_they_were(self, place: Place) -> None:
        """A-1: every value is kept, and can be changed from within a guild as well."""
        tokens = sealed(place.user(), asking_until=NIGHT + HOUR, doomed_at=NIGHT)
        bare = sealed(place.user(), sealed_refresh=None, scopes=())
        with place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.save(tokens)
            work.discord_tokens.save(bare)
        with place.work() as work:
            assert work.discord_tokens.find(tokens.user_id) == evolve(tokens, version=1)
            assert work.discord_tokens.find(bare.user_id) == evolve(bare, version=1)
            assert work.discord_tokens.find(NOBODY) is None
            work.discord_tokens.save(evolve(tokens, version=1).given_back())
        with place.work() as work:
            assert work.discord_tokens.find(tokens.user_id) == evolve(tokens, asking_until=None, version=2)

    def test_a_user_has_one_pair(self, place: Place) -> None:
        """A-1: and who saves what somebody else changed meanwhile is stale."""
        tokens = sealed(place.user())
        with place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.save(tokens)
        with pytest.raises(Stale), place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.save(sealed(tokens.user_id))
        with place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.save(evolve(tokens, version=1))
        with pytest.raises(Stale), place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.save(evolve(tokens, version=1))
        with pytest.raises(Stale), place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.forget(evolve(tokens, version=1))
        with place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.forget(evolve(tokens, version=2))
            assert work.discord_tokens.find(tokens.user_id) is None

    def test_who_reads_tokens_to_ask_with_waits_for_the_other(self, place: Place) -> None:
        """A-1: two at once see one another, so that no pair is lost."""
        tokens = sealed(place.user())
        with place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.save(tokens)
        found: list[UserTokens | None] = []

        def look() -> None:
            with place.installation.begin_installation(OPERATOR) as work:
                found.append(work.discord_tokens.find(tokens.user_id))

        with place.installation.begin_installation(OPERATOR) as work:
            mine = work.discord_tokens.find(tokens.user_id)
            assert mine is not None
            rival = Rival(look)
            work.discord_tokens.save(mine.lent(NIGHT))
        assert rival.outcome() is None
        assert found[0] is not None
        assert found[0].asking_until is not None

    def test_what_is_doomed_is_told_once(self, place: Place) -> None:
        """A-1: from within a guild as well; where there is nothing, nothing happens."""
        tokens = sealed(place.user())
        with place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.save(tokens)
        with place.work() as work:
            work.discord_tokens.doom(NOBODY)
            work.discord_tokens.doom(tokens.user_id)
        with place.installation.begin_installation(OPERATOR) as work:
            work.discord_tokens.doom(tokens.user_id)
            doomed = work.discord_tokens.find(tokens.user_id)
        assert doomed == evolve(tokens, doomed_at=NIGHT, version=2)
        assert place.told("user", tokens.user_id) == ["user_added"]
        wanted = AuditFilter(aggregate="user", aggregate_id=str(tokens.user_id))
        with place.installation.read(OPERATOR) as views:
            rows = views.events(wanted, page=EVERYTHING).results
        assert [row.name for row in rows] == [DiscordTokensDoomed.event_name()]


class SessionCredentialsContract(Contract):
    """The port `Credentials`, for sessions."""

    def found(self, place: Place, session: UserSession, guild: str | None = None) -> SessionCredential:
        """What is found of a session."""
        credential = place.installation.credentials.find_session(session.id, guild)
        assert credential is not None
        return credential

    def test_a_session_is_found_with_its_users_guilds(self, place: Place, elsewhere: Place) -> None:
        """A-1, A-3: in one question; the one that is named too, though they have no place there."""
        user_id = place.member(role_group=RoleGroup.RECRUITER)
        with place.work() as work:
            work.memberships.save(work.memberships.get(user_id).end(NIGHT, reason=""))
            work.users.save(work.users.get(user_id).prefer(default_guild=place.guild_id))
        session = kept(place.installation, session_of(user_id))
        unnamed = self.found(place, session)
        assert unnamed.session == session
        assert (unnamed.owner_deactivated, unnamed.default_guild, unnamed.bound_to) == (False, place.guild_id, None)
        (mine,) = unnamed.guilds
        assert (mine.id, mine.role_group, mine.status) == (
            place.guild_id,
            RoleGroup.RECRUITER,
            MembershipStatus.ENDED,
        )
        for name in (f"guild-{elsewhere.guild_id}", str(elsewhere.guild_id)):
            named = self.found(place, session, name)
            assert {(each.id, each.role_group) for each in named.guilds} == {
                (place.guild_id, RoleGroup.RECRUITER),
                (elsewhere.guild_id, None),
            }
        assert self.found(place, session, "no-such-guild").guilds == unnamed.guilds

    def test_a_session_of_somebody_with_no_place_anywhere_is_found(self, place: Place) -> None:
        """A-2: a guest."""
        session = kept(place.installation, session_of(place.user()))
        assert self.found(place, session).guilds == ()

    def test_whose_user_is_shut_out_is_told(self, place: Place) -> None:
        """A-10."""
        user_id = place.user()
        session = kept(place.installation, session_of(user_id))
        with place.work() as work:
            work.users.save(work.users.get(user_id).deactivate(NIGHT))
        assert self.found(place, session).owner_deactivated

    def test_each_membership_is_told_with_its_own_rights(self, place: Place, elsewhere: Place) -> None:
        """G-1: in as many guilds as they are in."""
        user_id = place.member(role_group=RoleGroup.APPLICANT, trial=True)
        with elsewhere.work() as work:
            work.memberships.save(Membership.begin(elsewhere.guild_id, user_id, RoleGroup.OFFICER, NIGHT))
        session = kept(place.installation, session_of(user_id))
        found = {each.id: (each.role_group, each.trial) for each in self.found(place, session).guilds}
        assert found == {
            place.guild_id: (RoleGroup.APPLICANT, True),
            elsewhere.guild_id: (RoleGroup.OFFICER, False),
        }

    def test_an_unknown_session_is_not_found(self, place: Place) -> None:
        assert place.installation.credentials.find_session(str(uuid.uuid4()), None) is None

    def test_a_user_is_found_by_discord_id_wherever_they_are(self, place: Place) -> None:
        """A-1: without a place in any guild; who is unlinked is not found."""
        user_id = place.user()
        with place.installation.read(OPERATOR) as views:
            assert views.user_id_of(discord_id_of(user_id)) == user_id
            assert views.user_id_of("1") is None

    def test_when_a_user_first_signed_in_is_kept(self, place: Place) -> None:
        """A-6: so that the first key is issued once."""
        user_id = place.user()
        with place.work() as work:
            work.users.save(work.users.get(user_id).signed_in(NIGHT))
        with place.work() as work:
            assert work.users.get(user_id).signed_in_at == NIGHT
        assert place.told("user", user_id) == ["user_added", "first_signed_in"]


class SealedSecretsContract:
    """The port `SealedSecrets`; it looks at everything, so it needs an installation of its own."""

    def test_everything_is_sealed_anew_or_nothing(self, empty_installation: Installation) -> None:
        """O-13: with the newest key, so that older ones can go."""
        old, new = make_key(), make_key()
        before = FernetSealing.of([old])
        place = Place.found(empty_installation)
        grant = DiscordGrant(access_token="a", refresh_token="r", lasts=HOUR, scopes=())
        users = [place.user(f"user-{number}") for number in range(3)]
        with empty_installation.begin_installation(OPERATOR) as work:
            for user_id in users[:2]:
                work.discord_tokens.save(UserTokens.of(user_id, grant, before, NIGHT))
            work.discord_tokens.save(UserTokens.of(users[2], evolve(grant, refresh_token=None), before, NIGHT))
        with pytest.raises(Unsealable):
            empty_installation.sealed_secrets.reseal(FernetSealing.of([new]))
        assert empty_installation.sealed_secrets.reseal(FernetSealing.of([new, old])) == 5
        with empty_installation.begin_installation(OPERATOR) as work:
            found = [work.discord_tokens.find(user_id) for user_id in users]
        after = FernetSealing.of([new])
        assert [after.open(each.sealed_access) for each in found if each] == ["a", "a", "a"]
        assert [each.sealed_refresh and after.open(each.sealed_refresh) for each in found if each] == ["r", "r", None]
