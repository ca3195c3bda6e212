"""Bad input gets an error that names the field, the fault and what is accepted; never a 500 (G-8)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from tests.integration.http.house import House


@frozen
class Bad:
    """A body, and the field that is at fault in it."""

    name: str
    path: str
    body: dict[str, Any]
    field: str
    accepted: str = ""
    status: int = 422


ADJUST = "/api/points/adjustments/"
PARSE = "/api/points/parse-attendance/"
START = "/api/bidding/start-bid/"
PLACE = "/api/bidding/place-bid/"
RULES = "/api/bidding/rules/{pool}/"
GRAMMAR = "/api/bidding/chat-grammar/"
LOOT = "/api/discord/bid-results/"
CHAT = "/api/bidding/chat-lines/"
BAD = (
    Bad("a float is no amount", ADJUST, {"reason": "x", "user": 1, "amount": 12.5}, "amount", "whole"),
    Bad("nor is an exponent", ADJUST, {"reason": "x", "user": 1, "amount": "1e3"}, "amount", "whole"),
    Bad("nor three decimals", ADJUST, {"reason": "x", "user": 1, "amount": "1.005"}, "amount"),
    Bad("nor more than there may be", ADJUST, {"reason": "x", "user": 1, "amount": 10**30}, "amount"),
    Bad("nor NaN", ADJUST, {"reason": "x", "user": 1, "amount": "NaN"}, "amount"),
    Bad("nor true", ADJUST, {"reason": "x", "user": 1, "amount": True}, "amount"),
    Bad("the float within a list is named", ADJUST,
        {"reason": "x", "adjustments": [{"user": 1, "amount": 1}, {"user": 1, "amount": 1.5}]},
        "adjustments[1].amount"),
    Bad("no reason", ADJUST, {"reason": "", "user": "{member}", "amount": 1}, "reason", "why"),
    Bad("nobody's points", ADJUST, {"reason": "x", "amount": 1}, "user", "a character's name"),
    Bad("two ways at once", ADJUST, {"reason": "x", "amount": 1, "adjustments": []}, "adjustments"),
    Bad("a default pool in points", "/api/events/", {"name": "x", "default_points": 1.0}, "default_points"),
    Bad("a modifier that is no number", "/api/events/", {"name": "x", "modifier": "twice"}, "modifier", "1000"),
    Bad("a naive time", "/api/raids/", {"event_type": 1, "starts_at": "2026-11-01T20:00:00"}, "starts_at", "offset"),
    Bad("no time at all", "/api/raids/", {"event_type": 1, "starts_at": "yesterday"}, "starts_at"),
    Bad("a number as time", "/api/raids/", {"event_type": 1, "starts_at": 1700000000}, "starts_at"),
    Bad("the year 1", "/api/raids/", {"event_type": 1, "starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at", "1970"),
    Bad("the year 9999", "/api/raids/", {"event_type": 1, "starts_at": "9999-12-31T23:59:59-14:00"}, "starts_at"),
    Bad("the future", "/api/raids/", {"event_type": "{event_type}", "starts_at": "2999-01-01T00:00:00Z"}, "starts_at"),
    Bad("no event type", "/api/raids/", {"starts_at": "2026-11-01T20:00:00Z"}, "event_type"),
    Bad("two event types", "/api/raids/", {"starts_at": "2026-11-01T20:00:00Z", "event_type": 1, "event": 2}, "event"),
    Bad("an unknown field", "/api/ranks/", {"name": "x", "colour": "red"}, "colour", "counts_as_active"),
    Bad("an unknown field within", ADJUST,
        {"reason": "x", "adjustments": [{"amount": 1, "who": 1}]}, "adjustments[0].who", "character"),
    Bad("a missing field", "/api/ranks/", {}, "name", "a text"),
    Bad("another kind", "/api/ranks/", {"name": 7}, "name", "a text"),
    Bad("a text for a flag", "/api/ranks/", {"name": "x", "is_hidden": "yes"}, "is_hidden", "true or false"),
    Bad("an unknown status", "/api/characters/", {"name": "x", "status": "asleep"}, "status", "retired"),
    Bad("an unknown presence", "/api/raids/{raid}/attendance/", {"characters": [{"name": "x", "status": "?"}]},
        "characters[0].status", "standby"),
    Bad("no names", "/api/raids/{raid}/attendance/", {"characters": []}, "characters"),
    Bad("an empty name among them", "/api/raids/{raid}/attendance/", {"characters": ["Thalindra", " "]}, "characters"),
    Bad("NUL in a name", "/api/characters/", {"name": "Thal\x00indra"}, "name"),
    Bad("NUL in text", "/api/characters/", {"name": "Thalindra", "notes": "a\x00b"}, "notes"),
    Bad("NUL deep inside", "/api/events/", {"name": "x", "metadata": {"a": "b\x00"}}, "metadata.a"),
    Bad("an id that is too large", "/api/characters/", {"name": "x", "owner": 2**63}, "owner", "9223372036854775807"),
    Bad("an id of another kind", "/api/characters/", {"name": "x", "owner": "7"}, "owner", "a whole number"),
    Bad("a level out of range", "/api/characters/", {"name": "x", "level": 2**31 - 1}, "level", "10000"),
    Bad("a name that is too long", "/api/characters/", {"name": "x" * 65}, "name", "64"),
    Bad("no date", "/api/characters/", {"name": "x", "joined_on": "2026-02-30"}, "joined_on", "2026-11-20"),
    Bad("an unknown scope", "/api/auth/bot-keys/", {"name": "x", "scopes": ["all"]}, "scopes", "points:read"),
    Bad("no scope", "/api/auth/bot-keys/", {"name": "x", "scopes": []}, "scopes", "points:read"),
    Bad("an expiry that is past", "/api/auth/api-keys/", {"name": "x", "expires_at": "2001-01-01T00:00:00Z"},
        "expires_at"),
    Bad("no Discord id", "/api/memberships/", {"discord_id": "me"}, "discord_id", "19 digits"),
    Bad("too many decimals to show", "/api/pools/", {"name": "x", "decimals": 3}, "decimals", "0 to 2"),
    Bad("nothing to read", PARSE, {"event_type": 1}, "text"),
    Bad("an empty file", PARSE, {"text": "  \n"}, "file"),
    Bad("a web page", PARSE, {"text": "<!doctype html><html><title>Login</title></html>"}, "file"),
    Bad("an unknown format", PARSE, {"text": "x", "format": "word"}, "format", "raid_dump"),
    Bad("an unknown zone", PARSE, {"text": "Thalindra", "zone": "Mars/Olympus"}, "zone", "IANA"),
    Bad("a file without its time", PARSE,
        {"text": "Thalindra", "event_type": "{event_type}", "apply": True}, "at"),
    Bad("a character twice", "/api/admin/bulk-status-update/",
        {"characters": ["{character}", "{character}"], "status": "active"}, "characters"),
    Bad("a name resolved twice over", "/api/unresolved-names/", {"name": "x", "user": 1, "ignore": True}, "resolution"),
    Bad("an auction of nothing", START, {"item": "Ring", "quantity": 0}, "quantity", "1 to 100"),
    Bad("an auction without an item", START, {}, "item", "a name"),
    Bad("an item named twice over", START, {"item": "Ring", "item_id": 1}, "item", "a name"),
    Bad("an auction that has closed", START, {"item": "Ring", "closes_at": "2020-01-01T00:00:00Z"}, "closes_at"),
    Bad("a rule that is none", START, {"item": "Ring", "rules": {"haste": True}}, "rules.haste", "minimum"),
    Bad("a float in a rule", START, {"item": "Ring", "rules": {"minimum": 1.5}}, "rules.minimum", "whole"),
    Bad("a rule deep inside", START, {"item": "Ring", "rules": {"limits": [{"items": 0}]}},
        "rules.limits.0.items", "1"),
    Bad("rolls that the pool does not have", START, {"item": "Ring", "rules": {"mode": "fixed_price_roll"}},
        "rules.mode", "fixed_price_rolls"),
    Bad("a window that is none", RULES, {"rules": {"attendance_days": 45}}, "rules.attendance_days", "90"),
    Bad("no rules at all", RULES, {}, "rules", "an object"),
    Bad("a word that means two things", GRAMMAR, {"grammar": {"nobody_words": ["pass"]}}, "grammar.nobody_words"),
    Bad("a bid of NaN", PLACE, {"auction": "{auction}", "amount": "NaN"}, "amount", "whole"),
    Bad("a bid with three decimals", PLACE, {"auction": "{auction}", "amount": "1.005"}, "amount", "whole"),
    Bad("a bid that is a float", PLACE, {"auction": "{auction}", "amount": 2.5}, "amount", "whole"),
    Bad("a bid of no amount", PLACE, {"auction": "{auction}", "user": "{member}"}, "amount", "an amount"),
    Bad("a bid of two users", PLACE, {"auction": "{auction}", "amount": 2, "user": 1, "discord_id": "1"}, "user",
        "discord_id or user"),
    Bad("a bid for no copy", PLACE, {"auction": "{auction}", "amount": 2, "user": "{member}", "copies": 0}, "copies"),
    Bad("a bid as something else", PLACE, {"auction": "{auction}", "amount": 2, "tier": "pet"}, "tier", "alt"),
    Bad("a standing bid of nothing", "/api/items/{item}/standing-bid/", {"ceiling": 0, "user": "{member}"}, "ceiling"),
    Bad("an extension into the past", "/api/bidding/{auction}/extend/", {"closes_at": "2020-01-01T00:00:00Z"},
        "closes_at"),
    Bad("an extension without a time", "/api/bidding/{auction}/extend/", {}, "closes_at", "2026"),
    Bad("an award of less than nothing", LOOT, {"item": "Ring", "user": "{member}", "amount": -1}, "amount", "0"),
    Bad("a price that nobody pays", LOOT, {"item": "Ring", "amount": 5}, "amount", "0"),
    Bad("an award to a stranger's character", LOOT, {"item": "Ring", "user": "{member}", "character": "Nobody"},
        "character", "none"),
    Bad("a bid elsewhere that is a float", LOOT, {"item": "Ring", "bids": [{"amount": 1.5}]}, "bids[0].amount"),
    Bad("a bid elsewhere of nobody", LOOT,
        {"item": "Ring", "user": "{member}", "bids": [{"character": "Aldric", "amount": 1}, {"amount": 1}]},
        "bids[1]", "character"),
    Bad("a bid elsewhere of two users", LOOT, {"item": "Ring", "bids": [{"amount": 1, "user": 1, "discord_id": "1"}]},
        "bids[0].user", "discord_id or user"),
    Bad("a bid elsewhere of nothing", LOOT, {"item": "Ring", "bids": [{"character": "Aldric", "amount": 0}]},
        "bids[0]", "more than 0"),
    Bad("a bid elsewhere of less than nothing", LOOT, {"item": "Ring", "bids": [{"character": "A", "amount": "-1"}]},
        "bids[0]", "more than 0"),
    Bad("a bid of an empty Discord id", PLACE, {"auction": "{auction}", "amount": 2, "discord_id": ""}, "discord_id",
        "a text"),
    Bad("an award to an empty Discord id", LOOT, {"item": "Ring", "discord_id": ""}, "discord_id", "a text"),
    Bad("a bid elsewhere of an empty Discord id", LOOT, {"item": "Ring", "bids": [{"amount": 1, "discord_id": ""}]},
        "bids[0].discord_id", "a text"),
    Bad("an auction awarded to an empty Discord id", "/api/bidding/award-item/",
        {"auction": "{auction}", "discord_id": ""}, "discord_id", "a text"),
    Bad("an award moved to an empty Discord id", "/api/awards/{award}/move/", {"reason": "x", "discord_id": ""},
        "discord_id", "a text"),
    Bad("an award moved to nobody", "/api/awards/{award}/move/", {"reason": "x"}, "discord_id", "character"),
    Bad("an award revoked without a reason", "/api/awards/{award}/revoke/", {"reason": " "}, "reason", "why"),
    Bad("a link that is a script", "/api/items/", {"name": "Ring", "link": "javascript:alert(1)"}, "link", "https"),
    Bad("an item without a name", "/api/items/", {"name": "  "}, "name"),
    Bad("no lines of chat", CHAT, {"lines": [], "owner": "Aldric"}, "lines"),
    Bad("a line of chat without end", CHAT, {"lines": ["x" * 5000], "owner": "Aldric"}, "lines", "4096"),
    Bad("nobody's log", CHAT, {"lines": ["x"], "owner": " "}, "owner"),
    Bad("a setting that is none", "/api/guilds/{guild}/settings/", {"loud": True}, "loud", "public_roster"),
)  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=[each.name for each in BAD])
def test_bad_input_names_its_field(bad: Bad, settled: House) -> None:
    """G-3, G-8: 422 with the field as it is spelt, what is wrong, and what is accepted."""
    path = bad.path.format(**settled.things, guild=settled.mark)
    before = settled.standings()
    answer = settled.officer(_method_of(bad.path), path, json=_filled(bad.body, settled))
    assert answer.status_code == bad.status, answer.text
    error = answer.json()["errors"][0]
    assert error["field"] == bad.field, error
    assert error["fault"]
    assert bad.accepted in (error["accepted"] or ""), error
    assert settled.standings() == before


def _method_of(path: str) -> str:
    if path.endswith("standing-bid/"):
        return "PUT"
    return "PATCH" if path in (RULES, GRAMMAR) or "settings" in path else "POST"


def _filled(body: Any, house: House) -> Any:
    """The body with the ids of things in place of their names."""
    if isinstance(body, dict):
        return {name: _filled(value, house) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, house) for value in body]
    if isinstance(body, str) and body.startswith("{") and body.endswith("}"):
        return house.member_id if body == "{member}" else house.things[body[1:-1]]
    return body


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"{",
        b'{"name": "x"} {}',
        b"name=x",
        b'{"name": "\xff\xfe"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\ud800\\u0041"}',
        b'{"name": NaN}',
        b"\xef\xbb\xbf{}",
        b'{"name": ' * 100_000,
        b"\x00" * 100,
    ],
)
def test_bodies_that_are_no_json_are_refused(raw: bytes, settled: House) -> None:
    """G-8: 400, or 422 where it is JSON of another form; never a 500."""
    answer = settled.officer.post("/api/ranks/", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("raw", [b"[]", b'"name"', b"7", b"null", b"[" * 200_000])
def test_bodies_of_another_form_are_refused(raw: bytes, settled: House) -> None:
    """G-8: JSON, but no object."""
    answer = settled.officer.post("/api/ranks/", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "body"


def test_deep_nesting_is_refused(settled: House) -> None:
    """G-8: it neither crashes nor stalls."""
    deep = b'{"name": "x", "metadata": {"a": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}}"
    answer = settled.officer.post("/api/events/", content=deep, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    nul = b'{"name": "\\u0000", "metadata": {}}'
    answer = settled.officer.post("/api/events/", content=nul, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "text/csv", ""])
def test_other_media_types_are_refused(kind: str, settled: House) -> None:
    """G-8: 415 names those that are read."""
    answer = settled.officer.post("/api/ranks/", content=b'{"name": "x"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "application/json" in answer.json()["detail"]


def test_json_may_name_its_charset(house: House) -> None:
    """RFC 8259: parameters of the media type change nothing."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    assert house.officer.post("/api/ranks/", content=b'{"name": "Zo\xc3\xab"}', headers=kind).status_code == 201


