"""O-1: what the old site logged becomes part of the audit log, without what is nobody's business."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dkp_adapters.eqdkp.mapping.external import NEVER
from dkp_adapters.eqdkp.mapping.logs import told
from dkp_adapters.eqdkp.serialized import Plain
from dkp_core.moving import DeedRecorded, OldDeed
from tests.unit.eqdkp.mapping.arrived import Arrived, arrived, opened
from tests.unit.eqdkp.mapping.moved import guild
from tests.unit.eqdkp.synthetic import Value
from tests.unit.eqdkp.test_serialized import serialized

AT = 1_760_000_000


def logged(folder: Path, *rows: dict[str, Value]) -> Arrived:
    """What comes of these rows of the log."""
    given = [
        {"log_id": number, "log_date": AT, "log_tag": "action_raid_updated", "username": "admin", **row}
        for number, row in enumerate(rows, 1)
    ]
    with opened(folder, guild().with_rows("logs", *given)) as source:
        return arrived(source)


def test_a_deed_has_who_when_and_what(tmp_path: Path) -> None:
    """O-1: names as they were typed, values before and after, dates in words."""
    value: Plain = {"{L_NOTE}": {"old": "a &amp; b", "new": "c", "flag": 0}, "{L_DATE}": "{D_1760000000}"}
    row: dict[str, Value] = {"log_value": serialized(value), "log_record": "Kael &#39;24", "log_record_id": "152"}
    came = logged(tmp_path, {**row, "username": "D&#39;Artagnan", "log_ipaddress": "127.0.0.9"})
    assert came.of(OldDeed) == [
        OldDeed(
            at=datetime.fromtimestamp(AT, UTC),
            by="D'Artagnan",
            event=DeedRecorded(
                import_id=came.numbers.import_id,
                tag="action_raid_updated",
                record="Kael '24",
                record_id="152",
                told="note: a & b -> c\ndate: 2025-10-09 08:53",
            ),
        )
    ]
    assert came.incomplete() == []


def test_nobody_and_never_are_said_so(tmp_path: Path) -> None:
    """O-2: what the program itself did has no name; a row without a date is told of."""
    came = logged(tmp_path, {"username": "", "log_date": 0, "log_value": "broken"})
    (deed,) = came.of(OldDeed)
    assert (deed.by, deed.at) == ("eqdkp", NEVER)
    assert isinstance(deed.event, DeedRecorded)
    assert deed.event.told == ""
    assert [old_id for old_id, _ in came.remarks("logs")] == ["1", "1"]
    assert came.incomplete() == []


def test_what_is_longer_than_is_kept_stays_in_the_archive(tmp_path: Path) -> None:
    """G-9: nothing is cut silently."""
    came = logged(tmp_path, {"log_value": serialized({"{L_NOTE}": "x" * 5000})}, {"log_value": serialized({"a": "b"})})
    first, second = (each.event for each in came.of(OldDeed))
    assert isinstance(first, DeedRecorded)
    assert isinstance(second, DeedRecorded)
    assert (len(first.told), first.told[-1], second.told) == (4000, "…", "a: b")
    assert came.arrivals.accounting.cut_rows == [("logs", 1)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"log_result": 0, "log_value": serialized({"{L_NOTE}": "a"})}, "failed: note: a"),
        ({"log_result": 0}, "failed"),
        ({"log_result": 0, "log_tag": "user_login_failed", "log_value": serialized({"a": "b"})}, "failed: changed: a"),
        ({"log_result": 1, "log_value": serialized({"{L_NOTE}": "a"})}, "note: a"),
        ({"log_result": None}, ""),
    ],
)
def test_what_failed_is_told_so(tmp_path: Path, row: dict[str, Value], told: str) -> None:
    """O-1: what was tried and did not succeed is no deed."""
    (deed,) = logged(tmp_path, row).of(OldDeed)
    assert isinstance(deed.event, DeedRecorded)
    assert deed.event.told == told


@pytest.mark.parametrize(
    "tag",
    ["action_user_updated", "action_request_added", "action_status_changed", "user_login_failed", "action_away_set"],
)
def test_of_people_only_what_changed_is_told(tmp_path: Path, tag: str) -> None:
    """A-12, G-5: neither what they are called nor what they said of themselves."""
    value: Plain = {"{L_NAME}": {"old": "Anna", "new": "Berta"}, "{L_CITY}": "Ghent"}
    came = logged(
        tmp_path, {"log_tag": tag, "log_value": serialized(value), "log_record": "Anna", "log_record_id": "3"}
    )
    (deed,) = came.of(OldDeed)
    assert isinstance(deed.event, DeedRecorded)
    assert (deed.event.record, deed.event.record_id, deed.event.told) == ("", "3", "changed: name, city")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"{L_EMAIL}": "a@example.org"}, "email: (not told)"),
        ({"smtp_password": {"old": "a", "new": "b"}}, "smtp_password: (not told)"),
        ({"Auth Key": "x"}, "Auth Key: (not told)"),
        ({"api_key": "x", "api_key_ro": "y"}, "api_key: (not told)\napi_key_ro: (not told)"),
        ({"settings": {"token": "x", "color": "red"}}, "settings: (not told), red"),
        ({"all": 'a:1:{s:8:"password";s:1:"x";}'}, "all: (not told)"),
        ({"all": 'a:1:{s:5:"color";s:3:"red";}'}, 'all: a:1:{s:5:"color";s:3:"red";}'),
        ({"{L_ACTIVE}": True, "{L_RAID}": None}, "active: yes\nraid: "),
        ({"deep": {1: {2: {3: {4: "x"}}}}}, "deep: …"),
        ("{L_DELETED}", "deleted"),
        (None, ""),
    ],
)
def test_secrets_are_never_told(value: Plain, expected: str) -> None:
    """O-11: passwords, keys and addresses stay where they were."""
    assert told(value) == expected
