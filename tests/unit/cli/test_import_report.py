"""The report of an import: in numbers, on a terminal, and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from attrs import define, evolve, field

from dkp_core.kernel.points import Points
from dkp_core.moving import (
    AttendanceProof,
    BalanceProof,
    ListedRow,
    Reconciliation,
    Remark,
    Report,
    TableCount,
    Why,
)
from dkp_entrypoints.cli.import_report import NotAReport, page_of, tell, write_page
from dkp_entrypoints.cli.import_report.html import Html, element, joined
from dkp_entrypoints.cli.import_report.summary import explanations, grouped, verdicts

EVIL: Final = "<script>alert('x')</script>"
RULE: Final = "raids of another kind count here"


def balance(character: str, *because: str, old_id: str = "1", agrees: bool = True) -> BalanceProof:
    """The proof of 12.50 points."""
    points = Points.of("12.50")
    return BalanceProof(
        character=character,
        old_id=old_id,
        pool="Main",
        owner=f"{character}'s owner",
        single=points,
        with_twinks=points,
        shown_single=points,
        shown_with_twinks=points,
        net=points,
        balance=points,
        because=because,
        agrees=agrees,
    )


def attendance(character: str, days: int | None, *because: str, agrees: bool = True) -> AttendanceProof:
    """The proof of an attendance."""
    return AttendanceProof(
        character=character,
        old_id="1",
        pool="Main",
        days=days,
        old_single=(1, 3),
        old_with_twinks=(2, 3),
        new=(2, 4),
        because=because,
        agrees=agrees,
    )


def listed(*rows: int, table: str = "logs", why: Why = Why.ARCHIVED, reason: str = "old") -> Sequence[ListedRow]:
    """Rows that were left out."""
    return [ListedRow(table=table, row=each, why=why, reason=reason) for each in rows]


REPORT: Final = Report(
    program="EQdkp Plus",
    version="2.3.39.0",
    source="dump.sql",
    read_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
    notes=["no key was given"],
    tables=[
        TableCount(table="logs", rows=5, imported=0, listed={Why.ARCHIVED: 4, Why.ORPHAN: 1}),
        TableCount(table="raids", rows=3, imported=3, listed={}),
        TableCount(table="styles", rows=0, imported=0, listed={}),
    ],
    listed=[*listed(1, 2, 3, 5), *listed(4, why=Why.ORPHAN, reason="nobody's")],
    remarks=[Remark(table="members", old_id="7", text="it is called 'Bob (2)' here")],
    balances=[balance("Anna"), balance(EVIL, "decay took it", old_id="2")],
    attendance=[attendance("Anna", 30), attendance("Anna", None, RULE), attendance(EVIL, 30, RULE)],
    reconciliations=[Reconciliation(user="Anna", pool="Main", amount=Points.of("-3.25"), reason="decay 'Weekly'")],
)
WRONG: Final = evolve(
    REPORT,
    tables=[TableCount(table="raids", rows=4, imported=3, listed={})],
    balances=[balance("Anna"), balance("Bert", "not explained: 1.00", old_id="2", agrees=False)],
    attendance=[attendance("Bert", 90, "not explained: 5/5", agrees=False)],
    faults=["raids: 4 came, and 3 are kept"],
)

# --- in numbers -------------------------------------------------------------------------------------------------------


def test_rows_that_are_alike_are_told_together() -> None:
    """O-2: each of them is still named, and what nothing could be made of comes first."""
    found = grouped([*listed(3, 1, 2, 7, 9, 10), *listed(4, table="zoo", why=Why.ORPHAN), *listed(8, reason="new")])
    assert [(each.table, each.why, each.reason, each.count, each.rows) for each in found] == [
        ("zoo", Why.ORPHAN, "old", 1, "4"),
        ("logs", Why.ARCHIVED, "old", 6, "1-3, 7, 9-10"),
        ("logs", Why.ARCHIVED, "new", 1, "8"),
    ]
    assert grouped([]) == []


def test_verdicts_are_on_rows_points_attendance_and_what_is_kept() -> None:
    """O-2: how many, and whether they all are as they should be."""
    assert [each.holds for each in verdicts(REPORT)] == [True, True, True, True]
    rows, points, raids, kept = (each.sentence for each in verdicts(REPORT))
    assert rows == "8 rows in 3 tables: 3 imported, 5 listed with a reason. Every row is accounted for."
    assert points.startswith("2 characters in 1 pools")
    assert points.endswith(": 4 numbers agree with what EQdkp Plus shows.")
    assert raids == "3 attendances agree: 1 are as was shown, 2 differ by a rule that is named."
    assert kept == "Read back, everything is kept as it came, and adds up."
    assert explanations(REPORT.attendance) == {RULE: 2}


def test_a_verdict_does_not_claim_what_was_not_reckoned() -> None:
    """O-2: where something else decides what the old site shows, the numbers may be others there."""
    found = verdicts(evolve(REPORT, unreckoned=("the layout 'mine'", "the automatic adjustment 'Weekly'")))[1]
    assert found.holds
    assert found.sentence.endswith(
        ": 4 numbers agree with what EQdkp Plus shows as far as that is reckoned here, which is without the layout "
        "'mine' and the automatic adjustment 'Weekly'."
    )


def test_verdicts_name_what_is_wrong() -> None:
    """O-2: the table of which a row is lost, and how many numbers do not agree."""
    assert [each.holds for each in verdicts(WRONG)] == [False, False, False, False]
    rows, points, raids, kept = (each.sentence for each in verdicts(WRONG))
    assert rows.endswith("Not every row is accounted for: raids.")
    assert points.endswith(": 1 of 2 balances do not agree.")
    assert raids == "1 of 1 attendances do not agree."
    assert kept.startswith("1 faults in what is kept")
    assert explanations(WRONG.attendance) == {}


# --- on a terminal ----------------------------------------------------------------------------------------------------


def test_a_person_reads_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """O-2: notes, tables with rows, what was left out and changed, entries, reasons, and the verdicts last."""
    tell(REPORT)
    told = capsys.readouterr().out
    lines = told.splitlines()
    assert lines[0] == "EQdkp Plus 2.3.39.0, dump.sql, as of 2026-11-20 12:00 UTC"
    assert "Note: no key was given." in lines
    assert lines[-4:] == [each.sentence for each in verdicts(REPORT)]
    for wanted in ("1 orphan", "4 archived", "4: 1-3, 5", "it is called 'Bob (2)' here", "-3.25", f"2 × {RULE}"):
        assert wanted in told
    assert "styles" not in told
    assert "12.50" not in told
    assert "do not agree" not in told


def test_what_is_wrong_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    """O-2: before everything else, with what is there and here."""
    tell(WRONG)
    told = capsys.readouterr().out
    assert told.index("Points that do not agree: 1") < told.index("table")
    assert told.index("raids: 4 came, and 3 are kept") < told.index("table")
    assert "not explained: 1.00" in told
    assert "1/3, with twinks 2/3" in told


def test_long_lists_are_cut_unless_all_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """O-2: with how many more there are, and how to see them."""
    remarks = [Remark(table="members", old_id=str(each), text=f"remark {each}") for each in range(15)]
    long = evolve(REPORT, remarks=remarks, listed=listed(*range(1, 200, 2)))
    tell(long)
    told = capsys.readouterr().out
    assert "remark 9" in told
    assert "remark 10" not in told
    assert "… and 5 more (--all, --report FILE or --json show them)." in told
    assert "199" not in told
    tell(long, everything=True)
    told = capsys.readouterr().out
    assert "remark 14" in told
    assert "199" in told
    assert told.count("12.50") == 8
    assert "lifetime" in told


# --- as a page --------------------------------------------------------------------------------------------------------


@define
class Page(HTMLParser):
    """A page as a browser takes it apart: its elements, what they name, and its text."""

    names: list[str] = field(factory=list)
    given: list[tuple[str, str | None]] = field(factory=list)
    texts: list[str] = field(factory=list)
    open: list[str] = field(factory=list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.given += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)


def read(page: str) -> Page:
    """The page taken apart; everything in it is closed."""
    parsed = Page()
    parsed.feed(page)
    parsed.close()
    assert parsed.open == []
    return parsed


def test_a_page_has_everything_in_it() -> None:
    """O-2: every balance and attendance, old and new, every row, remark and entry, and each reason by its number."""
    page = page_of(REPORT, guild="Norrath Watch", outcome="It is done.")
    text = " ".join(read(page).texts)
    for wanted in (
        *("Norrath Watch: moving in from EQdkp Plus", "It is done.", "no key was given", "2026-11-20 12:00 UTC"),
        *("Anna's owner", "12.50", "decay took it", "1/3 · 2/3 → 2/4", "lifetime", f"{RULE} (2 numbers)"),
        *("1-3, 5", "nobody's", "it is called 'Bob (2)' here", "-3.25", "decay 'Weekly'"),
        *(each.sentence for each in verdicts(REPORT)),
    ):
        assert wanted in text
    assert ("href", "#rule-1") in read(page).given
    assert ("id", "rule-1") in read(page).given


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    """O-2, O-13: it works offline; no script, no image, no address of anywhere else, and a policy that forbids them."""
    page = read(page_of(REPORT, guild="G", outcome=""))
    assert not {"script", "img", "link", "iframe", "object"} & set(page.names)
    assert all((value or "").startswith("#") for name, value in page.given if name in ("href", "src", "action"))
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.given
    assert ("content", "width=device-width, initial-scale=1") in page.given


def test_nobodys_name_becomes_part_of_a_page() -> None:
    """O-13: whatever somebody wrote is text, wherever it stands."""
    evil = evolve(
        REPORT,
        source=EVIL,
        version=EVIL,
        notes=[EVIL],
        listed=[ListedRow(table=EVIL, row=1, why=Why.ORPHAN, reason=EVIL)],
        remarks=[Remark(table=EVIL, old_id=EVIL, text=EVIL)],
        balances=[evolve(balance(EVIL, EVIL), pool=EVIL, owner=EVIL)],
        attendance=[evolve(attendance(EVIL, 30, EVIL), pool=EVIL), attendance(EVIL, 60, EVIL, agrees=False)],
        faults=[EVIL],
        reconciliations=[Reconciliation(user=EVIL, pool=EVIL, amount=Points.of(1), reason=EVIL)],
        tables=[TableCount(table=EVIL, rows=2, imported=1, listed={})],
    )
    page = page_of(evil, guild=EVIL, outcome=EVIL)
    parsed = read(page)
    assert "script" not in parsed.names
    assert sum(EVIL in each for each in parsed.texts) > 20
    assert "<script" not in page


def test_what_is_wrong_is_on_top_of_a_page_and_open() -> None:
    """O-2: nobody has to look for it."""
    text = " ".join(read(page_of(WRONG, guild="G", outcome="")).texts)
    assert text.index("Points that do not agree (1)") < text.index("Tables")
    assert "not explained: 5/5" in text
    assert "raids: 4 came, and 3 are kept" in text
    fine = " ".join(read(page_of(REPORT, guild="G", outcome="")).texts)
    assert "do not agree (" not in fine


def test_text_is_escaped_by_how_it_is_made() -> None:
    """O-13: only elements are elements; letters that no page may hold, or that turn the text around, are blanks."""
    assert (
        element("td", "<b>", 3, element("i", "&"), class_='"x"')
        == '<td class="&quot;x&quot;">&lt;b&gt;3<i>&amp;</i></td>'
    )
    assert joined(["a\x00b\u202ec", Html("<hr>")]) == "a b c<hr>"


def test_a_page_is_written_whole(tmp_path: Path) -> None:
    """O-2: over an earlier report, but over no other file; and an error names what is accepted."""
    path, page = tmp_path / "report.html", page_of(REPORT, guild="G", outcome="first")
    write_page(path, page)
    assert path.read_text("utf-8") == page
    write_page(path, page_of(REPORT, guild="G", outcome="second"))
    assert "second" in path.read_text("utf-8")
    dump = tmp_path / "dump.sql"
    dump.write_text("my only copy", "utf-8")
    with pytest.raises(NotAReport, match=r"another file is there\); accepted: a new file") as refused:
        write_page(dump, page)
    assert refused.value.field == "report"
    assert dump.read_text("utf-8") == "my only copy"
    with pytest.raises(NotAReport, match="No such file or directory"):
        write_page(tmp_path / "nowhere" / "report.html", page)
    with pytest.raises(NotAReport, match="Is a directory"):
        write_page(tmp_path, page)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dump.sql", "report.html"]
