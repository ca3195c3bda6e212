"""What players and officers say in game, and what it means to the auctions that are open."""

from __future__ import annotations

import pytest

from dkp_core.kernel.names import name_key
from dkp_core.loot.chat import (
    AuctionCalled,
    AuctionCancelled,
    AuctionClosed,
    AwardSaid,
    BidSaid,
    Board,
    Channel,
    ChatGrammar,
    ChatMessage,
    Looted,
    Said,
    said_in,
)

CHARACTERS = {name_key(name): name for name in ("Tamsin", "Orrick", "Pellam", "Max")}
ITEMS = ("Eye of Orrin", "Left Eye of Orrin", "Brinesong Breastplate", "7 Pearls", "Potion 10")
BOARD = Board(open_items=ITEMS, characters=CHARACTERS)
ONE_OPEN = Board(open_items=("Brinesong Breastplate",), characters=CHARACTERS)
NONE_OPEN = Board(open_items=(), characters=CHARACTERS)


def lines_of(table: str) -> list[tuple[str, str]]:
    """The rows of a table `said => meaning`."""
    rows = [line.split("=>") for line in table.strip().splitlines()]
    return [(said.strip(), meaning.strip()) for said, meaning in rows]


def meaning_of(
    text: str,
    board: Board = BOARD,
    channel: Channel = Channel.RAID,
    grammar: ChatGrammar | None = None,
    *,
    outgoing: bool = False,
) -> str:
    """What is heard, in words; `-` for talk."""
    message = ChatMessage(at=None, speaker="Tamsin", channel=channel, text=text, outgoing=outgoing)
    return in_words(said_in(message, ChatGrammar() if grammar is None else grammar, board))


def in_words(said: Said | None) -> str:
    """One sentence for each meaning there is."""
    match said:
        case None:
            return "-"
        case BidSaid():
            return bid_in_words(said)
        case AuctionCalled():
            return "open " + ", ".join(f"{count} {name}" for name, count in said.items)
        case AuctionClosed():
            return f"close {said.item or 'the one open'}"
        case AuctionCancelled():
            return f"cancel {said.item or 'the one open'}"
        case AwardSaid():
            return f"{said.item} to nobody" if said.to_nobody else f"{said.item} to {said.character} for {said.price}"
        case Looted():
            raise AssertionError("nobody says what he loots; the game does")


def bid_in_words(bid: BidSaid) -> str:
    """On what, how much, for whom, as what and why."""
    item = bid.item or "the one open"
    sentence = (
        f"withdraw from {item}" if bid.withdrawn else f"{'at most' if bid.ceiling else 'bid'} {bid.amount} on {item}"
    )
    for words, value in (("for", bid.character), ("as", bid.tier), ("because", bid.comment)):
        sentence += f" {words} {value}" if value else ""
    return sentence


