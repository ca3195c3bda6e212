"""What old tools send, and how what they are told is written (O-5)."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.eqdkp_compat.body import Given, as_fields
from dkp_entrypoints.http.eqdkp_compat.keeping import KeptReplies
from dkp_entrypoints.http.eqdkp_compat.numbering import BEYOND, Numbering
from dkp_entrypoints.http.eqdkp_compat.telling import Format, again, amount, as_xml
from dkp_entrypoints.http.presenting import encode
from dkp_entrypoints.http.reading import MalformedBody
from dkp_entrypoints.http.reception import Reply

BERLIN = ZoneInfo("Europe/Berlin")


@frozen
class Thing:
    """Something with an id of ours, and perhaps an old one."""

    id: int
    external_id: str | None = None


def fields_of(raw: str) -> Any:
    """What is read out of that."""
    return json.loads(as_fields(raw.encode()))["fields"]


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ("", {}),
        ('{"a": 1, "b": {"member": [1, "2"]}}', {"a": 1, "b": {"member": [1, "2"]}}),
        ('{"value": 0.1, "big": 1e5}', {"value": "0.1", "big": "1e5"}),
        ("<r><a>1</a><b><member>1</member><member>2</member></b></r>", {"a": "1", "b": {"member": ["1", "2"]}}),
        (
            "\ufeff<?xml version='1.0'?>\n<request><A>D&apos;Artagnan &amp; Ännä</A></request>",
            {"a": "D'Artagnan & Ännä"},
        ),
        ("a=1&b[member][]=2&b[member][]=3&c=%C3%84", {"a": "1", "b": ["2", "3"], "c": "Ä"}),
    ],
)
def test_bodies_are_read_in_every_spelling(raw: str, fields: object) -> None:
    """O-5, G-3: a number with a fraction is the text that was sent, never a float."""
    assert fields_of(raw) == fields


@pytest.mark.parametrize(
    "raw",
    [
        b"[1]",
        b"nothing",
        b"\xff\xfe",
        b"<a><b></a>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<a>" * 40 + b"</a>" * 40,
        b'{"a":' * 50_000,
        b'{"a": 1',
    ],
)
def test_what_can_not_be_read_is_refused(raw: bytes) -> None:
    """O-5, O-13: entities, depth and all."""
    with pytest.raises(MalformedBody, match="accepted: XML, a JSON object or the fields of a form"):
        as_fields(raw)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """O-5."""
    with suppress(MalformedBody):
        assert isinstance(json.loads(as_fields(raw))["fields"], dict)


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-1"?><r><a>Épée</a></r>'.encode("latin-1"), ""),
        ("<?xml version='1.0' encoding='iso-8859-1' ?><r><a>Épée</a></r>".encode("latin-1"), "utf-8"),
        ('<?xml version="1.0" encoding="Windows-1252"?><r><a>Épée</a></r>'.encode("cp1252"), ""),
        ('<?xml version="1.0" encoding="UTF-8"?><r><a>Épée</a></r>'.encode(), "ISO-8859-1"),
        ("<r><a>Épée</a></r>".encode("latin-1"), "ISO-8859-1"),
        ('{"a": "Épée"}'.encode("cp1252"), "windows-1252"),
        (b"a=%C9p%E9e", "iso-8859-15"),
        ("\ufeff<r><a>Épée</a></r>".encode(), "iso-8859-1"),
    ],
)
def test_a_body_is_read_in_the_encoding_that_it_declares(raw: bytes, charset: str) -> None:
    """O-5: else in that of the content type."""
    assert json.loads(as_fields(raw, charset))["fields"] == {"a": "Épée"}


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        (b"text/xml", ""),
        (b"text/xml; charset=ISO-8859-1", "ISO-8859-1"),
        (b'application/json;Charset="utf-8"; x=y', "utf-8"),
        (b"text/plain; charset=", ""),
    ],
)
def test_the_encoding_is_in_the_content_type(content_type: bytes, charset: str) -> None:
    """O-5."""
    scope: Any = {"path": "/api.php", "query_string": b"", "headers": [(b"content-type", content_type)]}
    assert Asked.of(scope).charset == charset


@pytest.mark.parametrize(
    ("raw", "charset", "told"),
    [
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "", "'utf-7'"),
        (b"{}", "base64", "'base64'"),
        (b"{}", "\x00", "said to be in"),
        (b'<?xml version="1.0" encoding="windows-1252"?><a>\x81</a>', "", "not WINDOWS-1252"),
    ],
)
def test_an_encoding_that_is_not_read_is_named(raw: bytes, charset: str, told: str) -> None:
    """O-5, G-8."""
    with pytest.raises(MalformedBody, match=rf"{told}.*accepted: .*ISO-8859-1"):
        as_fields(raw, charset)


@pytest.mark.parametrize(
    ("value", "members"),
    [
        ({"member": [1, "2", 2, ""]}, ("1", "2")),
        ({"member": 7}, ("7",)),
        ({"member": ["7", {}]}, ("7",)),
        ([7, "Ännä"], ("7", "Ännä")),
        ("7, 8", ("7", "8")),
        (7, ("7",)),
    ],
)
def test_members_are_read_however_they_are_listed(value: object, members: tuple[str, ...]) -> None:
    """O-5: each once, and elements with nothing in them are nobody."""
    assert Given({"m": value}).members("m") == members


@pytest.mark.parametrize("value", [None, [], "", {"member": ""}, {}, [[1]], [True], [1.5], list(range(3000))])
def test_members_that_are_none_are_refused(value: object) -> None:
    """G-8."""
    with pytest.raises(InvalidValue, match=r"^m: "):
        Given({"m": value}).members("m")


def test_times_are_those_of_the_guilds_clocks() -> None:
    """O-5: with and without seconds, in summer and winter."""
    given_times = Given({"a": "2026-07-01 20:15", "b": "2026-1-5T9:05:30"})
    assert given_times.moment("a", BERLIN) == datetime(2026, 7, 1, 18, 15, tzinfo=UTC)
    assert given_times.moment("b", BERLIN) == datetime(2026, 1, 5, 8, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "now", "2026-13-01 20:15", "2026-07-01", "0001-01-01 00:00", "9999-12-31 23:59"])
def test_times_that_are_none_are_refused(text: str) -> None:
    """G-8."""
    with pytest.raises(InvalidValue, match=r"^raid_date: "):
        Given({"raid_date": text}).moment("raid_date", BERLIN)


@pytest.mark.parametrize(
    ("sent", "points"),
    [
        ("12.5000", "12.50"),
        (7, "7"),
        ("-0.10", "-0.10"),
        ("100", "100"),
        (".5", "0.50"),
        ("-.50", "-0.50"),
        ("+.05", "0.05"),
    ],
)
def test_amounts_are_exact(sent: object, points: str) -> None:
    """G-3."""
    assert Given({"v": sent}).points("v") == Points.of(points)


@pytest.mark.parametrize("sent", [".", "-.", "-", "..5", ".x", ""])
def test_amounts_that_are_none_are_refused(sent: str) -> None:
    """G-8."""
    with pytest.raises(InvalidValue, match=r"^v: "):
        Given({"v": sent}).points("v")


@pytest.mark.parametrize(
    ("value", "told"), [(True, "true"), (False, "false"), ([1], "a list"), ({"a": 1}, "an object")]
)
def test_what_is_no_text_is_told_as_what_it_is(value: object, told: str) -> None:
    """G-8: with what is accepted instead."""
    with pytest.raises(InvalidValue, match=f"^raid_value: it is {told}; accepted: an amount of points"):
        Given({"raid_value": value}).points("raid_value")
    with pytest.raises(InvalidValue, match=f"^m: a member is {told}; "):
        Given({"m": [value]}).members("m")


def test_when_clocks_are_set_every_time_is_one() -> None:
    """O-5: what comes twice is the first, what never was is an hour later."""
    given_times = Given({"twice": "2026-10-25 02:30", "never": "2026-03-29 02:30", "after": "2026-03-29 03:30"})
    assert given_times.moment("twice", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert given_times.moment("never", BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert given_times.moment("never", BERLIN) == given_times.moment("after", BERLIN)


@given(st.integers(-999_999_999_999, 999_999_999_999))
def test_points_are_written_as_a_number_that_is_exact(hundredths: int) -> None:
    """O-5, G-3: the same after it was kept for an idempotency key."""
    points = Points(hundredths)
    answer = {"value": amount(points)}
    written = Format.JSON.written(again(encode(answer)))
    assert Points.of(again(written)["value"]) == points
    assert written == Format.JSON.written(answer)
    assert ET.fromstring(as_xml(again(written))).findtext("value") == written.decode()[9:-1]


def test_keys_with_numbers_are_elements_of_their_word() -> None:
    """O-5: as the old site wrote XML; what XML can't hold is left out, what it must escape comes back."""
    answer = {"player:7": {"name": "A<&>\x01B"}, "player:8": {"list": [1, 2]}, "9": None, "ünlich": True}
    root = ET.fromstring(as_xml(answer))
    assert [each.tag for each in root] == ["player", "player", "i9", "field"]
    assert root.findtext("player/name") == "A<&> B"
    assert [each.tag for each in root.findall("player/list/*")] == ["i0", "i1"]
    assert root.findtext("field") == "1"


