"""Sessions over HTTP, keys for who proves who they are, and asking Discord again."""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen
from msgspec import Meta

from dkp_core.accounts import NotAuthenticated, ProfileRow, SessionRow, UserGuildRow
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import GuildId, UserId
from dkp_entrypoints.http.accounts import OWN_PROFILE, NewKey
from dkp_entrypoints.http.operation import Call, Operations, Speed
from dkp_entrypoints.http.reading import Body

sessions: Final = Operations("Signing in")


@frozen(kw_only=True)
class Caller:
    """Who you are here; without a session `session_id` and `csrf_token` are null.

    Within a session, whatever is not a GET brings `csrf_token` in the header X-CSRF-Token. `permissions` are what you
    may do in the guild that is meant.
    """

    user_id: UserId
    username: str
    session_id: str | None
    csrf_token: str | None
    guild_id: GuildId | None
    permissions: tuple[str, ...]
    guilds: tuple[UserGuildRow, ...]


@frozen(kw_only=True)
class EndedSessions:
    """How many sessions ended."""

    ended: int


class TokenBody(Body, frozen=True, kw_only=True):
    """A name for the key, and the code of a one-time link where you have no session."""

    code: Annotated[str, Meta(max_length=100, description="The last part of a one-time link's address.")] | None = None
    name: str = "API"


class DiscordTokenBody(Body, frozen=True, kw_only=True):
    """What Discord sent to your program when you said yes, and what that program began with (PKCE)."""

    code: Annotated[str, Meta(description="The authorization code.")]
    code_verifier: Annotated[str, Meta(description="What the challenge was made of: 43 to 128 characters.")]
    redirect_uri: Annotated[str, Meta(description="Where the code was sent: on this installation, or on your machine.")]
    name: str = "API"


@sessions.get("/api/auth/session/", own=OWN_PROFILE, personal=True, use_case="show_profile")
def show_session(call: Call) -> Caller:
    """Within a session it tells the token that changes have to bring."""
    profile = call.use_cases.show_profile()(by=call.by)
    return Caller(
        user_id=profile.id,
        username=profile.username,
        session_id=call.by.session_id,
        csrf_token=call.csrf_token,
        guild_id=call.by.guild_id,
        permissions=tuple(sorted(call.by.permissions)),
        guilds=profile.guilds,
    )


@sessions.get("/api/auth/sessions/", own=OWN_PROFILE, personal=True)
def list_sessions(call: Call) -> tuple[SessionRow, ...]:
    return call.use_cases.list_sessions()(by=call.by)


@sessions.delete("/api/auth/sessions/", own=OWN_PROFILE, personal=True, status=200)
def end_sessions(call: Call) -> EndedSessions:
    return EndedSessions(ended=call.use_cases.end_sessions()(by=call.by))


@sessions.delete("/api/auth/sessions/{session}/", own="a session of your own", personal=True)
def end_session(call: Call, session: str) -> None:
    call.use_cases.end_session()(session, by=call.by)


@sessions.post(
    "/api/auth/token/",
    own="a session or key of your own, or the code of a one-time link",
    personal=True,
    use_case="issue_key_with_link",
    open_to_all=True,
)
def issue_key(call: Call, body: TokenBody) -> NewKey:
    """Without a code it is a key of whoever asks, within a session or with another key."""
    if body.code is not None:
        return NewKey.of(call.use_cases.issue_key_with_link()(body.code, name=body.name, by=call.by))
    if call.by.user_id is None:
        raise NotPermitted(OWN_PROFILE) if call.by.guild_id is not None else NotAuthenticated
    return NewKey.of(call.use_cases.issue_personal_key()(name=body.name, by=call.by))


@sessions.post("/api/auth/token/discord/", anonymous=True, speed=Speed.OUTSIDE, refused_with=(403,))
def issue_key_with_discord(call: Call, body: DiscordTokenBody) -> NewKey:
    issued = call.use_cases.issue_key_with_discord()(
        code=body.code, verifier=body.code_verifier, redirect_uri=body.redirect_uri, name=body.name, by=call.by
    )
    return NewKey.of(issued)


@sessions.post("/api/users/me/discord/refresh/", own=OWN_PROFILE, personal=True, speed=Speed.OUTSIDE, status=200)
def refresh_profile(call: Call) -> ProfileRow:
    call.use_cases.refresh_profile()(by=call.by)
    return call.use_cases.show_profile()(by=call.by)
