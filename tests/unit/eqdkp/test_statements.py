"""O-1: the statements of a dump, however its program writes them, and wherever the file is cut into pieces."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_adapters.eqdkp import statements
from dkp_adapters.eqdkp.errors import DumpCutOff, DumpUnreadable, NotADump
from dkp_adapters.eqdkp.statements import Cells, Created, Filled, Passed, RowUnreadable, Statements, cells_of
from tests.unit.eqdkp.synthetic import escaped, mysqldump, own_backup, phpmyadmin, row_of, small

# What a tokenizer trips over, and what it should not mind.
TRICKY = st.lists(
    st.sampled_from(
        [b"'", b"''", b'"', b"\\", b"\\'", b"`", b"(", b")", b",", b";", b"-- ", b"#", b"/*", b"*/", b"\n", b"\r",
         b"\0", b"%", b"_", b"\\n", b"NULL", b"a", b"\xc3\xa9", b"\xe9", b"0x41", b"INSERT INTO `x` VALUES (1);",
         b"\x1a",
         b" "]
    ),
    max_size=8,
).map(b"".join)  # fmt: skip
VALUES = st.one_of(st.none(), st.integers(-(10**12), 10**12), TRICKY)


def doubled(raw: bytes) -> bytes:
    return b"'" + raw.replace(b"\\", b"\\\\").replace(b"'", b"''") + b"'"


def in_double_quotes(raw: bytes) -> bytes:
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'""') + b'"'


def needlessly_escaped(raw: bytes) -> bytes:
    """Letters that mean themselves may have a backslash before them too."""
    return b"_binary '" + b"".join(b"\\'" if c == 39 else b"\\\\" if c == 92 else bytes([c]) for c in raw) + b"'"


SPELLINGS = st.sampled_from(
    [escaped, doubled, in_double_quotes, needlessly_escaped, lambda raw: b"0x" + raw.hex().encode(),
     lambda raw: b"x'" + raw.hex().encode() + b"'"]
)  # fmt: skip


def read(dump: bytes) -> Sequence[tuple[str, Sequence[str] | None, list[bytes]]]:
    """Everything that a dump fills."""
    given = Statements("a.sql", io.BytesIO(dump))
    return [(each.table, each.columns, list(each.rows)) for each in given if isinstance(each, Filled)]


def plain(value: int | bytes | None) -> bytes | None:
    return b"%d" % value if isinstance(value, int) else value


@settings(max_examples=40)
@given(
    rows=st.lists(st.lists(st.tuples(VALUES, SPELLINGS), min_size=1, max_size=4), min_size=1, max_size=5),
    piece=st.sampled_from([1, 7, 64, 4096]),
    gap=st.sampled_from([b",", b", ", b" ,\n"]),
)
def test_what_was_written_is_read_in_every_spelling(
    rows: list[list[tuple[int | bytes | None, object]]], piece: int, gap: bytes
) -> None:
    """O-2: texts with everything in them that ends texts, rows and statements, read in pieces of any size."""
    written = [
        b"(" + gap.join(spell(value) if isinstance(value, bytes) else escaped(value) for value, spell in row) + b")"  # type: ignore[operator]  # drawn with it
        for row in rows
    ]
    dump = b"SET x=1;INSERT INTO `a``b` VALUES\n" + gap.join(written) + b";\n"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(statements, "PIECE", piece)
        ((table, columns, found),) = read(dump)
    assert (table, columns) == ("a`b", None)
    expected: list[Cells] = [tuple(plain(value) for value, _ in row) for row in rows]
    assert [cells_of(each) for each in found] == expected


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"NULL", None), (b"null", None), (b"0", b"0"), (b"5", b"5"), (b"-3.33", b"-3.33"), (b"+1", b"+1"),
        (b"1.5e-7", b"1.5e-7"), (b".5", b".5"), (b"TRUE", b"1"), (b"false", b"0"), (b"''", b""), (b'""', b""),
        (b"'it''s'", b"it's"), (rb"'a\%b\_c\qd'", rb"a\%b\_cqd"), (b"0x", b""), (b"X'4142'", b"AB"), (b"b'101'", b"5"),
        (b"N'x'", b"x"), (b"_utf8mb4'x'", b"x"),
    ],
)  # fmt: skip
def test_each_literal_has_its_value(written: bytes, value: bytes | None) -> None:
    """O-1: the literals of MySQL's manual; numbers stay as they are written."""
    assert cells_of(b"(1, " + written + b")") == (b"1", value)


@pytest.mark.parametrize(
    "row", [b"()", b"(now())", b"(1 2)", b"(a)", b"(1,)", b"(x'4')", b"(0x123)", b"(b'2')", b"('a' 'b')"]
)
def test_what_is_no_value_is_refused(row: bytes) -> None:
    """O-2: nothing is made up for it."""
    with pytest.raises(RowUnreadable):
        cells_of(row)


