"""Why a backup is not made, or not restored; nothing was changed, unless it says so."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict, Invalid


@define
class BackupDamaged(Invalid):
    """The file is no backup of ours, or is not what it was when it was written."""

    file: str
    fault: str
    code: ClassVar[str] = "backup_damaged"

    @property
    def field(self) -> str:
        return "file"

    @property
    def sentence(self) -> str:
        return f"{self.file}: {self.fault}; accepted: a whole file as dkp backup writes them."


@define
class BackupRefused(Conflict):
    """A backup can't be made or restored as things are."""

    why: str
    accepted: str
    code: ClassVar[str] = "backup_refused"

    @property
    def sentence(self) -> str:
        return f"{self.why}; accepted: {self.accepted}."


@define
class TargetNotEmpty(Conflict):
    """The database that a backup is to be restored into holds something already."""

    tables: int
    code: ClassVar[str] = "target_not_empty"

    @property
    def sentence(self) -> str:
        return (
            f"The database holds {self.tables} tables already, and nothing was changed: restore into an empty one, "
            "or give up all that is in it with --overwrite --yes."
        )


@define
class TargetInUse(Conflict):
    """Another program works on the database that a backup is to be restored into."""

    code: ClassVar[str] = "target_in_use"

    @property
    def sentence(self) -> str:
        return (
            "Another program has the database open, and nothing was changed: stop dkp everywhere before its database "
            "is replaced."
        )
