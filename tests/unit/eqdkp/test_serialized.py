"""O-1: what PHP serialized."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_adapters.eqdkp.serialized import DEPTH_MAX, NotSerialized, Plain, unserialized

KEYS = st.one_of(st.integers(-(10**9), 10**9), st.text(max_size=5))
PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.text(max_size=8),
        st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9),
    ),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def serialized(value: Plain) -> bytes:
    """As PHP's manual has it; lengths are bytes."""
    if value is None:
        return b"N;"
    if isinstance(value, bool):
        return b"b:%d;" % value
    if isinstance(value, int):
        return b"i:%d;" % value
    if isinstance(value, Decimal):
        return f"d:{value};".encode()
    if isinstance(value, str):
        return b's:%d:"%s";' % (len(value.encode()), value.encode())
    inner = b"".join(serialized(key) + serialized(each) for key, each in value.items())
    return b"a:%d:{%s}" % (len(value), inner)


@settings(max_examples=60)
@given(PLAIN)
def test_what_was_serialized_is_read(value: Plain) -> None:
    """O-1: texts with quotes and semicolons in them, arrays in arrays, amounts to the last digit."""
    assert unserialized(serialized(value)) == value


@settings(max_examples=60)
@given(PLAIN, st.data())
def test_what_is_cut_or_garbled_is_refused_or_read_and_nothing_else(value: Plain, data: st.DataObject) -> None:
    """Bad input gets: every cut is refused; a changed byte is refused or gives some value, and no other error."""
    raw = serialized(value)
    at = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(NotSerialized):
        unserialized(raw[:at])
    changed = raw[:at] + data.draw(st.binary(min_size=1, max_size=2)) + raw[at + 1 :]
    with suppress(NotSerialized):
        assert unserialized(changed) == unserialized(changed)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'O:8:"stdClass":0:{}', "an object"), (b'C:1:"a":0:{}', "an object"),
        (b"a:2:{i:0;i:1;i:1;R:2;}", "a reference"),
        (b'a:1:{i:0;E:3:"A:B";}', "an enum"), (b'a:1:{O:1:"a":0:{}i:1;}', "an object"), (b"a:1:{d:1;i:1;}", "neither"),
        (b"a:1:{a:0:{}i:1;}", "neither"), (b's:2:"abc";', '" was expected'), (b's:99:"a";', '" was expected'),
        (b"i:1;i:2;", "more than one"), (b"d:..;", "a number"), (b's:1:"\xe9";', "not UTF-8"), (b"", "something else"),
        (b"a:999999999:{", "something else"),
    ],
)  # fmt: skip
def test_what_php_itself_would_make_more_of_is_refused(raw: bytes, why: str) -> None:
    """O-13: no object comes out of a text, and no length makes room for what is not there."""
    with pytest.raises(NotSerialized, match=why):
        unserialized(raw)


def test_arrays_stand_only_so_deep_in_each_other() -> None:
    """O-13: neither Python's stack nor memory is at a text's mercy."""
    deep = b"a:1:{i:0;" * 100_000
    with pytest.raises(NotSerialized, match=f"more than {DEPTH_MAX} deep"):
        unserialized(deep)
    as_deep_as_may_be = b"a:1:{i:0;" * DEPTH_MAX + b"N;" + b"}" * DEPTH_MAX
    assert unserialized(as_deep_as_may_be)
    with pytest.raises(NotSerialized, match="more than 16,000,000"):
        unserialized(b"N;" + b" " * 16_000_000)
