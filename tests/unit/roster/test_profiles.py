"""Profile fields, and what characters' profiles hold: who sets it, who sees it, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, NotPermitted
from dkp_core.kernel.ids import CharacterId, GuildId, ProfileFieldId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.ports import AuditFilter
from dkp_core.roster import ProfileField, ProfileFieldKind, RosterOutcome, ShownTo
from tests.unit.guild_house import GuildHouse, Person

KIND = ProfileFieldKind


def field(guild: GuildHouse, name: str, kind: ProfileFieldKind = KIND.TEXT, **more: object) -> ProfileFieldId:
    """A profile field."""
    create = guild.use.create_profile_field()
    return create(name=name, kind=kind, by=guild.officer.by, **more).id  # type: ignore[arg-type]  # as given


def profile(guild: GuildHouse, character_id: CharacterId, person: Person | None = None) -> dict[str, str]:
    """What a character's profile says to somebody, the officer unless another is named."""
    by = (person or guild.officer).by
    return {each.name: each.value for each in guild.use.show_character()(character_id, by=by).profile}


def a_field(kind: ProfileFieldKind, *choices: str) -> ProfileField:
    """A field that is in no guild."""
    return ProfileField.create(ProfileFieldId(1), GuildId(1), name="F", kind=kind, choices=choices, order=0)


@pytest.mark.parametrize(
    ("kind", "given_as", "kept"),
    [
        (KIND.TEXT, "  grüße ", "grüße"),
        (KIND.NUMBER, "007.50", "7.5"),
        (KIND.NUMBER, 12, "12"),
        (KIND.NUMBER, "-0", "0"),
        (KIND.NUMBER, "1000.0", "1000"),
        (KIND.CHOICE, "BAKER", "Baker"),
        (KIND.FLAG, True, "true"),
        (KIND.FLAG, "No", "false"),
        (KIND.DATE, "2026-11-20", "2026-11-20"),
        (KIND.LINK, "https://example.org/a?b=c", "https://example.org/a?b=c"),
        (KIND.TEXT, None, ""),
        (KIND.NUMBER, "", ""),
    ],
)
def test_values_are_kept_in_one_spelling(kind: ProfileFieldKind, given_as: object, kept: str) -> None:
    """By kind; what is empty is no value."""
    choices = ("Baker", "Smith") if kind is KIND.CHOICE else ()
    assert a_field(kind, *choices).value(given_as) == kept


