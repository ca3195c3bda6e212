"""Keys: their parts, when they open, and how they are rotated and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from inspect import getsource

import pytest
from attrs import evolve

from dkp_core.accounts import ApiKey, KeyIsRevoked, KeyKind, Token
from dkp_core.accounts.events import KeyIssued, KeyRevoked, KeyRotated, KeyScopesChanged
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.permission import Permission

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def a_key(
    *,
    expires_at: datetime | None = None,
    revoked_at: datetime | None = None,
    scopes: frozenset[Permission] = frozenset(),
) -> ApiKey:
    """A key whose secret has the digest "new"."""
    return ApiKey(
        id="k1",
        kind=KeyKind.BOT if scopes else KeyKind.PERSONAL,
        name="my bot",
        prefix="abcdefghijkl",
        digest="new",
        owner=None if scopes else UserId(2),
        guild_id=GuildId(1) if scopes else None,
        scopes=scopes,
        created_at=NOW,
        expires_at=expires_at,
        revoked_at=revoked_at,
        version=1,
    )


def test_a_token_has_a_visible_prefix_and_a_secret() -> None:
    """A-8: a key carries a visible prefix to be found by."""
    token = Token("abcdefghijkl", "s3cret_with_more")
    assert str(token) == "dkp_abcdefghijkl_s3cret_with_more"
    assert Token.of(str(token)) == token


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dkp",
        "dkp_",
        "dkp_abcdefghijkl",
        "dkp_abcdefghijkl_",
        "dkp_abcdefghijk_secret",
        "dkp_abcdefghijklm_secret",
        "pkd_abcdefghijkl_secret",
        "DKP_abcdefghijkl_secret",
        "dkp_abcdefghijkl_sécret",
        "dkp_abcdefghijkl_" + "s" * 184,
    ],
)
def test_what_is_no_key_is_none(text: str) -> None:
    """A-8: nothing is looked up for it."""
    assert Token.of(text) is None


def test_a_token_of_full_length_is_one() -> None:
    """A-8: 200 characters, no more."""
    assert Token.of("dkp_abcdefghijkl_" + "s" * 183) is not None


def test_a_key_opens_with_its_secret_only() -> None:
    """A-8: by the digest."""
    assert a_key().opens_with("new", NOW)
    assert not a_key().opens_with("other", NOW)
    assert not a_key().opens_with("", NOW)


def test_a_key_without_an_old_secret_does_not_open_with_an_empty_one() -> None:
    """A-8: nothing compares equal to a digest that is not there."""
    assert not evolve(a_key(), old_digest=None, old_digest_until=NOW + HOUR).opens_with("other", NOW)


def test_a_key_opens_until_it_expires() -> None:
    """A-8: the moment of expiry is past its end."""
    key = a_key(expires_at=NOW + HOUR)
    assert key.opens_with("new", NOW + HOUR - TICK)
    assert not key.opens_with("new", NOW + HOUR)


def test_a_revoked_key_never_opens() -> None:
    """A-8: whatever the secret."""
    assert not a_key(revoked_at=NOW).opens_with("new", NOW + HOUR)


def test_comparison_takes_the_same_time_whatever_is_wrong() -> None:
    """A-8: both digests are compared, in constant time, before anything is decided."""
    body = getsource(ApiKey.opens_with)
    assert body.count("hmac.compare_digest") == 2
    assert body.index("compare_digest(self.digest") < body.index("compare_digest(self.old_digest")
    assert body.rindex("compare_digest") < body.index("return")


def test_a_rotated_key_opens_with_both_secrets_during_the_grace_time() -> None:
    """A-8: rotation can leave the old secret valid for a stated grace time."""
    rotated = a_key().rotate("newer", NOW, HOUR)
    assert rotated.opens_with("newer", NOW)
    assert rotated.opens_with("new", NOW + HOUR - TICK)
    assert not rotated.opens_with("new", NOW + HOUR)
    assert rotated.opens_with("newer", NOW + HOUR)
    assert rotated.pending == (KeyRotated(key_id="k1", old_secret_until=(NOW + HOUR).isoformat()),)
    assert rotated.prefix == a_key().prefix


def test_without_grace_the_old_secret_ends_at_once() -> None:
    """A-8: no grace unless it is stated."""
    rotated = a_key().rotate("newer", NOW, timedelta(0))
    assert not rotated.opens_with("new", NOW)
    assert (rotated.old_digest, rotated.old_digest_until) == (None, None)
    assert rotated.pending == (KeyRotated(key_id="k1", old_secret_until=None),)


def test_a_second_rotation_forgets_the_first_secret() -> None:
    """A-8: one old secret at most."""
    twice = a_key().rotate("newer", NOW, HOUR).rotate("newest", NOW, HOUR)
    assert [twice.opens_with(digest, NOW) for digest in ("new", "newer", "newest")] == [False, True, True]


def test_expiry_ends_the_old_secret_too() -> None:
    """A-8: a grace time prolongs nothing."""
    key = a_key(expires_at=NOW + HOUR).rotate("newer", NOW, 2 * HOUR)
    assert not key.opens_with("new", NOW + HOUR)


@pytest.mark.parametrize("grace", [timedelta(days=30), timedelta(0)])
def test_a_grace_time_of_up_to_thirty_days_is_accepted(grace: timedelta) -> None:
    """A-8: both ends."""
    assert a_key().rotate("newer", NOW, grace).digest == "newer"


@pytest.mark.parametrize(
    ("grace", "shown"), [(timedelta(days=30, seconds=1), "2592001"), (timedelta(seconds=-1), "-1")]
)
def test_another_grace_time_is_refused(grace: timedelta, shown: str) -> None:
    """G-8: the field, the fault, what is accepted."""
    with pytest.raises(InvalidValue) as refused:
        a_key().rotate("newer", NOW, grace)
    assert refused.value.sentence == f"grace_seconds: {shown} is out of range; accepted: 0 to 2592000 seconds."


def test_revoking_ends_every_secret() -> None:
    """A-8: the one in its grace time too, and for good."""
    revoked = evolve(a_key().rotate("newer", NOW, HOUR), pending=()).revoke(NOW)
    assert revoked.revoked_at == NOW
    assert not revoked.opens_with("new", NOW)
    assert not revoked.opens_with("newer", NOW)
    assert (revoked.old_digest, revoked.old_digest_until) == (None, None)
    assert revoked.pending == (KeyRevoked(key_id="k1"),)
    assert revoked.revoke(NOW + HOUR) is revoked


def test_a_revoked_key_stays_revoked() -> None:
    """A-8: make another."""
    revoked = a_key(revoked_at=NOW, scopes=frozenset({Permission.POINTS_READ}))
    with pytest.raises(KeyIsRevoked) as refused:
        revoked.rotate("newer", NOW, HOUR)
    assert refused.value.sentence == "The key k1 is revoked; make another."
    with pytest.raises(KeyIsRevoked) as scopeless:
        revoked.with_scopes(frozenset())
    assert scopeless.value.key_id == "k1"


def test_a_key_is_issued_with_its_news() -> None:
    """A-7, G-5: never anything of its secret."""
    scopes = frozenset({Permission.POINTS_READ, Permission.RAIDS_READ})
    (event,) = a_key(scopes=scopes).issued().pending
    assert event == KeyIssued(key_id="k1", kind="bot", name="my bot", owner=None, scopes=("points:read", "raids:read"))
    assert event.aggregate_id == "k1"


def test_whose_a_personal_key_is_is_told() -> None:
    """A-6, A-12: by id; what they call it is theirs alone."""
    assert a_key().issued().pending == (KeyIssued(key_id="k1", kind="personal", name="", owner=UserId(2), scopes=()),)


def test_a_key_that_expires_before_it_begins_is_refused() -> None:
    """A-8, G-8: the moment it is made is past, too."""
    assert a_key(expires_at=NOW + TICK).issued().expires_at == NOW + TICK
    with pytest.raises(InvalidValue) as refused:
        a_key(expires_at=NOW).issued()
    assert refused.value.sentence == f"expires_at: {NOW.isoformat()} is past; accepted: a time to come, or nothing."


def test_scopes_can_be_changed() -> None:
    """A-7: and what changed is told."""
    key = a_key(scopes=frozenset({Permission.POINTS_READ}))
    changed = key.with_scopes(frozenset({Permission.RAIDS_READ, Permission.ROSTER_READ}))
    assert changed.scopes == {Permission.RAIDS_READ, Permission.ROSTER_READ}
    assert changed.pending == (
        KeyScopesChanged(
            key_id="k1", changes=(Change(field="scopes", before="points:read", after="raids:read, roster:read"),)
        ),
    )
    assert key.with_scopes(key.scopes) is key
