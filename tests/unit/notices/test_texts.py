"""Texts: one catalogue, filled with what people wrote so that it is shown, and never obeyed."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.accounts import NotificationKind
from dkp_core.kernel.ids import UserId
from dkp_core.notices import ENGLISH, Notice, Recipient, RecipientKind, Text, filled, text_of, to_be_sent
from dkp_core.notices.texts import LANGUAGES


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_a_text_is_plain_and_asks_for_names_alone(key: str) -> None:
    """V-3: no formatting of Discord's, no HTML, no attributes or indexes of what is filled in; one line of subject."""
    text = ENGLISH[key]
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", key)
    assert text.subject.strip()
    assert "\n" not in text.subject
    for template in (*text.templates, *(name for name, _ in text.fields)):
        assert not re.search(r"[*_~`|<>@#\\]", re.sub(r"\{[^}]*\}", "", template)), template
        for _, name, form, conversion in Formatter().parse(template):
            assert name is None or re.fullmatch(r"[a-z_]+", name), template
            assert form in (None, "", "lines"), template
            assert conversion is None, template


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_asks_for_what_english_asks_for(language: str) -> None:
    """A-5: a translation that asks for something else would have gaps."""
    for key, text in LANGUAGES[language].items():
        assert text.placeholders <= ENGLISH[key].placeholders
        assert len(text.fields) == len(ENGLISH[key].fields)


def test_a_locale_falls_back_to_its_language_and_then_to_english() -> None:
    """A-5."""
    assert text_of("test", "de-AT") == text_of("test", "xx") == text_of("test") == ENGLISH["test"]


def test_a_text_that_this_program_does_not_know_is_news() -> None:
    """What waits may have been posted by a newer program; it is told as far as it can be."""
    assert filled(text_of("of.tomorrow").subject, {"guild": "Night Watch"}).told() == "News from Night Watch"


def test_a_value_is_one_line_whatever_it_holds() -> None:
    """V-3: nothing of what somebody wrote looks like a line of ours."""
    told = filled("{name} applied.", {"name": "Eve\n\nApproved by:\tan officer\u2028yes\x1b[31m\u202e"}).told()
    assert told == "Eve Approved by: an officer yes[31m applied."


def test_a_value_keeps_its_lines_where_the_text_says_so() -> None:
    """Comments have paragraphs, and not more than one empty line in a row."""
    value = "\n\n one\r\n\r\n\r\n\r\ntwo  three \x00\n"
    assert filled("{comment:lines}", {"comment": value}).told() == "one\n\ntwo three"


def test_a_value_is_not_filled_in_again() -> None:
    """What somebody wrote is no template."""
    assert filled("{name}", {"name": "{guild} {name.__class__} {0}", "guild": "x"}).told() == (
        "{guild} {name.__class__} {0}"
    )


def test_what_nobody_gave_is_left_out() -> None:
    """A row of an older program does not fail for it."""
    assert filled("From {whom} to {name}", {"name": "Ada"}).told() == "From  to Ada"


def test_what_joins_letters_and_emoji_stays() -> None:
    """G-9: families, Persian and accents are whole."""
    name = "👩‍👩‍👧‍👦 می‌خواهم É 🇩🇪"
    assert filled("{name}", {"name": name}).told() == name


@given(st.text())
def test_a_filled_in_value_holds_nothing_invisible(value: str) -> None:
    """V-3: no control characters, no marks that turn a line around, no halves of characters."""
    told = filled("{value:lines}", {"value": value}).told()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", told)


# --- who gets them ----------------------------------------------------------------------------------------------------


def notice(to: Recipient, text: str = "test", about: str = "") -> Notice:
    """A notice to that recipient."""
    return Notice(kind=NotificationKind.APPLICATIONS, to=to, text=text, about=about)


def test_a_person_is_told_by_e_mail_too() -> None:
    """V-3: in a queue of its own, so that a mail server that is down keeps nothing else back."""
    person = Recipient.user(UserId(12))
    posted = to_be_sent([notice(person), notice(Recipient("channel", "members"))])  # type: ignore[arg-type]  # a word
    assert [each.to.kind for each in posted] == [RecipientKind.USER, RecipientKind.MAILBOX, "channel"]
    assert posted[1].to == Recipient.mailbox(UserId(12))


def test_the_same_is_not_mailed_to_two_addresses_of_a_person() -> None:
    """V-3: whoever gave an address with their application gets it there, and not at their account's as well."""
    person, given_address = Recipient.user(UserId(12)), Recipient.email("ada@example.org")
    posted = to_be_sent([notice(person, about="application:5"), notice(given_address, about="application:5")])
    assert [each.to.kind for each in posted] == [RecipientKind.USER, RecipientKind.EMAIL]
    posted = to_be_sent([notice(person, about="application:5"), notice(given_address, about="application:6")])
    assert RecipientKind.MAILBOX in [each.to.kind for each in posted]


def test_a_notice_that_no_text_tells_is_a_fault_of_ours() -> None:
    """A misspelt key, or data that is not there, fails where it is posted, and not when somebody waits for it."""
    with pytest.raises(AssertionError, match="no text"):
        to_be_sent([notice(Recipient.user(UserId(1)), text="no.such.text")])


def test_data_that_a_text_asks_for_and_does_not_get_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, of what fills it in."""
    monkeypatch.setattr("dkp_core.notices.notice.ENGLISH", {"asks": Text("{name} came", "{guild}")})
    with pytest.raises(AssertionError, match="asks for name"):
        to_be_sent([notice(Recipient.user(UserId(1)), text="asks")])
