"""The chat grammar as data that officers set."""

from __future__ import annotations

import json

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points
from dkp_core.loot.chat import Channel, ChatGrammar, Sense

OWN = {
    "bid_channels": ["raid", "tell"],
    "amount_words": {"High": "50", "low": 10},
    "alt_words": ["ALT", "second  main!", "alt"],
    "amount_digits_max": 10,
}


@pytest.mark.parametrize("values", [{}, OWN])
def test_a_grammar_is_kept_as_json(values: dict[str, object]) -> None:
    """L-10: what is written down is read back the same."""
    grammar = ChatGrammar.of(values)
    assert ChatGrammar.of(json.loads(json.dumps(grammar.values()))) == grammar


def test_words_are_kept_as_they_compare() -> None:
    """L-10, G-9: without case and punctuation, each once."""
    grammar = ChatGrammar.of(OWN)
    assert grammar.alt_words == ("alt", "second main")
    assert grammar.amount_words == {"high": Points.of(50), "low": Points.of(10)}
    assert grammar.bid_channels == (Channel.TELL, Channel.RAID)
    assert grammar.senses["second main"] is Sense.ALT
    assert grammar.close_phrases == ChatGrammar().close_phrases


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bid_channels", "raid"),
        ("bid_channels", ["shout"]),
        ("bid_channels", [5]),
        ("officer_channels", None),
        ("alt_words", "alt"),
        ("alt_words", [5]),
        ("alt_words", [""]),
        ("alt_words", [" ! "]),
        ("alt_words", ["one two three four five"]),
        ("alt_words", ["x" * 41]),
        ("alt_words", [f"alt{number}" for number in range(51)]),
        ("alt_words", ["50"]),
        ("alt_words", ["dkp"]),
        ("cancel_phrases", ["Cancel"]),
        ("amount_words", ["high"]),
        ("amount_words", {"high": 0.5}),
        ("amount_words", {"high": "-5"}),
        ("amount_words", {"high": "lots"}),
        ("amount_words", {"": "5"}),
        ("amount_words", {"alt": "5"}),
        ("amount_words", {f"word{number}": "5" for number in range(51)}),
        ("item_marker", ""),
        ("item_marker", "item"),
        ("item_marker", ": :"),
        ("item_marker", ":" * 9),
        ("comment_marker", "::"),
        ("item_marker", "|||"),
        ("comment_marker", 5),
        ("amount_digits_max", 0),
        ("amount_digits_max", 11),
        ("amount_digits_max", True),
        ("no_such_field", 1),
    ],
)
def test_what_no_grammar_can_hold_is_refused_by_its_field(field: str, value: object) -> None:
    """G-8: the error names the field; a word means one thing."""
    with pytest.raises(InvalidValue) as refused:
        ChatGrammar.of({field: value})
    assert refused.value.field == f"grammar.{field}"


def test_a_grammar_is_an_object() -> None:
    """G-8: anything else is refused."""
    with pytest.raises(InvalidValue, match="grammar"):
        ChatGrammar.of(["alt"])
