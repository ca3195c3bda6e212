"""A guild: its slug, its settings, and what changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.guilds import WEEKDAYS, Guild, GuildChanged, GuildFounded, GuildSettings, slug_of
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId

AT = datetime(2026, 11, 20, 20, tzinfo=UTC)


def a_guild(name: str = "Nightfall", slug: str | None = None, timezone: str = "Europe/Berlin") -> Guild:
    """A guild that was just founded."""
    return Guild.found(GuildId(3), name=name, slug=slug, timezone=timezone, at=AT)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Nightfall", "nightfall"),
        ("The Knights of Élan", "the-knights-of-elan"),
        ("Vulak's Bane", "vulaks-bane"),
        ("  -- Raid & Co. --  ", "raid-co"),
        ("夜の騎士", "guild"),
        ("", "guild"),
        ("A" * 60, "a" * 48),
        ("a" * 47 + " b", "a" * 47),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    """A-11: ASCII letters and digits with hyphens between."""
    assert slug_of(name) == slug


@given(st.text(max_size=80))
def test_a_slug_is_always_fit_for_a_path(name: str) -> None:
    """I-6: pages live under /g/{slug}/."""
    slug = slug_of(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 48


@pytest.mark.parametrize(
    "slug", ["Night", "night_fall", "-night", "night-", "a--b", "123", "a b", "é", "a" * 49, "a\n"]
)
def test_what_is_no_slug_is_refused(slug: str) -> None:
    """G-8: a slug of digits would be taken for an id."""
    with pytest.raises(InvalidValue) as refused:
        a_guild(slug=slug)
    assert refused.value.name == "slug"
    assert refused.value.fault == f"{slug!r} is no slug"
    assert refused.value.accepted == ("lower-case letters, digits and single hyphens, at most 48, not only digits")


def test_a_very_long_slug_is_shown_cut() -> None:
    """G-8: no book back."""
    with pytest.raises(InvalidValue) as refused:
        a_guild(slug="a" * 99)
    assert refused.value.fault == f"'{'a' * 60}' is no slug"


def test_a_slug_of_full_length_and_one_with_digits_are_taken() -> None:
    """G-8: the limit itself belongs to it."""
    assert a_guild(slug="a" * 48).slug == "a" * 48
    assert a_guild(slug="1st-raid").slug == "1st-raid"


def test_a_guild_is_founded_with_its_news() -> None:
    """A-11, G-6: the event is stored with the guild."""
    guild = a_guild("  The   Order ")
    assert (guild.id, guild.name, guild.slug, guild.timezone) == (3, "The Order", "the-order", "Europe/Berlin")
    assert (guild.first_weekday, guild.settings, guild.founded_at) == ("monday", GuildSettings(), AT)
    assert guild.pending == (GuildFounded(guild_id=GuildId(3), slug="the-order", name="The Order"),)
    assert guild.pending[0].aggregate_id == "3"
    assert guild.pending[0].aggregate == "guild"


def test_a_guild_needs_a_name_and_a_zone_that_exist() -> None:
    """G-2, G-8: the field is named."""
    with pytest.raises(InvalidValue) as nameless:
        a_guild(" ", slug="x")
    assert nameless.value.name == "guild"
    with pytest.raises(InvalidValue) as nowhere:
        a_guild(timezone="Berlin")
    assert nowhere.value.name == "timezone"


def test_what_changes_is_told_with_the_values_before_and_after() -> None:
    """G-5: settings too."""
    changed = a_guild().change(
        name="Daybreak", timezone="UTC", first_weekday="wednesday", settings={"public_roster": True}
    )
    assert (changed.name, changed.timezone, changed.first_weekday) == ("Daybreak", "UTC", "wednesday")
    assert changed.settings.public_roster
    assert changed.slug == "nightfall"
    assert changed.pending[1:] == (
        GuildChanged(
            guild_id=GuildId(3),
            changes=(
                Change(field="name", before="Nightfall", after="Daybreak"),
                Change(field="timezone", before="Europe/Berlin", after="UTC"),
                Change(field="first_weekday", before="monday", after="wednesday"),
                Change(field="public_roster", before=False, after=True),
            ),
        ),
    )


def test_nothing_changed_is_nothing_told() -> None:
    """G-5: the same guild comes back."""
    guild = a_guild()
    assert guild.change() is guild
    assert guild.change(name="Nightfall", timezone="Europe/Berlin", settings={"public_roster": False}) is guild


def test_what_is_not_given_stays() -> None:
    """I-2: a patch names what it changes."""
    guild = a_guild().change(settings={"trials_are_active": True})
    assert guild.change(settings={"public_roster": True}).settings == GuildSettings(
        trials_are_active=True, public_roster=True
    )
    assert guild.change(name="Other").timezone == "Europe/Berlin"
    assert guild.change(timezone="UTC").name == "Nightfall"


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_the_week_may_begin_on_any_day(weekday: str) -> None:
    """G-2: weeks are the guild's."""
    assert a_guild().change(first_weekday=weekday).first_weekday == weekday


