"""Why a file is not read: each error names the field, the fault and what is accepted (G-8)."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Invalid


@define
class UnreadableDump(Invalid):
    """The file given as a dump is not read at all; nothing of it counts."""

    code: ClassVar[str] = "unreadable_dump"

    @property
    def field(self) -> str:
        return "file"


@define
class EmptyDump(UnreadableDump):
    """The file holds nothing but white space."""

    lines: int
    code: ClassVar[str] = "empty_dump"

    @property
    def sentence(self) -> str:
        return f"The file is empty ({self.lines} blank lines); a dump has a name in it."


@define
class DumpIsHtml(UnreadableDump):
    """The file is a web page, most often the login page of the site the dump should have come from (D-14)."""

    title: str
    is_login: bool
    code: ClassVar[str] = "dump_is_html"

    @property
    def sentence(self) -> str:
        page = "a login page" if self.is_login else "a web page"
        titled = f" titled {self.title!r}" if self.title else ""
        remedy = "sign in there and download the file again" if self.is_login else "give the file itself"
        return f"The file is {page}{titled}, not a dump; {remedy}."


@define
class DumpIsBinary(UnreadableDump):
    """The file is no text: an archive, a picture, a spreadsheet."""

    kind: str
    code: ClassVar[str] = "dump_is_binary"

    @property
    def sentence(self) -> str:
        return f"The file is {self.kind}, not text; accepted is text in UTF-8, UTF-16, Windows-1252 or Latin-1."


@define
class DumpIsBroken(UnreadableDump):
    """The file is a document that cannot be read as one: cut off, or made to be hard to read."""

    format: str
    line: int
    fault: str
    code: ClassVar[str] = "dump_is_broken"

    @property
    def sentence(self) -> str:
        return f"The file is no whole {self.format}: line {self.line}, {self.fault}; give the file as it was exported."


@define
class DumpIsGuildDump(UnreadableDump):
    """The file tells who is in the guild, not who was at a raid."""

    first_line: str
    code: ClassVar[str] = "dump_is_guild_dump"

    @property
    def sentence(self) -> str:
        return (
            f"The file is a guild dump (it starts with {self.first_line!r}), which tells who is in the guild and not "
            "who was at a raid: import it into the roster. Accepted here is a raid dump (/outputfile raid)."
        )


@define
class DumpNotRecognised(UnreadableDump):
    """The file looks like none of the formats that are read, and none was named."""

    accepted: tuple[str, ...]
    first_line: str
    code: ClassVar[str] = "dump_not_recognised"

    @property
    def sentence(self) -> str:
        return (
            f"The file looks like no dump that is known (it starts with {self.first_line!r}); "
            f"accepted: {'; '.join(self.accepted)}."
        )


@define
class NameColumnMissing(UnreadableDump):
    """The first line of a table names no column that holds character names."""

    found: tuple[str, ...]
    accepted: tuple[str, ...]
    code: ClassVar[str] = "name_column_missing"

    @property
    def sentence(self) -> str:
        return (
            f"No column of the table holds names (its first line says {', '.join(map(repr, self.found))}); "
            f"accepted headings: {', '.join(self.accepted)}."
        )


@define
class DumpTooLarge(UnreadableDump):
    """The file exceeds a limit: `found` of `what`, or more, where `limit` are read."""

    what: str
    found: int
    limit: int
    code: ClassVar[str] = "dump_too_large"

    @property
    def sentence(self) -> str:
        return f"The file has {self.found:,} {self.what} or more; at most {self.limit:,} are read. Split it."


@define
class NoAttendees(UnreadableDump):
    """The format is known and was read to the end, but nobody is named in it."""

    format: str
    lines: int
    unreadable: int
    first_fault: str
    code: ClassVar[str] = "no_attendees"

    @property
    def sentence(self) -> str:
        seen = f"{self.lines:,} lines were read as {self.format}"
        if self.first_fault:
            seen += f", {self.unreadable:,} of them unreadable ({self.first_fault})"
        return f"Nobody is named in the file: {seen}; a dump names one attendee at least."


@define
class NoLoot(UnreadableDump):
    """The format is known and was read to the end, but no item is named in it."""

    format: str
    lines: int
    code: ClassVar[str] = "no_loot"

    @property
    def sentence(self) -> str:
        return (
            f"No item is named in the file: {self.lines:,} lines were read as {self.format}; accepted is a game's log "
            "with looting lines, or an export of loot."
        )
