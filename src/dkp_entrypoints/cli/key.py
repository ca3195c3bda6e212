"""`dkp key`: API keys of people and bots."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import fields, frozen

from dkp_core.accounts import (
    SCOPES,
    ChangeBotKeyScopes,
    IssueBotKey,
    IssuePersonalKey,
    KeyRow,
    RevokeKey,
    RotateKey,
)
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import UserId
from dkp_entrypoints.cli.answering import answer, answer_rows
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.moments import moment
from dkp_entrypoints.cli.naming import user_id
from dkp_entrypoints.cli.printing import note, print_json

app = family("key", "API keys of people and bots. A KEY is an id, or the prefix that a key begins with.")

KEY = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, or its prefix.")]
NAME = Annotated[str, typer.Option(help="What the key is for.")]
EXPIRES = Annotated[str | None, typer.Option(help="Until when it works; without end, unless given.")]


@command(app, "issue", IssuePersonalKey, changes=True)
def issue(
    call: Call,
    user: Annotated[str, typer.Option(help="Whose: an id, a Discord id, a character or a username.")],
    name: NAME = "command line",
    expires_at: EXPIRES = None,
) -> None:
    def issued(by: Actor) -> _Secret:
        until = moment(call, expires_at, "expires_at")
        made = call.use_cases().issue_personal_key()(name=name, owner=user_id(call, user), expires_at=until, by=by)
        return _Secret(key=_row(call, made.key.id, made.key.owner, by), token=made.token)

    _show(call, call.change(issued))


@command(app, "bot", IssueBotKey, changes=True)
def bot(
    call: Call,
    scope: Annotated[list[str], typer.Option(help="What it may do; dkp key scopes lists what there is.")],
    name: NAME = "bot",
    expires_at: EXPIRES = None,
) -> None:
    def issued(by: Actor) -> _Secret:
        until = moment(call, expires_at, "expires_at")
        made = call.use_cases().issue_bot_key()(name=name, scopes=_separate(scope), expires_at=until, by=by)
        return _Secret(key=_row(call, made.key.id, made.key.owner, by), token=made.token)

    _show(call, call.change(issued))


@command(app, "list", "The guild's bot keys, or with --user a person's own keys; the newest first, without secrets.")
def list_keys(
    call: Call, user: Annotated[str | None, typer.Option(help="The keys of this person instead.")] = None
) -> None:
    if user is None:
        rows = call.use_cases().list_bot_keys()(by=call.by())
    else:
        rows = call.use_cases().list_own_keys()(owner=user_id(call, user), by=call.by())
    columns = ("id", "prefix", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at", "use_count")
    answer_rows(call, rows, columns, nothing="No key.")


@command(app, "rotate", RotateKey, changes=True)
def rotate(
    call: Call,
    key: KEY,
    grace: Annotated[int, typer.Option(metavar="SECONDS", help="How long the old secret still works.")] = 0,
) -> None:
    def rotated(by: Actor) -> _Secret:
        made = call.use_cases().rotate_key()(_id(call, key), grace_seconds=grace, by=by)
        return _Secret(key=_row(call, made.key.id, made.key.owner, by), token=made.token)

    _show(call, call.change(rotated))


@command(app, "revoke", RevokeKey, changes=True)
def revoke(call: Call, key: KEY) -> None:
    def revoked(by: Actor) -> KeyRow:
        changed = call.use_cases().revoke_key()(_id(call, key), by=by)
        return _row(call, changed.id, changed.owner, by)

    answer(call, call.change(revoked))


@command(app, "scopes", ChangeBotKeyScopes, changes=True)
def scopes(
    call: Call,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="The bot's key; without, what scopes there are.")
    ] = None,
    scope: Annotated[list[str] | None, typer.Argument(metavar="[SCOPE]...", help="All that it may do.")] = None,
) -> None:
    if key is None:
        known = sorted(SCOPES)
        print_json(known) if call.as_json else print("\n".join(known))
        return
    if not scope:
        raise InvalidValue("scopes", "there are none", ", ".join(sorted(SCOPES)))

    def changed(by: Actor) -> KeyRow:
        made = call.use_cases().change_bot_key_scopes()(_id(call, key), scopes=_separate(scope), by=by)
        return _row(call, made.id, None, by)

    answer(call, call.change(changed))


@frozen(kw_only=True)
class _Secret:
    """A key and its secret, as it is shown once."""

    key: KeyRow
    token: str


def _show(call: Call, made: _Secret) -> None:
    if call.as_json:
        print_json({**{each.name: getattr(made.key, each.name) for each in fields(KeyRow)}, "key": made.token})
        return
    answer(call, made.key)
    note("The key, which is shown this once:")
    print(made.token)


def _row(call: Call, key_id: str, owner: UserId | None, by: Actor) -> KeyRow:
    """The key as lists show it: what a key is made of includes the digest, which nobody needs to see."""
    if owner is None:
        rows = call.use_cases().list_bot_keys()(by=by)
    else:
        rows = call.use_cases().list_own_keys()(owner=owner, by=by)
    found = next((row for row in rows if row.id == key_id), None)
    if found is None:
        raise NoSuch("key", key_id)
    return found


def _id(call: Call, text: str) -> str:
    """The id of the key of that id or prefix. Raises: NoSuch."""
    wanted = text.strip().removeprefix("dkp_").partition("_")[0]
    if len(wanted) == 36:
        return wanted
    found = call.use_cases().credentials().find(wanted, None)
    if found is None:
        raise NoSuch("key", wanted[:40])
    return str(found.key.id)


def _separate(scopes: list[str]) -> tuple[str, ...]:
    return tuple(part.strip() for scope in scopes for part in scope.split(",") if part.strip())
