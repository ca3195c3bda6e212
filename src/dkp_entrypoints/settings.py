"""Settings of an installation: from the environment and a TOML file, checked at start, by name (O-10)."""

from __future__ import annotations

import base64
import binascii
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, ClassVar, Final, Self
from urllib.parse import unquote, urlsplit

from attrs import Attribute, define, field, fields, frozen

from dkp_adapters.limiting import Rate
from dkp_core.kernel.errors import Invalid

PREFIX: Final = "DKP_"
_SENDER: Final = re.compile(r"[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")
FILE_VARIABLE: Final = "DKP_CONFIG"
FILE_NAME: Final = "dkp.toml"
DATABASE_SCHEMES: Final = ("sqlite:///", "postgresql://", "mariadb://", "mysql://")
KEY_BYTES: Final = 32
REDIS_SCHEMES: Final = ("redis://", "rediss://", "unix://")


@define
class InvalidSetting(Invalid):
    """A setting that can't be used: which, where it was found, what is wrong and what is accepted."""

    setting: str
    found_in: str
    fault: str
    accepted: str
    code: ClassVar[str] = "invalid_setting"

    @property
    def field(self) -> str:
        return self.setting

    @property
    def sentence(self) -> str:
        return f"Setting {self.setting} (from {self.found_in}): {self.fault}; accepted: {self.accepted}."


