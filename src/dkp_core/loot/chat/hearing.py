"""What a message means: every word of a bid has a meaning, else it is none (L-10)."""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.loot.chat.calling import auction_called, named
from dkp_core.loot.chat.grammar import PHRASE_WORDS_MAX, ChatGrammar, Sense
from dkp_core.loot.chat.said import AuctionCancelled, AuctionClosed, AwardSaid, BidSaid, Board, Said
from dkp_core.loot.chat.words import amount_of, words_of
from dkp_core.loot.tier import Tier
from dkp_core.raids import Channel, ChatMessage

TEXT_LENGTH_MAX: Final = 1024
"""Clients send less than half of it; what is longer was not said in a game."""

_GLUED: Final = re.compile(r"([\d,.]*\d)([^\W\d_].*)", re.ASCII)
_TIERS: Final = {Sense.MAIN: Tier.MAIN, Sense.ALT: Tier.ALT, Sense.BOX: Tier.BOX}
_IN_BARE_BIDS: Final = frozenset({*_TIERS, Sense.CURRENCY, Sense.WITHDRAW})
_IN_BIDS: Final = frozenset({*_IN_BARE_BIDS, Sense.CEILING, Sense.ALL_IN, Sense.FILLER})
_IN_WITHDRAWALS: Final = _IN_BIDS - {Sense.CEILING, Sense.ALL_IN}
_IN_AWARDS: Final = frozenset({*_TIERS, Sense.AWARD, Sense.CURRENCY})
_IN_ROTS: Final = frozenset({Sense.NOBODY, Sense.AWARD, Sense.CURRENCY})
_IN_CLOSES: Final = frozenset({*_TIERS, Sense.CLOSE, Sense.CURRENCY})


@frozen(kw_only=True)
class _Heard:
    """The parts of a message, in no order: people put them in any."""

    item: str | None
    is_open: bool
    is_marked: bool
    amounts: tuple[Points, ...]
    characters: tuple[str, ...]
    senses: frozenset[Sense]
    unknown: tuple[str, ...]

    @property
    def tiers(self) -> tuple[Tier, ...]:
        return tuple(tier for sense, tier in _TIERS.items() if sense in self.senses)

    def is_but(self, senses: frozenset[Sense]) -> bool:
        """Whether all its words are understood, and mean but these things."""
        return not self.unknown and self.senses <= senses


def said_in(message: ChatMessage, grammar: ChatGrammar, board: Board) -> Said | None:
    """What a message means to the auctions on the board; None for talk, and for whatever is not clear.

    Whether the speaker may do it is for others to tell.
    """
    if len(message.text) > TEXT_LENGTH_MAX or (message.outgoing and message.channel is Channel.TELL):
        return None  # what the log's owner tells somebody was not told to the auctioneer
    body, _, comment = message.text.partition(grammar.comment_marker)
    if "?" in body:
        return None
    by_officer = message.channel in grammar.officer_channels
    called = auction_called(body, grammar) if by_officer else None
    if called is not None:
        return called
    heard = _heard(body, grammar, board)
    if heard is None:
        return None
    told = _told(heard, board) if by_officer else None
    if told is not None or message.channel not in grammar.bid_channels:
        return told
    return _bid(heard, comment.strip(), board, bare=message.channel in grammar.bare_bid_channels)


def _told(heard: _Heard, board: Board) -> Said | None:
    """What an auctioneer says of an auction."""
    if heard.senses & {Sense.AWARD, Sense.NOBODY}:
        return _award(heard)
    item = heard.item
    if item is None and (len(board.open_items) != 1 or heard.amounts or heard.characters):
        return None
    if Sense.CLOSE in heard.senses and heard.is_but(_IN_CLOSES):
        return AuctionClosed(item=item)
    if heard.senses == {Sense.CANCEL} and not (heard.unknown or heard.amounts or heard.characters):
        return AuctionCancelled(item=item)
    return None


