"""Chat of an erased person in raw uploads: every line that they said or were told goes, and nothing else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import UploadId
from dkp_core.raids import FORGET_CHAT, ImportReport, Upload
from dkp_core.raids.chat_line import parties_of
from dkp_core.raids.forgetting import AT_ONCE_BYTES
from tests.unit.guild_house import TONIGHT, GuildHouse, Person
from tests.unit.reacting import follow_up

T = "[Fri Nov 20 19:00:00 2026] "


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Rena tells the guild, 'hello'", ("Rena",)),
        ("Rena says, 'hello'", ("Rena",)),
        ("Rena says, in Elvish, 'hello'", ("Rena",)),
        ("Rena says out of character, 'hello'", ("Rena",)),
        ("Rena auctions, 'WTS Cloak'", ("Rena",)),
        ("Rena shouts, 'train!'", ("Rena",)),
        ("Rena tells the raid,  'hello'", ("Rena",)),
        ("Rena tells the group, 'hello'", ("Rena",)),
        ("Rena tells lfg:3, 'hello'", ("Rena",)),
        ("povar.Rena tells general:1, 'hello'", ("povar.Rena",)),
        ("Rena tells you, 'hello'", ("Rena", "Boss")),
        ("You told Rena, 'hello'", ("Boss", "Rena")),
        ("You told Rena, '[queued], hello'", ("Boss", "Rena")),
        ("Rena -> Boss: hello", ("Rena", "Boss")),
        ("Boss -> Rena: hello", ("Boss", "Rena")),
        ("You say to your guild, 'hello'", ("Boss",)),
        ("You tell your raid, 'hello'", ("Boss",)),
    ],
)
def test_the_parties_of_a_line_are_known(said: str, names: tuple[str, ...]) -> None:
    """A-12: who said it, and of a tell who was told."""
    parties = parties_of(T + said, "Boss")
    assert parties is not None
    assert parties.names == names
    assert parties.at == datetime(2026, 11, 20, 19)  # noqa: DTZ001  # a PC's clock
    without_time = parties_of(said, "Boss")
    assert without_time is not None
    assert without_time.at is None


@pytest.mark.parametrize(
    "line",
    [
        "Rena hits a rat for 7 points of damage.",
        "[60 Phantasmist] Rena (Dark Elf) <Twelfth Hour>",
        "There are 12 players in Rena's raid.",
        "--Rena has looted a Cloak from a dragon's corpse.--",
        "0\tRena\t60\tEnchanter\tRaid Leader",
        "",
    ],
)
def test_what_the_game_says_is_no_chat(line: str) -> None:
    """A-12, D-14: attendance goes on telling who was there."""
    assert parties_of(T + line, "Boss") is None


def test_of_an_unknown_logs_owner_only_the_others_are_known() -> None:
    """A-12: whose log it is, a file does not always say."""
    told = parties_of(T + "Rena tells you, 'hello'", "")
    spoke = parties_of(T + "You say, 'hello'", "")
    assert told is not None
    assert spoke is not None
    assert (told.names, spoke.names) == (("Rena",), ())


LOG = (
    f"{T}Players on EverQuest:\r\n"
    f"{T}---------------------------\r\n"
    f"{T}[60 Phantasmist] Rena (Dark Elf) <Twelfth Hour>\r\n"
    f"{T}[60 High Priest] Boss (Dwarf) <Twelfth Hour>\r\n"
    f"{T}There are 2 players in Plane of Fear.\r\n"
    f"{T}Rena tells the guild, 'my door code is 4711'\r\n"
    f"{T}Boss tells the guild, 'who said Rena is late?'\r\n"
    f"{T}Rena tells you, 'see you at 4711 Elm Street'\r\n"
    f"{T}You told Rena, 'fine, 4711'\r\n"
    f"{T}You say to your guild, 'pull'\r\n"
)


def uploads(
    guild: GuildHouse, text: str | bytes, name: str = "eqlog_Boss_povar.txt", by: Actor | None = None
) -> Upload:
    """A log is imported; the raw upload that is kept of it."""
    content = text if isinstance(text, bytes) else text.encode()
    report: ImportReport = guild.use.import_dump()(
        [content],
        file_name=name,
        event_type_id=guild.event_type(f"Raid {hashlib.sha256(content).hexdigest()[:12]}"),
        at=TONIGHT.replace(tzinfo=None),
        zone="UTC",
        by=by or guild.officer.by,
    )
    assert report.applied
    return max(kept(guild), key=lambda upload: upload.id)


def kept(guild: GuildHouse) -> list[Upload]:
    """Every upload whose content is kept, by id."""
    found: list[Upload] = []
    with guild.memory.begin(guild.operator) as work:
        while (upload := work.uploads.kept_after(found[-1].id if found else UploadId(0))) is not None:
            found.append(upload)
    return found


def text_of(guild: GuildHouse, upload: Upload) -> str:
    """What is kept of an upload now."""
    content = next(each.content for each in kept(guild) if each.id == upload.id)
    assert content is not None
    return content.decode()


def erased(guild: GuildHouse, person: Person) -> int:
    """A person is erased, and the worker does what follows for raw uploads; answers in how many steps."""
    guild.use.erase_user()(person.id, by=guild.operator)
    return follow_up(guild, FORGET_CHAT)


@pytest.fixture
def rena(guild: GuildHouse) -> Person:
    """Who plays Rena."""
    person = guild.joins("rena's player")
    guild.plays(guild.officer, "Boss")
    guild.plays(person, "Rena")
    return person


def test_what_the_person_said_and_was_told_is_gone_line_by_line(guild: GuildHouse, rena: Person) -> None:
    """A-12, D-14: the lines stay empty, so that all others keep their numbers; the hash stays that of the file."""
    upload = uploads(guild, LOG)
    assert erased(guild, rena) == 1
    left = text_of(guild, upload)
    assert "4711" not in left
    assert left.split("\r\n")[:5] == LOG.split("\r\n")[:5]
    assert left.count("\n") == LOG.count("\n")
    assert "who said Rena is late?" in left
    assert "You say to your guild, 'pull'" in left
    after = next(each for each in kept(guild) if each.id == upload.id)
    assert (after.sha256, after.size) == (upload.sha256, upload.size)


def test_the_same_file_is_known_again(guild: GuildHouse, rena: Person) -> None:
    """D-7, D-14: by its hash, which is that of what came."""
    upload = uploads(guild, LOG)
    erased(guild, rena)
    again = guild.use.import_dump()(
        [LOG.encode()], event_type_id=guild.event_type("Again"), zone="UTC", by=guild.officer.by
    )
    assert (again.already_imported, again.raid_id) == (True, upload.raid_id)


def test_what_others_said_to_each_other_stays(guild: GuildHouse, rena: Person) -> None:
    """A-12: also where somebody else's character has a name that begins alike."""
    other = guild.joins("other")
    guild.plays(other, "Renata")
    log = LOG.replace("Rena ", "Renata ").replace("Rena,", "Renata,")
    upload = uploads(guild, log)
    erased(guild, rena)
    assert text_of(guild, upload) == log


