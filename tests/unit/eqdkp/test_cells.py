"""O-1: what cells mean, and what is said of those that are not as they should be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_adapters.eqdkp import cells
from dkp_adapters.eqdkp.cells import Cell, Read, Unreadable
from dkp_adapters.eqdkp.ciphered import Key, NotOpened
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points
from tests.unit.eqdkp.synthetic import KEY, encrypted

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def told(read: Read[Any], raw: bytes | None, *, codec: str = "utf-8", key: str | None = KEY) -> tuple[Any, list[str]]:
    """What a cell means, and its flaws."""
    cell = Cell("c", raw, codec, None if key is None else Key.of(key), NOW)
    value = read(cell)
    return value, [each.reason for each in cell.flaws]


@pytest.mark.parametrize(
    ("text", "hundredths", "flaw"),
    [
        ("12.50", 1250, ""), ("-3.33", -333, ""), ("0", 0, ""), ("9999.99", 999999, ""), ("1234567.88", 123456788, ""),
        ("0.105", 11, "rounded half-up to 0.11"), ("-0.105", -11, "rounded half-up to -0.11"),
        ("167772.1562", 16777216, "rounded half-up to 167772.16"), ("1.5e-7", 0, "rounded half-up"),
        ("1.25e2", 12500, ""),
        ("-9999999999.99", -999999999999, ""),
    ],
)  # fmt: skip
def test_amounts_are_what_the_database_prints(text: str, hundredths: int, flaw: str) -> None:
    """P-12: never through a float; what FLOAT adds in noise is rounded half-up and said."""
    value, flaws = told(cells.amount, text.encode())
    assert value == Points(hundredths)
    assert (flaw in flaws[0]) if flaw else not flaws


@given(st.integers(-999_999_999_999, 999_999_999_999))
def test_every_amount_of_points_comes_through(hundredths: int) -> None:
    """G-3: to the hundredth."""
    assert told(cells.amount, str(Points(hundredths)).encode()) == (Points(hundredths), [])


@pytest.mark.parametrize("raw", [b"", b"nan", b"inf", b"abc", b"10000000000.00", b"1e99", b"1e999999999", b"1,5"])
def test_what_is_no_amount_makes_the_row_unreadable(raw: bytes) -> None:
    """O-2: huge values and texts are listed, not bent."""
    with pytest.raises(Unreadable, match=r"c: .* is no amount of points"):
        told(cells.amount, raw)


def test_ids_are_whole_numbers_of_any_sign() -> None:
    """O-2: a row without its id means nothing."""
    assert told(cells.identity, b"-7") == (-7, [])
    assert told(cells.identity, b" 12.00 ") == (12, [])
    for raw in (None, b"", b"x", b"1.5", b"9" * 20, "٣".encode()):
        with pytest.raises(Unreadable, match="is no id; expected a whole number"):
            told(cells.identity, raw)


@pytest.mark.parametrize(
    ("raw", "moment", "flaw"),
    [
        (b"0", None, ""), (None, None, ""), (b"", None, ""),
        (b"1760000000", datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC), ""),
        (b"-5", None, "-5 seconds since 1970 is no moment"), (b"999999999999999", None, "is no moment"),
        (b"soon", None, "is no whole number"), (b"4102444800", datetime(2100, 1, 1, tzinfo=UTC), "is in the future"),
    ],
)  # fmt: skip
def test_moments_are_seconds_since_1970_and_zero_is_never(
    raw: bytes | None, moment: datetime | None, flaw: str
) -> None:
    """Bad input gets: negative, huge and later moments are flawed."""
    value, flaws = told(cells.past, raw)
    assert value == moment
    assert (flaw in flaws[0]) if flaw else not flaws


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("Officer&#39;s bonus", "Officer's bonus"), ("Trial &#34;Пёс&#34;", 'Trial "Пёс"'), ("Q&A", "Q&A"),
        ("&amp;#39;", "&#39;"), ("&amp;amp;", "&amp;"), ("a &lt;b&gt;", "a <b>"), ("🐉", "🐉"),
    ],
)  # fmt: skip
def test_entities_are_decoded_exactly_once(stored: str, text: str) -> None:
    """O-1: what was typed; an entity that somebody typed stays one."""
    assert told(cells.text, stored.encode()) == (text, [])


def test_bytes_of_another_charset_are_read_and_flawed_and_mojibake_is_left_alone() -> None:
    """Bad input gets: Latin-1 bytes in UTF-8 columns; what is valid UTF-8 is not guessed at."""
    read_otherwise = "it is not UTF-8; its bytes were read as Western European (Windows-1252)"
    assert told(cells.text, b"D\xfcster \x96 \x93x\x94") == (
        "Düster – “x”",
        [read_otherwise],
    )
    assert told(cells.text, b"\x81\xe9")[0] == "\x81é"
    assert told(cells.text, "DÃ¼ster".encode()) == ("DÃ¼ster", [])
    assert told(cells.text, b"D\xfcster", codec="cp1252") == ("Düster", [])


def test_what_php_serialized_has_its_texts_as_they_were_typed() -> None:
    """O-1: lengths count bytes before entities are decoded; in bytes of another charset as well."""
    assert told(cells.serialized, b'a:1:{s:6:"{L_\xc3\x9c}";s:5:"&#39;";}') == ({"{L_Ü}": "'"}, [])
    value, flaws = told(cells.serialized, b'a:1:{i:0;s:2:"\xe9x";}')
    assert (value, len(flaws)) == ({0: "éx"}, 1)
    assert told(cells.serialized, 's:2:"é";'.encode("cp1252"), codec="cp1252") == ("é", [])
    value, flaws = told(cells.serialized, b'O:1:"a":0:{}')
    assert value is None
    assert "an object" in flaws[0]
    assert told(cells.serialized, b"") == told(cells.serialized, None) == (None, [])


def test_settings_are_texts_or_arrays() -> None:
    """O-1: the program serializes a setting only when it is an array."""
    assert told(cells.setting, b"i:5;") == ("i:5;", [])
    assert told(cells.setting, b"a:1:{i:0;i:5;}") == ({0: 5}, [])


def test_json_is_read_as_php_would_have_it() -> None:
    """O-1: lists become arrays by number; amounts stay exact."""
    assert told(cells.written, b'["122", 1.10]') == ({0: "122", 1: Decimal("1.10")}, [])
    assert told(cells.written, b'{"guild":"A&#39;s","x":{"y":null}}') == ({"guild": "A's", "x": {"y": None}}, [])
    for bad in (b"{", b"[" * 100_000, b"NaN", b"[" + b"1," * 600_000 + b"1]"):
        value, flaws = told(cells.written, bad)
        assert value is None
        assert "left out" in flaws[0]


# --- what is encrypted ------------------------------------------------------------------------------------------------


def test_addresses_and_accounts_open_with_the_key() -> None:
    """O-1: e-mail addresses, and Discord's id among linked accounts."""
    assert told(cells.address, encrypted("a@example.org").encode()) == ("a@example.org", [])
    stored = encrypted('a:2:{s:7:"discord";s:17:"80351110224678912";s:5:"other";s:0:"";}').encode()
    accounts: tuple[Mapping[str, str], list[str]] = told(cells.accounts, stored)
    assert accounts == ({"discord": "80351110224678912"}, [])
    assert told(cells.address, b"plain@example.org") == ("plain@example.org", [])
    assert told(cells.address, b"") == told(cells.address, None) == (None, [])


