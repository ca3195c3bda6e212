"""O-2: what has no home here is kept as it stood, and no secret with it."""

from __future__ import annotations

import json
import resource
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dkp_adapters.eqdkp.errors import ArchiveNotWritten
from dkp_adapters.eqdkp.mapping.archive import write_archive
from dkp_adapters.eqdkp.mapping.blanking import BLANK, Blanking
from dkp_adapters.eqdkp.source import RawRow, open_source
from tests.unit.eqdkp.mapping.arrived import arrived, opened
from tests.unit.eqdkp.mapping.moved import guild, item, raid
from tests.unit.eqdkp.mapping.test_arrivals import KEY, of_the_real_one
from tests.unit.eqdkp.real_installation import EQDKP
from tests.unit.eqdkp.synthetic import Installation, Table
from tests.unit.eqdkp.test_rules import CAP, DECAY
from tests.unit.eqdkp.test_serialized import serialized

SECRETS = ("$2y$11$", "researchapikey0123456789abcdef", "researchrokey")


def full() -> Installation:
    """An installation of which something is left out, something cut, something unreadable, and something secret."""
    users = Table(
        "users", {"user_id": "int(11)", "username": "text", "user_password": "text", "exchange_key": "text"}
    ).with_rows({"user_id": 3, "username": " ", "user_password": "hunter2", "exchange_key": "sesame"})
    plugin = Table("bank", {"id": "int(11)", "note": "text", "api_token": "text"}).with_rows(
        {"id": 1, "note": "D&#39;oh\n", "api_token": "sesame"}, {"id": 2}
    )
    return (
        guild()
        .with_table(users)
        .with_table(plugin)
        .with_rows("raids", raid(1, raid_note="x" * 5000), raid(2), {"raid_id": "none"})
        .with_rows("items", item(5, buyer=99))
    )


def written(folder: Path, installation: Installation) -> Path:
    """The archive of what an installation has left."""
    path = folder / "left.zip"
    with opened(folder, installation) as source:
        write_archive(source, arrived(source).arrivals.accounting, path)
    return path


def rows_of(path: Path, table: str) -> Sequence[Mapping[str, Any]]:
    """The rows of a table in an archive."""
    with zipfile.ZipFile(path) as archive:
        return [json.loads(each) for each in archive.read(f"tables/{table}.jsonl").splitlines()]


def test_rows_stand_there_as_they_were(tmp_path: Path) -> None:
    """O-2: with why; NULL is null, entities stay, and what is no secret is whole."""
    path = written(tmp_path, full())
    first, second = rows_of(path, "bank")
    assert first == {
        "row": 1,
        "why": "archived",
        "reason": first["reason"],
        "values": {"id": "1", "note": "D&#39;oh\n", "api_token": BLANK},
    }
    assert second["values"] == {"id": "2", "note": None, "api_token": None}
    (orphan,) = rows_of(path, "items")
    assert (orphan["why"], orphan["values"]["item_value"]) == ("orphan", "12.50")


def test_what_was_cut_is_whole_there(tmp_path: Path) -> None:
    """G-9: a raid's note of 5,000 letters; and a row that cannot be read, with what it says."""
    cut, unreadable = rows_of(written(tmp_path, full()), "raids")
    assert (cut["row"], cut["why"], cut["values"]["raid_note"]) == (1, "changed", "x" * 5000)
    assert (unreadable["why"], unreadable["values"]["raid_id"]) == ("unreadable", "none")


def test_rows_without_values_are_listed_with_their_fault(tmp_path: Path) -> None:
    """O-2: what no row could be made of has a line too."""
    dump = tmp_path / "dump.sql"
    with opened(tmp_path, full()) as source:
        assert source.tables["bank"] == 2
    dump.write_bytes(dump.read_bytes().replace(b"(2,NULL,NULL)", b"(2,NULL)"))
    path = tmp_path / "left.zip"
    with open_source(dump) as source:
        write_archive(source, arrived(source).arrivals.accounting, path)
    assert [(each["row"], each["why"], each["values"] is None) for each in rows_of(path, "bank")] == [
        (1, "archived", False),
        (2, "unreadable", True),
    ]


def test_the_manifest_says_what_is_there(tmp_path: Path) -> None:
    """O-2: a program finds each file, how many rows it has, and which columns are left out."""
    path = written(tmp_path, full())
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        names = set(archive.namelist())
        remarks = [json.loads(each) for each in archive.read("remarks.jsonl").splitlines()]
    assert manifest["program_version"] == "2.3.39.0"
    assert manifest["tables"]["bank"] == {"file": "tables/bank.jsonl", "rows": 2, "left_out": ["api_token"]}
    assert {each["file"] for each in manifest["tables"].values()} == {each for each in names if "/" in each}
    assert all(each["rows"] == len(rows_of(path, table)) for table, each in manifest["tables"].items())
    assert ("raids", "1") in {(each["table"], each["old_id"]) for each in remarks}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rules_are_there_as_they_were_set(tmp_path: Path) -> None:
    """O-2: those too that no policy says."""
    path = tmp_path / "left.zip"
    apa, functions = serialized({"b": DECAY, 3: CAP}), serialized({"func_a": {0: "$value * 0.9"}})
    with opened(tmp_path, guild(), apa=apa, functions=functions) as source:
        write_archive(source, arrived(source).arrivals.accounting, path)
    with zipfile.ZipFile(path) as archive:
        rules = json.loads(archive.read("rules.json"))
    first, second = rules["adjustments"]
    assert (first["id"], first["type"], first["decay_time"], first["pools"]) == (
        "b",
        "decay_ria",
        "0.5",
        {"0": 1, "1": "2"},
    )
    assert (second["id"], second["upper_cap"]) == ("3", "60")
    assert rules["functions"] == {"func_a": ["$value * 0.9"]}


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    """O-11: neither passwords nor keys, wherever they stand."""
    path = written(tmp_path, full())
    (user,) = rows_of(path, "users")
    assert (user["values"]["user_password"], user["values"]["exchange_key"]) == (BLANK, BLANK)
    assert not _holds(path, ("hunter2", "sesame"))


