"""The four ways the core says no, and the two ways a store can fail it.

Every concrete error is a type with data fields, a stable `code` and a sentence. Entrypoints translate the four
kinds once: HTTP 404, 422, 403 and 409; exit codes of the command line; replies of the bot.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import define, field


@define
class DomainError(Exception):
    """Something the guild's rules or the data do not allow; nothing was changed."""

    code: ClassVar[str] = "domain_error"

    @property
    def sentence(self) -> str:
        """What is so, in one sentence a person can act on."""
        return self.code.replace("_", " ").capitalize() + "."

    def __str__(self) -> str:
        return self.sentence


@define
class NotFound(DomainError):
    """What was named does not exist in this guild."""

    code: ClassVar[str] = "not_found"


@define
class Invalid(DomainError):
    """A value given is not acceptable; `field` names it as the caller spells it."""

    code: ClassVar[str] = "invalid"

    @property
    def field(self) -> str:
        """The field at fault, as the interfaces name it."""
        return ""


@define
class Forbidden(DomainError):
    """The actor may not do this."""

    code: ClassVar[str] = "forbidden"


@define
class Conflict(DomainError):
    """The state of things, not the request, stands in the way."""

    code: ClassVar[str] = "conflict"


@define
class InvalidValue(Invalid):
    """One field holds something that is not accepted."""

    name: str
    fault: str
    accepted: str
    code: ClassVar[str] = "invalid_value"

    @property
    def field(self) -> str:
        return self.name

    @property
    def sentence(self) -> str:
        return f"{self.name}: {self.fault}; accepted: {self.accepted}."


@define
class InvalidFields(Invalid):
    """Several fields are at fault; each is told."""

    faults: tuple[InvalidValue, ...]
    code: ClassVar[str] = "invalid_fields"

    @property
    def field(self) -> str:
        return ", ".join(fault.name for fault in self.faults)

    @property
    def sentence(self) -> str:
        return " ".join(fault.sentence for fault in self.faults)


@define
class NoSuch(NotFound):
    """Nothing of that kind has this id or name, in the guild that was asked."""

    kind: str
    key: str = field(converter=str)
    code: ClassVar[str] = "not_found"

    @property
    def sentence(self) -> str:
        return f"There is no {self.kind} {self.key!r} here."


@define
class NameTaken(Conflict):
    """Another one of that kind has this name already, alike but for case or normalisation."""

    kind: str
    name: str
    code: ClassVar[str] = "name_taken"

    @property
    def sentence(self) -> str:
        return f"Another {self.kind} is called {self.name!r} already (names compare without regard to case)."


@define
class NotPermitted(Forbidden):
    """The actor lacks the permission that this needs."""

    permission: str
    code: ClassVar[str] = "not_permitted"

    @property
    def sentence(self) -> str:
        return f"This needs the permission {str(self.permission)!r}."


class Unsealable(Exception):
    """What is kept can't be opened: none of the keys that are set has sealed it, or it was tampered with."""


class Stale(Exception):
    """The transaction lost a race (deadlock, lock timeout, version); it left nothing and may be tried again."""


class Unavailable(Exception):
    """The store does not answer (gone, locked, full); nothing of this call is known to have happened."""
