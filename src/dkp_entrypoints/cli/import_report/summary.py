"""What a report comes to, in numbers and sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from dkp_core.moving import AttendanceProof, ListedRow, Report, Why

_KINDS: Final = tuple(Why)


@frozen
class Verdict:
    """A sentence on a part of the proof, and whether it holds."""

    holds: bool
    sentence: str


@frozen(kw_only=True)
class Group:
    """Rows of one table that were left out for the same reason; `rows` says which they are, `1-3, 7`."""

    table: str
    why: Why
    reason: str
    count: int
    rows: str


def verdicts(report: Report) -> Sequence[Verdict]:
    """Whether every row is accounted for, every number agrees, and everything is kept as it came."""
    return [_of_rows(report), _of_balances(report), _of_attendance(report), _of_what_is_kept(report)]


def _of_rows(report: Report) -> Verdict:
    rows = sum(each.rows for each in report.tables)
    imported = sum(each.imported for each in report.tables)
    listed = sum(sum(each.listed.values()) for each in report.tables)
    counted = f"{rows:,} rows in {len(report.tables)} tables: {imported:,} imported, {listed:,} listed with a reason"
    if report.is_complete:
        return Verdict(True, f"{counted}. Every row is accounted for.")
    tables = ", ".join(each.table for each in report.tables if not each.is_complete)
    return Verdict(False, f"{counted}. Not every row is accounted for: {tables}.")


def _of_balances(report: Report) -> Verdict:
    pools, characters = len({each.pool for each in report.balances}), len({each.old_id for each in report.balances})
    numbers, off = 2 * len(report.balances), sum(not each.agrees for each in report.balances)
    told = f"{characters:,} characters in {pools} pools, what they have alone and what their owners have"
    if not off:
        whose = f"with what EQdkp Plus shows{_but_for(report.unreckoned)}"
        return Verdict(True, f"{told}: {numbers:,} numbers agree {whose}.")
    return Verdict(False, f"{told}: {off:,} of {len(report.balances):,} balances do not agree.")


def _but_for(unreckoned: Sequence[str]) -> str:
    """What the numbers of the old site were not reckoned with: it may show others."""
    return f" as far as that is reckoned here, which is without {' and '.join(unreckoned)}" if unreckoned else ""


def _of_attendance(report: Report) -> Verdict:
    total, off = len(report.attendance), sum(not each.agrees for each in report.attendance)
    ruled = sum(each.agrees and bool(each.because) for each in report.attendance)
    if off:
        return Verdict(False, f"{off:,} of {total:,} attendances do not agree.")
    return Verdict(
        True,
        f"{total:,} attendances agree: {total - ruled:,} are as was shown, {ruled:,} differ by a rule that is named.",
    )


def _of_what_is_kept(report: Report) -> Verdict:
    if report.faults:
        return Verdict(False, f"{len(report.faults):,} faults in what is kept: not as it came, or not adding up.")
    return Verdict(True, "Read back, everything is kept as it came, and adds up.")


def explanations(proofs: Iterable[AttendanceProof]) -> Mapping[str, int]:
    """Why attendance differs, with how many numbers each reason explains, the most frequent first."""
    return dict(Counter(why for each in proofs if each.agrees for why in each.because).most_common())


def grouped(listed: Iterable[ListedRow]) -> Sequence[Group]:
    """The rows that were left out, by kind, table and reason; first those that nothing could be made of."""
    found: dict[tuple[str, Why, str], list[int]] = {}
    for each in listed:
        found.setdefault((each.table, each.why, each.reason), []).append(each.row)
    return [
        Group(table=table, why=why, reason=reason, count=len(rows), rows=", ".join(_ranges(rows)))
        for (table, why, reason), rows in sorted(found.items(), key=lambda each: (_KINDS.index(each[0][1]), each[0][0]))
    ]


def _ranges(rows: Iterable[int]) -> Iterator[str]:
    """Numbers as spans: 1, 2, 3 and 7 are `1-3` and `7`."""
    first = last = None
    for row in sorted(rows):
        if last is not None and row == last + 1:
            last = row
            continue
        if first is not None:
            yield _range(first, last)
        first = last = row
    if first is not None:
        yield _range(first, last)


def _range(first: int, last: int | None) -> str:
    return str(first) if last in (None, first) else f"{first}-{last}"


def window(days: int | None) -> str:
    """A window, as people call it."""
    return "lifetime" if days is None else f"{days} days"


def share(attended: int, held: int) -> str:
    """An attendance, as people read it."""
    return f"{attended}/{held}"
