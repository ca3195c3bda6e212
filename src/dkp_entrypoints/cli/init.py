"""`dkp init`: from nothing to a guild with an officer who can sign in."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import frozen

from dkp_core.accounts import IssuedKey, UserRow, discord_id_of
from dkp_core.guilds import GuildRow
from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import NameTaken
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.kernel.period import zone_named
from dkp_entrypoints.cli.call import ENTRYPOINT, Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.printing import note, print_json

app = alone("init")

ABOUT = """Make the database if there is none, found a guild with ranks and a pool, and name its first officer.

The officer's personal API key is printed once. A database may hold any number of guilds: run it again for another."""


@frozen(kw_only=True)
class _Founded:
    """What was founded, and the officer's key, which is shown once."""

    guild: GuildRow
    officer: UserRow
    key: str


@command(app, "init", ABOUT, guild=False)
def init(
    call: Call,
    guild: Annotated[str, typer.Option(metavar="NAME", help="The guild's name.")],
    officer: Annotated[str, typer.Option(metavar="DISCORD_ID", help="The Discord id of its first officer.")],
    username: Annotated[str | None, typer.Option(help="The officer's name, where nobody knew them yet.")] = None,
    timezone: Annotated[str, typer.Option(help="The guild's time zone, such as Europe/Berlin.")] = "UTC",
    slug: Annotated[
        str | None, typer.Option(help="What the guild is called in addresses; made of its name, unless given.")
    ] = None,
) -> None:
    from dkp_adapters.sql import schema

    # What can't be right is refused before there is a database because of it.
    clean_name(guild, "guild")
    discord_id_of(officer, "officer")
    zone_named(timezone)
    schema.upgrade(call.settings().database_url, lambda _: None)
    founded = call.once(lambda: _found(call, guild, officer, username, timezone, slug))
    if call.as_json:
        print_json(founded)
        return
    row = founded.guild
    print(f"Founded {row.name} ({row.slug}), with ranks and a pool, and {founded.officer.username} as its officer.")
    note("The officer's API key, which is shown this once:")
    print(founded.key)
    note(
        "What next: dkp event-type add NAME --points 10, dkp character add NAME --owner DISCORD_ID, "
        "dkp raid import FILE --event-type NAME, dkp standings, dkp serve."
    )


def _found(call: Call, guild: str, officer: str, username: str | None, timezone: str, slug: str | None) -> _Founded:
    by = operator(ENTRYPOINT)
    use_cases = call.use_cases()
    if any(name_key(row.name) == name_key(guild) for row in use_cases.list_guilds()(by=by)):
        raise NameTaken("guild", guild)
    founded = use_cases.found_guild()(
        name=guild, officer_discord_id=officer, officer_username=username, slug=slug, timezone=timezone, by=by
    )
    inside = operator(ENTRYPOINT, founded.guild.id)
    issued: IssuedKey = use_cases.issue_personal_key()(name="First key", owner=founded.officer.id, by=inside)
    return _Founded(
        guild=use_cases.show_guild()(by=inside),
        officer=use_cases.show_user()(founded.officer.id, by=inside),
        key=issued.token,
    )
