"""Who may export a guild, who may import one, and what is left out for whom (O-6, A-3)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO

import pytest
from attrs import define, evolve, field

from dkp_core.accounts import PERMISSIONS, SCOPES, RoleGroup
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import GuildId, ImportId, UserId
from dkp_core.moving import ExportGuild, Import, ImportExportedGuild, Packed, PackedAs, Packing, Unpacked


@define
class Watched(Packing):
    """Packs nothing, and remembers what it was asked for."""

    asked: list[bool] = field(factory=list)

    def pack(self, packed_as: PackedAs, into: Callable[[bytes], object], *, everything: bool, by: Actor) -> Packed:
        assert packed_as is PackedAs.JSON
        into(str(by.guild).encode())
        self.asked.append(everything)
        return Packed(rows={}, complete=everything)

    def unpack(self, file: BinaryIO, name: str, *, slug: str | None, by: Actor) -> Unpacked:
        record = Import(
            id=ImportId(1),
            guild_id=GuildId(2),
            program="dkp",
            version="",
            source=name,
            fingerprint="",
            at=datetime(2026, 11, 20, tzinfo=UTC),
            actor_kind=by.kind,
            actor_id=by.id,
            spans=(),
            counts={},
        )
        return Unpacked(
            guild_id=GuildId(2),
            slug=slug or "slug",
            name=file.read().decode(),
            rows={},
            users_known=0,
            users_new=0,
            record=record,
        )


def person(role_group: RoleGroup) -> Actor:
    """A user with that role group."""
    return Actor(
        kind=ActorKind.USER,
        id="7",
        entrypoint="test",
        guild_id=GuildId(1),
        user_id=UserId(7),
        permissions=PERMISSIONS[role_group],
    )


def test_officers_export_what_they_may_know_and_the_operator_everything() -> None:
    """O-6, L-11."""
    packing, out = Watched(), io.BytesIO()
    export = ExportGuild(packing)
    assert not export(PackedAs.JSON, out.write, by=person(RoleGroup.OFFICER)).complete
    assert export(PackedAs.JSON, out.write, by=operator("test", GuildId(1))).complete
    assert packing.asked == [False, True]
    assert out.getvalue() == b"11"


@pytest.mark.parametrize("role_group", [each for each in RoleGroup if each is not RoleGroup.OFFICER])
def test_nobody_else_exports_a_guild(role_group: RoleGroup) -> None:
    """O-6, A-3."""
    packing = Watched()
    with pytest.raises(NotPermitted):
        ExportGuild(packing)(PackedAs.JSON, io.BytesIO().write, by=person(role_group))
    assert packing.asked == []


def test_no_bot_key_exports_a_guild() -> None:
    """O-6, A-7: votes are among it, for which no key has a scope."""
    bot = evolve(person(RoleGroup.OFFICER), kind=ActorKind.BOT, user_id=None, permissions=SCOPES)
    with pytest.raises(NotPermitted):
        ExportGuild(Watched())(PackedAs.JSON, io.BytesIO().write, by=bot)


def test_the_operator_alone_imports_one() -> None:
    """O-6: it makes a guild, and members of it."""
    unpack = ImportExportedGuild(Watched())
    assert unpack(io.BytesIO(b"Freya"), "f.json", slug="copy", by=operator("test")).slug == "copy"
    with pytest.raises(NotPermitted):
        unpack(io.BytesIO(b"Freya"), "f.json", by=person(RoleGroup.OFFICER))