BIDS = """
    Brinesong Breastplate 50                        => bid 50.00 on Brinesong Breastplate
    50 Brinesong Breastplate                        => bid 50.00 on Brinesong Breastplate
    brinesong  BREASTPLATE   50                     => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate50                         => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate50dkp                      => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate 50 DKP!                   => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate - 50                      => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate: 50                       => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate, 50 points.               => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate=50                        => bid 50.00 on Brinesong Breastplate
    bid 50 on Brinesong Breastplate                 => bid 50.00 on Brinesong Breastplate
    50 for Brinesong Breastplate                    => bid 50.00 on Brinesong Breastplate
    :::Brinesong Breastplate::: 50                  => bid 50.00 on Brinesong Breastplate
    ::: brinesong breastplate ::: 50 DKP            => bid 50.00 on Brinesong Breastplate
    Brinesong Breastplate 1,250                     => bid 1250.00 on Brinesong Breastplate
    Brinesong Breastplate 12.5                      => bid 12.50 on Brinesong Breastplate
    Brinesong Breastplate 12.75 pts                 => bid 12.75 on Brinesong Breastplate
    Brinesong Breastplate 0                         => bid 0.00 on Brinesong Breastplate
    Brinesong Breastplate 999999                    => bid 999999.00 on Brinesong Breastplate
    Brinesong Breastplate 50 alt                    => bid 50.00 on Brinesong Breastplate as alt
    Brinesong Breastplate 50ALT                     => bid 50.00 on Brinesong Breastplate as alt
    box Brinesong Breastplate 50                    => bid 50.00 on Brinesong Breastplate as box
    Brinesong Breastplate main 50 dkp               => bid 50.00 on Brinesong Breastplate as main
    Brinesong Breastplate 50 || for when I grow up? => bid 50.00 on Brinesong Breastplate because for when I grow up?
    Brinesong Breastplate Orrick 50 DKP             => bid 50.00 on Brinesong Breastplate for Orrick
    Brinesong Breastplate oRRick 50 DKP             => bid 50.00 on Brinesong Breastplate for Orrick
    Pellam 50 alt Brinesong Breastplate             => bid 50.00 on Brinesong Breastplate for Pellam as alt
    Brinesong Breastplate max 200                   => at most 200.00 on Brinesong Breastplate
    up to 200 on Brinesong Breastplate              => at most 200.00 on Brinesong Breastplate
    Brinesong Breastplate 137 all in                => bid 137.00 on Brinesong Breastplate
    Brinesong Breastplate pass                      => withdraw from Brinesong Breastplate
    pass on Brinesong Breastplate                   => withdraw from Brinesong Breastplate
    cancel bid Brinesong Breastplate Orrick         => withdraw from Brinesong Breastplate for Orrick
    Left Eye of Orrin 20                            => bid 20.00 on Left Eye of Orrin
    Eye of Orrin 20                                 => bid 20.00 on Eye of Orrin
    20 left eye of orrin                            => bid 20.00 on Left Eye of Orrin
    50Brinesong Breastplate                         => bid 50.00 on Brinesong Breastplate
    50 7 Pearls                                     => bid 50.00 on 7 Pearls
    Potion 10 20                                    => bid 20.00 on Potion 10
"""

TALK = """
    in 10 minutes
    10
    Brinesong Breastplate
    Brinesong Breastplate in 10 minutes
    Brinesong Breastplate at 8:30
    Brinesong Breastplate 8:30
    Brinesong Breastplate +10
    Brinesong Breastplate -10
    Brinesong Breastplate 10k
    Brinesong Breastplate 50%
    Brinesong Breastplate 50-60
    Brinesong Breastplate 50/60
    Brinesong Breastplate $50
    Brinesong Breastplate 1.234
    Brinesong Breastplate 1,23
    Brinesong Breastplate 1000000
    Brinesong Breastplate ５０
    Brinesong Breastplate 50 60
    Brinesong Breastplate 50 alt box
    Brinesong Breastplate 50 Orrick Pellam
    Brinesong Breastplate Somebody 50
    Brinesong Breastplate 50 pass
    Brinesong Breastplate pass max
    Brinesong Breastplate x2
    Brinesong Breastplate (2)
    Brinesong Breastplate !2
    Brinesong Breastplate min 50
    Brinesong Breastplate lvl 60
    Brinesong Breastplate 2nd main
    Brinesong Breastplate 50 2nd main
    Brinesong Breastplate all in
    Brinesong Breastplate went for 50
    is Brinesong Breastplate 50?
    Brinesong Breastplate 50?
    is Brinesong Breastplate 50
    Brinesong Breastplates 50
    aBrinesong Breastplate 50
    Right Eye of Orrin 20
    Ghost Eye of Orrin 20
    Eye of Orrin and Brinesong Breastplate 20
    Eye of Orrin 20, Brinesong Breastplate 30
    Potion 100 5
    Potion 1020
    507 Pearls
    altBrinesong Breastplate 50
    Brinesong Breastplatealt 50
    Ring of Somewhere Else 50
    :::Ring of Somewhere Else::: 50
    :::Brinesong Breastplate 50
    :::Raid Attendance Taken:::Attendance:::Fourth Call:::
    :::Brinesong Breastplate::: Orrick 50 DKP 30s
    :::Brinesong Breastplate::: last call
    Grats Orrick 20
    Grats Orrick Brinesong Breastplate 50 DKP!
    !preregister Brinesong Breastplate 50
    !correction !award Brinesong Breastplate !to Orrick 30
    That'll be 5 gold for the Brinesong Breastplate.
    || 50
"""

