"""What holds for every line: it is read in time, nothing is raised, and amounts stay within limits."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot.chat import (
    AuctionCalled,
    AwardSaid,
    BidSaid,
    Board,
    Channel,
    ChatGrammar,
    ChatMessage,
    Looted,
    message_of,
    owner_of,
    said_in,
)

BOARD = Board(open_items=("Eye of Orrin", "Left Eye of Orrin", "Brinesong"), characters={"orrick": "Orrick"})
ONE_OPEN = Board(open_items=("Brinesong",), characters={"orrick": "Orrick"})
GRAMMAR = ChatGrammar.of({"amount_digits_max": 10, "amount_words": {"high": "50"}})

PIECES = (
    *(
        "Eye of Orrin",
        "Left ",
        "Brinesong",
        "Orrick",
        ":::",
        "||",
        "|",
        ",",
        "!",
        "?",
        "(6)",
        "x2",
        "50",
        "1,000",
        "9" * 12,
    ),
    *(
        "dkp",
        "alt",
        "box",
        "max",
        "up to",
        "all in",
        "pass",
        "cancel",
        "!cancel",
        "bids open",
        "!bids open",
        "send tells",
    ),
    *("bids closed", "completed", "spent", "rot", "high", " to ", ".", "0.5", "é", "İ", "ß", "\x00", "\u0301"),
)
TEXTS = st.text(max_size=200) | st.lists(st.sampled_from(PIECES) | st.just(" "), max_size=14).map("".join)
BEGINNINGS = (
    *(
        "[Sat Feb 03 21:04:09 2024] ",
        "--Orrick has looted a ",
        "--a ",
        "--You left 2 ",
        "Orrick grabbed a ",
        "You looted a ",
    ),
    *(
        "Orrick tells you, '",
        "Orrick -> You: ",
        "Orrick tells the raid,  '",
        "You told Orrick, '",
        "Orrick tells Reef:2, '",
    ),
)
LINES = st.builds("".join, st.lists(st.sampled_from(BEGINNINGS) | TEXTS, max_size=5))
BOARDS = st.sampled_from((BOARD, ONE_OPEN))
CHANNELS = st.sampled_from(Channel)


def heard(text: str, channel: Channel, board: Board) -> object:
    return said_in(ChatMessage(at=None, speaker="Pellam", channel=channel, text=text), GRAMMAR, board)


@given(line=LINES)
@example(line="--Orrick has looted a  from 's corpse.--")
@example(line="--a was left on .--")
def test_every_line_is_read_or_left(line: str) -> None:
    """L-10: a hostile line is no error, and what was looted has a name."""
    message = message_of(line, "Tamsin")
    if isinstance(message, Looted):
        assert message.item
        assert message.count >= 0
    assert owner_of(line) is None or "_" in line


@given(text=TEXTS, channel=CHANNELS, board=BOARDS)
@example(text="9999999999.99", channel=Channel.TELL, board=ONE_OPEN)
@example(text="Brinesong " + "9" * 11, channel=Channel.TELL, board=ONE_OPEN)
def test_every_text_means_something_or_nothing(text: str, channel: Channel, board: Board) -> None:
    """L-10, G-3: never an error; amounts are points from 0 up; items named are open ones; quantities from 1 up."""
    said = heard(text, channel, board)
    if isinstance(said, BidSaid):
        assert said.withdrawn is (said.amount is None)
        assert said.amount is None or said.amount >= ZERO
        assert said.item in board.open_items or (said.item is None and len(board.open_items) == 1)
        assert said.character in {None, "Orrick"}
    elif isinstance(said, AwardSaid):
        assert said.to_nobody is (said.character is None)
        assert isinstance(said.price, Points | None)
    elif isinstance(said, AuctionCalled):
        assert all(name and count > 0 for name, count in said.items)
        assert said.items


@given(
    text=TEXTS.filter(lambda text: "||" not in text),
    word=st.sampled_from(["minutes", "grats", "lvl", "+10", "10k", "8:30"]),
)
def test_a_word_that_means_nothing_spoils_any_bid(text: str, word: str) -> None:
    """L-10: when in doubt it is no bid."""
    assert not isinstance(heard(f"{text} {word}", Channel.TELL, ONE_OPEN), BidSaid)


@given(
    channel=CHANNELS, amount=st.integers(0, 999_999), parts=st.permutations(["Eye of Orrin", "alt", "dkp", "Orrick"])
)
def test_a_bid_means_the_same_in_any_order(channel: Channel, amount: int, parts: list[str]) -> None:
    """L-10: item, amount, tier, currency and character stand where they like."""
    said = heard(f"{' '.join(parts)} {amount}", Channel.TELL, BOARD)
    assert said == heard(f"{amount} Eye of Orrin Orrick dkp alt", Channel.TELL, BOARD)
    assert isinstance(said, BidSaid)
    assert said.amount == Points.of(amount)


MEGABYTE = 1_000_000
HOSTILE = [
    "--Orrick has looted a " + " from " * (MEGABYTE // 6) + ".--",
    "--a " + " was left on " * (MEGABYTE // 13),
    "You looted a " + " and stored it in your " * (MEGABYTE // 23),
    "Orrick tells you, '" + "Brinesong " * (MEGABYTE // 10) + "50'",
    "Orrick tells you, '" + "1," * (MEGABYTE // 2) + "'",
    "Orrick tells you, '" + "e" + "\u0301" * MEGABYTE + "'",
    "Orrick tells you, in " + "a" * MEGABYTE + ", 'hi'",
    "Orrick tells the raid,  '" + ":::" * (MEGABYTE // 3) + " bids open'",
    "Orrick -> You: " + "(6" * (MEGABYTE // 2),
    "A" * MEGABYTE + " tells you, 'hi'",
    "a" * MEGABYTE + ".Orrick tells you, 'hi'",
    " " * MEGABYTE,
    "'" * MEGABYTE,
]


@pytest.mark.parametrize("line", HOSTILE, ids=lambda line: line[:24])
def test_a_hostile_megabyte_takes_no_time(line: str) -> None:
    """L-10: reading takes time by the length at most; a second is far more than that."""
    before = time.perf_counter()
    message = message_of(line, "Tamsin")
    if isinstance(message, ChatMessage):
        assert said_in(message, GRAMMAR, ONE_OPEN) is None
    owner_of(line)
    assert time.perf_counter() - before < 1


@pytest.mark.parametrize(
    "piece", ["Brinesong ", "Eye of Orri", "1,", "9", ":::", "a ", "(6) ", "bids open ", "e\u0301", "X,", "Aa "]
)
def test_the_longest_text_that_is_read_takes_no_time(piece: str) -> None:
    """L-10: what is within the limit is read at once, too."""
    before = time.perf_counter()
    heard((piece * 1024)[:1024], Channel.RAID, BOARD)
    assert time.perf_counter() - before < 1


def test_lines_of_combat_are_left_after_their_first_words() -> None:
    """L-10: a log is nearly all combat; its lines cost the same however long they are."""
    line = "[Sat Feb 03 21:04:09 2024] Orrick slashes a reef giant for 50 points of damage."
    started = time.perf_counter()
    for _ in range(20_000):
        assert message_of(line, "Tamsin") is None
    short = time.perf_counter() - started
    padded = line + " " * 10_000
    started = time.perf_counter()
    for _ in range(20_000):
        assert message_of(padded, "Tamsin") is None
    assert time.perf_counter() - started < 5 * short + 0.5