def test_without_the_key_nothing_is_read_and_with_a_wrong_one_it_is_said() -> None:
    """Bad input gets: a wrong key gives no garbage."""
    stored = encrypted("somebody@example.org").encode()
    assert told(cells.address, stored, key=None) == (None, [])
    assert told(cells.accounts, stored, key=None) == ({}, [])
    value, flaws = told(cells.address, stored, key="f" * 32)
    assert (value, len(flaws)) == (None, 1)
    value, flaws = told(cells.address, b"not base 64")
    assert (value, flaws) == (None, ["it is not encrypted as EQdkp Plus does it; left out"])
    assert told(cells.address, encrypted("no address").encode())[1] == [
        "what the key opens is no e-mail address; left out"
    ]


def test_a_key_that_opens_none_of_several_values_does_not_fit() -> None:
    """Bad input gets: a wrong key is told before anything is read."""
    values = [encrypted(f"user{each}@example.org") for each in range(5)]
    assert Key.of(KEY).fits(values)
    assert Key.of(KEY).fits([*["AAAA"] * 50, values[0]])
    assert not any(Key.of(f"{each:032x}").fits(values) for each in range(100))
    assert Key.of("f" * 32).fits([])


@pytest.mark.parametrize("quote", ["'", '"'])
def test_the_key_is_found_in_config_php(quote: str) -> None:
    """O-1: as the file has it."""
    file = f"<?php\n$dbpass = 'x';\n$encryptionKey = {quote}{KEY}{quote};\n"
    assert Key.of(file).opened(encrypted("a@b")) == "a@b"
    assert KEY not in repr(Key.of(file))


