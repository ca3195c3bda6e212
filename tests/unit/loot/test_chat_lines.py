"""Lines of an EverQuest log: which are chat, who speaks, and what the game says was looted."""

from __future__ import annotations

from datetime import datetime

import pytest

from dkp_core.loot.chat import Channel, ChatMessage, Looted, message_of, owner_of

OWNER = "Tamsin"
STAMP = "[Sat Feb 03 21:04:09 2024] "

CHAT = [
    ("Orrick tells you, 'Soulbrine 50'", "Orrick", Channel.TELL, "Soulbrine 50"),
    ("Orrick told you, 'Soulbrine 50'", "Orrick", Channel.TELL, "Soulbrine 50"),
    ("Orrick -> You: Soulbrine 50", "Orrick", Channel.TELL, "Soulbrine 50"),
    ("Orrick -> Tamsin:  Soulbrine 50", "Orrick", Channel.TELL, "Soulbrine 50"),
    ("Orrick -> You: 'tis mine, 'tis", "Orrick", Channel.TELL, "'tis mine, 'tis"),
    ("You told Orrick, 'no'", "Tamsin", Channel.TELL, "no"),
    ("You told Orrick '[queued], no'", "Tamsin", Channel.TELL, "no"),
    ("You -> Orrick: no", "Tamsin", Channel.TELL, "no"),
    ("Tamsin -> Orrick: no", "Tamsin", Channel.TELL, "no"),
    ("Orrick tells the raid,  'Soulbrine 50'", "Orrick", Channel.RAID, "Soulbrine 50"),
    ("Orrick tells the raid, 'Soulbrine 50'", "Orrick", Channel.RAID, "Soulbrine 50"),
    ("You tell your raid, 'Soulbrine 50'", "Tamsin", Channel.RAID, "Soulbrine 50"),
    ("Orrick tells the guild, 'it's 'quoted''", "Orrick", Channel.GUILD, "it's 'quoted'"),
    ("You say to your guild, 'hi'", "Tamsin", Channel.GUILD, "hi"),
    ("Orrick tells the group, in Elvish, 'hi'", "Orrick", Channel.GROUP, "hi"),
    ("You tell your party, 'hi'", "Tamsin", Channel.GROUP, "hi"),
    ("Orrick tells Reefbids:2, 'Soulbrine 50'", "Orrick", Channel.CUSTOM, "Soulbrine 50"),
    ("You tell Reefbids:12, 'Soulbrine 50'", "Tamsin", Channel.CUSTOM, "Soulbrine 50"),
    ("povar.Orrick tells Reefbids:2, 'Soulbrine 50'", "povar.Orrick", Channel.CUSTOM, "Soulbrine 50"),
    ("Orrick says, 'hi'", "Orrick", Channel.SAY, "hi"),
    ("Orrick says out of character, 'hi'", "Orrick", Channel.SAY, "hi"),
    ("You shout, in an unknown tongue, 'hi'", "Tamsin", Channel.SAY, "hi"),
    ("Orrick auctions, 'Soulbrine 50'", "Orrick", Channel.SAY, "Soulbrine 50"),
    ("Orrick tells you, '50&PCT; of Soulbrine'", "Orrick", Channel.TELL, "50% of Soulbrine"),
    ("Orrick tells you, 'no end quote", "Orrick", Channel.TELL, "no end quote"),
    ("Orrick says, 'Pellam tells you, 'Soulbrine 5000''", "Orrick", Channel.SAY, "Pellam tells you, 'Soulbrine 5000'"),
]

NO_CHAT = [
    "",
    "You slash a reef giant for 50 points of damage.",
    "Orrick hits a reef giant for 50 points of damage.",
    "Orrick told Pellam, 'Soulbrine 50'",
    "Orrick -> Pellam: Soulbrine 50",
    "Orrick the Bold tells you, 'Soulbrine 50'",
    "Druzzil Ro tells the guild, 'Orrick of Reef> has killed a reef giant in the Reef!'",
    "a reef giant says, 'Soulbrine 50'",
    "[60 Warlock] Orrick (Dark Elf) <Reef>",
    "Orrick tells nobody, 'Soulbrine 50'",
    "Orrick tells you Soulbrine 50",
    "--Orrick has looted--",
    "--Orrick has looted a Soulbrine.",
    "--Orrick left a Soulbrine.--",
    "--a Soulbrine was left.--",
    "Orrick left a message.",
    "Orrick looted a Soulbrine from a reef giant's corpse.",
    "Orrick grabbed a drink.",
]

