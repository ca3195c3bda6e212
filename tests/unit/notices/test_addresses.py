"""Addresses of webhooks and people: what is let through, and what is not."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.notices import WebhookUrl, email_address_of, is_allowed

HOSTS = ("discord.com", "ptb.discord.com")
TOKEN = "aB3-_" * 13


@pytest.mark.parametrize(
    "url",
    [
        f"https://discord.com/api/webhooks/1234567890123456789/{TOKEN}",
        f"https://discord.com/api/v10/webhooks/1234567890123456789/{TOKEN}",
        f"  https://ptb.discord.com/api/webhooks/1234567890123456789/{TOKEN}\n",
    ],
)
def test_a_webhook_is_taken_as_discord_shows_it(url: str) -> None:
    """O-13."""
    found = WebhookUrl.of(url, HOSTS)
    assert (found.webhook_id, found.text) == ("1234567890123456789", url.strip())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "discord.com",
        f"http://discord.com/api/webhooks/1/{TOKEN}",
        f"https://discord.com.evil.example/api/webhooks/1/{TOKEN}",
        f"https://evil.example/api/webhooks/1/{TOKEN}",
        f"https://evil.example#discord.com/api/webhooks/1/{TOKEN}",
        f"https://discord.com@evil.example/api/webhooks/1/{TOKEN}",
        f"https://discord.com:pw@evil.example/api/webhooks/1/{TOKEN}",
        f"https://evil.example\\@discord.com/api/webhooks/1/{TOKEN}",
        f"https://discord.com\\.evil.example/api/webhooks/1/{TOKEN}",
        f"https://discord.com:8443/api/webhooks/1/{TOKEN}",
        f"https://127.0.0.1/api/webhooks/1/{TOKEN}",
        f"https://[::1]/api/webhooks/1/{TOKEN}",
        f"https://[discord.com/api/webhooks/1/{TOKEN}",
        f"https://169.254.169.254/api/webhooks/1/{TOKEN}",
        f"https://localhost/api/webhooks/1/{TOKEN}",
        f"https://DISCORD.com/api/webhooks/1/{TOKEN}",
        f"https://dıscord.com/api/webhooks/1/{TOKEN}",
        f"https://discord.com/api/webhooks/1/{TOKEN}/../../users/@me",
        f"https://discord.com/api/webhooks/1/{TOKEN}?wait=false",
        f"https://discord.com/api/webhooks/1/{TOKEN}#x",
        f"https://discord.com/api/webhooks/1/{TOKEN}/slack",
        f"https://discord.com/api/webhooks/{'9' * 21}/{TOKEN}",
        f"https://discord.com/api/webhooks/１/{TOKEN}",
        f"https://discord.com/api/webhooks/1/{'a' * 129}",
        "https://discord.com/api/webhooks/1/",
        "https://discord.com/api/users/@me",
        f"https://discord.com/api/webhooks/1/{TOKEN}\nHost: evil.example",
        "https://discord.com/api/webhooks/1/" + "a" * 10_000,
        f"gopher://discord.com/api/webhooks/1/{TOKEN}",
    ],
)
def test_nothing_else_is_let_through(url: str) -> None:
    """O-13: no other host, port, scheme or path, however it is spelt; the error does not repeat the secret."""
    with pytest.raises(InvalidValue) as refused:
        WebhookUrl.of(url, HOSTS)
    assert refused.value.field == "webhook"
    assert TOKEN not in refused.value.sentence


def test_an_origin_of_ones_own_is_let_through_as_a_whole() -> None:
    """For trying things out: the scheme, the host and the port have to be those."""
    hosts = ("http://127.0.0.1:8080",)
    assert WebhookUrl.of("http://127.0.0.1:8080/api/webhooks/1/t", hosts).webhook_id == "1"
    for other in ("https://127.0.0.1:8080", "http://127.0.0.1:8081", "http://127.0.0.1", "http://localhost:8080"):
        assert not is_allowed(f"{other}/api/webhooks/1/t", hosts)


@pytest.mark.parametrize(
    "address",
    ["ada@example.org", "  ada+guild@mail.example.org ", "o'neil@example.co.uk", "zoë@exämple.de", "a.b-c_d@x1.io"],
)
def test_an_address_is_kept_as_it_was_written(address: str) -> None:
    """V-1."""
    assert email_address_of(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@localhost",
        "ada@@example.org",
        "ada@example..org",
        "ada@.example.org",
        "ada@-x.org",
        "ada@example.org.",
        ".ada@example.org",
        "ada..b@example.org",
        "-oQ@example.org",
        "a b@example.org",
        '"a b"@example.org',
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada\x00@example.org",
        "ada\u202e@example.org",
        "ada@[127.0.0.1]",
        "a" * 65 + "@example.org",
        "ada@" + "a" * 64 + ".org",
        "ada@" + "a." * 130 + "org",
        "é" * 100_000 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(address: str) -> None:
    """O-13, A-12: nothing that could end a header, name a second recipient or a program's option."""
    with pytest.raises(InvalidValue) as refused:
        email_address_of(address)
    assert refused.value.sentence == "email: it is no e-mail address; accepted: an address such as name@example.org."
