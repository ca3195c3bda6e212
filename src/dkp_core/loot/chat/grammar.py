"""How a guild speaks of bids in chat: words and channels, as data that officers set (L-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Final, Self, TypeVar

from attrs import field, frozen

from dkp_core.kernel.data import Data
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot.chat.words import amount_of, words_of
from dkp_core.raids import Channel

PHRASES_MAX: Final = 50
PHRASE_WORDS_MAX: Final = 4
PHRASE_LENGTH_MAX: Final = 40
MARKER_LENGTH_MAX: Final = 8
AMOUNT_DIGITS_MAX: Final = 10
"""More whole digits no amount of points has."""


T = TypeVar("T")


class Sense(StrEnum):
    """What a word or phrase means; each is the name of the grammar's field that lists its words."""

    CALL = "call_phrases"
    CLOSE = "close_phrases"
    CANCEL = "cancel_phrases"
    AWARD = "award_words"
    NOBODY = "nobody_words"
    WITHDRAW = "withdraw_words"
    MAIN = "main_words"
    ALT = "alt_words"
    BOX = "box_words"
    CURRENCY = "currency_words"
    CEILING = "ceiling_words"
    ALL_IN = "all_in_words"
    FILLER = "filler_words"


def _channels(value: object, name: str) -> tuple[Channel, ...]:
    accepted = f"a list of {', '.join(Channel)}"
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(each in list(Channel) for each in value):
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", accepted)
    return tuple(channel for channel in Channel if channel in value)


def _phrase(value: object, name: str) -> str:
    accepted = f"1 to {PHRASE_WORDS_MAX} words of at most {PHRASE_LENGTH_MAX} characters together"
    if not isinstance(value, str) or len(value) > PHRASE_LENGTH_MAX:
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", accepted)
    words = words_of(value)
    if not 0 < len(words) <= PHRASE_WORDS_MAX:
        raise InvalidValue(name, f"{value!r} has {len(words)} words", accepted)
    return " ".join(words)


