"""Letters as e-mails."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_adapters.mail.message import message_of, sender_of
from dkp_adapters.mail.smtp import MailServer
from dkp_core.notices import Mailbox, Text
from tests.unit.notices.writing_desk import letter

SENDER = sender_of("Night Watch <dkp@example.org>")
TEXT = Text("{name} applied", "{comment:lines}", (("Class", "{kind}"),))
TO = "ada@example.net"


@given(st.text(max_size=400), st.text(max_size=400))
def test_nothing_that_people_write_becomes_a_header(name: str, comment: str) -> None:
    """O-13: the headers are ours, each once, and the body is the body."""
    data = {"name": name, "comment": comment, "kind": "Cleric"}
    message = message_of(letter(TEXT, data, to=Mailbox(TO)), to=TO, sender=SENDER)
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert sorted(read.keys()) == sorted(
        [
            *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
            *("Content-Language", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
        ]
    )
    assert read["To"] == TO
    assert read["From"] == "Night Watch <dkp@example.org>"
    assert read.get_content_type() == "text/plain"
    assert "Class: Cleric" in read.get_content()


def test_it_is_the_same_whenever_it_is_sent() -> None:
    """G-6: by its Message-ID a receiver tells that it has it already."""
    once, again = (message_of(letter(TEXT, {"name": "Ada"}), to=TO, sender=SENDER).as_bytes() for _ in range(2))
    assert once == again
    assert b"Message-ID: <notice-7.3@example.org>" in once


def test_it_is_text_in_any_script() -> None:
    """G-9: what is written is read; nothing of it is HTML."""
    data = {"name": "Zoë <b>👍</b>", "comment": "первый\nвторой", "kind": ""}
    message = message_of(letter(TEXT, data), to=TO, sender=SENDER)
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert read["Subject"] == "Zoë <b>👍</b> applied"
    assert "первый\nвторой" in read.get_content().replace("\r\n", "\n")
    assert read.get_content().rstrip().endswith("Night Watch")


def test_a_long_subject_is_cut_with_an_ellipsis() -> None:
    """G-9."""
    subject = message_of(letter(Text("{name}"), {"name": "x" * 900}), to=TO, sender=SENDER)["Subject"]
    assert subject == "x" * 199 + "…"


def test_a_domain_beyond_ascii_is_written_as_the_network_does() -> None:
    """RFC 5890: most servers take nothing else."""
    assert message_of(letter(TEXT, {}), to="ada@exämple.de", sender=SENDER)["To"] == "ada@xn--exmple-cua.de"


@pytest.mark.parametrize(
    "text", ["", "nobody", "a@b@c", "<a@b.org", "A <a@b.org> B", "A\nBcc: x <a@b.org>", "a@b.org, c@d.org"]
)
def test_what_is_no_sender_is_refused(text: str) -> None:
    """O-10: told at the start."""
    with pytest.raises(ValueError, match=r".+"):
        message_of(letter(TEXT, {}), to=TO, sender=sender_of(text))


def test_a_servers_address_says_how_it_is_reached() -> None:
    """What a password holds may be percent-encoded."""
    server = MailServer.of("smtp+starttls://ada%40x:p%2Fw@mail.example.org")
    assert (server.scheme, server.host, server.port, server.user, server.password) == (
        *("smtp+starttls", "mail.example.org", 587),
        *("ada@x", "p/w"),
    )
    assert "p/w" not in repr(server)


@pytest.mark.parametrize(
    "url", ["", "https://x", "smtp://", "smtps://ada@x", "smtps://x/path", "smtps://x?y", "smtps://x:y"]
)
def test_what_is_no_server_is_refused(url: str) -> None:
    """O-10."""
    with pytest.raises(ValueError, match=r".+"):
        MailServer.of(url)