@given(st.dictionaries(st.text(max_size=8), st.recursive(st.text(max_size=5), st.lists, max_leaves=5), max_size=5))
def test_whatever_is_told_is_proper_xml(answer: dict[str, Any]) -> None:
    """O-5."""
    assert len(ET.fromstring(as_xml(answer))) == len(answer)


def reply(tag: str, size: int = 1) -> Reply:
    """A reply of that many bytes."""
    return Reply(status=200, body=b"x" * size, etag=tag)


def test_replies_are_kept_until_there_are_too_many() -> None:
    """O-5, O-15: the one that nobody wanted for longest goes first."""
    kept = KeptReplies(count_max=2)
    for tag in ("a", "b"):
        kept.keep(reply(tag))
    assert kept.tagged("a") == reply("a")
    kept.keep(reply("c"))
    assert [kept.tagged(tag) is not None for tag in ("a", "b", "c")] == [True, False, True]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 120)), max_size=30))
def test_replies_that_are_kept_never_hold_more_than_they_may(sizes: list[tuple[str, int]]) -> None:
    """O-5: in bytes; whatever is still there is what was kept last under its tag."""
    kept, last = KeptReplies(bytes_max=100), dict(sizes)
    for tag, size in sizes:
        kept.keep(reply(tag, size))
        found = [each for name in "abcdef" if (each := kept.tagged(name)) is not None]
        assert sum(len(each.body) for each in found) <= 100
        assert (kept.tagged(tag) is not None) == (size <= 100)
    assert all(kept.tagged(tag) in (None, reply(tag, size)) for tag, size in last.items())