@pytest.mark.parametrize(
    ("kind", "given_as"),
    [
        (KIND.TEXT, "x" * 501),
        (KIND.NUMBER, "1e5"),
        (KIND.NUMBER, "NaN"),
        (KIND.NUMBER, "1" * 21),
        (KIND.CHOICE, "Tailor"),
        (KIND.FLAG, "maybe"),
        (KIND.DATE, "20.11.26"),
        (KIND.LINK, "javascript:alert(1)"),
        (KIND.LINK, "https://a b"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_the_fields_name(kind: ProfileFieldKind, given_as: object) -> None:
    """G-8: the error names the field, the fault and what is accepted."""
    choices = ("Baker", "Smith") if kind is KIND.CHOICE else ()
    with pytest.raises(InvalidValue) as refused:
        a_field(kind, *choices).value(given_as)
    assert refused.value.field == "profile.F"


@given(st.sampled_from(list(ProfileFieldKind)), st.text(max_size=40))
def test_whatever_is_kept_is_taken_again_as_it_is(kind: ProfileFieldKind, text: str) -> None:
    """A value that was taken once reads the same the second time; anything else is refused by name."""
    of = a_field(kind, *(("Baker", "Smith") if kind is KIND.CHOICE else ()))
    try:
        kept = of.value(text)
    except InvalidValue as refused:
        assert refused.field == "profile.F"  # noqa: PT017  # either is right, depending on the text
        return
    assert of.value(kept) == kept


def test_members_fill_in_their_own_profiles_and_what_is_required(guild: GuildHouse) -> None:
    """Required fields are asked of members who enter their own; officers may leave them."""
    field(guild, "Trade", KIND.CHOICE, choices=("Baker", "Smith"), required=True)
    field(guild, "Secret", shown_to=ShownTo.OFFICERS, required=True)
    member = guild.joins()
    enter, change = guild.use.enter_character(), guild.use.change_character()
    with pytest.raises(InvalidValue) as refused:
        enter(name="One", by=member.by)
    assert refused.value.field == "profile.Trade"
    one = enter(name="One", profile={"trade": "smith"}, by=member.by).id
    assert profile(guild, one, member) == {"Trade": "Smith"}
    with pytest.raises(InvalidValue):
        change(one, profile={"Trade": ""}, by=member.by)
    with pytest.raises(NoSuch):
        change(one, profile={"Secret": "spy"}, by=member.by)
    with pytest.raises(NoSuch):
        change(one, profile={"Colour": "red"}, by=member.by)
    change(one, profile={"Secret": "spy"}, by=guild.officer.by)
    change(one, level=5, by=member.by)
    assert profile(guild, one) == {"Trade": "Smith", "Secret": "spy"}
    assert profile(guild, one, member) == {"Trade": "Smith"}
    two = guild.plays(member, "Two")
    assert profile(guild, two) == {}
    change(one, profile={"Trade": None}, by=guild.officer.by)
    assert profile(guild, one) == {"Secret": "spy"}


def test_each_sees_of_a_profile_what_is_for_them(guild: GuildHouse) -> None:
    """Shown to everyone, to members, or to officers; so are the fields themselves."""
    for name, shown_to in (("Open", ShownTo.EVERYONE), ("Ours", ShownTo.MEMBERS), ("Staff", ShownTo.OFFICERS)):
        field(guild, name, shown_to=shown_to)
    guild.use.change_guild()(settings={"public_roster": True}, by=guild.officer.by)
    one = guild.plays(guild.joins("Owner"), "One", profile={"Open": "a", "Ours": "b", "Staff": "c"})
    member = guild.joins("Member")
    guest = guild._person(guild.joins("Guest", RoleGroup.GUEST).id, RoleGroup.GUEST, public_roster=True)
    assert profile(guild, one) == {"Open": "a", "Ours": "b", "Staff": "c"}
    assert profile(guild, one, member) == {"Open": "a", "Ours": "b"}
    assert profile(guild, one, guest) == {"Open": "a"}
    listed = guild.use.list_profile_fields()
    assert [[row.name for row in listed(by=each.by)] for each in (guild.officer, member, guest)] == [
        ["Open", "Ours", "Staff"],
        ["Open", "Ours"],
        ["Open"],
    ]
    with pytest.raises(NotPermitted):
        guild.use.create_profile_field()(name="Mine", kind=KIND.TEXT, by=member.by)


def test_a_field_that_holds_values_is_archived_and_can_be_brought_back(guild: GuildHouse) -> None:
    """G-4: removed where nothing holds it; an archived one is neither asked nor shown, and loses nothing."""
    used, unused = field(guild, "Used", required=True), field(guild, "Unused")
    member = guild.joins()
    one = guild.plays(member, "One", profile={"Used": "x"})
    remove = guild.use.remove_profile_field()
    remove(used, by=guild.officer.by)
    remove(unused, by=guild.officer.by)
    fields = guild.use.list_profile_fields()
    assert [(row.name, row.archived) for row in fields(by=guild.officer.by)] == [("Used", True)]
    assert fields(by=member.by) == ()
    assert profile(guild, one) == {}
    guild.use.enter_character()(name="Two", by=member.by)
    guild.use.change_profile_field()(used, archived=False, name="Known", by=guild.officer.by)
    assert profile(guild, one) == {"Known": "x"}


def test_fields_are_told_apart_by_name_and_choices_fit_their_kind(guild: GuildHouse) -> None:
    """G-8, G-9."""
    field(guild, "Straße")
    with pytest.raises(NameTaken):
        field(guild, "STRASSE")
    for more in ({"kind": KIND.CHOICE}, {"choices": ("a",)}, {"kind": KIND.CHOICE, "choices": ("a", "A")}):
        with pytest.raises(InvalidValue) as refused:
            field(guild, "Other", **more)
        assert refused.value.field == "choices"


def test_what_a_profile_holds_is_told_to_no_log_and_goes_with_the_person(guild: GuildHouse) -> None:
    """A-12: free text of an erased user's characters goes; what the game knows of them stays."""
    field(guild, "About")
    field(guild, "Home", KIND.LINK)
    field(guild, "Keys", KIND.NUMBER)
    member = guild.joins()
    given_values = {"About": "Lives in Bremen", "Home": "https://example.org/me", "Keys": "3"}
    one = guild.plays(member, "One", profile=given_values)
    guild.use.forget_on_roster()(member.id, by=guild.operator)
    assert profile(guild, one) == {"Keys": "3"}
    with guild.memory.read(guild.operator) as views:
        told = str([row.data for row in views.events(AuditFilter(), page=PageRequest()).results])
    assert "Bremen" not in told
    assert "profile" in told


@pytest.mark.parametrize("to", ["nobody", "another", "whom a file says"])
def test_what_was_noted_of_an_owner_goes_when_the_character_does(guild: GuildHouse, to: str) -> None:
    """A-12, R-4: notes and free text never become another's, so that they are gone when the first is erased."""
    field(guild, "Real name", shown_to=ShownTo.OFFICERS)
    field(guild, "Home", KIND.LINK)
    field(guild, "Keys", KIND.NUMBER)
    kara, otto = guild.joins("Kara"), guild.joins("Otto")
    words = {"Real name": "Kara Smith", "Home": "https://example.org/kara", "Keys": "3"}
    one = guild.plays(kara, "One", profile=words, notes="lives in Bremen")
    if to == "whom a file says":
        report = guild.use.import_roster()([b"name,owner,home\nOne,Otto,https://example.org/o\n"], by=guild.officer.by)
        told = {each.field: each.after for each in report.lines[1].changes}
        assert (told["notes"], told["profile.Real name"], told["owner"]) == (None, None, "Otto")
        assert profile(guild, one) == {"Home": "https://example.org/o", "Keys": "3"}
    else:
        owner = None if to == "nobody" else otto.id
        guild.use.reassign_character()(one, owner=owner, reason="sold", by=guild.officer.by)
        assert profile(guild, one) == {"Keys": "3"}
    assert guild.use.show_character()(one, by=guild.operator).notes == ""
    with guild.memory.read(guild.operator) as views:
        told_to_the_log = str([row.data for row in views.events(AuditFilter(), page=PageRequest(size=200)).results])
    assert not any(word in told_to_the_log for word in ("Smith", "Bremen"))


def test_an_import_fills_in_profiles_by_the_names_of_their_columns(guild: GuildHouse) -> None:
    """R-6: columns that are profile fields are taken, and shown before and after; others are named."""
    field(guild, "Main trade", KIND.CHOICE, choices=("Baker", "Smith"))
    text = "name,main trade,colour\nOne,baker,red\nTwo,tailor,\nThree,,\n"
    report = guild.use.import_roster()([text.encode()], by=guild.officer.by)
    assert [line.outcome for line in report.lines][1:] == [
        RosterOutcome.NEW,
        RosterOutcome.REFUSED,
        RosterOutcome.NEW,
    ]
    assert report.columns_ignored == ("colour",)
    assert ("profile.Main trade", "Baker") in [(each.field, each.after) for each in report.lines[1].changes]
    assert "Baker, Smith" in report.lines[2].reason
    again = guild.use.import_roster()([text.encode()], by=guild.officer.by)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
