"""What is held on people, table by table: every table is either in PERSONAL or in NOT_PERSONAL (A-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

import attrs
from attrs import frozen

from dkp_adapters.memory.tables import GuildTables, RecordedEvent, RecordedTransition, Rows, Snapshot
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import ApplicationId, AwardDraftId, GuildId, ProfileFieldId, UserId
from dkp_core.loot import AwardDraft, result_of
from dkp_core.recruitment import TOLD_WHY, Application, Candidate, Comment, CommentKind
from dkp_core.roster import ShownTo

Whose = Callable[[Any, Any, Any], object]
"""Of a key and its row, and the tables around, the id of whom the row is about, or several."""

LEFT_OUT: Final = frozenset(
    {
        "digest",
        "old_digest",
        "sealed_access",
        "sealed_refresh",
        "code",
        "content",
        "actor_kind",
        "actor_id",
        "decided_kind",
        "decided_by",
        "version",
        "pending",
    }
)
"""Secrets and what tells of others, wherever it is."""


@frozen
class Held:
    """What a table holds on somebody.

    What is `left_out` is deliberated among others, or theirs; `shown` is what of a row may be told, by its key. Nobody
    else is told of rows that are `secret` before their auction is closed, nor of the `hidden` field (L-11). Of what is
    `for_officers` in part, values of profile fields that officers alone see are left out.
    """

    section: str
    whose: Whose
    secret: bool = False
    hidden: str = ""
    left_out: frozenset[str] = frozenset()
    for_officers: frozenset[str] = frozenset()
    shown: Callable[[Any, Any], Any] = lambda _, row: row


def _told_of(comment: Comment, tables: GuildTables) -> tuple[UserId | None, ...]:
    """Who knows of a comment: its author, and the applicant where it is said to them."""
    applicant = tables.applications[comment.application_id].user_id
    return (comment.author, applicant) if comment.kind is CommentKind.VISIBLE else (comment.author,)


def _application(_: ApplicationId, application: Application) -> Mapping[str, object]:
    """What the applicant told, and where it stands; nothing that members and officers deliberate (V-7)."""
    candidate, trial = application.candidate, application.trial
    told = (each.name for each in attrs.fields(Candidate) if each.name not in ("referees", "answers"))
    return {
        "id": application.id,
        "user_id": application.user_id,
        "status": application.status,
        "archived": getattr(application, "archived", False),
        "submitted_at": application.submitted_at,
        "ended_at": getattr(application, "ended_at", None),
        "trial_starts_at": None if trial is None else trial.starts_at,
        "trial_ends_at": None if trial is None else trial.ends_at,
        "outcome": getattr(application, "outcome", None),
        "character_id": application.character_id,
        "rules_version": application.rules_version,
        **{name: getattr(candidate, name) for name in told},
        "answers": [(each.question, each.text) for each in candidate.answers],
    }


def _step(key: tuple[ApplicationId, int], recorded: RecordedTransition) -> Mapping[str, object]:
    """A step without who took it, and in which round; its reason where applicants are told it."""
    step = recorded.transition
    return {
        "application_id": key[0],
        "number": step.number,
        "at": step.at,
        "before": step.before,
        "after": step.after,
        "outcome": step.outcome,
        "reason": step.reason if step.after in TOLD_WHY else "",
    }


def _award_draft(_: AwardDraftId, draft: AwardDraft) -> Mapping[str, object]:
    """A draft without what tells of the file, and what officers say of it."""
    kept_back = {"sha256", "fingerprint", "reason", "version", "pending"}
    return {each.name: getattr(draft, each.name) for each in attrs.fields(AwardDraft) if each.name not in kept_back}


def _by(*names: str) -> Whose:
    """Whom a row names in these fields."""
    return lambda _, row, __: tuple(getattr(row, name) for name in names)


PERSONAL: Final[Mapping[str, Held]] = {
    "users": Held("profile", _by("id")),
    "consents": Held("consents", _by("user_id")),
    "api_keys": Held("keys", _by("owner")),
    "sessions": Held("sessions", _by("user_id")),
    "sign_in_links": Held("sign_in_links", _by("user_id")),
    "discord_tokens": Held("discord_tokens", _by("user_id")),
    "notices": Held("notices", lambda _, row, __: row.notice.to.user_id),
    "memberships": Held("memberships", _by("user_id", "merged_into")),
    "characters": Held("characters", _by("owner"), for_officers=frozenset({"profile"})),
    "ownerships": Held("ownerships", lambda _, periods, __: tuple(each.owner for each in periods)),
    "claims": Held("claims", _by("claimant")),
    "main_changes": Held("main_changes", _by("user_id")),
    "merges": Held("merges", _by("user_id", "into")),
    "entries": Held("entries", _by("user_id")),
    "balances": Held("balances", lambda key, _, __: key[1]),
    "adjustments": Held("adjustments", _by("user_id")),
    "batches": Held(
        "batches",
        lambda _, row, __: row.actor_id if row.actor_kind is ActorKind.USER else None,
        left_out=frozenset({"reversed_kind", "reversed_by", "exempt"}),
    ),
    "disputes": Held("disputes", _by("user_id", "made_by")),
    "raids": Held("raids_led", _by("leader")),
    "attendance": Held("attendance", _by("user_id")),
    "uploads": Held("uploads", lambda _, row, __: row.actor_id if row.actor_kind is ActorKind.USER else None),
    "bids": Held("bids", _by("user_id"), secret=True),
    "holds": Held("holds", lambda key, _, __: key[1], secret=True),
    "standing_bids": Held("standing_bids", _by("user_id"), hidden="ceiling"),
    "awards": Held("awards", _by("user_id")),
    "award_drafts": Held("award_drafts", _by("user_id"), shown=_award_draft),
    "applications": Held("applications", _by("user_id"), shown=_application),
    "transitions": Held(
        "application_steps",
        lambda key, _, tables: tables.applications[key[0]].user_id,
        shown=_step,
    ),
    "comments": Held("comments", lambda _, row, tables: _told_of(row, tables), left_out=frozenset({"author"})),
    "votes": Held("votes", _by("voter")),
    "vote_changes": Held("vote_changes", _by("voter")),
    "recusals": Held("recusals", _by("user_id")),
}
"""Tables that hold something on people, by name."""

NOT_PERSONAL: Final = frozenset(
    {
        "answered_requests",
        "application_forms",
        "auctions",
        "channel_webhooks",
        "chat_grammars",
        "chat_lines",
        "deadlines",
        "decisions",
        "deliveries",
        "event_types",
        "events",
        "guilds",
        "house_rules",
        "imports",
        "policies",
        "item_pools",
        "items",
        "key_uses",
        "leases",
        "names",
        "pools",
        "profile_fields",
        "rank_changes",
        "ranks",
        "recruitment_rules",
        "removed_ranks",
        "sightings",
        "sign_in_attempts",
    }
)
"""Tables that hold nothing on people, or nothing that the others do not tell; events are told apart from them."""


def guilds_naming(snapshot: Snapshot, user_id: UserId) -> tuple[GuildId, ...]:
    """The guilds in which any table names that user, in order of id."""
    return tuple(
        guild_id for guild_id in sorted(snapshot.guilds) if guild_id and _is_named(snapshot, guild_id, user_id)
    )


def _is_named(snapshot: Snapshot, guild_id: GuildId, user_id: UserId) -> bool:
    tables = snapshot.of(guild_id)
    return any(True for held, rows in _tables(tables) for _ in _theirs(tables, rows, held, user_id))


def held_on(snapshot: Snapshot, user_id: UserId, *, own: bool) -> Mapping[str, tuple[Mapping[str, object], ...]]:
    """All that is held on a user, by what it is."""
    found: dict[str, list[Mapping[str, object]]] = {}

    def collect(tables: Any, whose: UserId, guild_id: GuildId | None) -> None:
        for held, rows in _tables(tables):
            section = found.setdefault(held.section, [])
            for key, row in _theirs(tables, rows, held, whose):
                if own or not (held.secret and _is_secret(snapshot, guild_id, key, row)):
                    hidden = held.left_out | (frozenset() if own else {held.hidden})
                    told = dict(_flat(held.shown(key, row), guild_id))
                    for name in held.for_officers:
                        told[name] = _told(_without_officers_fields(tables, getattr(row, name)))
                    section.append({name: told[name] for name in told if name not in hidden})

    collect(snapshot.installation, user_id, None)
    for guild_id in guilds_naming(snapshot, user_id):
        tables = snapshot.of(guild_id)
        merged = (each.user_id for each in tables.memberships.values() if each.merged_into == user_id)
        for whose in (user_id, *sorted(merged)):
            collect(tables, whose, guild_id)
    events = (event for guild_id in snapshot.guilds for event in snapshot.of(guild_id).events.values())
    found["deeds"] = [_deed(event) for event in events if event.by.user_id == user_id]
    return {section: tuple(rows) for section, rows in found.items()}


def _without_officers_fields(tables: GuildTables, values: Mapping[ProfileFieldId, str]) -> Mapping[ProfileFieldId, str]:
    hidden = {each.id for each in tables.profile_fields.values() if each.shown_to is ShownTo.OFFICERS}
    return {field_id: value for field_id, value in values.items() if field_id not in hidden}


def _deed(recorded: RecordedEvent) -> Mapping[str, object]:
    """That somebody did something; what, may tell of others."""
    event = recorded.event
    return {
        "guild_id": recorded.guild_id,
        "at": recorded.at.isoformat(),
        "name": event.event_name(),
        "aggregate": event.aggregate,
        "aggregate_id": event.aggregate_id,
        "entrypoint": recorded.by.entrypoint,
    }


def _tables(tables: Any) -> Iterator[tuple[Held, Rows[Any, Any]]]:
    for each in attrs.fields(type(tables)):
        held = PERSONAL.get(each.name)
        if held is not None:
            yield held, getattr(tables, each.name)


def _theirs(tables: Any, rows: Rows[Any, Any], held: Held, user_id: UserId) -> Iterator[tuple[Any, Any]]:
    for key, row in rows.items():
        whose = held.whose(key, row, tables)
        if user_id in whose if isinstance(whose, tuple) else whose in (user_id, str(user_id)):
            yield key, row


def _is_secret(snapshot: Snapshot, guild_id: GuildId | None, key: Any, row: Any) -> bool:
    """Whether the auction of a bid or hold was not closed, and so is published not yet, or never."""
    auction_id = key[0] if isinstance(key, tuple) else row.auction_id
    auction = None if guild_id is None else snapshot.of(guild_id).auctions.get(auction_id)
    return auction is None or result_of(auction) is None


def _flat(row: Any, guild_id: GuildId | None) -> Mapping[str, object]:
    told = _told(row)
    fields = told if isinstance(told, dict) else {"rows": told}
    return fields if guild_id is None else {"guild_id": guild_id, **fields}


def _told(value: Any) -> object:
    """A value as JSON has it."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _told(each) for key, each in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [_told(each) for each in value]
    if attrs.has(type(value)) and not hasattr(value, "hundredths"):
        names = (each.name for each in attrs.fields(type(value)))
        return {name: _told(getattr(value, name)) for name in names if name not in LEFT_OUT}
    return str(value)
