"""JSON: Raid-Helper's sign-ups in both dialects, softres.it's reserves, and what is made to be hard to read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.raids.formats import (
    Check,
    Dump,
    DumpFormat,
    DumpIsBroken,
    DumpTooLarge,
    LineOutcome,
    Presence,
    ReadingLimits,
    UnreadableDump,
    WarningKind,
    read_dump,
)
from dkp_core.raids.formats.document import DEPTH_MAX, OBJECTS_MAX, moment_of_text
from dkp_core.raids.formats.sign_ups import name_in
from tests.unit.raids.formats.synthetic import kinds, line_of, names, one_check, read_or_refused, read_text
from tests.unit.raids.formats.synthetic_loot import UNIX, page_event, reserves_document, sign_up, sign_up_event

START = datetime.fromtimestamp(UNIX, UTC)


def presences(check: Check) -> dict[str, Presence]:
    """How each was there."""
    return {each.name: each.presence for each in check.attendees}


@pytest.mark.parametrize("write", [sign_up_event, page_event])
def test_sign_ups_are_read_in_both_dialects(write: type) -> None:
    """D-6, D-13: the answer among the classes tells how; of the times only the seconds are taken."""
    text = write(
        [
            sign_up("Sonya"),
            sign_up("Vulak", "Late"),
            sign_up("Ted", "Bench"),
            sign_up("Ann", "Absence"),
            sign_up("Bo", "Tentative"),
            sign_up("Que", status="queued"),
        ]
    )
    dump = read_text(text)
    (check,) = dump.checks
    assert dump.format is DumpFormat.RAID_HELPER
    assert (check.taken_at, check.call_name, check.loot) == (START, "Deep Hall", ())
    assert presences(check) == {
        "Sonya": Presence.PRESENT,
        "Vulak": Presence.LATE,
        "Ted": Presence.STANDBY,
        "Ann": Presence.ABSENT_EXCUSED,
        "Bo": Presence.PRESENT,
        "Que": Presence.STANDBY,
    }
    assert [each.character_class for each in check.attendees] == ["Ranged", None, None, None, None, "Ranged"]
    (warning,) = check.warnings
    assert (warning.kind, "Bo signed up as tentative" in warning.sentence) == (WarningKind.TENTATIVE, True)
    details = [line.detail for line in check.lines]
    assert details[1] == "Late; spec Protection1; role Tanks; Discord user 624730669079199753"
    assert details[3] == "Absence; Discord user 624730669079199753"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Sonya", "Sonya"),
        ("Palayo/Yoshkap", "Palayo"),
        ("Greenbeam/Mapleleaf(Олежа)", "Greenbeam"),
        ("Олежа (Greenbeam)", "Олежа"),
        ("🔥 Sonya 🔥", "Sonya"),
        ("`𝓢𝓸𝓷𝔂𝓪`", "Sonya"),
        ("❤️/Vulak", "Vulak"),
        ("Zoë | tank", "Zoë"),
        ("Night  Elf", "Night Elf"),
    ],
)
def test_a_name_is_found_among_what_people_call_themselves(written: str, name: str) -> None:
    """D-6: alts, first names, emoji and letters of the mathematical alphabets; the rest is kept."""
    check = one_check(sign_up_event([sign_up(written)]))
    assert names(check) == [name]
    told = f"signed up as {written}" in line_of(check, 1).detail
    assert told is (written != name)


def test_who_has_no_letter_in_their_name_is_not_dropped() -> None:
    """D-5: the line says who could not be read."""
    dump = read_text(sign_up_event([sign_up("🔥🔥"), sign_up("x" * 500), sign_up("Sonya")], indent=1))
    assert dump.counts[LineOutcome.UNREADABLE] == 2
    assert name_in("🔥") == ("🔥", "")


def test_each_sign_up_is_of_the_line_on_which_it_starts() -> None:
    """D-5: a document of many lines accounts for all of them; on one line stand all names."""
    pretty = sign_up_event([sign_up("Sonya"), sign_up("Vulak", note='a "{[" b')], indent=2)
    dump = read_text(pretty)
    lines = pretty.split("\n")
    for attendee in dump.checks[0].attendees:
        assert lines[attendee.line - 1].strip() == "{"
        assert f'"{attendee.name}"' in "".join(lines[attendee.line : attendee.line + 4])
    assert dump.counts[LineOutcome.ATTENDEE] == 2
    assert sum(dump.counts.values()) == dump.lines_total == len(lines)
    flat = read_text(sign_up_event([sign_up("Sonya"), sign_up("Vulak")]))
    assert (flat.lines_total, [each.line for each in flat.checks[0].attendees]) == (1, [1, 1])


@pytest.mark.parametrize("start", [None, 0, UNIX * 1000, 10**30, 1.5e9, "20:30", True, [], {}, "9" * 5000])
def test_a_start_that_is_none_is_asked_for(start: object) -> None:
    """D-13: never a guess, whatever stands there."""
    check = one_check(sign_up_event([sign_up("Sonya")], startTime=start))
    assert (check.taken_at, kinds(check)) == (None, [WarningKind.TIME_UNREADABLE])


def test_three_hundred_sign_ups_on_one_line_are_read() -> None:
    """D-6: a document has no lines to speak of; its limit is for the whole."""
    text = sign_up_event([sign_up(f"Raider{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10 % 10]}{i}") for i in range(400)])
    assert len(text) > 64 * 1024
    assert len(one_check(text).attendees) == 400
    with pytest.raises(DumpTooLarge):
        read_dump([text.encode()], limits=ReadingLimits(document_bytes_max=len(text) - 1))


def test_reserves_name_who_reserved_what() -> None:
    """D-6: a wish is no loot; hard reserves name nobody."""
    dump = read_text(reserves_document(["Sonya", "Vulak"]))
    (check,) = dump.checks
    assert dump.format is DumpFormat.SOFT_RESERVES_JSON
    assert (names(check), check.loot, check.place) == (["Sonya", "Vulak"], (), "deephall")
    assert check.taken_at == datetime(2024, 7, 4, 19, tzinfo=UTC)
    told = next(line.detail for line in check.lines if line.name == "Sonya")
    assert told == "reserved item 86130; please; reserved item 86144; plus 1"
    assert [line.detail for line in check.lines if line.outcome is LineOutcome.METADATA] == [
        "hard reserve of item 7; bank"
    ]


@pytest.mark.parametrize("instance", [409, "mc", None])
def test_the_smaller_export_of_reserves_is_read_too(instance: object) -> None:
    """D-6: with a number or a word for the instance, and hardly a field besides."""
    text = json.dumps({"metadata": {"instance": instance}, "softreserves": [{"name": "Sonya", "items": [{"id": 1}]}]})
    check = one_check(text)
    assert (names(check), check.taken_at, check.place) == (["Sonya"], None, str(instance) if instance else None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (str(UNIX), START),
        ("2024-07-04T21:07:27Z", START),
        ("2024-07-04T23:07:27+02:00", START),
        ("2024-07-04T21:07:27", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("", None),
    ],
)
def test_only_a_time_with_a_zone_is_a_moment(text: str, moment: datetime | None) -> None:
    """D-13: of others nobody knows when they were."""
    expected = None if moment is None else datetime(2024, 7, 4, 21, 7, 27, tzinfo=UTC)
    assert moment_of_text(text) == expected


SHAPES = {
    "deep lists": '{"signUps":' + "[" * 100_000,
    "deep objects": '{"signUps":' + '{"a":' * 100_000,
    "closed deep": '{"signUps":' + "[" * 90_000 + "]" * 90_000 + "}",
    "open string": '{"signUps":["' + '\\"' * 200_000,
    "backslashes": '{"signUps":["' + "\\" * 200_001,
    "huge number": '{"signUps":[' + "9" * 500_000 + "]}",
    "huge exponent": '{"signUps":[],"startTime":1e999999999}',
    "cut off": sign_up_event([sign_up("Sonya")])[:-40],
    "no object": "[1]",
    "not a number": '{"signUps":[],"startTime":NaN}',
    "brackets apart": '{"signUps":[}]',
    "only closings": '{"signUps":1' + "]" * 100_000,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_document_is_an_error_at_once(shape: str) -> None:
    """D-6: neither stall nor RecursionError, named or not; the error names the line."""
    for known in (None, DumpFormat.RAID_HELPER, DumpFormat.SOFT_RESERVES_JSON):
        with pytest.raises(UnreadableDump) as refused:
            read_dump([SHAPES[shape].encode()], format=known)
        assert refused.value.field == "file"
        assert str(refused.value)


def test_what_is_broken_says_where() -> None:
    """G-8: the line, the fault, and what to give."""
    with pytest.raises(DumpIsBroken) as refused:
        read_text('{"signUps": [\n {"name": "Sonya"}\n {"name": "Vulak"}]}')
    assert (refused.value.format, refused.value.line) == ("JSON", 3)
    assert "line 3, expecting ',' delimiter" in str(refused.value)
    with pytest.raises(DumpIsBroken) as deep:
        read_text('{"signUps":\n' + "[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1) + "}")
    assert (deep.value.line, f"deeper than {DEPTH_MAX} levels" in str(deep.value)) == (2, True)


def test_half_characters_and_nul_are_never_passed_on() -> None:
    """G-9: what no database keeps is shown as unreadable."""
    odd = '{"name":"Sonya","className":"A\\u0000b\\ud800","userId":"\\udfff"},{"name":"\\ud800x"}'
    text = f'{{"signUps":[{odd}],"title":"\\u0000"}}'
    dump = read_text(text)
    told = "".join(f"{line.detail}{line.name}" for line in dump.checks[0].lines) + str(dump.checks[0].call_name)
    assert "\x00" not in told
    told.encode("utf-8")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["Sonya", "Late", UNIX]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["signUps", "signups", "name", "className", "userId", "startTime", "softreserves", "items", "metadata"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(
    value=st.dictionaries(st.sampled_from(["signUps", "softreserves", "metadata", "startTime"]), JSON, max_size=4),
    indent=st.none() | st.just(1),
)
def test_any_document_is_read_or_refused_and_no_line_is_lost(value: dict[str, object], indent: int | None) -> None:
    """D-5, D-6: whatever stands where something else belongs."""
    data = json.dumps(value, indent=indent).encode("utf-8", "surrogatepass")
    for known in (DumpFormat.RAID_HELPER, DumpFormat.SOFT_RESERVES_JSON):
        result = read_or_refused([data], known=known)
        assert str(result)
        if isinstance(result, Dump):
            assert sum(result.counts.values()) == result.lines_total


def test_a_document_of_more_objects_than_anybody_writes_is_refused() -> None:
    """D-6: before each is made, which would take a gigabyte and a minute; lists count too."""
    for piece in ("{}", "[]"):
        text = '{"signUps":[\n' + ",".join([piece] * (OBJECTS_MAX + 1)) + "]}"
        with pytest.raises(DumpIsBroken) as refused:
            read_text(text)
        assert "line 2" in str(refused.value)
        assert "more than 200,000 objects and lists" in str(refused.value)


def test_sign_ups_far_down_a_document_are_recognised() -> None:
    """D-6: printed over many lines, with the sign-ups behind whatever else the bot writes."""
    before = "".join(f'  "field {n}": {n},\n' for n in range(400))
    text = "{\n" + before + '  "signUps": [\n    {"name": "Sonya", "className": "Mage"}\n  ]\n}\n'
    dump = read_text(text)
    assert (dump.format, names(dump.checks[0])) == (DumpFormat.RAID_HELPER, ["Sonya"])
