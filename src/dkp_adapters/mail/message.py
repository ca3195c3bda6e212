"""A letter as an e-mail: plain text, and nothing in its headers that anybody could have put there."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from dkp_core.notices import Letter, email_address_of, visible

SUBJECT_MAX: Final = 200
_PARSED: Final = re.compile(r"(?:(?P<name>[^<>]*)<)?(?P<user>[^<>@\s]+)@(?P<domain>[^<>@\s]+?)>?")
_ELLIPSIS: Final = "…"


def sender_of(text: str) -> Address:
    """The sender that is written `name@example.org` or `Night Watch <name@example.org>`. Raises: ValueError."""
    found = _PARSED.fullmatch(text.strip())
    if found is None or text.count("<") != text.count(">") or visible(text) != text:
        raise ValueError("it is no sender")
    name = (found["name"] or "").strip().strip('"')
    return Address(name, found["user"], found["domain"])


def message_of(letter: Letter, *, to: str, sender: Address, footer: str = "") -> EmailMessage:
    """The e-mail of a letter. It is the same each time, so that a receiver can tell that it has it already.

    Raises: InvalidValue for what is no address; ValueError and IndexError for what e-mail's own rules do not take.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _one_line(letter.subject.told())
    message["From"] = sender
    user, _, domain = email_address_of(to).rpartition("@")
    message["To"] = Address("", user, ascii_domain(domain))
    message["Date"] = format_datetime(letter.posted_at)
    message["Message-ID"] = f"<{letter.nonce}.{letter.guild_id}@{ascii_domain(sender.domain)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    lines = [letter.subject.told(), "", letter.body.told()]
    lines += [f"{each.name}: {each.value.told()}" for each in letter.fields]
    lines += ["", "-- ", letter.guild, *([footer] if footer else [])]
    message.set_content("\n".join(lines).strip() + "\n", cte="quoted-printable")
    message["Content-Language"] = letter.language  # not sooner: setting the content removes it
    return message


def _one_line(text: str) -> str:
    line = " ".join(visible(text).split())
    return line if len(line) <= SUBJECT_MAX else line[: SUBJECT_MAX - 1].rstrip() + _ELLIPSIS


def ascii_domain(domain: str) -> str:
    """The domain as the network writes it. Raises: UnicodeError where it can't be written so."""
    return domain if domain.isascii() else domain.encode("idna").decode("ascii")
