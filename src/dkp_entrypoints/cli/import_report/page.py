"""The report of an import as one page: nothing is loaded from anywhere, and it reads on a phone."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from attrs import define

from dkp_core.kernel.errors import Invalid
from dkp_core.kernel.points import Points
from dkp_core.moving import AttendanceProof, BalanceProof, Report, TableCount, Why
from dkp_entrypoints.cli.import_report.html import Html, element, joined
from dkp_entrypoints.cli.import_report.summary import explanations, grouped, share, verdicts, window

_BEGINS: Final = '<!doctype html>\n<html lang="en" data-of="dkp import">'
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
summary { font-size: 1.15rem; font-weight: 600; cursor: pointer; margin: 1.2rem 0 .4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem; border-bottom: 1px solid #8884; }
thead th { position: sticky; top: 0; background: Canvas; }
td:first-child { overflow-wrap: anywhere; min-width: 6rem; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.holds { border-left: .3rem solid #2a8; padding-left: .6rem; }
.fails { border-left: .3rem solid #d33; padding-left: .6rem; font-weight: 600; }
tr.fails td:first-child { border-left: .3rem solid #d33; }
.quiet { opacity: .75; }
ol { padding-left: 2rem; }
@media (max-width: 40rem) { th, td { padding: .2rem .35rem; font-size: 13px; } }
@media print { details > * { display: block; } }
"""


@define
class NotAReport(Invalid):
    """The page can't be written where it was asked for."""

    path: str
    fault: str
    code: ClassVar[str] = "report_not_written"

    @property
    def field(self) -> str:
        return "report"

    @property
    def sentence(self) -> str:
        return (
            f"report: {self.path} can't be written ({self.fault}); "
            "accepted: a new file, or an earlier report, in a folder with room."
        )


def write_page(path: Path, page: str) -> None:
    """Write the page, whole or not at all; an earlier report in its place is replaced. Raises: NotAReport."""
    making = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.exists() and not _is_report(path):
            raise NotAReport(str(path), "another file is there")
        try:
            with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(page)
            making.replace(path)
        finally:
            making.unlink(missing_ok=True)
    except OSError as fault:
        raise NotAReport(str(path), fault.strerror or "it can't be written") from None


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_BEGINS)) == _BEGINS.encode()


def page_of(report: Report, *, guild: str, outcome: str) -> str:
    """The page for a guild; `outcome` says in a sentence what came of it."""
    title = f"{guild}: moving in from {report.program}"
    head = element(
        "head",
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        element("title", title),
        Html(f"<style>{_STYLE}</style>"),
    )
    read_at = f"{report.read_at:%Y-%m-%d %H:%M} UTC"
    body = element(
        "body",
        element("h1", title),
        element("p", f"{report.program} {report.version}, {report.source}, as it was on {read_at}.", class_="quiet"),
        element("p", element("b", outcome)),
        *(element("p", each.sentence, class_="holds" if each.holds else "fails") for each in verdicts(report)),
        *_sections(report),
    )
    return f"{_BEGINS}\n{head}\n{body}\n</html>\n"


def _sections(report: Report) -> Iterator[Html]:
    rules = {why: number for number, why in enumerate(explanations(report.attendance), 1)}
    told = "Not kept as it came, or not adding up"
    yield _section(told, len(report.faults), _list("ul", report.faults), is_open=True)
    off = [each for each in report.balances if not each.agrees]
    yield _section("Points that do not agree", len(off), _balances(off), is_open=True)
    missed = [each for each in report.attendance if not each.agrees]
    yield _section("Attendance that does not agree", len(missed), _attendance(missed, rules), is_open=True)
    yield _section("To know", len(report.notes), _list("ul", report.notes), is_open=True)
    tables = [each for each in report.tables if each.rows]
    yield _section("Tables", len(tables), _tables(tables), is_open=True)
    yield _section("Points, old and new", len(report.balances), _balances(report.balances))
    attendance = joined([_rules(report.attendance), _attendance(report.attendance, rules)])
    yield _section("Attendance, old and new", len(report.attendance), attendance)
    told = "Entries for what EQdkp Plus shows beyond its rows"
    yield _section(told, len(report.reconciliations), _reconciliations(report))
    yield _section("Left out, and why", len(report.listed), _listed(report))
    yield _section("Imported otherwise than it stood", len(report.remarks), _remarks(report))


