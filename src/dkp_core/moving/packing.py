"""A guild packed into a file, and unpacked again here or elsewhere (O-6)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import BinaryIO, Protocol

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.permission import Permission
from dkp_core.moving.import_record import Import


class PackedAs(StrEnum):
    """What a guild is packed into: one JSON document, or CSV files in a zip; both hold the same."""

    JSON = "json"
    CSV = "csv"


@frozen(kw_only=True)
class Packed:
    """What an export holds: how many rows of each table, and whether that is everything."""

    rows: Mapping[str, int]
    complete: bool


@frozen(kw_only=True)
class Unpacked:
    """What came of an export: the guild, the rows of each table, whom this installation knew, and who is new."""

    guild_id: GuildId
    slug: str
    name: str
    rows: Mapping[str, int]
    users_known: int
    users_new: int
    record: Import


class Packing(Protocol):
    """Packs guilds into files, and unpacks them."""

    @abstractmethod
    def pack(self, packed_as: PackedAs, into: Callable[[bytes], object], *, everything: bool, by: Actor) -> Packed:
        """Hand over the guild of `by`, as it is committed now, piece by piece; never all of it is in memory.

        Unless it is to be `everything`, what auctions and votes keep from `by` is left out (L-11, V-7). Raises: NoSuch.
        """

    @abstractmethod
    def unpack(self, file: BinaryIO, name: str, *, slug: str | None, by: Actor) -> Unpacked:
        """Make a new guild of what was packed, with ids of its own; `name` is the file's.

        Raises: BrokenExport where the file is not what an export is, or does not add up; SlugTaken, InvalidValue.
        """


@frozen
class ExportGuild:
    """Everything that a guild owns, to keep or to move elsewhere: people, roster, points, raids, loot, recruitment, and
    the audit log; as one JSON document, or as CSV files in a zip.

    Secrets stay here: addresses of channels, keys, sessions, e-mail addresses of users. So does, unless the operator
    asks, what officers may not know: auctions whose result nobody may know, ceilings, bids that wait, and what was said
    and voted of themselves.
    """

    packing: Packing

    def __call__(self, packed_as: PackedAs, into: Callable[[bytes], object], *, by: Actor) -> Packed:
        by.must(Permission.GUILD_EXPORT)
        return self.packing.pack(packed_as, into, everything=by.is_operator, by=by)


@frozen
class ImportExportedGuild:
    """Make a new guild of an export, of this installation or another: with ids of its own, and all else as it was.

    Who has a Discord id that is known here is that user; everybody else is added. It is all there, or nothing is; what
    was doctored or cut off is refused, and so is what does not add up.
    """

    packing: Packing

    def __call__(self, file: BinaryIO, name: str, *, slug: str | None = None, by: Actor) -> Unpacked:
        if not by.is_operator:
            raise NotPermitted("operator")
        return self.packing.unpack(file, name, slug=slug, by=by)
