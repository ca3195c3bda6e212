"""Letters as Discord's embeds: within its limits, and harmless whatever people wrote."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dkp_adapters.discord.embeds import (
    DESCRIPTION_MAX,
    ELLIPSIS,
    FIELD_NAME_MAX,
    FIELD_VALUE_MAX,
    FIELDS_MAX,
    FOOTER_MAX,
    TITLE_MAX,
    TOTAL_MAX,
    embed_of,
    length,
    shortened,
    shown,
)
from dkp_core.notices import Text
from tests.unit.notices.writing_desk import letter

# What people may write: anything, and more of what means something to Discord than chance would give.
MEANING = st.sampled_from(
    [
        *("@everyone", "@here", "<@123456789012345678>", "<@&1>", "<#1>", "</cmd:1>", "<:x:1>", "<a:x:1>", "<t:1:R>"),
        *("<id:home>", "**b**", "__u__", "~~s~~", "||s||", "`c`", "```\nc\n```", "# h", "-# s", "> q", ">>> q", "- l"),
        *(
            "1. l",
            "[a](https://evil.example)",
            "https://evil.example",
            "<https://x>",
            "\\",
            "\\*",
            "\n",
            "\r\n",
            "\u202e",
        ),
        *("e\u0301", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏿", "각", "𝔘", "\u200b", " " * 40, "Z\u0336" * 30),
    ]
)
WRITTEN = st.lists(MEANING | st.text(max_size=300), max_size=30).map("".join)
LONG = st.tuples(WRITTEN, st.integers(1, 40)).map(lambda pair: pair[0] * pair[1])
TEXT = Text("{a}", "Hello\n{b:lines}", tuple((f"Field {n}", "{c:lines}") for n in range(30)))

# Whatever Discord acts upon; a backslash before it takes its meaning away.
MENTIONS = re.compile(r"@everyone|@here|<@|<#|</|<a?:|<t:|<id:|https?://")
FORMATS = re.compile(r"(?<!\\)(?:\\\\)*[*_~`|<>#\[\](){}@:/+=-]")


def texts_of(embed: dict[str, Any]) -> list[str]:
    """Everything in an embed in which Discord looks for formatting."""
    fields = [part for field in embed.get("fields", []) for part in (field["value"],)]
    return [embed.get("title", ""), embed.get("description", ""), *fields]


@given(LONG, LONG, LONG, st.text(max_size=3000))
@example("a" * 300, "b" * 4097, "c", "g" * 3000)
@example("@" * 9000, "a" * 4097, "b" * 1025, "g")
@example("\u0301" * 9000, "👩‍👩‍👧‍👦" * 2000, "\\" * 9000, "")
def test_an_embed_is_within_discords_limits_whatever_names_hold(a: str, b: str, c: str, guild: str) -> None:
    """V-3, V-9: 256, 4096, 25 fields of 256 and 1024, 2048, 6000 in all; nothing that must not be empty is."""
    embed: dict[str, Any] = embed_of(letter(TEXT, {"a": a, "b": b, "c": c}, guild=guild))
    fields, footer = embed.get("fields", []), embed.get("footer", {"text": "-"})
    assert length(embed.get("title", "")) <= TITLE_MAX
    assert length(embed.get("description", "")) <= DESCRIPTION_MAX
    assert 0 < length(footer["text"]) <= FOOTER_MAX
    assert len(fields) <= FIELDS_MAX
    for field in fields:
        assert 0 < length(field["name"]) <= FIELD_NAME_MAX
        assert 0 < length(field["value"]) <= FIELD_VALUE_MAX
        assert field["value"].strip()
    named = [part for field in fields for part in (field["name"], field["value"])]
    whole = [embed.get("title", ""), embed.get("description", ""), *named, embed.get("footer", {}).get("text", "")]
    assert sum(map(length, whole)) <= TOTAL_MAX


@given(LONG, LONG, LONG)
def test_an_embed_mentions_nobody_and_formats_nothing(a: str, b: str, c: str) -> None:
    """O-13: what people wrote is shown as they wrote it."""
    embed = embed_of(letter(TEXT, {"a": a, "b": b, "c": c}))
    for text in texts_of(embed):
        assert not MENTIONS.search(text), text
        assert not FORMATS.search(text), text
        assert not re.search(r"^\d+[.)](\s|$)", text, re.MULTILINE), text


@pytest.mark.parametrize(
    ("written", "as_shown"),
    [
        ("@everyone", "\\@\u200beveryone"),
        ("<@1> *x*", "\\<\\@\u200b1\\> \\*x\\*"),
        ("a\\", "a\\\\"),
        ("1. one", "1\\. one"),
        ("1) one", "1\\) one"),
        ("12.50", "12.50"),
        ("Ada, 60!", "Ada, 60!"),
    ],
)
def test_signs_lose_their_meaning_by_a_backslash(written: str, as_shown: str) -> None:
    """O-13."""
    assert shown(written) == as_shown


def test_the_footer_names_the_guild_as_it_is() -> None:
    """Discord looks for no formatting there, so a backslash would be seen."""
    assert embed_of(letter(Text("x"), guild="Ada_and_*Eve*"))["footer"] == {"text": "Ada_and_*Eve*"}


# --- cutting ----------------------------------------------------------------------------------------------------------


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(1, 60))
def test_what_is_cut_says_so(text: str, most: int) -> None:
    """G-9: nothing is truncated silently."""
    short = shortened(text, most)
    assert length(short) <= most
    assert short == text.strip() or short.endswith(ELLIPSIS)
    assert text.strip().startswith(short.removesuffix(ELLIPSIS).rstrip())


@pytest.mark.parametrize(
    "whole",
    [
        "e\u0301\u0302",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "👍🏿",
        "\\*",
        "\\@\u200b",
        "\u1112\u1161\u11ab",
        "𝔘",
        "☺\ufe0f",
        "क\u094d\u200d",
    ],
)
def test_what_belongs_together_is_not_cut_apart(whole: str) -> None:
    """V-9: accents, families, flags, skin tones, escapes, Korean, halves of a character."""
    for most in range(1, 3 * length(whole) + 2):
        kept = shortened(whole * 3, most).removesuffix(ELLIPSIS)
        assert kept == whole * (len(kept) // len(whole)), (most, kept)


def test_length_is_counted_in_utf_16() -> None:
    """An emoji may count as two: which of both Discord means, it is never over."""
    assert length("a👍é") == 4 == len("a👍é".encode("utf-16-le")) // 2


def test_a_flood_of_accents_is_cut_as_a_whole() -> None:
    """Thousands of marks on one letter belong together, and do not fit."""
    assert shortened("x" + "\u0336" * 5000, 100) == ELLIPSIS
    assert unicodedata.combining("\u0336")


def test_fields_that_do_not_fit_are_told_by_an_ellipsis() -> None:
    """V-9: twenty-five fields at most."""
    many = Text("x", fields=tuple((f"Field {n}", "value") for n in range(30)))
    fields: Any = embed_of(letter(many))["fields"]
    assert len(fields) == FIELDS_MAX
    assert fields[-1] == {"name": ELLIPSIS, "value": ELLIPSIS}
    assert fields[-2] == {"name": "Field 23", "value": "value"}
    exactly = Text("x", fields=many.fields[:FIELDS_MAX])
    assert embed_of(letter(exactly))["fields"][-1] == {"name": "Field 24", "value": "value"}  # type: ignore[index]  # a list
