"""Chat: lines of a game's log, and what they mean to an auction, by the guild's own grammar (L-10)."""

from dkp_core.loot.chat.grammar import ChatGrammar, Sense
from dkp_core.loot.chat.hearing import said_in
from dkp_core.loot.chat.said import (
    AuctionCalled,
    AuctionCancelled,
    AuctionClosed,
    AwardSaid,
    BidSaid,
    Board,
    Said,
)
from dkp_core.raids import Channel, ChatMessage, Looted, message_of, owner_of

__all__ = [
    "AuctionCalled",
    "AuctionCancelled",
    "AuctionClosed",
    "AwardSaid",
    "BidSaid",
    "Board",
    "Channel",
    "ChatGrammar",
    "ChatMessage",
    "Looted",
    "Said",
    "Sense",
    "message_of",
    "owner_of",
    "said_in",
]