def _section(title: str, count: int, inside: Html, *, is_open: bool = False) -> Html:
    if not count:
        return Html("")
    told = element("summary", f"{title} ({count:,})")
    return element("details", told, inside, open="") if is_open else element("details", told, inside)


def _list(name: str, lines: Iterable[object]) -> Html:
    return element(name, *(element("li", each) for each in lines))


def _table(headings: Sequence[str], rows: Iterable[Html]) -> Html:
    head = element("thead", element("tr", *(element("th", each) for each in headings)))
    return element("div", element("table", head, element("tbody", *rows)), class_="wide")


def _row(cells: Iterable[object], *, fails: bool = False) -> Html:
    made = (
        element("td", each, class_="number") if isinstance(each, Points | int) else element("td", each)
        for each in cells
    )
    return element("tr", *made, class_="fails") if fails else element("tr", *made)


def _tables(tables: Iterable[TableCount]) -> Html:
    return _table(
        ("table", "rows", "imported", *Why),
        (
            _row(
                (each.table, each.rows, each.imported, *(each.listed.get(why, "") for why in Why)),
                fails=not each.is_complete,
            )
            for each in tables
        ),
    )


def _balances(proofs: Iterable[BalanceProof]) -> Html:
    headings = (
        *("character", "pool", "owner", "rows alone", "rows with twinks", "shown alone", "shown with twinks"),
        *("entries here", "owner has here", "why"),
    )
    return _table(
        headings,
        (
            _row(
                (
                    *(each.character, each.pool, each.owner, each.single, each.with_twinks, each.shown_single),
                    *(each.shown_with_twinks, each.net, each.balance, _lines(each.because)),
                ),
                fails=not each.agrees,
            )
            for each in proofs
        ),
    )


def _lines(texts: Iterable[str]) -> Html:
    return joined(element("div", each) for each in texts)


def _attendance(proofs: Iterable[AttendanceProof], rules: Mapping[str, int]) -> Html:
    """A row for each character and pool, with its windows beside each other."""
    rows: dict[tuple[str, str, str], dict[int | None, AttendanceProof]] = {}
    for each in proofs:
        rows.setdefault((each.old_id, each.character, each.pool), {})[each.days] = each
    windows = list(dict.fromkeys(days for windows in rows.values() for days in windows))
    table = _table(
        ("character", "pool", *map(window, windows)),
        (
            _row(
                (
                    character,
                    pool,
                    *(_window(found[days], rules) if days in found else "" for days in windows),
                ),
                fails=not all(each.agrees for each in found.values()),
            )
            for (_, character, pool), found in rows.items()
        ),
    )
    told = "In each window: alone · with twinks → the owner's here, and the numbers of the rules that make it differ."
    return joined([element("p", told, class_="quiet"), table])


def _window(proof: AttendanceProof, rules: Mapping[str, int]) -> Html:
    told = f"{share(*proof.old_single)} · {share(*proof.old_with_twinks)} → {share(*proof.new)} "
    numbers = [element("a", rules[why], href=f"#rule-{rules[why]}") for why in proof.because if why in rules]
    links = [piece for each in numbers for piece in (" ", each)]
    others = [why for why in proof.because if why not in rules]
    return element("span", told, element("sup", *links), _lines(others))


def _rules(proofs: Iterable[AttendanceProof]) -> Html:
    return element(
        "ol",
        *(
            element("li", f"{why} ({count:,} numbers)", id=f"rule-{number}")
            for number, (why, count) in enumerate(explanations(proofs).items(), 1)
        ),
    )


def _reconciliations(report: Report) -> Html:
    rows = (_row((each.user, each.pool, each.amount, each.reason)) for each in report.reconciliations)
    return _table(("owner", "pool", "amount", "why"), rows)


def _listed(report: Report) -> Html:
    rows = (_row((each.table, each.why, each.reason, each.count, each.rows)) for each in grouped(report.listed))
    return _table(("table", "kind", "why", "rows", "which of the table's rows"), rows)


def _remarks(report: Report) -> Html:
    rows = (_row((each.table, each.old_id, each.text)) for each in report.remarks)
    return _table(("table", "old id", "what was done"), rows)
