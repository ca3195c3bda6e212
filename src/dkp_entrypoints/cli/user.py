"""`dkp user`: members of the guild, and the people behind them."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import evolve

from dkp_core.accounts import (
    AddMember,
    ChangeMembership,
    ChangePreferences,
    ListMemberships,
    MembershipStatus,
    NotificationKind,
    ProfileRow,
    RoleGroup,
    ShowProfile,
    ShowUser,
    UserRow,
)
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId
from dkp_entrypoints.cli.answering import LIMIT, ORDER, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.moments import moment
from dkp_entrypoints.cli.naming import user_id

app = family(
    "user", "Members: role groups, leaving and coming back. A USER is an id, a Discord id, a character or a name."
)

USER = Annotated[str, typer.Argument(metavar="USER", help="An id, a Discord id, a character of theirs or a username.")]
REASON = Annotated[str, typer.Option(help="Why, for the audit log.")]
EVERYWHERE = Annotated[bool, typer.Option("--everywhere", help="Not only in this guild: the person as such.")]


@command(app, "list", ListMemberships)
def list_users(
    call: Call,
    role_group: Annotated[RoleGroup | None, typer.Option(help="Only this role group.")] = None,
    status: Annotated[MembershipStatus | None, typer.Option(help="Only memberships of this status.")] = None,
    search: Annotated[str, typer.Option(help="A part of the username.")] = "",
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    memberships = every(
        lambda page: call.use_cases().list_memberships()(
            role_group=role_group, status=status, search=search, ordering=order, page=page, by=call.by()
        ),
        limit,
    )
    columns = ("user_id", "username", "discord_id", "role_group", "trial", "status", "joined_at", "ended_at", "reason")
    answer_rows(call, memberships, columns, nothing="No member.")


@command(app, "show", ShowUser)
def show(call: Call, user: USER) -> None:
    answer(call, call.use_cases().show_user()(user_id(call, user), by=call.by()))


@command(app, "add", AddMember, changes=True)
def add(
    call: Call,
    discord_id: Annotated[str, typer.Argument(metavar="DISCORD_ID", help="As Discord shows it to developers.")],
    username: Annotated[str | None, typer.Option(help="The name, where nobody knew the person yet.")] = None,
    role_group: Annotated[RoleGroup, typer.Option(help="What they may do.")] = RoleGroup.MEMBER,
    joined_at: Annotated[str | None, typer.Option(help="Since when, if not since now.")] = None,
) -> None:
    def added(by: Actor) -> UserRow:
        membership = call.use_cases().add_member()(
            discord_id=discord_id,
            username=username,
            role_group=role_group,
            joined_at=moment(call, joined_at, "joined_at"),
            by=by,
        )
        return call.use_cases().show_user()(membership.user_id, by=by)

    answer(call, call.change(added))


@command(app, "set", ChangeMembership, changes=True)
def set_user(
    call: Call,
    user: USER,
    role_group: Annotated[RoleGroup | None, typer.Option(help="What they may do from now on.")] = None,
    status: Annotated[MembershipStatus | None, typer.Option(help="Whether the membership is in force.")] = None,
    reason: REASON = "",
) -> None:
    if role_group is None and status is None:
        raise InvalidValue("user", "nothing is to be changed", "--role-group, --status or both")
    _change(call, user, role_group=role_group, status=status, reason=reason)


@command(app, "end", "End a membership: the user left, or was removed. Their history and points stay.", changes=True)
def end(call: Call, user: USER, reason: REASON = "") -> None:
    _change(call, user, status=MembershipStatus.ENDED, reason=reason)


@command(app, "resume", "Put a membership in force again; with --everywhere, let a user in again.", changes=True)
def resume(call: Call, user: USER, reason: REASON = "", everywhere: EVERYWHERE = False) -> None:
    if everywhere:
        _set_active(call, user, active=True)
    else:
        _change(call, user, status=MembershipStatus.IN_FORCE, reason=reason)


@command(
    app,
    "deactivate",
    "Shut a user out of the guild, sessions and keys included; with --everywhere, out of every guild.",
    changes=True,
)
def deactivate(call: Call, user: USER, reason: REASON = "", everywhere: EVERYWHERE = False) -> None:
    if everywhere:
        _set_active(call, user, active=False)
    else:
        _change(call, user, status=MembershipStatus.DEACTIVATED, reason=reason)


def _change(
    call: Call,
    user: str,
    *,
    role_group: RoleGroup | None = None,
    status: MembershipStatus | None = None,
    reason: str,
) -> None:
    def changed(by: Actor) -> UserRow:
        found = user_id(call, user)
        call.use_cases().change_membership()(found, role_group=role_group, status=status, reason=reason, by=by)
        return call.use_cases().show_user()(found, by=by)

    answer(call, call.change(changed))


def _set_active(call: Call, user: str, *, active: bool) -> None:
    def changed(by: Actor) -> UserRow:
        found = user_id(call, user)
        call.use_cases().set_user_active()(found, active=active, by=by)
        return call.use_cases().show_user()(found, by=by)

    answer(call, call.change(changed))


@command(app, "profile", ShowProfile)
def profile(call: Call, user: USER) -> None:
    answer(call, call.use_cases().show_profile()(by=_as(call, user_id(call, user))))


@command(app, "prefer", ChangePreferences, changes=True)
def prefer(
    call: Call,
    user: USER,
    timezone: Annotated[str | None, typer.Option(help="An IANA name such as Europe/Berlin.")] = None,
    locale: Annotated[str | None, typer.Option(help="A language tag such as en or de-AT.")] = None,
    default_guild: Annotated[str | None, typer.Option(help="The slug or id of the guild they mean.")] = None,
    no_default_guild: Annotated[bool, typer.Option("--no-default-guild", help="Forget the default guild.")] = False,
    muted: Annotated[
        list[NotificationKind] | None, typer.Option(help="What they do not want to be notified of; may be repeated.")
    ] = None,
    nothing_muted: Annotated[bool, typer.Option("--nothing-muted", help="They want to be told everything.")] = False,
) -> None:
    def preferred(_: Actor) -> ProfileRow:
        by = _as(call, user_id(call, user))
        call.use_cases().change_preferences()(
            timezone=timezone,
            locale=locale,
            default_guild=default_guild,
            forget_default_guild=no_default_guild,
            muted=() if nothing_muted else tuple(muted) if muted else None,
            by=by,
        )
        return call.use_cases().show_profile()(by=by)

    answer(call, call.change(preferred))


def _as(call: Call, user: UserId) -> Actor:
    """The operator, for what is the user's own."""
    return evolve(call.by(), user_id=user)