ONE_OPEN_BIDS = """
    50             => bid 50.00 on the one open
    50 dkp         => bid 50.00 on the one open
    50dkp alt      => bid 50.00 on the one open as alt
    box 50 || mine => bid 50.00 on the one open as box because mine
    pass           => withdraw from the one open
    !bids closed   => close the one open
    COMPLETED      => close the one open
    !CANCEL        => cancel the one open
    in 10 minutes  => -
    +10            => -
    10k            => -
    lvl 60         => -
    8:30           => -
    60s            => -
    2nd main       => -
    alt            => -
    x2             => -
    50?            => -
    for 50         => -
    max 60         => -
    Orrick 50      => -
    50 Orrick done => -
    Grats X 20     => -
    lol            => -
    quest completed => -
    Orrick 20 completed => -
"""

CALLS = """
    :::Ring of the Reef::: BIDS OPEN                 => open 1 Ring of the Reef
    ::: Ring of the Reef ::: BIDS OPEN X2            => open 2 Ring of the Reef
    :::Soulbrine::: bids open                        => open 1 Soulbrine
    :::Ring of the Reef::: x2, :::Soulbrine::: BIDS OPEN => open 2 Ring of the Reef, 1 Soulbrine
    :::Hook, Line of the Reef::: BIDS OPEN           => open 1 Hook, Line of the Reef
    Ring of the Reef OPEN for bids                   => open 1 Ring of the Reef
    Ring of the Reef (6) open for bids!              => open 6 Ring of the Reef
    Ring of the Reef(6) open for bids                => open 6 Ring of the Reef
    2x Ring of the Reef - send tells                 => open 2 Ring of the Reef
    Ring of the Reef send tells to Orrick            => open 1 Ring of the Reef
    Ring of the Reef, Rod of Gulls x2 send tells     => open 1 Ring of the Reef, 2 Rod of Gulls
    Ring of the Reef|Rod of Gulls|ring of the Reef| send tells => -
    Ring of the Reef|Rod of Gulls|Ring of the Reef| send tells => open 2 Ring of the Reef, 1 Rod of Gulls
    Spell: Calm of the Reef open for bids            => open 1 Spell: Calm of the Reef
    Brinesong Breastplate open for bids              => open 1 Brinesong Breastplate
    !BIDS OPEN ring of the reef                      => open 1 ring of the reef
    !Bids    open  Soulbrine !2 || there are two     => open 2 Soulbrine
    !bids open !2 Soulbrine                          => open 2 Soulbrine
    !bids open                                       => -
    !bids open Soulbrine?                            => -
    !bids open x2                                    => -
    !bids open -, Soulbrine                          => -
    !bids open Reef x99, reef                        => open 100 Reef
    now !bids open Soulbrine                         => -
    please send tells                                => -
    Please everybody send tells                      => -
    Guys send tells                                  => -
    send tells                                       => -
    all bids open                                    => -
    the Ring open for bids                           => -
    Ring of the Reef bids open - x2                  => open 2 Ring of the Reef
    Ring of the Reef open for bids soon              => -
    Ring of the Reef open for bids very soon         => -
    Ring of the Reef open for bids x2 soon           => -
    Ring of the Reef open for bids in 5 minutes      => -
    Ring of the Reef open for bids?                  => -
    Ring of the Reef, Rod of Gulls bids open x2      => -
    Ring of the Reef x2 bids open x2                 => -
    Ring of the Reef x0 bids open                    => -
    :::Ring of the Reef bids open                    => -
    loot :::Ring of the Reef::: bids open            => -
    ::: ::: bids open                                => -
    :::Ring of the Reef::: twice bids open           => -
    !bids open Reef x99, Reef x99                    => -
"""

