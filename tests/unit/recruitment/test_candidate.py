"""What applicants tell of themselves (V-1)."""

from __future__ import annotations

from typing import Any

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId
from dkp_core.recruitment import NOBODY


def test_what_is_told_is_cleaned() -> None:
    """V-1, G-9: names in NFC without runs of spaces; referees once each."""
    twice = [UserId(3), UserId(2), UserId(3)]
    told = NOBODY.saying(character_name="  E\u0301lan ", server=" Quarm  Two ", referees=twice, email=" a@b.de ")
    assert (told.character_name, told.server, told.referees, told.email) == ("Élan", "Quarm Two", (3, 2), "a@b.de")


def test_what_is_not_given_stays_and_an_empty_text_takes_it_back() -> None:
    """V-3: an applicant edits what they told."""
    before = NOBODY.saying(character_name="Élan", server="Quarm", email="a@b.de", level=60, timezone="Europe/Berlin")
    assert before.saying() == before
    after = before.saying(server="", email="", timezone="")
    assert (after.server, after.email, after.timezone, after.level) == ("", None, "", 60)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"character_name": ""}, "character_name"),
        ({"character_name": "x" * 65}, "character_name"),
        ({"level": -1}, "level"),
        ({"level": 10_001}, "level"),
        ({"timezone": "Middle/Earth"}, "timezone"),
        ({"referees": [UserId(each) for each in range(11)]}, "referees"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@c.de\r\nBcc: x"}, "email"),
        ({"previous_guilds": "x" * 4001}, "previous_guilds"),
        ({"availability": "\x00"}, "availability"),
        ({"references": "x" * 100_000}, "references"),
    ],
)
def test_what_no_one_can_mean_is_refused_by_its_field(values: dict[str, Any], field: str) -> None:
    """V-1, G-8: the error names the field."""
    with pytest.raises(InvalidValue) as refused:
        NOBODY.saying(**{"character_name": "Élan"} | values)
    assert refused.value.field == field


def test_an_application_needs_a_character() -> None:
    """V-1: without a name there is nobody to try."""
    with pytest.raises(InvalidValue, match="character_name"):
        NOBODY.saying(server="Quarm")


def test_what_is_private_is_not_printed() -> None:
    """O-13: an address in a traceback or log would stay there."""
    assert "a@b.de" not in repr(NOBODY.saying(character_name="Élan", email="a@b.de"))
