"""What digests and secrets are made with (A-8, O-13)."""

from __future__ import annotations

from dkp_adapters.system import HmacHashing, SystemChance


def test_a_digest_is_hmac_sha_256() -> None:
    """A-8: by the vectors of RFC 4231, cases 1 and 2."""
    assert HmacHashing(b"\x0b" * 20).digest("Hi There") == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )
    assert HmacHashing(b"Jefe").digest("what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_the_pepper_is_in_no_text_that_is_shown() -> None:
    """O-11: not even in a traceback's."""
    assert "hunter2" not in repr(HmacHashing(b"hunter2"))


def test_chance_is_as_long_as_it_is_wanted_and_never_twice_the_same() -> None:
    """A-8: the operating system's."""
    some = {SystemChance().token(32) for _ in range(100)}
    assert len(some) == 100
    assert {len(each) for each in some} == {32}
