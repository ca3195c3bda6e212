"""Settings of an installation: from the environment and a TOML file, checked at start, by name (O-10)."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from attrs import Attribute, define, field, fields, frozen

from dkp_core.kernel.errors import Invalid

PREFIX: Final = "DKP_"
FILE_VARIABLE: Final = "DKP_CONFIG"
FILE_NAME: Final = "dkp.toml"
DATABASE_SCHEMES: Final = ("sqlite:///", "postgresql://", "mariadb://", "mysql://")
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
    secret_key: str = _setting("", _text, "mixed into the digests of API keys; changing it ends every key")
    users_may_found: bool = _setting(False, _boolean, "whether users may found guilds over HTTP")
    worker: bool = _setting(True, _boolean, "whether dkp serve runs the worker too")
    trusted_proxies: tuple[str, ...] = _setting((), _networks, "proxies whose word on the client's address is taken")
    cors_origins: tuple[str, ...] = _setting((), _list, "origins of pages that may call the API from a browser")
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
        return cls(**values)


# Variables of ours that are not settings of an installation.
_OTHERS: Final = frozenset({FILE_VARIABLE, "DKP_REQUIRE_SERVICES", "DKP_SERVER", "DKP_KEY", "DKP_GUILD"})
_OF_TESTS: Final = ("DKP_TEST_", "DKP_BENCH_")


def _read(known: Mapping[str, Attribute[Any]], name: str, value: object, shown: str, found_in: str) -> Any:
    if name not in known:
        raise InvalidSetting(shown, found_in, "there is no such setting", ", ".join(sorted(known)))
    try:
        return known[name].metadata["read"](value)
    except _Refused as refused:
        secret = "" if name == "secret_key" else f" {str(value)[:60]!r}"
        raise InvalidSetting(shown, found_in, f"the value{secret} is not accepted", str(refused)) from refused


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        raise InvalidSetting(
            FILE_VARIABLE, str(path), f"it can't be read ({unreadable})", "a TOML file"
        ) from unreadable
