"""`dkp guild`: guilds and their settings."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import fields

from dkp_core.guilds import ChangeGuild, GuildRow, GuildSettings, ListGuilds, ShowGuild
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import InvalidValue
from dkp_entrypoints.cli import channel
from dkp_entrypoints.cli.answering import answer
from dkp_entrypoints.cli.call import ENTRYPOINT, Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.printing import print_json, print_rows

app = family("guild", "Guilds and their settings.")
app.add_typer(channel.app)

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_SETTINGS = "; ".join(f"{each.name} ({each.metadata['help']})" for each in fields(GuildSettings))


@command(app, "list", ListGuilds, guild=False)
def list_guilds(call: Call) -> None:
    guilds = call.use_cases().list_guilds()(by=operator(ENTRYPOINT))
    if call.as_json:
        print_json(guilds)
    else:
        print_rows(guilds, ("id", "slug", "name", "timezone", "founded_at"), nothing="There is no guild yet.")


@command(app, "show", ShowGuild)
def show(call: Call) -> None:
    answer(call, call.use_cases().show_guild()(by=call.by()))


@command(app, "set", ChangeGuild, changes=True)
def set_guild(
    call: Call,
    name: Annotated[str | None, typer.Option(help="The guild's name; its slug stays.")] = None,
    timezone: Annotated[str | None, typer.Option(help="An IANA name such as Europe/Berlin.")] = None,
    first_weekday: Annotated[str | None, typer.Option(help="The day a week begins, such as monday.")] = None,
    setting: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help=_SETTINGS)] = None,
) -> None:
    settings = dict(_setting(each) for each in setting or ())

    def changed(by: Actor) -> GuildRow:
        change = call.use_cases().change_guild()
        change(name=name, timezone=timezone, first_weekday=first_weekday, settings=settings, by=by)
        return call.use_cases().show_guild()(by=by)

    answer(call, call.change(changed))


def _setting(text: str) -> tuple[str, object]:
    """A setting and its value: true, false or a whole number. Raises: InvalidValue."""
    name, assigned, value = (part.strip() for part in text.partition("="))
    if not assigned:
        raise InvalidValue("setting", f"{text[:40]!r} sets nothing", "NAME=VALUE")
    if value.lower() in _WORDS:
        return name, _WORDS[value.lower()]
    return name, int(value) if value.isascii() and value.isdigit() and len(value) < 10 else value
