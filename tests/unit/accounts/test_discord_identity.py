"""What Discord says of a person may hold anything, and is kept as far as it is fit to be kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.accounts import DiscordIdentity, printable_name
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import NAME_LENGTH_MAX, clean_name

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
WAVING = "\U0001f44b\U0001f3fd"
RIGHT_TO_LEFT = "\u202e"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("thalindra", "thalindra"),
        ("  Zoe\u0308   the Great ", "Zoë the Great"),
        ("\U0001f984" * 32, "\U0001f984" * 32),
        (FAMILY * 32, FAMILY * 9),
        (WAVING * 40, WAVING * 32),
        (f"{RIGHT_TO_LEFT}gnp.exe", "gnp.exe"),
        ("a\u200bb\x00c\ud800d", "abcd"),
        ("\u0e01\u0e4d" * 40, "\u0e01\u0e4d" * 32),
        ("\ufb03" * 64, "\ufb03" * 42),  # each becomes three characters where case is folded
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be_shown(text: str, shown: str) -> None:
    """A-1: cut between what people see as one character, without what nobody sees."""
    assert printable_name(text) == shown


@pytest.mark.parametrize(
    "text", [None, "", "   ", "\u200d\u200d", "\u200b\u2060", "\u3164", "\x00\x01", "\u0301\ufe0f"]
)
def test_of_some_names_nothing_is_left(text: str | None) -> None:
    """A-1: then the person is called by their id."""
    assert printable_name(text) is None
    assert DiscordIdentity.of("42", text).username == "discord-42"


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_no_name_is_refused(text: str) -> None:
    """A-1: whatever Discord lets people be called, they can sign in, and the name is one of ours."""
    name = DiscordIdentity.of("42", text, global_name=text).username
    assert clean_name(name) == name
    assert len(name) <= NAME_LENGTH_MAX
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)


@given(st.lists(st.sampled_from([FAMILY, WAVING, "e\u0301", "\U0001f984", "a"]), min_size=1, max_size=60))
def test_what_is_seen_as_one_stays_whole(parts: list[str]) -> None:
    """A-1: no half a family, and no accent without its letter."""
    name = printable_name("".join(parts))
    assert name is not None
    wholes = ["".join(parts[:count]) for count in range(len(parts) + 1)]
    assert name in {unicodedata.normalize("NFC", whole) for whole in wholes}


@pytest.mark.parametrize(
    ("email", "kept"),
    [
        ("zoë@example.org", "zoë@example.org"),
        (None, None),
        ("", None),
        ("no address", None),
        ("a@b@c", None),
        ("a\n@example.org", None),
        (f"{'a' * 400}@example.org", None),
        ("Boss <a@example.org>", None),
    ],
)
def test_an_address_is_kept_or_left_out(email: str | None, kept: str | None) -> None:
    """A-1: no e-mail is fine, and one that is none is none."""
    assert DiscordIdentity.of("42", "x", email=email).email == kept


def test_a_number_is_kept_where_it_tells_people_apart() -> None:
    """A-1: the legacy discriminator; `0` stands for none."""
    assert [DiscordIdentity.of("42", "x", discriminator=each).discriminator for each in ("0042", "0", "0000", "x")] == [
        "0042",
        None,
        None,
        None,
    ]


def test_an_id_that_is_none_is_refused() -> None:
    """G-8: without it nobody could be told from anybody."""
    with pytest.raises(InvalidValue):
        DiscordIdentity.of("alma#1234", "alma")
