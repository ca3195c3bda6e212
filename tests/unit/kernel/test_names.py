"""Names as people write them, and how they compare."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import NAME_LENGTH_MAX, TEXT_LENGTH_MAX, clean_name, clean_text, name_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sonya", "SONYA"),
        ("Élan", "élan"),
        ("Élan", "E\u0301lan"),
        ("Straße", "STRASSE"),
        ("  Lord   Nagafen ", "lord nagafen"),
        ("Å", "Å"),
    ],
)
def test_names_compare_without_case_and_normalised(one: str, other: str) -> None:
    """G-9: case-insensitively after NFC normalisation."""
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("name", "key"),
    [("Lord  Nagafen ", "lord nagafen"), ("ÉLAN  vital", "élan vital"), ("Straße", "strasse"), ("", "")],
)
def test_a_key_is_folded_with_single_spaces(name: str, key: str) -> None:
    """G-9: it is kept, and found by others."""
    assert name_key(name) == key


@pytest.mark.parametrize(("one", "other"), [("Élan", "Elan"), ("Sonya", "Sonja"), ("a b", "ab")])
def test_other_names_differ(one: str, other: str) -> None:
    """G-9: an accent makes another name."""
    assert name_key(one) != name_key(other)


@given(st.text())
def test_a_key_is_its_own_key(name: str) -> None:
    """G-9: a key that is looked up again finds the same."""
    assert name_key(name_key(name)) == name_key(name)


VISIBLE = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn"])


@given(st.text(VISIBLE, min_size=1, max_size=NAME_LENGTH_MAX // 4))
def test_a_clean_name_is_the_same_name(name: str) -> None:
    """G-9: cleaning changes how a name is written, never which name it is."""
    if not name.split():
        return
    cleaned = clean_name(name)
    assert name_key(cleaned) == name_key(name)
    assert clean_name(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


def test_outer_and_inner_white_space_is_folded() -> None:
    """G-9: what nobody sees makes no other name."""
    assert clean_name("  Lord \t Nagafen\n") == "Lord Nagafen"


def test_a_name_of_full_length_is_taken_and_one_longer_is_refused() -> None:
    """G-8, G-9: nothing is truncated; the limit is told."""
    assert clean_name("x") == "x"
    assert clean_name("x" * 64) == "x" * 64
    assert clean_name("é" * 64) == "é" * 64
    with pytest.raises(InvalidValue) as refused:
        clean_name("x" * 65, "title")
    assert refused.value.sentence == "title: it has 65 characters; accepted: 1 to 64 printable characters."


def test_a_limit_of_its_own_is_kept() -> None:
    """G-8: some names are shorter."""
    assert clean_name("abc", length_max=3) == "abc"
    with pytest.raises(InvalidValue) as refused:
        clean_name("abcd", length_max=3)
    assert refused.value.accepted == "1 to 3 printable characters"
    assert refused.value.name == "name"


def test_a_name_whose_key_would_grow_too_long_is_refused() -> None:
    """G-9: folding may lengthen a name (the ligature ffi becomes three letters), at most to twice its limit."""
    grows = "\ufb03"
    assert name_key(grows) == "ffi"
    assert clean_name(f"{grows}{grows}", length_max=3) == grows * 2
    with pytest.raises(InvalidValue) as refused:
        clean_name(grows * 3, length_max=3)
    assert refused.value.fault == "it has 3 characters"


@pytest.mark.parametrize("name", ["", "   ", "\n\t"])
def test_an_empty_name_is_refused(name: str) -> None:
    """G-8: a name has something in it."""
    with pytest.raises(InvalidValue) as refused:
        clean_name(name)
    assert refused.value.sentence == "name: it is empty; accepted: 1 to 64 printable characters."


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x7f", "\x9b", "\ud800"])
def test_a_name_holds_no_control_characters(char: str) -> None:
    """G-8: what no screen and no database takes."""
    with pytest.raises(InvalidValue) as refused:
        clean_name(f"So{char}nya")
    assert (
        refused.value.sentence
        == "name: it holds control or invisible characters; accepted: 1 to 64 printable characters."
    )


def test_text_keeps_its_lines_and_loses_outer_space() -> None:
    """G-9: a note may have paragraphs."""
    assert clean_text("  first\n\n  second \n", "note") == "first\n\n  second"
    assert clean_text("E\u0301", "note") == "É"
    assert clean_text("", "note") == ""


def test_a_text_of_full_length_is_taken_and_one_longer_is_refused() -> None:
    """G-8, G-9: never cut."""
    assert TEXT_LENGTH_MAX == 4000
    assert len(clean_text("x" * 4000, "note")) == 4000
    with pytest.raises(InvalidValue) as refused:
        clean_text("x" * 4001, "note")
    assert refused.value.sentence == "note: it has 4001 characters; accepted: at most 4000 characters of text."


@pytest.mark.parametrize("char", ["\x00", "\ud83d"])
def test_a_text_holds_nothing_that_no_database_keeps(char: str) -> None:
    """G-8: NUL and halves of characters."""
    with pytest.raises(InvalidValue) as refused:
        clean_text(f"a{char}b", "note", length_max=10)
    assert refused.value.sentence == "note: it holds NUL or half a character; accepted: at most 10 characters of text."


@pytest.mark.timeout(20)
def test_a_megabyte_of_accents_is_refused_before_it_is_normalised() -> None:
    """G-8, G-9: normalising it would take minutes; it is no name, and equals none."""
    zalgo = "a" + "\u0301\u0323" * 500_000
    with pytest.raises(InvalidValue):
        clean_name(zalgo)
    with pytest.raises(InvalidValue):
        clean_text(zalgo, "notes")
    assert name_key(zalgo) == zalgo
    assert name_key("E\u0301" + "x" * 1022) == "\u00e9" + "x" * 1022


@pytest.mark.timeout(20)
def test_accents_that_pile_up_are_refused_before_they_are_put_in_order() -> None:
    """G-8, G-9: also in a text of permitted length, of which a file may hold hundreds; up to thirty are taken."""
    zalgo = "a" + "\u0315\u0300" * 7_900
    for _ in range(240):
        with pytest.raises(InvalidValue, match="more than 30 accents stand on one letter"):
            clean_text(zalgo, "notes")
    thirty = "a" + "\u0315\u0300" * 15
    assert clean_text(f"{thirty} {thirty}", "notes")
    assert clean_name(thirty) == clean_text(thirty, "name")
    for piled in (thirty + "\u0300", "a" + "\u0f73" * 31):
        with pytest.raises(InvalidValue):
            clean_name(piled)
        assert name_key(piled) == piled


@pytest.mark.parametrize("name", ["\u200b", "A\u200b", "A\u2060B", "A\ufeff", "\u202eeman", "A\ue000"])
def test_nobody_is_called_what_nobody_sees(name: str) -> None:
    """G-9: two names that look alike would be two."""
    with pytest.raises(InvalidValue):
        clean_name(name)


@pytest.mark.parametrize("name", ["نامه\u200cای", "👩\u200d🚀", "Ælektra", "Øscar", "李雷"])
def test_names_of_all_scripts_are_taken(name: str) -> None:
    """G-9: Unicode, with what joins its letters."""
    assert clean_name(name) == name
