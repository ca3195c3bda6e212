"""A webhook: how a program writes into a channel on Discord. Its URL is a secret."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Final, Self
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.notices.notice import Channel

# What Discord shows under Edit channel, Integrations, Webhooks; nothing else is let through (O-13).
_URL: Final = re.compile(
    r"(?P<origin>https?://[a-z0-9.:\[\]-]{1,255})/api(/v\d{1,2})?/webhooks/(?P<id>\d{1,20})/[A-Za-z0-9_-]{1,128}",
    re.ASCII,
)
URL_LENGTH_MAX: Final = 512
FAULT_LENGTH_MAX: Final = 300


@frozen
class WebhookUrl:
    """The address of a webhook on a host that is allowed."""

    webhook_id: str
    text: str = field(repr=False)

    @classmethod
    def of(cls, text: str, hosts: Collection[str], field: str = "webhook") -> Self:
        """The URL, which must be a webhook's on one of these hosts, over HTTPS. Raises: InvalidValue, without the URL.

        `hosts` are names such as `discord.com`, or whole origins such as `http://127.0.0.1:8080`.
        """
        stripped = text.strip()
        accepted = "https://HOST/api/webhooks/ID/TOKEN, as Discord shows it, with a HOST of: " + ", ".join(
            sorted(hosts)
        )
        found = _URL.fullmatch(stripped) if len(stripped) <= URL_LENGTH_MAX else None
        if found is None:
            raise InvalidValue(field, "it is no address of a webhook", accepted)
        if not is_allowed(found["origin"], hosts):
            raise InvalidValue(field, f"it leads to {found['origin'][:80]!r}", accepted)
        return cls(found["id"], stripped)


def is_allowed(url: str, hosts: Collection[str]) -> bool:
    """Whether the URL leads to one of the hosts: over HTTPS at its usual port, or exactly to a whole origin."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no address
        return False
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin in hosts or (parts.scheme == "https" and parts.netloc in hosts)


@frozen(kw_only=True)
class ChannelWebhook:
    """Where the notices for a channel go, since when; once it is dead nothing is sent there."""

    channel: Channel
    webhook_id: str
    sealed: str = field(repr=False)
    set_at: datetime
    dead_at: datetime | None = None
    fault: str = ""

    def died(self, at: datetime, fault: str) -> ChannelWebhook:
        """Not to be called again."""
        return evolve(self, dead_at=at, fault=fault[:FAULT_LENGTH_MAX])