@of_the_real_one
def test_no_secret_of_a_real_installation_is_in_its_archive(tmp_path: Path) -> None:
    """O-2, O-11: every row that is listed is there, and no hash, key or session."""
    path = tmp_path / "left.zip"
    with open_source(EQDKP / "small.sql.gz", KEY) as source:
        accounting = arrived(source).arrivals.accounting
        write_archive(source, accounting, path)
        sessions = [each.values[0] for each in source.raw("sessions")]
        keys = [each.values[each.columns.index("exchange_key")] for each in source.raw("users")]
        listed = len(accounting.listed)
    assert not _holds(path, [*SECRETS, *(each for each in (*sessions, *keys) if each)])
    with zipfile.ZipFile(path) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    kept = [each for table in tables for each in rows_of(path, table)]
    assert len([each for each in kept if each["why"] != "changed"]) == listed


def _holds(path: Path, secrets: Sequence[str]) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        whole = "".join(archive.read(each).decode() for each in archive.namelist())
    return [each for each in secrets if each in whole]


@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        ("config", "config_value", 'a:1:{s:8:"password";s:1:"x";}', 'a:1:{s:8:"password";s:10:"(left out)";}'),
        ("config", "config_value", 'a:1:{s:5:"color";s:3:"red";}', 'a:1:{s:5:"color";s:3:"red";}'),
        ("logs", "log_value", 'a:1:{s:12:"{L_PASSWORD}";a:1:{s:3:"old";s:1:"x";}}', BLANK),
        ("logs", "log_value", 'a:1:{s:8:"{L_NOTE}";s:1:"x";}', 'a:1:{s:8:"{L_NOTE}";s:1:"x";}'),
        ("logs", "log_ipaddress", "127.0.0.1", BLANK),
        ("sessions", "session_key", "x", BLANK),
        ("sessions", "session_page", "index", "index"),
        ("guildrequest_requests", "auth_key", "x", BLANK),
        ("guildrequest_requests", "activation_key", "", ""),
        ("items", "item_group_key", "abc", "abc"),
        ("users", "user_email", "eQAk0qcAAGu8", "eQAk0qcAAGu8"),
        ("articles", "keywords", "raid, loot", "raid, loot"),
    ],
)
def test_secrets_are_known_by_their_names(table: str, column: str, value: str, expected: str) -> None:
    """O-11: by the column's, by the setting's, and by those within what PHP serialized."""
    row = RawRow(table, 1, (column,), (value,))
    assert Blanking.of(table, row.columns).blanked(row) == {column: expected}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("api_key", BLANK), ("login_discord_appsecret", BLANK), ("lib_email_smtp_pw", BLANK), ("dkp_name", "x")],
)
def test_secret_settings_keep_their_names_alone(name: str, expected: str) -> None:
    """O-11: the value goes."""
    row = RawRow("config", 1, ("config_name", "config_value"), (name, "x"))
    assert Blanking.of(row.table, row.columns).blanked(row) == {"config_name": name, "config_value": expected}


# --- writing it -------------------------------------------------------------------------------------------------------


def test_an_earlier_archive_is_replaced_and_another_file_is_not(tmp_path: Path) -> None:
    """O-3: running again after a kill is the way on; a database that was named by mistake stays."""
    path = written(tmp_path, full())
    path.chmod(0o644)
    assert written(tmp_path, guild()) == path
    with zipfile.ZipFile(path) as archive:
        assert "tables/bank.jsonl" not in archive.namelist()
    for content in (b"SQLite format 3", b""):
        path.write_bytes(content)
        with pytest.raises(ArchiveNotWritten, match="another file is there"):
            written(tmp_path, full())
        assert path.read_bytes() == content
    with zipfile.ZipFile(path, "w") as other:
        other.writestr("manifest.json", '{"format": "another"}')
    with pytest.raises(ArchiveNotWritten):
        written(tmp_path, full())


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """G-8: which file, what was wrong, what is accepted."""
    with opened(tmp_path, full()) as source, pytest.raises(ArchiveNotWritten) as refused:
        write_archive(source, arrived(source).arrivals.accounting, tmp_path / "none" / "left.zip")
    assert refused.value.field == "archive"
    assert "No such file or directory" in refused.value.sentence
    assert "accepted:" in refused.value.sentence


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file gets longer than that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [10, 300, 700])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, size: int) -> None:
    """G-8: the earlier archive stays whole, and no half of a new one lies about."""
    path = written(tmp_path, guild())
    before = path.read_bytes()
    with opened(tmp_path, full()) as source:
        accounting = arrived(source).arrivals.accounting
        with room_for(size), pytest.raises(ArchiveNotWritten, match="can't be written"):
            write_archive(source, accounting, path)
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dump.sql", "left.zip"]