@pytest.mark.parametrize(
    ("path", "query", "question"),
    [
        ("/api.php", b"function=points&atoken=abc&format=json", b"function=points&format=json"),
        ("/api.php", b"atoken=abc&function=points", b"function=points"),
        ("/api.php", b"function=points&format=json&atoken=abc", b"function=points&format=json"),
        ("/api.php", b"function=points&matoken=abc", b"function=points&matoken=abc"),
        ("/api/pools/", b"atoken=abc", b"atoken=abc"),
    ],
)
def test_a_question_is_the_same_with_any_key(path: str, query: bytes, question: bytes) -> None:
    """O-5."""
    scope: Any = {"path": path, "query_string": query, "headers": [], "method": "GET"}
    assert Asked.of(scope).question == question


@given(st.sets(st.integers(1, 30)), st.data())
def test_every_number_stands_for_one_thing(ids: set[int], data: st.DataObject) -> None:
    """O-4: of whatever came from the old site and whatever was made here."""
    old = data.draw(st.lists(st.integers(1, 30), unique=True, max_size=len(ids)))
    things = [Thing(each, f"eqdkp:{old[i]}" if i < len(old) else None) for i, each in enumerate(sorted(ids))]
    for numbering in (Numbering.of(things), Numbering.in_order(things)):
        assert len(numbering.ours) == len(numbering.shown) == len(things)
        for each in things:
            assert numbering.find(str(numbering.shown[each.id])) == each.id
            if each.external_id is not None:
                assert numbering.find(each.external_id) == each.id


def test_numbers_of_things_made_here_are_ours_unless_they_are_taken() -> None:
    """O-4: pools are counted instead, for tools that know the first as 1."""
    things = [Thing(5, "eqdkp:7"), Thing(7), Thing(9), Thing(11, "another")]
    assert Numbering.of(things).shown == {5: 7, 7: 7 + BEYOND, 9: 9, 11: 11}
    assert Numbering.in_order(things).shown == {5: 7, 7: 1, 9: 2, 11: 3}
    assert [Numbering.of(things).find(text) for text in ("x", "", "-7", "8", "eqdkp:x", "9" * 30)] == [None] * 6
    assert [Numbering.of(things).find(text) for text in ("eqdkp:7", "EQdkp:7")] == [5, 5]


@pytest.mark.parametrize(
    ("query", "headers", "token"),
    [
        (b"function=points&atoken=abc", {}, "abc"),
        (b"atoken=abc", {b"authorization": b"Bearer other"}, "abc"),
        (b"", {b"authorization": b"abc"}, "abc"),
        (b"", {b"authorization": b"Token abc"}, "abc"),
        (b"", {b"authorization": b"token=abc&type=api"}, "abc"),
        (b"", {b"x-custom-authorization": b"token=abc", b"authorization": b"Basic xyz"}, "abc"),
        (b"", {b"authorization": b"Basic abc"}, None),
        (b"atoken=%FF\xff", {b"authorization": b"\xff"}, "\xff\xff"),
        (b"", {}, None),
    ],
)
@pytest.mark.parametrize("path", ["/api.php", "//api.php/", "/api/pools/"])
def test_the_key_is_found_where_the_old_site_took_it(
    query: bytes, headers: dict[bytes, bytes], token: str | None, path: str
) -> None:
    """O-5: at this path alone."""
    scope: Any = {"path": path, "query_string": query, "headers": list(headers.items()), "method": "GET"}
    asked = Asked.of(scope)
    assert asked.for_old_tools == (path != "/api/pools/")
    if asked.for_old_tools:
        assert (asked.token, asked.says_who) == (token, token is not None)
        assert b"x-custom-authorization" not in asked.headers
