"""E-mails to a real mail server, in the clear on this machine, over TLS and with STARTTLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from dkp_adapters.mail import smtp
from dkp_adapters.mail.smtp import SmtpMail
from dkp_core.notices import Later, Letter, Mailbox, Never, Sent, Text
from tests import services
from tests.integration.mail.mail_server import Postbox, certified, serving
from tests.unit.notices.writing_desk import letter

SENDER = "Night Watch <dkp@example.org>"
TEXT = Text("{name} applied", "{comment:lines}", (("Class", "Cleric"),))
Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Postbox, int]]:
    """A mail server in the clear, shared by the tests of this module."""
    box = Postbox()
    with serving(box) as port:
        yield box, port


@pytest.fixture
def box(running: tuple[Postbox, int]) -> Postbox:
    """Its postbox, empty."""
    found, _ = running
    found.letters.clear()
    found.recipients.clear()
    found.refusals.clear()
    return found


@pytest.fixture
def mail(box: Postbox, running: tuple[Postbox, int]) -> SmtpMail:
    """Our side of it."""
    return SmtpMail.at(f"smtp://127.0.0.1:{running[1]}", SENDER)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    """What a server and a client know of TLS."""
    return certified(tmp_path_factory.mktemp("tls"))


def to(address: str, **data: str) -> Letter:
    """A letter to that address."""
    return letter(TEXT, {"name": "Ada", "comment": "Hello", **data}, to=Mailbox(address))


def test_a_letter_arrives_as_plain_text(box: Postbox, mail: SmtpMail) -> None:
    """V-3: from the guild's sender, to that address alone."""
    assert mail.send(to("eve@example.net", name="Zoë 👍", comment=".\nFrom here\n.hidden")) == Sent()
    (got,) = box.letters
    assert box.recipients == ["eve@example.net"]
    assert (got["From"], got["To"], got["Subject"]) == (SENDER, "eve@example.net", "Zoë 👍 applied")
    assert got.get_content_type() == "text/plain"
    assert got.get_content().replace("\r\n", "\n") == (
        "Zoë 👍 applied\n\n.\nFrom here\n.hidden\nClass: Cleric\n\n-- \nNight Watch\n"
    )


def test_a_repeated_letter_has_the_same_message_id(box: Postbox, mail: SmtpMail) -> None:
    """G-6: the connection was lost after the letter was taken, so it is sent again; the receiver can tell."""
    box.hang_up_after_data = 1
    outcome = mail.send(to("eve@example.net"))
    assert isinstance(outcome, Later)
    assert "lost" in outcome.why
    assert mail.send(to("eve@example.net")) == Sent()
    assert len({each["Message-ID"] for each in box.letters}) == 1
    assert len(box.letters) == 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("450 4.2.0 eve@example.net is greylisted", Later(None, "the mail server answered 450 4.2.0")),
        ("421 4.7.0 too many", Later(None, "the mail server answered 421 4.7.0")),
        ("550 5.1.1 no such user eve@example.net", Never("the mail server answered 550 5.1.1")),
        ("554 spam", Never("the mail server answered 554")),
    ],
)
def test_a_refusal_for_now_is_no_refusal_for_good(
    command: str, answer: str, outcome: Later | Never, box: Postbox, mail: SmtpMail
) -> None:
    """U-8: 4xx is tried again, 5xx is not; the reason that is kept does not repeat the address."""
    box.refusals = [(command, answer)]
    assert mail.send(to("eve@example.net")) == outcome
    assert box.letters == []
    assert mail.send(to("eve@example.net")) == Sent()


@pytest.mark.parametrize("address", ["eve@example.net\nBcc: x@example.net", "a b@c.de", "", "eve", "<eve@example.net>"])
def test_what_is_no_address_is_never_said_to_a_server(address: str, box: Postbox, mail: SmtpMail) -> None:
    """O-13: nothing of it becomes a command or a header."""
    outcome = mail.send(to(address))
    assert isinstance(outcome, Never)
    assert (box.letters, box.recipients) == ([], [])
    assert "example" not in outcome.why


