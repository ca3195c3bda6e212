"""`dkp user`: members of the guild, and the people behind them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from attrs import evolve, frozen

from dkp_core.accounts import (
    LINK_TIME,
    AddMember,
    ChangeMembership,
    ChangePreferences,
    ConsentKind,
    EndSessions,
    EraseUser,
    ExportPerson,
    ListMemberships,
    ListSessions,
    MadeSignInLink,
    MakeSignInLink,
    MembershipStatus,
    NotificationKind,
    ProfileRow,
    RefreshProfile,
    RoleGroup,
    ShowProfile,
    ShowUser,
    UserRow,
)
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import UserId
from dkp_core.points import LinkUser, MergeReport, MergeUsers, UnlinkUser
from dkp_entrypoints.cli.answering import EXTERNAL_ID, LIMIT, ORDER, answer, answer_rows, done, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.moments import moment
from dkp_entrypoints.cli.naming import DISCORD_ID_LENGTH_MIN, user_id
from dkp_entrypoints.cli.printing import note, print_json

if TYPE_CHECKING:
    from dkp_entrypoints.settings import Settings

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
    external_id: EXTERNAL_ID = None,
    search: Annotated[str, typer.Option(help="A part of the username.")] = "",
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    memberships = every(
        lambda page: call.use_cases().list_memberships()(
            role_group=role_group,
            status=status,
            external_id=external_id,
            search=search,
            ordering=order,
            page=page,
            by=call.by(),
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


# --- signing in -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class SignInUrl:
    """A one-time link as it is handed out."""

    user_id: UserId
    url: str
    expires_at: datetime


@command(app, "sign-in-link", MakeSignInLink, changes=True)
def sign_in_link(
    call: Call,
    user: USER,
    minutes: Annotated[int, typer.Option(help="For how long it is good.")] = LINK_TIME // timedelta(minutes=1),
) -> None:
    made = call.change(lambda by: call.use_cases().make_sign_in_link()(_person(call, user), minutes=minutes, by=by))
    shown = sign_in_url(made, call.settings())
    if call.as_json:
        answer(call, shown)
        return
    answer(call, shown, without=("url",))
    note("The link, which is shown this once and works once:")
    print(shown.url)


def sign_in_url(made: MadeSignInLink, settings: Settings) -> SignInUrl:
    """The link's whole address: on the installation's public URL, else on this machine."""
    from dkp_entrypoints.cli.serve import address

    base = settings.public_url.rstrip("/") or address(settings)
    return SignInUrl(user_id=made.user_id, url=f"{base}/accounts/link/{made.code}/", expires_at=made.expires_at)


@command(app, "sessions", ListSessions)
def sessions(call: Call, user: USER) -> None:
    rows = call.use_cases().list_sessions()(owner=_person(call, user), by=call.by())
    answer_rows(call, rows, ("id", "device", "created_at", "last_seen_at", "ends_at"), nothing="No session.")


@command(app, "end-sessions", EndSessions, changes=True)
def end_sessions(
    call: Call,
    user: USER,
    session: Annotated[str | None, typer.Option(help="Only the session of this id.")] = None,
) -> None:
    def ended(by: Actor) -> int:
        whose = _person(call, user)
        if session is None:
            return call.use_cases().end_sessions()(owner=whose, by=by)
        if session not in {row.id for row in call.use_cases().list_sessions()(owner=whose, by=by)}:
            raise NoSuch("session", session[:40])
        call.use_cases().end_session()(session, by=by)
        return 1

    count = call.change(ended)
    done(call, f"{count} session{'' if count == 1 else 's'} ended.", ended=count)


@command(app, "refresh", RefreshProfile)
def refresh(call: Call, user: USER) -> None:
    whose = _person(call, user)
    call.use_cases().refresh_profile()(owner=whose, by=call.by())
    answer(call, call.use_cases().show_profile()(by=_as(call, whose)))


def _person(call: Call, text: str) -> UserId:
    """The user of that id, whether or not they have a place in the guild; else as users are named everywhere."""
    digits = text.strip().removeprefix("#")
    if digits.isascii() and digits.isdigit() and len(digits) < DISCORD_ID_LENGTH_MIN:
        return UserId(int(digits))
    return user_id(call, text)


@command(app, "consents", "What a user agreed to, and until when: every consent, the latest first.")
def consents(call: Call, user: USER) -> None:
    found = call.use_cases().list_consents()(by=_as(call, user_id(call, user)))
    answer_rows(call, found, ("kind", "given_at", "withdrawn_at"), nothing="Nothing was ever agreed to.")


@command(app, "consent", "Note that a user agreed to something, or does not any more.", changes=True)
def consent(
    call: Call,
    user: USER,
    kind: Annotated[ConsentKind, typer.Argument(help="To what.")],
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="They do not agree any more.")] = False,
) -> None:
    def noted(_: Actor) -> None:
        by = _as(call, user_id(call, user))
        if withdrawn:
            call.use_cases().withdraw_consent()(kind, by=by)
        else:
            call.use_cases().give_consent()(kind, by=by)

    call.change(noted)
    done(call, f"Noted: {kind.value} is {'no longer ' if withdrawn else ''}agreed to.", kind=kind, withdrawn=withdrawn)


@command(app, "export", ExportPerson)
def export(call: Call, user: USER) -> None:
    # A document, for the person or a program: a table of it would be no use to anybody.
    print_json(call.use_cases().export_person()(user_id(call, user), by=call.by()))


@command(app, "erase", EraseUser, changes=True)
def erase(
    call: Call,
    user: USER,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it can't be undone.")] = False,
) -> None:
    found = user_id(call, user)
    if not (yes or call.dry_run):
        raise InvalidValue("yes", f"user {found} would be erased, for good", "--yes, or --dry-run to try it")
    call.change(lambda by: call.use_cases().erase_user()(found, by=by))
    done(call, f"User {found} is erased.", user_id=found)


def _as(call: Call, user: UserId) -> Actor:
    """The operator, for what is the user's own."""
    return evolve(call.by(), user_id=user)


# --- who is who -------------------------------------------------------------------------------------------------------


@command(app, "merge", MergeUsers, changes=True)
def merge(
    call: Call,
    user: USER,
    into: Annotated[str, typer.Option(metavar="USER", help="The user with a Discord account who they are.")],
    reason: REASON = "",
) -> None:
    def merged(by: Actor) -> MergeReport:
        one, other = user_id(call, user), user_id(call, into)
        return call.use_cases().merge_users()(one, into=other, reason=reason, by=by)

    answer(call, call.change(merged))


@command(app, "link", LinkUser, changes=True)
def link(
    call: Call,
    user: USER,
    discord_id: Annotated[str, typer.Argument(metavar="DISCORD_ID", help="As Discord shows it to developers.")],
) -> None:
    def linked(by: Actor) -> UserRow:
        found = call.use_cases().link_user()(user_id=user_id(call, user), discord_id=discord_id, by=by)
        return call.use_cases().show_user()(found.id, by=by)

    answer(call, call.change(linked))


@command(app, "unlink", UnlinkUser, changes=True)
def unlink(call: Call, user: USER, reason: REASON = "") -> None:
    answer(call, call.change(lambda by: call.use_cases().unlink_user()(user_id(call, user), reason=reason, by=by)))