AUCTIONEER = """
    !BIDS CLOSED Brinesong Breastplate                     => close Brinesong Breastplate
    Brinesong Breastplate bids closed || thanks all        => close Brinesong Breastplate
    :::Brinesong Breastplate::: COMPLETED                  => close Brinesong Breastplate
    :::Brinesong Breastplate::: Orrick 20 DKP, Pellam 15 DKP COMPLETED => close Brinesong Breastplate
    Brinesong Breastplate bids closed, thank you all       => -
    !BIDS CLOSED                                           => -
    !cancel Brinesong Breastplate                          => cancel Brinesong Breastplate
    !cancel Brinesong Breastplate 50                       => -
    !cancel Brinesong Breastplate for now                  => -
    :::Brinesong Breastplate::: oRRick 20 SPENT            => Brinesong Breastplate to Orrick for 20.00
    :::Brinesong Breastplate::: Orrick 20 DKPSPENT         => Brinesong Breastplate to Orrick for 20.00
    Brinesong Breastplate Orrick 20 dkp spent              => Brinesong Breastplate to Orrick for 20.00
    Brinesong Breastplate Orrick spent                     => Brinesong Breastplate to Orrick for None
    :::Ring of the Reef::: Orrick 20 SPENT                 => Ring of the Reef to Orrick for 20.00
    :::Brinesong Breastplate::: sTRANger 20 SPENT          => Brinesong Breastplate to Stranger for 20.00
    :::Brinesong Breastplate::: ROT                        => Brinesong Breastplate to nobody
    :::Brinesong Breastplate::: ROT 0 SPENT                => Brinesong Breastplate to nobody
    Brinesong Breastplate rot                              => Brinesong Breastplate to nobody
    :::Brinesong Breastplate::: Orrick ROT                 => -
    :::Brinesong Breastplate::: 20 ROT                     => -
    let Brinesong Breastplate rot                          => -
    Brinesong Breastplate Stranger 20 spent                => -
    :::Brinesong Breastplate::: Stranger SPENT             => -
    :::Brinesong Breastplate::: Orrick Stranger 20 SPENT   => -
    :::Brinesong Breastplate::: Orrick 20 SPENT REMOVE     => -
    :::Brinesong Breastplate::: Orrick 20 30 SPENT         => -
    :::Brinesong Breastplate::: 20 SPENT                   => -
    :::Brinesong Breastplate::: max Orrick 20 SPENT        => -
    Orrick 20 spent                                        => -
"""


@pytest.mark.parametrize(("said", "meaning"), lines_of(BIDS))
def test_a_bid_is_an_open_item_and_an_amount_in_any_order(said: str, meaning: str) -> None:
    """L-10: the conventions guilds have."""
    assert meaning_of(said) == meaning


@pytest.mark.parametrize("said", [line.strip() for line in TALK.strip().splitlines()])
@pytest.mark.parametrize("channel", [Channel.RAID, Channel.TELL])
def test_what_is_not_clear_is_no_bid(said: str, channel: Channel) -> None:
    """L-10: a word that means nothing spoils a bid; a false bid costs points, a missed one is said again."""
    assert meaning_of(said, channel=channel) == "-"


@pytest.mark.parametrize(("said", "meaning"), lines_of(ONE_OPEN_BIDS))
def test_a_bare_amount_is_meant_for_the_only_open_auction(said: str, meaning: str) -> None:
    """L-10: and nothing but the amount, tier and currency may be said with it."""
    assert meaning_of(said, ONE_OPEN) == meaning


@pytest.mark.parametrize("said", ["50", "50 dkp alt", "pass", "!bids closed", "!cancel"])
@pytest.mark.parametrize("board", [BOARD, NONE_OPEN], ids=["several", "none"])
def test_without_an_item_nothing_is_meant_unless_one_auction_is_open(said: str, board: Board) -> None:
    """L-10: nobody can tell which one is meant."""
    assert meaning_of(said, board) == "-"


@pytest.mark.parametrize(("said", "meaning"), lines_of(CALLS))
def test_calls_open_auctions(said: str, meaning: str) -> None:
    """L-10: items in lists, with quantities."""
    assert meaning_of(said) == meaning


@pytest.mark.parametrize(("said", "meaning"), lines_of(AUCTIONEER))
def test_an_auctioneer_closes_cancels_and_awards(said: str, meaning: str) -> None:
    """L-10: what is said of an auction that runs, or ran."""
    assert meaning_of(said) == meaning


@pytest.mark.parametrize(
    "said",
    [":::Ring of the Reef::: BIDS OPEN", "!bids closed Eye of Orrin", "!cancel Eye of Orrin", "Eye of Orrin rot"],
)
def test_auctions_are_run_where_officers_speak_only(said: str) -> None:
    """L-10: a tell opens, closes and awards nothing."""
    assert meaning_of(said, channel=Channel.RAID) != "-"
    assert meaning_of(said, channel=Channel.TELL) == "-"


