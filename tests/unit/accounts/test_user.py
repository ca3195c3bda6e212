"""A person, their Discord id and their preferences."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve

from dkp_core.accounts import DiscordIdTaken, NotificationKind, User, discord_id_of
from dkp_core.accounts.events import UserAdded, UserChanged, UserDeactivated, UserReactivated
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, UserId

AT = datetime(2026, 11, 20, tzinfo=UTC)
SNOWFLAKE = "80351110224678912"


def a_user(discord_id: str | None = SNOWFLAKE) -> User:
    """A person as they were kept."""
    return evolve(User.add(UserId(5), discord_id=discord_id, username="sonya", at=AT), pending=(), version=1)


@pytest.mark.parametrize(
    ("given_", "digits"),
    [
        (SNOWFLAKE, SNOWFLAKE),
        (int(SNOWFLAKE), SNOWFLAKE),
        (" 42 ", "42"),
        ("007", "7"),
        (1, "1"),
        (str(2**63 - 1), str(2**63 - 1)),
    ],
)
def test_a_discord_id_is_a_number(given_: str | int, digits: str) -> None:
    """A-1: a snowflake, told as decimal digits."""
    assert discord_id_of(given_) == digits


@pytest.mark.parametrize(
    "given_", ["", "0", "-1", "1.0", "abc", "٤٢", str(2**63), "1" * 20, "0" * 19 + "1", "1" * 400, "1 2", "²"]
)
def test_what_is_no_snowflake_is_refused(given_: str) -> None:
    """G-8: the field as the caller spells it."""
    with pytest.raises(InvalidValue) as refused:
        discord_id_of(given_, "officer")
    assert refused.value.name == "officer"
    assert refused.value.fault == f"{given_[:40]!r} is no Discord id"
    assert refused.value.accepted == "a number of up to 19 digits, as Discord shows it"


def test_a_person_becomes_known() -> None:
    """A-1, A-12: the event has the id only, no personal data."""
    user = User.add(UserId(5), discord_id=f"0{SNOWFLAKE}", username=" sonya ", at=AT)
    assert (user.discord_id, user.username, user.added_at) == (SNOWFLAKE, "sonya", AT)
    assert (user.timezone, user.locale, user.default_guild, user.deactivated_at) == ("UTC", "en", None, None)
    assert user.pending == (UserAdded(user_id=UserId(5)),)
    assert user.pending[0].aggregate_id == "5"


def test_a_person_may_be_unlinked() -> None:
    """A-13: after an import."""
    assert a_user(discord_id=None).discord_id is None


def test_a_person_needs_a_name_and_a_real_discord_id() -> None:
    """G-8: fields are named."""
    with pytest.raises(InvalidValue) as nameless:
        User.add(UserId(5), discord_id=SNOWFLAKE, username="", at=AT)
    assert nameless.value.name == "username"
    with pytest.raises(InvalidValue) as unreal:
        User.add(UserId(5), discord_id="me", username="sonya", at=AT)
    assert unreal.value.name == "discord_id"


def test_others_call_a_person_by_the_global_name_if_there_is_one() -> None:
    """A-1: Discord's display name."""
    assert a_user().display_name == "sonya"
    assert a_user().rename("sonya", "Sonya the Swift").display_name == "Sonya the Swift"


def test_preferences_are_changed_and_the_names_of_the_fields_told() -> None:
    """A-5, A-12: of personal data only that it changed."""
    user = a_user().prefer(timezone="Europe/Berlin", locale="de-AT", default_guild=GuildId(3))
    assert (user.timezone, user.locale, user.default_guild) == ("Europe/Berlin", "de-AT", 3)
    assert user.pending == (UserChanged(user_id=UserId(5), fields=("timezone", "locale", "default_guild")),)


def test_preferences_that_are_not_given_stay() -> None:
    """A-5: one at a time."""
    user = a_user().prefer(timezone="Europe/Berlin", locale="de", default_guild=GuildId(3))
    assert user.prefer() is user
    assert user.prefer(locale="fr").timezone == "Europe/Berlin"
    assert user.prefer(timezone="UTC").locale == "de"
    assert user.prefer(timezone="UTC").default_guild == 3
    assert user.prefer(forget_default_guild=True).default_guild is None
    assert user.prefer(forget_default_guild=True, default_guild=GuildId(4)).default_guild is None