def test_names_columns_and_all_that_stands_around_rows() -> None:
    """O-1: comments, triggers, other statements, names with quotes, columns with odd types."""
    dump = rb"""# a remark; INSERT INTO no VALUES (1);
/*!50003 CREATE*/ /*!50003 TRIGGER t BEGIN INSERT INTO u VALUES (1); END */;;
DELIMITER ;
CREATE TABLE IF NOT EXISTS db.`t 1` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT COMMENT 'a, (b) `c`',
  kind enum('N','Y)') DEFAULT 'N', `v` float(6,2) CHECK (json_valid(concat('(', `kind`))), "data" longblob,
  PRIMARY KEY (`id`), KEY `x` (`kind`(10),`v`), UNIQUE `y` (`v`), CONSTRAINT c FOREIGN KEY (v) REFERENCES w (v)
) COMMENT='; -- no end';
insert ignore into `t 1` (`id`, kind) value (1,'-- ;'), /* no */ (2, 'b');
"""
    dump = dump.replace(b"/* no */ ", b"")
    dump += b"REPLACE INTO t2 VALUES (1) ON DUPLICATE KEY UPDATE a=';';\nINSERT INTO t3 SELECT * FROM `t;`;-- end"
    found = list[object]()
    for each in Statements("a.sql", io.BytesIO(dump)):
        found.append((each.table, each.columns, list(each.rows)) if isinstance(each, Filled) else each)
    assert found == [
        Created("t 1", ("id", "kind", "v", "data"), frozenset({"data"})),
        ("t 1", ("id", "kind"), [b"(1,'-- ;')", b"(2, 'b')"]),
        ("t2", None, [b"(1)"]),
        Passed("t3", "the statement that fills it does not list values"),
    ]


@pytest.mark.parametrize(
    "dump", [mysqldump(small()), own_backup(small()), phpmyadmin(small())], ids=["mysqldump", "own", "pma"]
)
def test_each_program_writes_the_same_rows(dump: bytes) -> None:
    """O-1: mysqldump, the program's own backup and phpMyAdmin."""
    found = dict[str, list[Cells]]()
    for table, _, rows in read(dump):
        found.setdefault(table, []).extend(cells_of(each) for each in rows)
    tables = {f"eqdkp23_{each.name}": each for each in small().tables.values() if each.rows}
    assert found == {name: [cells_of(row_of(row)) for row in table.rows] for name, table in tables.items()}


MYSQLDUMP, PHPMYADMIN, OWN_BACKUP = mysqldump(small()), phpmyadmin(small()), own_backup(small())
WHOLE_FROM = MYSQLDUMP.index(b"-- Dump completed") + len(b"-- Dump completed")


@settings(max_examples=40)
@given(st.integers(0, WHOLE_FROM - 1))
def test_a_dump_that_is_cut_off_anywhere_is_never_taken_for_whole(at: int) -> None:
    """Bad input gets: a cut in a text, a row, a statement, a comment or between them."""
    with pytest.raises((DumpCutOff, NotADump)) as told:
        read(MYSQLDUMP[:at])
    assert isinstance(told.value, DumpCutOff) or at < MYSQLDUMP.index(b"Distrib")


@settings(max_examples=15)
@given(st.data())
def test_other_programs_dumps_that_end_in_a_statement_or_transaction_are_cut_off(data: st.DataObject) -> None:
    """Bad input gets: phpMyAdmin commits at the end; the program's own backup ends its statements."""
    pma, own = PHPMYADMIN, OWN_BACKUP
    at = data.draw(st.integers(pma.index(b"START TRANSACTION;") + 18, pma.index(b"COMMIT") + 6))
    with pytest.raises(DumpCutOff, match="cut off at byte"):
        read(pma[:at])
    begins = own.index(b"INSERT INTO `eqdkp23_raids`")
    with pytest.raises(DumpCutOff):
        read(own[: data.draw(st.integers(begins + 1, own.index(b";\n", begins)))])
    with pytest.raises(DumpCutOff, match="nothing follows"):
        read(own[:begins])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no statement"), (b"\n -- only a comment\n", "no statement"), (b"SQLite format 3\0\x10", "begins with"),
        (b"<html>", "begins with"), (b"--\n-- PostgreSQL database dump\n--\nSET x=1;", "PostgreSQL"),
        ("SET x=1;".encode("utf-16"), "UTF-16"), (b'{"members": []}', "begins with"), (b"\x00\xff" * 99, "begins with"),
    ],
)  # fmt: skip
def test_what_is_no_dump_is_told_from_one(content: bytes, why: str) -> None:
    """Bad input gets: other files, each named by how it begins."""
    with pytest.raises(NotADump, match=why):
        read(content)


def test_a_mark_of_utf_8_at_the_beginning_does_no_harm() -> None:
    """O-1: Windows editors put it there."""
    assert read(b"\xef\xbb\xbfINSERT INTO t VALUES (1);") == [("t", None, [b"(1)"])]


def test_a_row_without_end_is_told_before_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """O-3: memory is bounded by a limit on the longest row."""
    monkeypatch.setattr(statements, "ROW_BYTES_MAX", 2**20)
    with pytest.raises(DumpUnreadable, match="a row has more than 1 MB, or no end"):
        read(b"INSERT INTO t VALUES ((((1)));" + b"x" * 3 * 2**20)


@settings(max_examples=30)
@given(st.binary(max_size=200), st.sampled_from([b"", b"INSERT INTO t VALUES (1,", b"CREATE TABLE t (", b"/*!40101 "]))
def test_no_bytes_make_it_stumble(noise: bytes, before: bytes) -> None:
    """Bad input gets: whatever comes, it is read or refused in words."""
    with suppress(DumpCutOff, DumpUnreadable):
        for _, _, rows in read(b"SET x=1;" + before + noise):
            for row in rows:
                with suppress(RowUnreadable):
                    assert all(each is None or isinstance(each, bytes) for each in cells_of(row))