class _Refused(ValueError):
    """A text that is no value of a setting; the text of the error is what is accepted."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Refused("a text")
    return value.strip()


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return known[str(value).strip().lower()]
    except KeyError as unknown:
        raise _Refused("true or false") from unknown


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = str(value).strip()
        if isinstance(value, bool) or not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise _Refused(f"a whole number from {low} to {high}")
        return int(text)

    return read


def _one_of(*words: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise _Refused(" or ".join(words))
        return str(value)

    return read


def _rate(value: object) -> str:
    text = str(value).strip().lower()
    try:
        Rate.of(text)
    except ValueError as unreadable:
        raise _Refused("a rate such as 600/minute or 20 per 10 seconds, or 0 for no limit") from unreadable
    return text


def _list(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise _Refused("a list of texts, or one text with commas between")
    return tuple(part.strip() for part in parts if part.strip())


def _networks(value: object) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(part, strict=False)) for part in _list(value))
    except ValueError as unreadable:
        raise _Refused("addresses or networks such as 127.0.0.1 or 10.0.0.0/8") from unreadable


def _url(*schemes: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        url = _text(value)
        if not url.startswith(schemes):
            raise _Refused(", ".join(f"{scheme}…" for scheme in schemes))
        return url

    return read


def _api_url(value: object) -> str:
    url = _url("https://", "http://")(value).rstrip("/")
    if url.startswith("http://") and not is_loopback(urlsplit(url).hostname or ""):
        raise _Refused("an address that begins with https://")
    return url


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as it names itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _keys(value: object) -> tuple[str, ...]:
    keys = _list(value)
    for key in keys:
        try:
            raw = base64.urlsafe_b64decode(key)
        except (ValueError, binascii.Error):
            raw = b""
        if len(raw) != KEY_BYTES:
            raise _Refused("keys as dkp db make-key makes them, with commas between, the newest first")
    return keys


def _hosts(value: object) -> tuple[str, ...]:
    hosts = _list(value)
    for host in hosts:
        # A whole origin is for trying things out against a server of one's own.
        name = host.removeprefix("http://")
        here = name != host and is_loopback(name.partition(":")[0])
        if not re.fullmatch(r"http://[a-z0-9.-]+(:\d+)?" if here else r"[a-z0-9-]+(\.[a-z0-9-]+)+", host):
            raise _Refused("names of hosts such as discord.com")
    return hosts


def _smtp_url(value: object) -> str:
    url = _url("smtps://", "smtp+starttls://", "smtp://")(value)
    accepted = "smtps://user:password@host, smtp+starttls://user:password@host, or smtp:// and this machine alone"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as unreadable:
        raise _Refused(accepted) from unreadable
    in_the_clear = parts.scheme == "smtp" and (parts.username or not is_loopback(host))
    by_halves = bool(parts.username) != bool(parts.password)
    if not host or parts.path.strip("/") or parts.query or parts.fragment or in_the_clear or by_halves:
        raise _Refused(accepted)
    if not unquote(f"{parts.username or ''}{parts.password or ''}").isascii():
        raise _Refused(f"a user and a password in ASCII alone: {accepted}")
    return url


def _optional(read: Callable[[object], str]) -> Callable[[object], str]:
    return lambda value: "" if value == "" else read(value)


def _setting(default: Any, read: Callable[[object], Any], explained: str) -> Any:
    return field(default=default, metadata={"read": read, "help": explained})


@frozen(kw_only=True)
class Settings:
    """Everything that can be set. `database_url` is DKP_DATABASE_URL in the environment, database_url in the file."""

    database_url: str = _setting("sqlite:///dkp.db", _url(*DATABASE_SCHEMES), "where the data is kept")
    redis_url: str = _setting(
        "", _optional(_url(*REDIS_SCHEMES)), "a Redis through which several processes hear at once what changed live"
    )
    host: str = _setting("127.0.0.1", _text, "the address that dkp serve listens on")
    port: int = _setting(8000, _whole(0, 65535), "the port that dkp serve listens on")
    public_url: str = _setting("", _text, "how the outside reaches this installation, such as https://dkp.example.org")
    secret_key: str = _setting("", _text, "mixed into the digests of keys and sessions; changing it ends them all")
    encryption_keys: tuple[str, ...] = _setting(
        (), _keys, "what encrypts secrets that have to be read again, the newest first; dkp db make-key makes one"
    )
    discord_client_id: str = _setting("", _text, "the application at Discord through which people sign in; empty: none")
    discord_client_secret: str = _setting("", _text, "the secret of that application")
    discord_scopes: tuple[str, ...] = _setting(
        ("identify", "email"), _list, "what people are asked to let us see; without email no address is kept"
    )
    discord_api_url: str = _setting("https://discord.com/api", _api_url, "where Discord answers")
    session_idle_hours: int = _setting(336, _whole(1, 8760), "after how many hours without use a session ends")
    session_hours_max: int = _setting(2160, _whole(1, 87600), "after how many hours a session ends in any case")
    webhook_hosts: tuple[str, ...] = _setting(
        ("discord.com", "ptb.discord.com", "canary.discord.com", "discordapp.com"),
        _hosts,
        "hosts that webhooks may lead to, over HTTPS",
    )
    smtp_url: str = _setting(
        "",
        _optional(_smtp_url),
        "the mail server, such as smtps://user:password@mail.example.org, or smtp+starttls://…; empty: none",
    )
    mail_from: str = _setting("", _text, "the sender of e-mails, such as Night Watch <dkp@example.org>")
    backup_dir: str = _setting("", _text, "a folder into which the worker backs the database up; empty: it does not")
    backup_every_hours: int = _setting(24, _whole(1, 8760), "how often it does")
    keep_backups: int = _setting(7, _whole(1, 10000), "how many of these backups are kept, the newest ones")
    keep_notices_days: int = _setting(90, _whole(1, 36500), "days after which notices that were told are forgotten")
    users_may_found: bool = _setting(False, _boolean, "whether users may found guilds over HTTP")
    worker: bool = _setting(True, _boolean, "whether dkp serve runs the worker too")
    trusted_proxies: tuple[str, ...] = _setting(
        (), _networks, "proxies whose word on the client's address, and on HTTPS, is taken"
    )
    plain_http: bool = _setting(
        False, _boolean, "whether plain HTTP is answered from other machines too, where nobody else can listen"
    )
    rate_anonymous: str = _setting("120/minute", _rate, "how often an address may ask without a key or session")
    rate_session: str = _setting("600/minute", _rate, "how often one session may ask")
    rate_personal_key: str = _setting("1200/minute", _rate, "how often one personal key may ask")
    rate_bot_key: str = _setting("6000/minute", _rate, "how often one bot key may ask")
    rate_sign_in: str = _setting(
        "20/minute", _rate, "how often an address may try to sign in, and how often a key that does not work"
    )
    cors_origins: tuple[str, ...] = _setting((), _list, "origins of pages that may call the API from a browser")
    eqdkp_compat: bool = _setting(
        True, _boolean, "whether tools that were made for EQdkp Plus are answered, at /api.php"
    )
    eqdkp_compat_status: str = _setting(
        "honest",
        _one_of("honest", "always_200"),
        "the status of what those tools are refused; always_200: 200, as EQdkp Plus had it",
    )
    upload_bytes_max: int = _setting(16 * 1024 * 1024, _whole(1024, 2**31), "the largest request body, in bytes")
    log_level: str = _setting("info", _one_of("debug", "info", "warning", "error"), "how much is logged")
    log_format: str = _setting(
        "auto", _one_of("auto", "json", "console"), "how it is logged; auto: json unless a terminal"
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, *, file: Path | None = None) -> Self:
        """The settings of this process: the environment before the file, the file before the defaults.

        The file is the one given, else that of DKP_CONFIG, else dkp.toml in the working directory if it is there.
        Raises: InvalidSetting, naming the setting and where it was found, also for one that there is not.
        """
        environ = os.environ if environ is None else environ
        known = {each.name: each for each in fields(cls)}
        values: dict[str, Any] = {}
        chosen = file or (Path(environ[FILE_VARIABLE]) if environ.get(FILE_VARIABLE) else None)
        path = chosen or Path(FILE_NAME)
        if chosen is not None or path.exists():
            for name, value in _file(path).items():
                values[name] = _read(known, name, value, name, str(path))
        for variable, text in environ.items():
            name = variable.removeprefix(PREFIX).lower()
            if variable.startswith(PREFIX) and variable not in _OTHERS and not variable.startswith(_OF_TESTS):
                values[name] = _read(known, name, text, variable, "the environment")
        settings = cls(**values)
        settings._must_go_together(chosen or path)
        return settings

    def _must_go_together(self, file: Path) -> None:
        """Raises: InvalidSetting for a setting that needs another."""
        found_in = f"the environment or {file}"
        if self.discord_client_id:
            if not self.discord_client_secret:
                raise InvalidSetting("discord_client_secret", found_in, "it is missing", "the application's secret")
            if not self.encryption_keys:
                fault = "it is missing, and Discord's tokens may not be kept in the open"
                raise InvalidSetting("encryption_keys", found_in, fault, "a key as dkp db make-key makes them")
        if self.discord_client_secret and not self.discord_client_id:
            raise InvalidSetting("discord_client_id", found_in, "it is missing", "the id of the application")
        if self.smtp_url and not _SENDER.fullmatch(self.mail_from):
            fault = "it is no sender" if self.mail_from else "it is missing"
            raise InvalidSetting("mail_from", found_in, fault, "a sender such as Night Watch <dkp@example.org>")
        if "identify" not in self.discord_scopes:
            raise InvalidSetting("discord_scopes", found_in, "identify is missing", "identify, or identify and email")


# Settings whose value no error shows.
SECRET: Final = frozenset({"secret_key", "encryption_keys", "discord_client_secret", "smtp_url"})
# Variables of ours that are not settings of an installation.
_OTHERS: Final = frozenset(
    {FILE_VARIABLE, "DKP_REQUIRE_SERVICES", "DKP_SERVER", "DKP_KEY", "DKP_GUILD", "DKP_EQDKP_KEY"}
)
_OF_TESTS: Final = ("DKP_TEST_", "DKP_BENCH_")


def _read(known: Mapping[str, Attribute[Any]], name: str, value: object, shown: str, found_in: str) -> Any:
    if name not in known:
        raise InvalidSetting(shown, found_in, "there is no such setting", ", ".join(sorted(known)))
    try:
        return known[name].metadata["read"](value)
    except _Refused as refused:
        shown_value = "" if name in SECRET else f" {str(value)[:60]!r}"
        raise InvalidSetting(shown, found_in, f"the value{shown_value} is not accepted", str(refused)) from refused


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        raise InvalidSetting(
            FILE_VARIABLE, str(path), f"it can't be read ({unreadable})", "a TOML file"
        ) from unreadable