@pytest.mark.parametrize("key", ["", "  ", "<?php $dbpass = 'x';", "a\nb", "x" * 300])
def test_what_is_no_key_is_refused(key: str) -> None:
    """Bad input gets: the field, the fault and what is accepted."""
    with pytest.raises(
        InvalidValue, match=r"key: it holds no \$encryptionKey; accepted: the \$encryptionKey of config"
    ):
        Key.of(key)


@given(st.binary(max_size=40), st.sampled_from([KEY, "f" * 32]))
def test_no_stored_value_makes_the_key_stumble(raw: bytes, key: str) -> None:
    """Bad input gets: refused in words, or opened to a text without control characters."""
    with suppress(NotOpened):
        assert not any(ord(each) < 32 for each in Key.of(key).opened(raw.decode("latin-1")))


QUICKLY_READ = (cells.identity, cells.whole, cells.count, cells.flag, cells.amount, cells.past, cells.plain, cells.text)
ODD = st.sampled_from(
    [b"", b"0", b"1", b"Y", b"-1", b"+7", b"007", b"12.50", b"-0.50", b"-.5", b"1.005", b"Tom &amp; Jerry", b"\xc3\xa9",
     b"\xe9", b"1792000000", b"1895000000", b"9" * 18, b"9" * 19, b"1234567890.12", b"1 ", b"\xd9\xa3"]
)  # fmt: skip


@given(
    read=st.sampled_from(QUICKLY_READ),
    given_=st.lists(st.none() | ODD | st.binary(max_size=20), max_size=5),
    codec=st.sampled_from(["utf-8", "cp1252"]),
)
def test_what_is_read_quickly_means_the_same_and_has_no_flaw(
    read: Read[Any], given_: list[bytes | None], codec: str
) -> None:
    """O-2: the short way to a value is never another way, each cell of a column has its own, and none has NULL's."""
    for raw, value in zip(given_, cells.quick(read, NOW)(given_), strict=True):
        if value is not cells.SLOW:
            assert raw is not None
            assert told(read, raw, codec=codec) == (value, [])


def test_what_most_cells_hold_is_read_quickly() -> None:
    """O-3: a long history is read in seconds."""
    plain = {
        cells.identity: b"4711", cells.whole: b"0", cells.count: b"12", cells.flag: b"1", cells.amount: b"-12.50",
        cells.past: b"1760000000", cells.plain: b"abc", cells.text: b"Robe",
    }  # fmt: skip
    for read, raw in plain.items():
        assert cells.SLOW not in cells.quick(read, NOW)([raw, raw])
    assert cells.quick(cells.serialized, NOW)([b"i:1;"]) == [cells.SLOW]


@pytest.mark.parametrize("read", [*QUICKLY_READ, cells.serialized, cells.written, cells.setting, cells.accounts])
def test_nothing_means_the_same_wherever_it_stands(read: Read[Any]) -> None:
    """O-2: NULL is read once for a column; where it is a fault, it is told of each row."""
    value = cells.of_nothing(read, "c", NOW)
    if value is cells.SLOW:
        with pytest.raises(Unreadable):
            told(read, None)
    else:
        assert told(read, None) == (value, [])