@pytest.mark.parametrize("locale", ["en", "de-AT", "zh-Hant-TW", "fil", "ca-ES-valencia"])
def test_language_tags_are_taken(locale: str) -> None:
    """A-5: as browsers send them."""
    assert a_user().prefer(locale=locale).locale == locale


@pytest.mark.parametrize("locale", ["", "E", "EN", "de_AT", "english", "de-", "de-A", "a-b-c-d-e", "x" * 60, "de\n"])
def test_what_is_no_language_tag_is_refused(locale: str) -> None:
    """G-8: with an example."""
    with pytest.raises(InvalidValue) as refused:
        a_user().prefer(locale=locale)
    assert refused.value.sentence == (
        f"locale: {locale[:40]!r} is no locale; accepted: a language tag such as en or de-AT."
    )


def test_everything_is_told_until_it_is_muted() -> None:
    """A-5: what is given replaces what was muted; an empty list mutes nothing."""
    assert a_user().muted == frozenset()
    quiet = a_user().prefer(muted=("points", "votes", "points"))
    assert quiet.muted == {NotificationKind.VOTES, NotificationKind.POINTS}
    assert quiet.pending == (UserChanged(user_id=UserId(5), fields=("muted",)),)
    assert quiet.prefer(muted=("votes", "points")) is quiet
    assert quiet.prefer(locale="de").muted == quiet.muted
    assert quiet.prefer(muted=("events",)).muted == {NotificationKind.EVENTS}
    assert quiet.prefer(muted=()).muted == frozenset()


@pytest.mark.parametrize("kind", ["", "raids", "Votes", "votes ", "x" * 60])
def test_what_nobody_is_notified_of_can_not_be_muted(kind: str) -> None:
    """A-5, G-8: with what there is."""
    with pytest.raises(InvalidValue) as refused:
        a_user().prefer(muted=("votes", kind))
    assert refused.value.sentence == (
        f"muted: {kind[:40]!r} is no kind of notification; "
        "accepted: applications, auctions, claims, events, points, votes."
    )


def test_an_unknown_zone_is_refused() -> None:
    """G-8: the field is named."""
    with pytest.raises(InvalidValue) as refused:
        a_user().prefer(timezone="Berlin")
    assert refused.value.name == "timezone"


def test_a_person_is_renamed() -> None:
    """A-1: signing in refreshes the names."""
    renamed = a_user().rename("sonya2", "  Sonya  ")
    assert (renamed.username, renamed.global_name) == ("sonya2", "Sonya")
    assert renamed.pending == (UserChanged(user_id=UserId(5), fields=("username", "global_name")),)
    assert renamed.rename("sonya2", "Sonya") is renamed
    assert renamed.rename("sonya2", None).global_name is None
    assert renamed.rename("sonya2", "").global_name is None


def test_names_that_are_none_are_refused() -> None:
    """G-8: each by its field."""
    with pytest.raises(InvalidValue) as nameless:
        a_user().rename(" ", None)
    assert nameless.value.name == "username"
    with pytest.raises(InvalidValue) as unprintable:
        a_user().rename("sonya", "a\x00")
    assert unprintable.value.name == "global_name"


def test_the_operator_shuts_a_person_out_and_lets_them_in_again() -> None:
    """A-10: once each."""
    out = a_user().deactivate(AT)
    assert out.deactivated_at == AT
    assert out.pending == (UserDeactivated(user_id=UserId(5)),)
    assert out.deactivate(AT) is out
    back = evolve(out, pending=()).reactivate()
    assert back.deactivated_at is None
    assert back.pending == (UserReactivated(user_id=UserId(5)),)
    assert back.reactivate() is back


def test_a_taken_discord_id_does_not_tell_whose_it_is() -> None:
    """R-9, G-1: the other user may belong to the guild next door."""
    refusal = DiscordIdTaken("80351110224678912", UserId(4711))
    assert refusal.sentence == "Discord id 80351110224678912 belongs to another user already."
    assert "4711" not in str(refusal)