LOOT = [
    ("--Orrick has looted a Ring of Gulls.--", "Orrick", 1, "Ring of Gulls", ""),
    ("--You have looted the Ring of Gulls.--", "Tamsin", 1, "Ring of Gulls", ""),
    ("--Orrick has looted 2 Ring of Gulls from a reef giant's corpse.--", "Orrick", 2, "Ring of Gulls", "a reef giant"),
    ("--Orrick has looted an Oar from a reef chest .--", "Orrick", 1, "Oar", "a reef chest"),
    ("--Orrick has looted a Letter from Home.--", "Orrick", 1, "Letter from Home", ""),
    ("--Orrick has looted a Letter from Home from Ann's corpse.--", "Orrick", 1, "Letter from Home", "Ann"),
    ("Orrick grabbed a Ring of Gulls from a reef chest .", "Orrick", 1, "Ring of Gulls", "a reef chest"),
    ("--Orrick stole a Ring of Gulls from a reef giant!--", "Orrick", 1, "Ring of Gulls", "a reef giant"),
    (
        "You looted a Pearl from Ann's corpse and stored it in your Dragon Hoard",
        "Tamsin",
        1,
        "Pearl",
        "Ann",
    ),
]

ROT = [
    ("--You left 2 Oar on a reef giant.--", "Tamsin", 2, "Oar", "a reef giant"),
    ("--Orrick left an Oar on a reef giant's corpse.--", "Orrick", 1, "Oar", "a reef giant"),
    ("--an Oar was left on a reef giant's corpse.--", "", 1, "Oar", "a reef giant"),
]


@pytest.mark.parametrize(("line", "speaker", "channel", "text"), CHAT)
def test_chat_is_read_in_all_its_forms(line: str, speaker: str, channel: Channel, text: str) -> None:
    """L-10: the owner of the log is the one called You, and what he says goes out."""
    at = datetime(2024, 2, 3, 21, 4, 9)  # noqa: DTZ001  # the PC's own clock
    message = ChatMessage(at=at, speaker=speaker, channel=channel, text=text, outgoing=speaker == OWNER)
    assert message_of(STAMP + line, OWNER) == message


@pytest.mark.parametrize("line", NO_CHAT)
@pytest.mark.parametrize("stamp", [STAMP, ""])
def test_most_lines_are_neither_chat_nor_loot(line: str, stamp: str) -> None:
    """L-10: nobody speaks for another by an emote, and no monster bids."""
    assert message_of(stamp + line, OWNER) is None


@pytest.mark.parametrize(("line", "character", "count", "item", "corpse"), LOOT)
def test_what_is_looted_is_read(line: str, character: str, count: int, item: str, corpse: str) -> None:
    """L-10: by whom, how many, and from what, where the game says so."""
    looted = Looted(character=character, item=item, count=count, corpse=corpse)
    assert message_of(STAMP + line, OWNER) == looted


@pytest.mark.parametrize(("line", "character", "count", "item", "corpse"), ROT)
def test_what_is_left_to_rot_is_read(line: str, character: str, count: int, item: str, corpse: str) -> None:
    """L-10: somebody left it, or nobody is named."""
    looted = Looted(character=character, item=item, count=count, corpse=corpse, left=True)
    assert message_of(STAMP + line, OWNER) == looted


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_marks_of_the_file_are_no_part_of_a_line(start: str, end: str) -> None:
    """L-10: a byte order mark before, a line's end behind."""
    message = message_of(f"{start}{STAMP}Orrick tells you, 'Soulbrine 50'{end}", OWNER)
    assert isinstance(message, ChatMessage)
    assert (message.text, message.at is None) == ("Soulbrine 50", False)
    assert isinstance(message_of(f"{start}{STAMP}--Orrick has looted a Pearl.--{end}", OWNER), Looted)


@pytest.mark.parametrize(
    "stamp", ["", "[Sat Zzz 03 21:04:09 2024] ", "[Sat Feb 31 21:04:09 2024] ", "[Sat Feb 03 24:04:09 2024] "]
)
def test_a_line_without_a_time_has_none(stamp: str) -> None:
    """L-10: what was pasted from the chat window counts, and no time is made up."""
    message = message_of(f"{stamp}Orrick tells you, 'Soulbrine 50'", OWNER)
    assert isinstance(message, ChatMessage)
    assert message.at is None


@pytest.mark.parametrize(
    ("file_name", "owner"),
    [
        ("eqlog_Tamsin_povar.txt", ("Tamsin", "povar")),
        ("eqlog_Tamsin_pq.proj.txt", ("Tamsin", "pq.proj")),
        ("C:\\EQ\\Logs\\eqlog_Tamsin_P1999Green.txt", ("Tamsin", "P1999Green")),
        ("/home/eq/EQLOG_Tamsin_povar.TXT", ("Tamsin", "povar")),
        ("eqlog_Tamsin.txt", None),
        ("eqlog_Tamsin_povar.txt.bak", None),
        ("log_Tamsin_povar.txt", None),
        ("", None),
    ],
)
def test_a_log_is_named_after_its_owner(file_name: str, owner: tuple[str, str] | None) -> None:
    """L-10: the log says You; who that is stands in the file's name alone."""
    assert owner_of(file_name) == owner
