"""The report of an import on a terminal: what is wrong first, then the sums, then what to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen

from dkp_core.kernel.points import Points
from dkp_core.moving import AttendanceProof, BalanceProof, Report
from dkp_entrypoints.cli.import_report.summary import explanations, grouped, share, verdicts, window
from dkp_entrypoints.cli.printing import print_line, print_rows

SHOWN_MAX: Final = 10
"""How many of anything are shown, unless all are asked for."""

_BALANCES: Final = {
    "character": "character",
    "pool": "pool",
    "owner": "owner",
    "shown_single": "shown alone",
    "shown_with_twinks": "with twinks",
    "net": "entries",
    "balance": "owner has",
    "why": "why",
}
_ATTENDANCE: Final = {
    "character": "character",
    "pool": "pool",
    "window": "window",
    "old": "shown",
    "new": "here",
    "why": "why",
}


def tell(report: Report, *, everything: bool = False) -> None:
    """Tell a person what came of an import; `everything` lists what is else cut after so many."""
    most = None if everything else SHOWN_MAX
    print_line(f"{report.program} {report.version}, {report.source}, as of {report.read_at:%Y-%m-%d %H:%M} UTC")
    for note in report.notes:
        print_line(f"Note: {note}.")
    _differences(report, most)
    _tables(report)
    _listed(report, most)
    _section("Imported otherwise than it stood", report.remarks, ("table", "old_id", "text"), most)
    told = "What EQdkp Plus shows beyond its rows, as entries"
    _section(told, report.reconciliations, ("user", "pool", "amount", "reason"), most)
    if everything:
        _section("Points", [_Balance.of(each) for each in report.balances], _BALANCES, None)
        _section("Attendance", [_Attendance.of(each) for each in report.attendance], _ATTENDANCE, None)
    _why(report)
    print()
    for verdict in verdicts(report):
        print_line(verdict.sentence, "" if verdict.holds else "bold red")


@frozen(kw_only=True)
class _Balance:
    character: str
    pool: str
    owner: str
    shown_single: Points
    shown_with_twinks: Points
    net: Points
    balance: Points
    why: str

    @classmethod
    def of(cls, proof: BalanceProof) -> _Balance:
        return cls(
            character=proof.character,
            pool=proof.pool,
            owner=proof.owner,
            shown_single=proof.shown_single,
            shown_with_twinks=proof.shown_with_twinks,
            net=proof.net,
            balance=proof.balance,
            why="; ".join(proof.because),
        )


@frozen(kw_only=True)
class _Attendance:
    character: str
    pool: str
    window: str
    old: str
    new: str
    why: str

    @classmethod
    def of(cls, proof: AttendanceProof) -> _Attendance:
        return cls(
            character=proof.character,
            pool=proof.pool,
            window=window(proof.days),
            old=f"{share(*proof.old_single)}, with twinks {share(*proof.old_with_twinks)}",
            new=share(*proof.new),
            why="; ".join(proof.because),
        )


@frozen(kw_only=True)
class _Table:
    table: str
    rows: int
    imported: int
    listed: str


@frozen(kw_only=True)
class _Fault:
    fault: str


@frozen(kw_only=True)
class _Left:
    table: str
    rows: str
    why: str
    reason: str


def _differences(report: Report, most: int | None) -> None:
    faults = [_Fault(fault=each) for each in report.faults]
    _section("Not kept as it came, or not adding up", faults, ("fault",), most)
    balances = [_Balance.of(each) for each in report.balances if not each.agrees]
    attendance = [_Attendance.of(each) for each in report.attendance if not each.agrees]
    _section("Points that do not agree", balances, _BALANCES, most)
    _section("Attendance that does not agree", attendance, _ATTENDANCE, most)


def _tables(report: Report) -> None:
    print()
    rows = [
        _Table(
            table=each.table,
            rows=each.rows,
            imported=each.imported,
            listed=", ".join(f"{count:,} {why.value}" for why, count in sorted(each.listed.items())),
        )
        for each in report.tables
        if each.rows
    ]
    print_rows(rows, ("table", "rows", "imported", "listed"), nothing="The source holds no rows.")


def _listed(report: Report, most: int | None) -> None:
    left = [
        _Left(table=each.table, rows=f"{each.count:,}: {each.rows}", why=each.why.value, reason=each.reason)
        for each in grouped(report.listed)
    ]
    if most is not None:
        left = [each if len(each.rows) <= _CUT else _cut(each) for each in left]
    _section("Left out", left, ("table", "why", "reason", "rows"), most)


_CUT: Final = 40


def _cut(left: _Left) -> _Left:
    kept = left.rows[:_CUT].rpartition(",")[0] or left.rows[:_CUT]
    return _Left(table=left.table, rows=f"{kept}, …", why=left.why, reason=left.reason)


def _why(report: Report) -> None:
    reasons = explanations(report.attendance)
    if reasons:
        print()
        print_line("Attendance differs by rule:")
    for reason, count in reasons.items():
        print_line(f"  {count:,} × {reason}")


def _section(title: str, rows: Sequence[object], columns: Iterable[str], most: int | None) -> None:
    if not rows:
        return
    print()
    print_line(f"{title}: {len(rows):,}")
    print_rows(rows[:most], columns if isinstance(columns, dict) else tuple(columns))
    if most is not None and len(rows) > most:
        print_line(f"… and {len(rows) - most:,} more (--all, --report FILE or --json show them).")