def _phrases(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > PHRASES_MAX:
        raise InvalidValue(name, f"{str(value)[:40]!r} is no list", f"a list of at most {PHRASES_MAX} phrases")
    phrases = tuple(dict.fromkeys(_phrase(each, name) for each in value))
    for phrase in phrases:
        if amount_of(phrase, AMOUNT_DIGITS_MAX) is not None:
            raise InvalidValue(name, f"{phrase!r} is an amount", "words; what stands for amounts is in amount_words")
    return phrases


def _amounts(value: object, name: str) -> Mapping[str, Points]:
    if not isinstance(value, Mapping) or len(value) > PHRASES_MAX:
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", f"an object of at most {PHRASES_MAX} words")
    amounts = {_phrase(word, name): Points.of(amount, name) for word, amount in value.items()}
    for word, amount in amounts.items():
        if amount < ZERO:
            raise InvalidValue(name, f"{word!r} is {amount}", "amounts of 0 or more")
    return amounts


def _marker(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MARKER_LENGTH_MAX or any(map(_in_names, value)):
        accepted = f"1 to {MARKER_LENGTH_MAX} signs that stand in no name"
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", accepted)
    return value


def _in_names(char: str) -> bool:
    return char.isalnum() or char.isspace() or not char.isprintable()


def _digits(value: object, name: str) -> int:
    if type(value) is not int or not 1 <= value <= AMOUNT_DIGITS_MAX:
        accepted = f"a whole number from 1 to {AMOUNT_DIGITS_MAX}"
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", accepted)
    return value


def _set(read: Callable[[object, str], T], told: str, default: T) -> T:
    return field(default=default, metadata={"read": read, "help": told})


@frozen(kw_only=True)
class ChatGrammar(Data):
    """The channels and words by which a guild bids; the defaults suit EverQuest.

    Words are kept as they compare: in lower case, without the punctuation around them. Each means one thing only.
    """

    bid_channels: tuple[Channel, ...] = _set(
        _channels, "where bids are taken from", (Channel.TELL, Channel.GUILD, Channel.RAID, Channel.CUSTOM)
    )
    bare_bid_channels: tuple[Channel, ...] = _set(
        _channels,
        "of these, where an amount or word without an item is a bid while one auction is open",
        (Channel.TELL, Channel.RAID, Channel.CUSTOM),
    )
    officer_channels: tuple[Channel, ...] = _set(
        _channels,
        "where auctions are called, closed, cancelled and awarded",
        (Channel.GUILD, Channel.RAID, Channel.CUSTOM),
    )
    item_marker: str = _set(_marker, "stands before and after an item's name", ":::")
    comment_marker: str = _set(_marker, "what follows it is a comment", "||")
    call_phrases: tuple[str, ...] = _set(
        _phrases,
        "ask for bids; one that begins with ! stands before the items, the others after them",
        ("!bids open", "bids open", "open for bids", "open for bidding", "send tells"),
    )
    close_phrases: tuple[str, ...] = _set(
        _phrases, "end the bidding", ("!bids closed", "bids closed", "bidding closed", "completed")
    )
    cancel_phrases: tuple[str, ...] = _set(
        _phrases, "call an auction off", ("!cancel", "!bids cancelled", "bids cancelled", "bids canceled")
    )
    award_words: tuple[str, ...] = _set(_phrases, "award the item", ("spent", "dkpspent"))
    nobody_words: tuple[str, ...] = _set(_phrases, "award it to nobody", ("rot",))
    withdraw_words: tuple[str, ...] = _set(
        _phrases, "take a bid back", ("pass", "cancel", "cancel bid", "withdraw", "withdraw bid", "retract")
    )
    main_words: tuple[str, ...] = _set(_phrases, "bid as a main", ("main",))
    alt_words: tuple[str, ...] = _set(_phrases, "bid as an alt", ("alt",))
    box_words: tuple[str, ...] = _set(_phrases, "bid as a box", ("box",))
    currency_words: tuple[str, ...] = _set(_phrases, "what points are called", ("dkp", "points", "point", "pts"))
    ceiling_words: tuple[str, ...] = _set(
        _phrases, "the amount is the most to bid: the least that leads is bid, up to it", ("max", "up to")
    )
    all_in_words: tuple[str, ...] = _set(
        _phrases, "may stand with an amount, and change nothing", ("all in", "all-in", "allin")
    )
    filler_words: tuple[str, ...] = _set(_phrases, "may stand with an item, and change nothing", ("bid", "for", "on"))
    amount_words: Mapping[str, Points] = _set(_amounts, 'words that stand for amounts: {"high": "50"}', {})
    amount_digits_max: int = _set(_digits, "a number with more whole digits is no amount", 6)

    @classmethod
    def of(cls, values: object, name: str = "grammar") -> Self:
        """What the JSON object says; what it leaves out has its default. Raises: InvalidValue, naming the field."""
        return super().of(values, name)

    def with_values(self, values: object, name: str) -> Self:
        """The same with some of it set. Raises: InvalidValue, naming the field; also where a word means two things."""
        grammar = super().with_values(values, name)
        assert isinstance(values, Mapping)
        meant: dict[str, str] = {}
        # Those just set come last, so that a clash is told of them and not of a default.
        for phrase, listed_in in sorted(grammar._phrases_listed(), key=lambda each: each[1] in values):
            if phrase in meant:
                fault = f"{phrase!r} is in {meant[phrase]} already"
                raise InvalidValue(f"{name}.{listed_in}", fault, "words that mean one thing")
            meant[phrase] = listed_in
        markers = (grammar.item_marker, grammar.comment_marker)
        if markers[0] in markers[1] or markers[1] in markers[0]:
            set_now = "item_marker" if "item_marker" in values else "comment_marker"
            raise InvalidValue(f"{name}.{set_now}", f"{' and '.join(markers)} are alike", "no part of the other marker")
        return grammar

    def values(self) -> dict[str, object]:
        """Every field as JSON has it; amounts are strings."""
        return {**super().values(), "amount_words": {word: str(amount) for word, amount in self.amount_words.items()}}

    @cached_property
    def senses(self) -> Mapping[str, Sense]:
        """What each phrase means, those that stand for amounts apart."""
        return {phrase: sense for sense in Sense for phrase in self.phrases(sense)}

    def phrases(self, sense: Sense) -> tuple[str, ...]:
        """The phrases that mean this."""
        phrases: tuple[str, ...] = getattr(self, sense)
        return phrases

    def _phrases_listed(self) -> Iterator[tuple[str, str]]:
        for sense in Sense:
            for phrase in self.phrases(sense):
                yield phrase, sense
        for phrase in self.amount_words:
            yield phrase, "amount_words"
