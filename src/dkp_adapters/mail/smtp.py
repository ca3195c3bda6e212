"""Sending letters by e-mail, through a mail server (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from attrs import define, field, frozen

from dkp_adapters.mail.message import message_of, sender_of
from dkp_core.kernel.errors import InvalidValue
from dkp_core.notices import Later, Letter, Mailbox, Never, Notifier, Outcome, Sent

TIMEOUT_SECONDS: Final = 10.0
SCHEMES: Final = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}
FAULT_LENGTH_MAX: Final = 200


@frozen(kw_only=True)
class MailServer:
    """Where a mail server is, how the connection to it is kept secret, and as whom we speak to it."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """The server of a URL such as `smtps://user:password@mail.example.org:465`. Raises: ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("it is no address of a mail server")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if bool(user) != bool(password):
            raise ValueError("it names a user without a password, or a password without a user")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or SCHEMES[parts.scheme],
            user=user,
            password=password,
        )


@define(eq=False)
class SmtpMail(Notifier):
    """Sends letters by e-mail; a connection for each, since there are few.

    What the server says of a letter for good (5xx) is final; whatever else goes wrong may be right the next time.
    """

    server: MailServer
    sender: Address
    context: ssl.SSLContext = field(factory=ssl.create_default_context, repr=False)

    @classmethod
    def at(cls, url: str, sender: str, *, context: ssl.SSLContext | None = None) -> Self:
        """The mail server at that URL, and the sender of what goes through it. Raises: ValueError."""
        return cls(MailServer.of(url), sender_of(sender), context or ssl.create_default_context())

    def send(self, letter: Letter) -> Outcome:
        mailbox = letter.to
        assert isinstance(mailbox, Mailbox), "e-mail goes to addresses"
        try:
            message = message_of(letter, to=mailbox.address, sender=self.sender)
        except (InvalidValue, ValueError, IndexError) as unwritable:
            return Never(f"no e-mail can be written to this address ({type(unwritable).__name__})")
        try:
            connection = self._connected()
        except (smtplib.SMTPException, OSError) as lost:
            return Later(None, f"the mail server lets nobody in: {_fault(lost)}")
        except UnicodeError:  # whose text would repeat the password
            return Later(None, "the mail server's name, user or password in smtp_url can't be sent: it is not ASCII")
        try:
            return self._sent(connection, message)
        finally:
            # It is sent or not by now; whether the server hears that we leave says nothing of it.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        """A connection that is ready to send. Raises: SMTPException, OSError, UnicodeError."""
        server = self.server
        if server.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS, context=self.context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.scheme == "smtp+starttls":
                connection.starttls(context=self.context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _sent(self, connection: smtplib.SMTP, message: EmailMessage) -> Outcome:
        try:
            _send(connection, message, self.sender.addr_spec, message["To"].addresses[0].addr_spec)
        except smtplib.SMTPRecipientsRefused as refused:
            return _refused(*next(iter(refused.recipients.values())))
        except smtplib.SMTPResponseException as refused:
            return _refused(refused.smtp_code, refused.smtp_error)
        except smtplib.SMTPNotSupportedError:
            return Never("the mail server takes no addresses beyond ASCII")
        except (smtplib.SMTPException, OSError) as lost:
            # It may have arrived: the receiver tells by its Message-ID.
            return Later(None, f"the connection to the mail server was lost: {_fault(lost)}")
        return Sent()


def _send(connection: smtplib.SMTP, message: EmailMessage, sender: str, to: str) -> None:
    """What `send_message` does, but for `From` at the beginning of a line, which it would change."""
    if sender.isascii() and to.isascii():
        connection.sendmail(sender, [to], message.as_bytes())
        return
    connection.ehlo_or_helo_if_needed()
    if not connection.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError
    connection.sendmail(sender, [to], message.as_bytes(policy=SMTPUTF8), mail_options=["SMTPUTF8", "BODY=8BITMIME"])


def _refused(code: int, text: bytes | str) -> Outcome:
    """What a refusal means; its text may repeat the address, so only the code is kept."""
    enhanced = (text.decode("ascii", "replace") if isinstance(text, bytes) else text).split(" ")[0]
    status = f" {enhanced}" if enhanced.replace(".", "").isdigit() else ""
    why = f"the mail server answered {code}{status}"
    return Never(why) if 500 <= code < 600 else Later(None, why)


def _fault(lost: Exception) -> str:
    """What went wrong, without what was sent."""
    if isinstance(lost, smtplib.SMTPResponseException):
        return f"{type(lost).__name__} {lost.smtp_code}"
    if isinstance(lost, OSError) and lost.strerror:
        return f"{type(lost).__name__}: {lost.strerror}"[:FAULT_LENGTH_MAX]
    return type(lost).__name__
