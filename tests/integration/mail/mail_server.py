"""A mail server on this machine, which keeps what it is sent, and refuses what it is told to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from attrs import define, field
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import services

USER: Final = "dkp"
PASSWORD: Final = "p/w@x"


@define(eq=False)
class Postbox:
    """What a mail server got; `refusals` are what it answers to the next letters, by the command that they end at.

    While it is `full`, it takes nothing for now.
    """

    letters: list[EmailMessage] = field(factory=list)
    recipients: list[str] = field(factory=list)
    refusals: list[tuple[str, str]] = field(factory=list)
    hang_up_after_data: int = 0
    full: bool = False

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A sender is named."""
        if refused := self._refused("MAIL"):
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient is named."""
        if refused := self._refused("RCPT"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # as above
        """A letter came."""
        if refused := self._refused("DATA"):
            return refused
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        if self.hang_up_after_data:
            self.hang_up_after_data -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 OK"

    def _refused(self, command: str) -> str | None:
        if self.full:
            return "452 4.3.1 insufficient storage"
        if self.refusals and self.refusals[0][0] == command:
            return self.refusals.pop(0)[1]
        return None

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: Any
    ) -> AuthResult:
        """Whether that is who it says to be."""
        known = isinstance(auth_data, LoginPassword) and auth_data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)  # the server says so itself


@contextmanager
def serving(
    box: Postbox, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, smtputf8: bool = False
) -> Iterator[int]:
    """The port of a mail server with that postbox: in the clear, over TLS, or with STARTTLS and a password."""
    more: dict[str, Any] = {}
    if tls is not None:
        more["ssl_context"] = tls
    if starttls is not None:
        more |= {"tls_context": starttls, "require_starttls": True}
        more |= {"auth_required": True, "authenticator": box.authenticate}
    controller = Controller(box, enable_SMTPUTF8=smtputf8, hostname="127.0.0.1", port=services._free_port(), **more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for 127.0.0.1, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "server.pem", folder / "server.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem, key_pem)
    return server, ssl.create_default_context(cafile=str(pem))
