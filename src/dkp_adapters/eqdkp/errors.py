"""What can be wrong with a source of EQdkp Plus, so wrong that nothing of it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Invalid
from dkp_core.kernel.points import POINTS_MAX

_NAMED_MAX = 12
_READ = "a dump or backup of EQdkp Plus 2.3 (.sql, .sql.gz, .sql.bz2, .zip) or mysql://user:password@host/database"


def listed(names: Sequence[str]) -> str:
    """The names, as many of them as a sentence bears."""
    more = len(names) - _NAMED_MAX
    return ", ".join(names[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


@define
class NoSource(Invalid):
    """What was named as a source can't be opened."""

    source: str
    fault: str
    code: ClassVar[str] = "eqdkp_no_source"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        return f"source: {self.source} can't be read ({self.fault}); accepted: {_READ}."


@define
class NotADump(Invalid):
    """The file is no dump of a MySQL or MariaDB database."""

    source: str
    fault: str
    code: ClassVar[str] = "eqdkp_not_a_dump"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        return f"source: {self.source} is no dump of a database ({self.fault}); accepted: {_READ}."


@define
class DumpCutOff(Invalid):
    """The dump stops in the middle: what follows is missing, so nothing of it is taken."""

    at_byte: int
    table: str | None
    fault: str
    code: ClassVar[str] = "eqdkp_dump_cut_off"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        where = "" if self.table is None else f", in or after table {self.table}"
        return (
            f"source: the dump is cut off at byte {self.at_byte:,}{where}: {self.fault}; "
            "accepted: a whole dump; make it or copy it anew."
        )


@define
class DumpUnreadable(Invalid):
    """The dump holds something that no dump of EQdkp Plus has."""

    at_byte: int
    table: str | None
    fault: str
    code: ClassVar[str] = "eqdkp_dump_unreadable"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        where = "" if self.table is None else f" in table {self.table}"
        return f"source: the dump can't be read at byte {self.at_byte:,}{where}: {self.fault}; accepted: {_READ}."


@define
class NotEqdkp(Invalid):
    """The database belongs to another program."""

    tables: Sequence[str]
    code: ClassVar[str] = "eqdkp_another_program"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        seen = f"its tables are {listed(self.tables)}" if self.tables else "it has no tables"
        return (
            f"source: it is not of EQdkp Plus: {seen}; "
            "accepted: a database with tables that end in members, raid_attendees and multidkp."
        )


@define
class OlderEqdkp(Invalid):
    """The installation is older than what is read; it has to be updated by its own updater first."""

    version: str | None
    missing: Sequence[str]
    code: ClassVar[str] = "eqdkp_older"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        version = "an older EQdkp" if self.version is None else f"EQdkp Plus {self.version}"
        missing = f", which has no {listed(self.missing)}" if self.missing else ""
        return f"source: it is of {version}{missing}; accepted: EQdkp Plus 2.3; update the site to 2.3.39 first."


@define
class SeveralInstallations(Invalid):
    """Several installations share the database, and none was named."""

    prefixes: Sequence[str]
    code: ClassVar[str] = "eqdkp_several_installations"

    @property
    def field(self) -> str:
        return "prefix"

    @property
    def sentence(self) -> str:
        return f"prefix: {len(self.prefixes)} installations share this database; accepted: {_either(self.prefixes)}."


@define
class NoSuchInstallation(Invalid):
    """No installation in the database has tables with that prefix."""

    prefix: str
    prefixes: Sequence[str]
    code: ClassVar[str] = "eqdkp_no_such_installation"

    @property
    def field(self) -> str:
        return "prefix"

    @property
    def sentence(self) -> str:
        return f"prefix: no installation has tables with {self.prefix!r}; accepted: {_either(self.prefixes)}."


def _either(prefixes: Sequence[str]) -> str:
    return ", ".join(repr(each) for each in prefixes)


@define
class PartsMissing(Invalid):
    """Tables or columns are missing without which no balance can be reckoned."""

    missing: Sequence[str]
    code: ClassVar[str] = "eqdkp_parts_missing"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        return f"source: it has no {listed(self.missing)}; accepted: a dump of all tables of the installation."


@define
class WrongKey(Invalid):
    """The encryption key is not the one that the installation's e-mail addresses were encrypted with."""

    tried: int
    code: ClassVar[str] = "eqdkp_wrong_key"

    @property
    def field(self) -> str:
        return "key"

    @property
    def sentence(self) -> str:
        return (
            f"key: it opens none of the {self.tried} values that were tried; "
            "accepted: the $encryptionKey in config.php of this installation."
        )


@define
class ConnectionLost(Invalid):
    """The database went away while it was read; nothing of it is taken."""

    table: str
    fault: str
    code: ClassVar[str] = "eqdkp_connection_lost"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        return f"source: the connection was lost while table {self.table} was read ({self.fault}); try again."


@define
class RulesUnreadable(Invalid):
    """A file of automatic point adjustments (APA) is not what the program writes."""

    file: str
    fault: str
    code: ClassVar[str] = "eqdkp_rules_unreadable"

    @property
    def field(self) -> str:
        return self.file

    @property
    def sentence(self) -> str:
        return (
            f"{self.file}: {self.fault}; "
            "accepted: apatab.php and apafunc.php of the folder data/…/eqdkp/apa of this installation."
        )


@define
class FunctionFails(Invalid):
    """A function of an automatic adjustment comes to no amount of points, so that what is shown can't be reckoned."""

    functions: Sequence[str]
    value: str
    fault: str
    code: ClassVar[str] = "eqdkp_function_fails"

    @property
    def field(self) -> str:
        return "apa_functions"

    @property
    def sentence(self) -> str:
        named = _either(self.functions) or "a function"
        return (
            f"apa_functions: {named} can't be worked out for the value {self.value} ({self.fault}); "
            "accepted: functions that EQdkp Plus itself can work out; correct it there, and take the files anew."
        )


@define
class SumBeyondLimits(Invalid):
    """Rows come to more points than can be kept, so that nothing of the source is taken."""

    what: str
    hundredths: int
    code: ClassVar[str] = "eqdkp_sum_beyond_limits"

    @property
    def field(self) -> str:
        return "source"

    @property
    def sentence(self) -> str:
        amount = f"{'-' if self.hundredths < 0 else ''}{abs(self.hundredths) // 100:,}.{abs(self.hundredths) % 100:02d}"
        return (
            f"source: {self.what} come to {amount}; accepted: between -{POINTS_MAX} and {POINTS_MAX}; "
            "correct the rows on the old site, and take the dump anew."
        )


@define
class ArchiveNotWritten(Invalid):
    """The archive of what is not imported can't be written, so nothing is imported."""

    path: str
    fault: str
    code: ClassVar[str] = "eqdkp_archive_not_written"

    @property
    def field(self) -> str:
        return "archive"

    @property
    def sentence(self) -> str:
        return (
            f"archive: {self.path} can't be written ({self.fault}); "
            "accepted: a new file, or an earlier archive, in a folder with room."
        )