def test_in_their_own_log_the_person_is_called_you(guild: GuildHouse, rena: Person) -> None:
    """A-12: what they said there, and every tell to them."""
    own = (
        f"{T}[60 Phantasmist] Rena (Dark Elf) <Twelfth Hour>\n"
        f"{T}There is 1 player in Plane of Fear.\n"
        f"{T}You say, '4711'\n"
        f"{T}Boss tells you, '4711'\n"
        f"{T}Boss tells the guild, 'pull'\n"
    )
    upload = uploads(guild, own, "eqlog_Rena_povar.txt")
    erased(guild, rena)
    left = text_of(guild, upload)
    assert "4711" not in left
    assert "Boss tells the guild, 'pull'" in left


def test_other_names_of_the_character_count_as_well(guild: GuildHouse, rena: Person) -> None:
    """A-12, R-1: names it bore before, in any case."""
    character = guild.use.find_character()("Rena", by=guild.officer.by)
    guild.use.change_character()(character.id, name="Thalindra", by=guild.officer.by)
    upload = uploads(guild, LOG.replace("Rena tells", "RENA tells"))
    erased(guild, rena)
    assert "4711" not in text_of(guild, upload)


def test_what_the_character_says_with_its_next_owner_stays(guild: GuildHouse, rena: Person) -> None:
    """A-12, R-4: it was somebody else who said it then; a day either way is the first owner's, as clocks go."""
    character = guild.use.find_character()("Rena", by=guild.officer.by)
    heir = guild.joins("heir")
    guild.clock.set(datetime(2026, 11, 20, 20, tzinfo=UTC))
    guild.use.reassign_character()(character.id, owner=heir.id, by=guild.officer.by)
    later = LOG.replace("Nov 20", "Nov 25")
    upload, before = uploads(guild, later), uploads(guild, LOG)
    erased(guild, rena)
    assert text_of(guild, upload) == later
    assert "4711" not in text_of(guild, before)