def test_an_address_that_the_server_cannot_write_is_given_up(box: Postbox, mail: SmtpMail) -> None:
    """RFC 6531: most servers know no letters beyond ASCII before the @."""
    assert mail.send(to("zoë@example.net")) == Never("the mail server takes no addresses beyond ASCII")
    assert mail.send(to("eve@exämple.de")) == Sent()
    assert box.recipients == ["eve@xn--exmple-cua.de"]
    other = Postbox()
    with serving(other, smtputf8=True) as port:
        assert SmtpMail.at(f"smtp://127.0.0.1:{port}", SENDER).send(to("zoë@example.net")) == Sent()
    assert other.recipients == ["zoë@example.net"]


def test_a_server_that_is_down_is_tried_later() -> None:
    """U-8."""
    mail = SmtpMail.at(f"smtp://127.0.0.1:{services._free_port()}", SENDER)
    outcome = mail.send(to("eve@example.net"))
    assert isinstance(outcome, Later)
    assert outcome.why.startswith("the mail server lets nobody in: ConnectionRefusedError")


def test_a_server_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else's letters wait for it either."""
    import socket

    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = SmtpMail.at(f"smtp://127.0.0.1:{silent.getsockname()[1]}", SENDER).send(to("eve@example.net"))
    assert isinstance(outcome, Later)


def test_over_tls_the_server_has_to_be_who_it_says(contexts: Contexts) -> None:
    """O-13: a certificate that nobody vouches for is none."""
    box = Postbox()
    with serving(box, tls=contexts[0]) as port:
        url = f"smtps://127.0.0.1:{port}"
        outcome = SmtpMail.at(url, SENDER).send(to("eve@example.net"))
        assert isinstance(outcome, Later)
        assert "SSLCertVerificationError" in outcome.why
        assert box.letters == []
        assert SmtpMail.at(url, SENDER, context=contexts[1]).send(to("eve@example.net")) == Sent()
    assert len(box.letters) == 1


def test_with_starttls_the_password_is_said_in_secret(contexts: Contexts, box: Postbox, mail: SmtpMail) -> None:
    """O-13: where the server has no STARTTLS, nothing is said to it at all; a wrong password may be set right."""
    other = Postbox()
    with serving(other, starttls=contexts[0]) as port:
        right, wrong = (f"smtp+starttls://dkp:{password}@127.0.0.1:{port}" for password in ("p%2Fw%40x", "wrong"))
        assert SmtpMail.at(right, SENDER, context=contexts[1]).send(to("eve@example.net")) == Sent()
        assert SmtpMail.at(wrong, SENDER, context=contexts[1]).send(to("eve@example.net")) == Later(
            None, "the mail server lets nobody in: SMTPAuthenticationError 535"
        )
    assert len(other.letters) == 1
    outcome = SmtpMail.at(f"smtp+starttls://127.0.0.1:{mail.server.port}", SENDER).send(to("eve@example.net"))
    assert outcome == Later(None, "the mail server lets nobody in: SMTPNotSupportedError")
    assert box.letters == []


@pytest.mark.parametrize("credentials", ["dkp:gehe%C3%AFm", "dk%C3%AF:secret"])
def test_a_password_that_no_mail_server_takes_is_told_nobody(contexts: Contexts, credentials: str) -> None:
    """U-8, O-11: the notice waits for a better setting, and its fault repeats nothing of this one."""
    with serving(Postbox(), starttls=contexts[0]) as port:
        mail = SmtpMail.at(f"smtp+starttls://{credentials}@127.0.0.1:{port}", SENDER, context=contexts[1])
        outcome = mail.send(to("eve@example.net"))
    assert isinstance(outcome, Later)
    assert "not ASCII" in outcome.why
    assert "ï" not in outcome.why
    assert "xef" not in outcome.why
