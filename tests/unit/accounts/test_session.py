"""Sessions as values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dkp_core.accounts import SessionLimits, SessionToken, UserSession, device_of, local_path
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
LIMITS = SessionLimits(idle=timedelta(hours=2), longest=timedelta(days=1))
ID = "0d5c4f0e-6a58-4c39-9a53-0c3f0a3b8f11"
SESSION = UserSession(
    id=ID,
    user_id=UserId(1),
    digest="d" * 64,
    device="Firefox on Linux",
    created_at=NOW,
    last_seen_at=NOW,
    ends_at=NOW + LIMITS.longest,
)


def test_a_session_opens_with_its_secret_until_it_idles_or_ends() -> None:
    """A-1: [seen, seen + idle), [made, end)."""
    assert SESSION.opens_with("d" * 64, NOW + timedelta(hours=2, microseconds=-1), LIMITS)
    assert not SESSION.opens_with("d" * 64, NOW + timedelta(hours=2), LIMITS)
    assert not SESSION.opens_with("e" * 64, NOW, LIMITS)
    always = SessionLimits(idle=timedelta(days=900), longest=timedelta(days=1))
    assert SESSION.opens_with("d" * 64, SESSION.ends_at - timedelta(microseconds=1), always)
    assert not SESSION.opens_with("d" * 64, SESSION.ends_at, always)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ID,
        f"{ID}.",
        f"{ID}.short",
        f"{ID.upper()}.{'a' * 52}",
        f"{ID}.{'A' * 52}",
        f"{ID}.{'a' * 500}",
        "x" * 99,
    ],
)
def test_what_can_be_no_session_is_none(text: str) -> None:
    """G-8: it is not even looked for."""
    assert SessionToken.of(text) is None


def test_a_sessions_secret_is_in_no_text_that_is_shown() -> None:
    """O-11: only in what the browser keeps."""
    token = SessionToken(ID, "a" * 52)
    assert SessionToken.of(str(token)) == token
    assert "aaaa" not in repr(token)


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537 (KHTML) Chrome/140 Safari/537 Edg/140",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML) Version/18 Safari/604",
            "Safari on iPhone",
        ),
        ("curl/8.7.1", "curl"),
        ("", "an unknown device"),
        ("\x00\x1b[31m\n", "[31m"),
        ("x" * 5000, "x" * 64),
    ],
)
def test_a_device_is_known_again_by_a_few_words(user_agent: str, device: str) -> None:
    """A-1: bounded, and nothing that a terminal would obey."""
    assert device_of(user_agent) == device


@pytest.mark.parametrize("path", ["/", "/accounts/", "/g/dawn/standings?order=-current&x=%2F%2Fevil#top", "/a//b"])
def test_a_path_of_this_site_is_gone_on_to(path: str) -> None:
    """A-1: where somebody wanted to go before they had to sign in."""
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "accounts/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "/a\nb"),
        *("/ä", "/a b", "javascript:alert(1)", "/\t/evil.example", f"/{'x' * 1000}", "/a\\..\\b"),
    ],
)
def test_nobody_is_led_elsewhere(path: str) -> None:
    """O-13: no open redirect, however it is written."""
    with pytest.raises(InvalidValue) as refused:
        local_path(path)
    assert refused.value.field == "next"