def test_a_body_that_is_too_large_is_refused(settled: House) -> None:
    """O-13: 413, by what is announced as well as by what comes."""
    much = b" " * (settled.api.settings.upload_bytes_max + 1)
    kind = {"Content-Type": "application/json"}
    announced = settled.officer.post("/api/ranks/", content=much, headers=kind)
    streamed = settled.officer.post("/api/ranks/", content=iter([much[: 2**23]] * 3), headers=kind)
    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "query",
    [
        "%00=1",
        "search=%00",
        "search=%ff%fe",
        "status=%F0%9F",
        "&".join(f"a{n}=1" for n in range(200)),
        "search=%ED%A0%80",
    ],
)
def test_queries_that_can_not_be_read_are_refused(query: str, settled: House) -> None:
    """G-8: NUL, broken UTF-8 and floods of parameters."""
    answer = settled.officer.get(f"/api/characters/?{query}")
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "name", ["%00", "%ED%A0%80", "x" * 5000, "Robert'); DROP TABLE characters;--", "%25%5f\\", "名前"]
)
def test_names_in_paths_are_taken_as_they_are(name: str, settled: House) -> None:
    """G-8, G-9, O-13: nobody is called that, and nothing breaks."""
    for path in ("/api/characters/by-name/{}/", "/api/points/character-attribution/{}/"):
        answer = settled.officer.get(path.format(name))
        assert answer.status_code in (404, 422), answer.text
    assert settled.officer.get(f"/api/discord/user/{name}/balance/").status_code in (404, 422)


@pytest.mark.parametrize("key", ["k" * 256, "k\u00e9", "\x7f"])
def test_idempotency_keys_are_bounded(key: str, settled: House) -> None:
    """G-7, G-8: the header is named."""
    body = {"user": settled.member_id, "amount": 1, "reason": "x"}
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = settled.officer.post("/api/points/adjustments/", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