@pytest.mark.parametrize(
    ("channel", "named", "bare"),
    [
        (Channel.TELL, True, True),
        (Channel.RAID, True, True),
        (Channel.CUSTOM, True, True),
        (Channel.GUILD, True, False),
        (Channel.GROUP, False, False),
        (Channel.SAY, False, False),
    ],
)
def test_bids_are_heard_in_some_channels(channel: Channel, named: bool, bare: bool) -> None:
    """L-10: tells, raid, guild and custom channels; `60` in guild chat may be an answer to anything."""
    assert (meaning_of("Brinesong Breastplate 50", ONE_OPEN, channel) != "-") is named
    assert (meaning_of("50", ONE_OPEN, channel) != "-") is bare


def test_what_an_officer_answers_by_tell_is_no_bid_of_his() -> None:
    """L-10: `Brinesong Breastplate 50, you lead` is told to somebody else."""
    assert meaning_of("Brinesong Breastplate 50", channel=Channel.TELL, outgoing=True) == "-"
    assert meaning_of("Brinesong Breastplate 50", outgoing=True) != "-"


def test_a_name_that_is_also_a_word_is_the_word() -> None:
    """L-10: a character called Max changes what nobody else's bid means."""
    assert meaning_of("Brinesong Breastplate max 50") == "at most 50.00 on Brinesong Breastplate"


def test_a_guild_that_bids_by_words_sets_their_amounts() -> None:
    """L-10: `high` without an item, while one is open."""
    grammar = ChatGrammar.of({"amount_words": {"High": "50", "top roll": 0, "100": "10"}})
    assert meaning_of("HIGH!", ONE_OPEN, grammar=grammar) == "bid 50.00 on the one open"
    assert meaning_of("eye of orrin high alt", grammar=grammar) == "bid 50.00 on Eye of Orrin as alt"
    assert meaning_of("Eye of Orrin top roll", grammar=grammar) == "bid 0.00 on Eye of Orrin"
    assert meaning_of("Eye of Orrin 100", grammar=grammar) == "bid 10.00 on Eye of Orrin"
    assert meaning_of("Eye of Orrin high 60", grammar=grammar) == "-"


def test_a_guild_sets_its_words_markers_and_channels() -> None:
    """L-10: nobody agrees, so every word is data."""
    grammar = ChatGrammar.of(
        {
            "bid_channels": ["say"],
            "bare_bid_channels": [],
            "officer_channels": ["group"],
            "item_marker": "**",
            "comment_marker": "//",
            "call_phrases": ["zu haben"],
            "close_phrases": ["vorbei"],
            "alt_words": ["Zweitchar"],
            "currency_words": ["Punkte"],
            "amount_digits_max": 2,
        }
    )

    def meaning(text: str, channel: Channel = Channel.SAY) -> str:
        return meaning_of(text, ONE_OPEN, channel, grammar)

    assert meaning("**Brinesong Breastplate** 50 punkte zweitchar // x") == (
        "bid 50.00 on Brinesong Breastplate as alt because x"
    )
    assert meaning("Brinesong Breastplate 50", Channel.RAID) == "-"
    assert meaning("50") == "-"
    assert meaning("Brinesong Breastplate 50 dkp") == "-"
    assert meaning("Brinesong Breastplate 500") == "-"
    assert meaning("Ring of the Reef zu haben", Channel.GROUP) == "open 1 Ring of the Reef"
    assert meaning("Brinesong Breastplate vorbei!", Channel.GROUP) == "close Brinesong Breastplate"
    assert meaning("Ring of the Reef open for bids", Channel.GROUP) == "-"


def test_names_compare_as_everywhere() -> None:
    """G-9: without regard to case, after NFC."""
    board = Board(open_items=("Épée du Dragon",), characters={name_key("Éloïse"): "Éloïse"})
    said = meaning_of("E\u0301PE\u0301E du dragon E\u0301LOI\u0308SE 50", board)
    assert said == "bid 50.00 on Épée du Dragon for Éloïse"


def test_a_text_longer_than_any_client_sends_means_nothing() -> None:
    """L-10: what was not said in game is not read."""
    assert meaning_of("Eye of Orrin 50" + " " * 1009) != "-"
    assert meaning_of("Eye of Orrin 50" + " " * 1010) == "-"