def _award(heard: _Heard) -> AwardSaid | None:
    if heard.item is None or len(heard.amounts) > 1:
        return None
    price = heard.amounts[0] if heard.amounts else None
    if Sense.NOBODY in heard.senses:
        if price or heard.characters or not heard.is_but(_IN_ROTS):
            return None
        return AwardSaid(item=heard.item, character=None, price=None, to_nobody=True)
    # A stranger's name is taken where nothing else can be meant.
    strangers = tuple(word.capitalize() for word in heard.unknown)
    winners = heard.characters + strangers
    if len(winners) != 1 or not heard.senses <= _IN_AWARDS:
        return None
    if strangers and not (heard.is_marked and heard.amounts and winners[0].isalpha()):
        return None
    return AwardSaid(item=heard.item, character=winners[0], price=price, to_nobody=False)


def _bid(heard: _Heard, comment: str, board: Board, *, bare: bool) -> BidSaid | None:
    if heard.item is None:
        if not bare or len(board.open_items) != 1 or heard.characters or not heard.is_but(_IN_BARE_BIDS):
            return None
    elif not heard.is_open:
        return None
    withdrawn = Sense.WITHDRAW in heard.senses
    if not heard.is_but(_IN_WITHDRAWALS if withdrawn else _IN_BIDS) or len(heard.amounts) != (0 if withdrawn else 1):
        return None
    if len(heard.tiers) > 1 or len(heard.characters) > 1:
        return None
    return BidSaid(
        item=heard.item,
        amount=heard.amounts[0] if heard.amounts else None,
        ceiling=Sense.CEILING in heard.senses,
        character=heard.characters[0] if heard.characters else None,
        tier=heard.tiers[0] if heard.tiers else None,
        comment=comment,
        withdrawn=withdrawn,
    )


def _heard(body: str, grammar: ChatGrammar, board: Board) -> _Heard | None:
    """The parts of what was said; None where an item's name is marked and can't be one."""
    segments = body.split(grammar.item_marker)
    if len(segments) == 1:
        key, rest = _open_item(name_key(body), board)
        item = board.items_by_key[key] if key else None
    elif len(segments) == 3:
        key, rest = name_key(segments[1]), f"{segments[0]} {segments[2]}"
        item = board.items_by_key.get(key) or named(segments[1])
        if item is None:
            return None
    else:
        return None
    amounts: list[Points] = []
    characters: list[str] = []
    senses: set[Sense] = set()
    unknown: list[str] = []
    words = [part for word in words_of(rest) for part in _parted(word, grammar)]
    start = 0
    while start < len(words):
        for length in range(min(PHRASE_WORDS_MAX, len(words) - start), 0, -1):
            phrase = " ".join(words[start : start + length])
            amount = grammar.amount_words.get(phrase, amount_of(phrase, grammar.amount_digits_max))
            if phrase in grammar.senses:
                senses.add(grammar.senses[phrase])
            elif amount is not None:
                amounts.append(amount)
            elif phrase in board.characters:
                characters.append(board.characters[phrase])
            elif length == 1:
                unknown.append(phrase)
            else:
                continue
            start += length
            break
    return _Heard(
        item=item,
        is_open=key in board.items_by_key,
        is_marked=len(segments) == 3,
        amounts=tuple(amounts),
        characters=tuple(characters),
        senses=frozenset(senses),
        unknown=tuple(unknown),
    )


def _open_item(text: str, board: Board) -> tuple[str, str]:
    """The key of the longest open item that is named, and the text without it; an empty key where none is."""
    for key in board.items_by_key:
        start = text.find(key)
        while start >= 0:
            end = start + len(key)
            if _stands_alone(text, start, end):
                return key, f"{text[:start]} {text[end:]}"
            start = text.find(key, start + 1)
    return "", text


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a name is no part of a longer word or number; an amount may be next to it without a space."""
    return not (_runs_on(text[max(start - 1, 0) : start], text[start]) or _runs_on(text[end : end + 1], text[end - 1]))


def _runs_on(beside: str, edge: str) -> bool:
    return beside.isalpha() or (beside.isdigit() and edge.isdigit())


def _parted(word: str, grammar: ChatGrammar) -> tuple[str, ...]:
    """`55dkp` is two words, `10k` is one that means nothing."""
    glued = _GLUED.fullmatch(word)
    return (glued[1], glued[2]) if glued is not None and glued[2] in grammar.senses else (word,)
