"""The guild as a file over HTTP: for its officers in person, without what they may not know (O-6, L-11)."""

from __future__ import annotations

import io
import zipfile

import pytest

from dkp_core.accounts import SCOPES, RoleGroup
from tests.integration.exported import told_by
from tests.integration.http.house import House

PATH = "/api/exports/guild/"


def test_an_officer_downloads_the_guild(house: House) -> None:
    """O-6: as a file with a name, which nobody keeps on the way."""
    answer = house.officer.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == f'attachment; filename="{house.mark}.json"'
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["complete"] is False
    assert told["tables"]["guilds"][0]["slug"] == house.mark
    assert told_by(answer.content).keys() == {name for name, rows in told["tables"].items() if rows}


def test_as_sheets_it_is_a_zip(house: House) -> None:
    """O-6."""
    answer = house.officer.get(f"{PATH}?format=csv")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].endswith('.csv.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as sheets:
        assert sheets.testzip() is None
        assert "entries.csv" in sheets.namelist()
    refused = house.officer.get(f"{PATH}?format=pdf")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_value")


@pytest.mark.parametrize("role_group", [each for each in RoleGroup if each is not RoleGroup.OFFICER])
def test_nobody_else_does(role_group: RoleGroup, house: House) -> None:
    """O-6, A-3."""
    assert house.person(role_group).get(PATH).status_code == 403


def test_no_bot_does_either(house: House) -> None:
    """O-6, A-7: whatever its scopes are, since votes are among it."""
    refused = house.bot(*SCOPES).get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