@pytest.mark.parametrize("weekday", ["Monday", "mon", "", "x" * 99])
def test_what_is_no_weekday_is_refused(weekday: str) -> None:
    """G-8: the seven are told."""
    with pytest.raises(InvalidValue) as refused:
        a_guild().change(first_weekday=weekday)
    assert refused.value.name == "first_weekday"
    assert refused.value.accepted == ", ".join(WEEKDAYS)
    assert refused.value.fault == f"{weekday[:40]!r} is no weekday"


def test_a_change_needs_a_name_and_a_zone_that_exist() -> None:
    """G-8: the same checks as at the founding."""
    with pytest.raises(InvalidValue) as nameless:
        a_guild().change(name="")
    assert nameless.value.name == "name"
    with pytest.raises(InvalidValue) as nowhere:
        a_guild().change(timezone="")
    assert nowhere.value.name == "timezone"


def test_every_setting_has_a_default_and_a_help_text() -> None:
    """A-3, R-1, D-9, D-14: what a guild decides for itself."""
    assert GuildSettings().values() == {
        "public_roster": False,
        "trials_are_active": False,
        "trials_bid": False,
        "approve_own_characters": False,
        "leave_out_excused": False,
        "keep_uploads_days": 0,
        "main_change_price": 0,
        "main_change_wait_days": 0,
    }
    assert all(each.metadata["help"] for each in GuildSettings.__attrs_attrs__)


def test_settings_come_back_from_their_values() -> None:
    """G-1: they are kept by name."""
    settings = GuildSettings(public_roster=True, keep_uploads_days=30)
    assert GuildSettings.of(settings.values()) == settings


def test_an_unknown_setting_is_refused_with_those_there_are() -> None:
    """G-8: a misspelt name changes nothing."""
    with pytest.raises(InvalidValue) as refused:
        GuildSettings.of({"public_rooster": True})
    assert refused.value.sentence == (
        "settings.public_rooster: there is no such setting; accepted: approve_own_characters, keep_uploads_days, "
        "leave_out_excused, main_change_price, main_change_wait_days, public_roster, trials_are_active, trials_bid."
    )


def test_a_very_long_name_of_a_setting_is_shown_cut() -> None:
    """G-8: no book back."""
    with pytest.raises(InvalidValue) as refused:
        GuildSettings.of({"x" * 200: True})
    assert len(refused.value.name) == 80


@pytest.mark.parametrize("value", [1, 0, "true", None, "y" * 99])
def test_a_yes_or_no_setting_takes_nothing_else(value: object) -> None:
    """G-8: 1 is not true."""
    with pytest.raises(InvalidValue) as refused:
        GuildSettings.of({"public_roster": value})
    assert (refused.value.name, refused.value.accepted) == ("settings.public_roster", "true or false")
    assert refused.value.fault == f"{str(value)[:40]!r} is not accepted"


@pytest.mark.parametrize("value", [True, "30", None, 1.0])
def test_a_counting_setting_takes_whole_numbers_only(value: object) -> None:
    """G-8: true is not 1."""
    with pytest.raises(InvalidValue) as refused:
        GuildSettings.of({"keep_uploads_days": value})
    assert (refused.value.name, refused.value.accepted) == ("settings.keep_uploads_days", "a whole number")


@pytest.mark.parametrize("days", [-1, 36_501])
def test_days_out_of_range_are_refused(days: int) -> None:
    """D-14: 0 keeps uploads, up to a hundred years."""
    with pytest.raises(InvalidValue) as refused:
        GuildSettings.of({"keep_uploads_days": days})
    assert refused.value.sentence == f"settings.keep_uploads_days: {days} is out of range; accepted: 0 to 36500."


@pytest.mark.parametrize("days", [0, 36_500])
def test_the_limits_of_days_are_accepted(days: int) -> None:
    """D-14: both ends belong to the range."""
    assert GuildSettings.of({"keep_uploads_days": days}).keep_uploads_days == days