def test_bytes_of_any_kind_stay_as_they_were(guild: GuildHouse, rena: Person) -> None:
    """A-12, D-6: a log that two programs wrote holds two encodings, and some bytes that are none."""
    odd = LOG.encode() + f"{T}Élan says, 'naïve'\r\n".encode("cp1252") + b"\x81\xff odd\r\n"
    upload = uploads(guild, odd)
    erased(guild, rena)
    content = next(each.content for each in kept(guild) if each.id == upload.id)
    assert content is not None
    assert content.endswith(f"{T}Élan says, 'naïve'\r\n".encode("cp1252") + b"\x81\xff odd\r\n")
    assert b"4711" not in content


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_wide_text_is_read_as_well(guild: GuildHouse, rena: Person, codec: str) -> None:
    """A-12, D-6: and is still read as before."""
    upload = uploads(guild, LOG.encode(codec))
    erased(guild, rena)
    content = next(each.content for each in kept(guild) if each.id == upload.id)
    assert content is not None
    left = content.decode(codec)
    assert "4711" not in left
    assert left.count("\n") == LOG.count("\n")
    assert content[:40] == LOG.encode(codec)[:40]


def test_a_name_that_is_not_plain_letters_is_found(guild: GuildHouse) -> None:
    """A-12, G-9: names compare as everywhere."""
    person = guild.joins("elan")
    guild.plays(guild.officer, "Boss")
    guild.plays(person, "Élan")
    upload = uploads(guild, LOG.replace("Rena", "ÉLAN"))
    erased(guild, person)
    assert "4711" not in text_of(guild, upload)


def test_many_uploads_are_done_step_by_step(guild: GuildHouse, rena: Person) -> None:
    """A-12: each step in a transaction of its own, going on where the last one ended, each upload once."""
    filler = f"{T}a rat bites you for 1 point of damage.\r\n" * (AT_ONCE_BYTES // 70)
    ids = [uploads(guild, f"{LOG}{filler}{number}\r\n").id for number in range(4)]
    steps = erased(guild, rena)
    assert steps == 3, "two at once, two at once, and a look for more"
    assert [each.id for each in kept(guild)] == ids
    assert not any(b"4711" in (each.content or b"") for each in kept(guild))


def test_a_file_is_not_called_what_its_erased_uploader_called_it(guild: GuildHouse, rena: Person) -> None:
    """A-12: where the name is not the game's own."""
    guild.use.change_membership()(rena.id, role_group=RoleGroup.OFFICER, by=guild.officer.by)
    officer = guild._person(rena.id, RoleGroup.OFFICER)
    named = uploads(guild, LOG, "Rena Real, my raid.txt", by=officer.by)
    of_the_game = uploads(guild, LOG + "\r\n", "eqlog_Rena_povar.txt", by=officer.by)
    of_another = uploads(guild, LOG + "\r\n\r\n", "mine.txt")
    erased(guild, rena)
    names = {each.id: each.file_name for each in kept(guild)}
    assert names == {named.id: "", of_the_game.id: "eqlog_Rena_povar.txt", of_another.id: "mine.txt"}


def test_a_log_without_a_name_is_its_uploaders(guild: GuildHouse, rena: Person) -> None:
    """A-12: of whom it says "You", where it does not say it itself."""
    guild.use.change_membership()(rena.id, role_group=RoleGroup.OFFICER, by=guild.officer.by)
    officer = guild._person(rena.id, RoleGroup.OFFICER)
    theirs = uploads(guild, LOG, "log.txt", by=officer.by)
    another = uploads(guild, LOG + "\r\n", "log.txt")
    erased(guild, rena)
    assert "'pull'" not in text_of(guild, theirs)
    assert "'pull'" in text_of(guild, another)


def test_nothing_is_done_where_the_person_never_played(guild: GuildHouse) -> None:
    """A-12: in one step, and nothing else changes."""
    person = guild.joins("quiet")
    guild.plays(guild.officer, "Boss")
    upload = uploads(guild, LOG)
    erased(guild, person)
    assert text_of(guild, upload) == LOG


def test_time_grows_with_the_length_of_the_log_alone(guild: GuildHouse, rena: Person) -> None:
    """A-12: hostile lines are no slower than others."""
    hostile = "".join(f"{T}{'Rena ' * 200}tells{' ' * 200}\r\n" for _ in range(500))
    upload = uploads(guild, LOG + hostile)
    began = datetime.now(UTC)
    erased(guild, rena)
    assert datetime.now(UTC) - began < timedelta(seconds=5)
    assert "4711" not in text_of(guild, upload)
