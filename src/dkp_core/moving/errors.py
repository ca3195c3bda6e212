"""How moving in is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from attrs import define

from dkp_core.kernel.errors import Conflict, Invalid
from dkp_core.kernel.ids import ImportId

_FORMS: Final = "application_forms"


def _told(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in found.items())


@define
class GuildHasData(Conflict):
    """A guild that has a past of its own can't take in another one."""

    found: Mapping[str, int]
    earlier: ImportId | None = None
    code: ClassVar[str] = "guild_has_data"

    @property
    def sentence(self) -> str:
        return f"The guild has data already ({_told(self.found)}); {self._way}."

    @property
    def _way(self) -> str:
        if self.earlier is not None:
            return (
                f"undo import {self.earlier} first, which can be done as long as nothing recorded since names what it "
                "brought, or import into a new guild"
            )
        if set(self.found) == {_FORMS}:
            return "import into a new guild, and set the questions to applicants there afterwards"
        return "import into a new guild"


@define
class ImportIsUndone(Conflict):
    """The import was undone before."""

    import_id: ImportId
    code: ClassVar[str] = "import_is_undone"

    @property
    def sentence(self) -> str:
        return f"Import {self.import_id} was undone already."


@define
class ImportIsNamed(Conflict):
    """The guild has gone on from what was imported, which so can't be taken away any more."""

    import_id: ImportId
    found: Mapping[str, int]
    code: ClassVar[str] = "import_is_named"

    @property
    def sentence(self) -> str:
        return (
            f"Import {self.import_id} can't be undone: what was recorded since names what it brought "
            f"({_told(self.found)}). Correct what is wrong, or import into a new guild."
        )


@define
class ImportIsEdited(Conflict):
    """People have edited what was imported, which would be lost; it can be discarded if they say so."""

    import_id: ImportId
    found: Mapping[str, int]
    code: ClassVar[str] = "import_is_edited"

    @property
    def sentence(self) -> str:
        return (
            f"What import {self.import_id} brought was edited since ({_told(self.found)}), and that would be lost; "
            "keep the import, or discard these edits with --discard-edits."
        )


@define
class ImportHasTheOfficers(Conflict):
    """Every officer that the guild has came with the import, and others would be left without one."""

    import_id: ImportId
    code: ClassVar[str] = "import_has_the_officers"

    @property
    def sentence(self) -> str:
        return (
            f"Import {self.import_id} can't be undone: it brought every officer that the guild has; name somebody an "
            "officer first who was here before."
        )


@define
class BrokenExport(Invalid):
    """A file is no export of a guild, or not the whole of one, or does not add up."""

    place: str
    fault: str
    accepted: str
    code: ClassVar[str] = "broken_export"

    @property
    def field(self) -> str:
        return self.place

    @property
    def sentence(self) -> str:
        return f"{self.place}: {self.fault}; accepted: {self.accepted}."


@define
class SlugTaken(Conflict):
    """A guild that comes in has the slug of one that is there."""

    slug: str
    code: ClassVar[str] = "slug_taken"

    @property
    def sentence(self) -> str:
        return f"There is a guild with the slug {self.slug!r} already; give the new one another with --slug."
