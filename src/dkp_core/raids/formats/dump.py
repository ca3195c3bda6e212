"""Reading a dump: which format it is, and everything it says (D-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Final

from attrs import frozen

from dkp_core.raids.formats.check import Check, LineOutcome
from dkp_core.raids.formats.errors import DumpNotRecognised, EmptyDump, NoAttendees
from dkp_core.raids.formats.file_name import base_name
from dkp_core.raids.formats.format import Sample
from dkp_core.raids.formats.impostors import refuse_binary, refuse_html
from dkp_core.raids.formats.limits import DEFAULT_LIMITS, ReadingLimits
from dkp_core.raids.formats.registry import DumpFormat, recognised
from dkp_core.raids.formats.sheet import FileAccount, counted
from dkp_core.raids.formats.text import PIECE_BYTES_MIN, DumpText, decoded

SAMPLE_LINES_MAX: Final = 200
SHOWN_LENGTH_MAX: Final = 80
FAULT_LENGTH_MAX: Final = 300


@frozen(kw_only=True)
class Dump:
    """A file that was read: its checks, and how many of its lines came out how.

    `counts` has every outcome and adds up to `lines_total`: nothing read is dropped silently (D-5). `marked` are the
    lines that hold what was asked for besides.
    """

    format: DumpFormat
    checks: tuple[Check, ...]
    lines_total: int
    counts: Mapping[LineOutcome, int]
    marked: tuple[str, ...] = ()


def read_dump(
    data: Iterable[bytes],
    *,
    file_name: str = "",
    format: DumpFormat | None = None,  # noqa: A002  # the word the interfaces use for it
    limits: ReadingLimits = DEFAULT_LIMITS,
    mark: str = "",
) -> Dump:
    """Read who was there out of a file, given in chunks of any size; a log of gigabytes streams through.

    The format is recognised by `file_name` and the first lines unless it is named. Lines that hold the `mark`, in any
    case, are kept as they are.

    Raises: UnreadableDump, one of EmptyDump, DumpIsHtml, DumpIsBinary, DumpNotRecognised, NameColumnMissing,
    DumpTooLarge and NoAttendees.
    """
    text = DumpText(data, limits, mark)
    refuse_binary(text.head, text.opening)
    refuse_html(decoded(text.opening[:PIECE_BYTES_MIN]))
    sample = _sample(text, file_name)
    if not sample.lines:
        raise _blank(text)
    chosen = format or recognised(sample)
    if chosen is None:
        raise DumpNotRecognised(_accepted(), sample.lines[0].strip()[:SHOWN_LENGTH_MAX])
    account = FileAccount(limits)
    checks = chosen.reader.read(text, account, file_name)
    counts = counted(checks, account.noise)
    assert sum(counts.values()) == text.lines_total, "a line of the dump is unaccounted for"
    if not any(check.attendees for check in checks):
        raise _nobody(chosen, checks, counts, text.lines_total)
    return Dump(
        format=chosen,
        checks=checks,
        lines_total=text.lines_total,
        counts=MappingProxyType(counts),
        marked=tuple(text.marked),
    )


def _sample(text: DumpText, file_name: str) -> Sample:
    lines = text.opening_lines()
    whole = lines[:-1] if len(lines) > 1 and len(text.opening) >= PIECE_BYTES_MIN else lines
    return Sample(base_name(file_name), tuple(islice((line for line in whole if line.strip()), SAMPLE_LINES_MAX)))


def _blank(text: DumpText) -> EmptyDump | DumpNotRecognised:
    """What to say of a file that starts with blank lines only, after looking whether it goes on so."""
    if all(not block.data.strip() for block in text.blocks()):
        return EmptyDump(text.lines_total)
    return DumpNotRecognised(_accepted(), "")


def _accepted() -> tuple[str, ...]:
    return tuple(known.reader.title for known in DumpFormat)


def _nobody(
    chosen: DumpFormat, checks: tuple[Check, ...], counts: Mapping[LineOutcome, int], lines_total: int
) -> NoAttendees:
    faults = (line for check in checks for line in check.lines if line.outcome is LineOutcome.UNREADABLE)
    first = next(faults, None)
    return NoAttendees(
        chosen.value,
        lines_total,
        counts[LineOutcome.UNREADABLE],
        f"line {first.number}: {first.detail}"[:FAULT_LENGTH_MAX] if first is not None else "",
    )
