"""What is held on people, table by table: every table is either in PERSONAL or in NOT_PERSONAL (A-12).

A table that is added belongs here: a test fails until each of its columns is accounted for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Table,
    Text,
    and_,
    bindparam,
    case,
    exists,
    literal,
    or_,
    select,
)

from dkp_adapters.sql.moments import moment_at
from dkp_adapters.sql.statement import Statement, in_guild, json_values
from dkp_adapters.sql.tables import Flag, Hundredths, Moment, all_tables
from dkp_adapters.sql.tables.raids import NEVER
from dkp_adapters.sql.tables.roster import profile_fields
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.points import Points
from dkp_core.recruitment import TOLD_WHY, CommentKind
from dkp_core.roster import ShownTo

_THEIRS: Final = bindparam("theirs", type_=BigInteger)

TECHNICAL: Final[Mapping[str, str]] = {
    "version": "it counts changes",
    "username_key": "the name again, for sorting",
    "name_key": "the name again, for searching",
    "class_key": "the class again, for sorting",
    "race_key": "the race again, for sorting",
    "item_key": "the item's name again, for searching",
    "character_key": "the name again, for searching",
    "note_key": "the note again, for searching",
    "main_of": "owner and main again, for the database to check",
    "standing": "whether it was reversed again, for the database to check",
    "open_for": "the applicant again, for the database to check",
    "open_by": "the claimant again, for the database to check",
    "open_entry": "the entry again, for the database to check",
    "steps": "it counts rows of another table",
}
"""Columns that repeat others or say nothing of anybody, wherever they are."""

SOMEBODY_ELSES: Final[Mapping[str, str]] = {
    "actor_kind": "who did it may be somebody else",
    "actor_id": "who did it may be somebody else",
}
"""Columns that tell of others, wherever they are."""


@frozen(kw_only=True)
class Held:
    """What a table holds on somebody, and which of its rows are about them.

    Rows are theirs where one of the columns `by` has their id, where they are the actor (`as_actor`), or where
    `through` names a row of another table that is theirs. `left_out` are columns that are not handed out, with the
    reason; `until_closed` those that only the person themselves is told before an auction is closed (L-11), as columns,
    or (`whole_until_closed`) with their rows. `only` narrows what of the rows is theirs to know; texts in `told_where`
    are empty in the other rows. Of columns that are `for_officers` in part, with the reason, what profile fields hold
    that officers alone see is left out.
    """

    section: str
    by: tuple[str, ...] = ()
    as_actor: bool = False
    through: tuple[str, str] | None = None
    left_out: Mapping[str, str] = field(factory=dict)
    until_closed: tuple[str, ...] = ()
    whole_until_closed: bool = False
    only: Callable[[Table], ColumnElement[bool]] | None = None
    told_where: Mapping[str, Callable[[Table], ColumnElement[bool]]] = field(factory=dict)
    for_officers: Mapping[str, str] = field(factory=dict)
    as_json: tuple[str, ...] = ()


_HIDDEN: Final = "a secret, of which only a digest or a sealed text is kept"
_BETWEEN_OTHERS: Final = "what the guild's officers deliberate among themselves"
_BY_OTHERS: Final = "votes of others"
_OF_THE_GUILD: Final = "a rule of the guild, not of a person"

PERSONAL: Final[Mapping[str, Held]] = {
    "users": Held(section="profile", by=("id",), as_json=("muted",)),
    "consents": Held(section="consents", by=("user_id",)),
    "api_keys": Held(
        section="keys",
        by=("owner",),
        left_out={"digest": _HIDDEN, "old_digest": _HIDDEN},
        as_json=("scopes",),
    ),
    "sessions": Held(section="sessions", by=("user_id",), left_out={"digest": _HIDDEN}),
    "sign_in_links": Held(section="sign_in_links", by=("user_id",), left_out={"digest": _HIDDEN}),
    "discord_tokens": Held(
        section="discord_tokens",
        by=("user_id",),
        left_out={"sealed_access": _HIDDEN, "sealed_refresh": _HIDDEN},
        as_json=("scopes",),
    ),
    "memberships": Held(section="memberships", by=("user_id", "merged_into")),
    "events": Held(
        section="deeds",
        by=("actor_user_id",),
        left_out={
            "data": "it may tell of others; what it tells of the person stands in the other sections",
            "request_id": "it says nothing of anybody",
        },
    ),
    "notices": Held(
        section="notices",
        by=("user_id",),
        left_out={
            "recipient_kind": "it says how the notice was sent",
            "recipient": "the person again",
            "about": "it names the person, or their application",
            "waiting_since": "how sending it goes on",
            "try_at": "how sending it goes on",
            "attempts": "how sending it goes on",
            "unheard": "how sending it goes on",
            "claimed_by": "how sending it goes on",
            "fault": "how sending it goes on",
        },
        as_json=("data",),
    ),
    "characters": Held(
        section="characters",
        by=("owner",),
        for_officers={"profile": _BETWEEN_OTHERS},
        as_json=("profile",),
    ),
    "character_names": Held(section="character_names", through=("character_id", "characters")),
    "ownerships": Held(section="ownerships", by=("owner",)),
    "main_changes": Held(section="main_changes", by=("user_id",)),
    "rank_changes": Held(section="rank_changes", through=("character_id", "characters")),
    "claims": Held(
        section="claims",
        by=("claimant",),
        left_out={
            "code": "a secret, which the claimant is shown while it proves something",
            "decided_kind": "who decided is somebody else",
            "decided_by": "who decided is somebody else",
        },
    ),
    "merges": Held(
        section="merges",
        by=("user_id", "into_user"),
        as_json=("characters", "membership", "into_membership"),
    ),
    "merged_users": Held(section="merged_users", by=("user_id", "into_user", "head")),
    "entries": Held(section="entries", by=("user_id",)),
    "balances": Held(section="balances", by=("user_id",), until_closed=("sealed",)),
    "adjustments": Held(section="adjustments", by=("user_id",)),
    "batches": Held(
        section="batches",
        as_actor=True,
        left_out={
            "reversed_kind": "who took it back may be somebody else",
            "reversed_by": "who took it back may be somebody else",
            "exempt": "it lists others",
        },
    ),
    "disputes": Held(
        section="disputes",
        by=("user_id", "made_by"),
        left_out={
            "decided_kind": "who answered is somebody else",
            "decided_by": "who answered is somebody else",
        },
    ),
    "raids": Held(
        section="raids_led",
        by=("leader",),
        left_out={"attendees": "it counts others", "unresolved": "it counts others", "ticks_count": "it counts ticks"},
        as_json=("pools", "ticks"),
    ),
    "attendance": Held(section="attendance", by=("user_id",)),
    "attended": Held(section="raids_attended", by=("user_id",)),
    "attendance_totals": Held(section="attendance_totals", by=("user_id",)),
    "uploads": Held(
        section="uploads",
        as_actor=True,
        left_out={"content": "the file tells of everybody who was there; whoever uploaded it has it"},
    ),
    "bids": Held(section="bids", by=("user_id",), whole_until_closed=True),
    "holds": Held(section="holds", by=("user_id",), whole_until_closed=True),
    "standing_bids": Held(section="standing_bids", by=("user_id",), until_closed=("ceiling",)),
    "awards": Held(
        section="awards",
        by=("user_id",),
        left_out={"shared_with": "others; one's own shares are among the entries"},
        as_json=("pools",),
    ),
    "award_drafts": Held(
        section="award_drafts",
        by=("user_id",),
        left_out={
            "sha256": "it tells which file",
            "fingerprint": "the row again, to know it by",
            "reason": "what an officer says of the line",
        },
        as_json=("awards",),
    ),
    "applications": Held(
        section="applications",
        by=("user_id",),
        left_out={
            "proposal": _BETWEEN_OTHERS,
            "task": _BETWEEN_OTHERS,
            "overdue": _BETWEEN_OTHERS,
            "polls": _BY_OTHERS,
            "round": _BY_OTHERS,
            "last_at": "the steps tell it; else it is when the officers were asked after the members (V-7)",
            "rules": _OF_THE_GUILD,
            "referees": "other people, whom the person named under references",
        },
        as_json=("answers",),
    ),
    "application_transitions": Held(
        section="application_steps",
        through=("application_id", "applications"),
        left_out={"user_id": "who took the step may be somebody else", "round": _BY_OTHERS},
        told_where={"reason": lambda steps: or_(*(steps.c.after == status.value for status in sorted(TOLD_WHY)))},
    ),
    "application_comments": Held(
        section="comments",
        by=("author",),
        through=("application_id", "applications"),
        left_out={"author": "the person, or somebody who commented on their application"},
        only=lambda comments: or_(comments.c.author == _THEIRS, comments.c.kind == CommentKind.VISIBLE.value),
    ),
    "votes": Held(section="votes", by=("voter",)),
    "vote_changes": Held(section="vote_changes", by=("voter",)),
    "recusals": Held(section="recusals", by=("user_id",)),
}
"""Tables that hold something on people, by name."""

NOT_PERSONAL: Final[Mapping[str, str]] = {
    "answered_requests": "copies of answers, kept for a day; what they tell stands in the other tables",
    "application_forms": _OF_THE_GUILD,
    "auctions": "leaders and winners of an auction are bidders, whose bids stand in their own table",
    "channel_webhooks": "a guild's channels",
    "chat_grammars": _OF_THE_GUILD,
    "chat_lines": "fingerprints, from which nothing can be read",
    "counters": "numbers",
    "deadlines": "what becomes due, by ids; gone when it is done",
    "deliveries": "what still follows from events, by ids; gone when it is done",
    "event_types": "kinds of raids",
    "guilds": "guilds",
    "profile_fields": _OF_THE_GUILD,
    "pool_policies": _OF_THE_GUILD,
    "house_rules": _OF_THE_GUILD,
    "imports": "where a guild came from, and which ids came; the operator makes them",
    "installation": "what is known of the program",
    "item_pools": "sets of items",
    "items": "things of the game",
    "leases": "which process may do what",
    "pools": "what points are kept in",
    "decisions": "names as files tell them; attendance says whose they are",
    "raid_totals": "numbers",
    "ranks": "ranks of the guild",
    "recruitment_rules": _OF_THE_GUILD,
    "removed_ranks": "ranks of the guild",
    "sightings": "names as files tell them; attendance says whose they are",
    "sign_in_attempts": "of nobody known yet; gone within minutes",
    "unresolved_names": "names that are nobody's yet",
}
"""Tables that hold nothing on people, with the reason."""


OFFICERS_FIELDS: Final = Statement(
    select(profile_fields.c.id).where(in_guild(profile_fields), profile_fields.c.shown_to == ShownTo.OFFICERS.value)
)
"""The profile fields of a guild that officers alone see."""


# --- reading it -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Reading:
    """How a table is asked for what it holds on somebody, with all that is theirs alone or without."""

    section: str
    statement: Statement
    names: tuple[str, ...]
    shown: tuple[Callable[[Any], object], ...]
    of_guild: bool
    for_officers: frozenset[str] = frozenset()

    def row(self, values: tuple[Any, ...], officers_fields: frozenset[str]) -> dict[str, object]:
        """A row as it is handed out, without what the profile fields of these ids hold."""
        told = zip(self.names, self.shown, values, strict=True)
        row = {name: None if value is None else show(value) for name, show, value in told}
        for name in self.for_officers:
            held = row[name]
            assert isinstance(held, Mapping), "it holds values by field"
            row[name] = {each: value for each, value in held.items() if each not in officers_fields}
        return row


@cache
def readings(*, own: bool) -> tuple[Reading, ...]:
    """A reading of each personal table; without `own`, of what others may be told while auctions run."""
    tables = all_tables().tables
    return tuple(_reading(tables[name], held, own=own) for name, held in PERSONAL.items() if name in tables)


@cache
def guilds_naming_somebody() -> Statement:
    """The guilds in which any personal table names a user, `theirs`, by id; in order of id."""
    tables = all_tables().tables
    guilds = tables["guilds"]
    named = [
        exists(select(literal(1)).where(tables[name].c.guild_id == guilds.c.id, _is_theirs(tables[name], held)))
        for name, held in PERSONAL.items()
        if name in tables and held.by and name not in ("events", "api_keys") and "guild_id" in tables[name].c
    ]
    return Statement(
        select(guilds.c.id).where(or_(*named)).order_by(guilds.c.id),
        across_guilds=True,  # where a person is, is what is asked
    )


def exported(table: Table, held: Held) -> tuple[Column[Any], ...]:
    """The columns of a personal table that are handed out."""
    kept_back = {*held.left_out, *TECHNICAL, *SOMEBODY_ELSES}
    return tuple(column for column in table.columns if column.key not in kept_back)


def _reading(table: Table, held: Held, *, own: bool) -> Reading:
    columns = [each for each in exported(table, held) if own or each.key not in held.until_closed]
    of_guild = "guild_id" in table.c and table.name not in ("events", "api_keys")
    theirs = _is_theirs(table, held)
    if of_guild:
        theirs = and_(in_guild(table), theirs)
    if held.only is not None:
        theirs = and_(theirs, held.only(table))
    if held.whole_until_closed and not own:
        auctions = table.metadata.tables["auctions"]
        # What was called off before it was closed stays secret for good.
        is_published = and_(
            auctions.c.guild_id == table.c.guild_id, auctions.c.id == table.c.auction_id, auctions.c.settlement != ""
        )
        theirs = and_(theirs, exists(select(literal(1)).where(is_published)))
    query = (
        select(*(_told(column, table, held) for column in columns)).where(theirs).order_by(*table.primary_key.columns)
    )
    return Reading(
        section=held.section,
        statement=Statement(query, across_guilds=not of_guild),
        names=tuple(column.key for column in columns),
        shown=tuple(_shown(column, held) for column in columns),
        of_guild=of_guild,
        for_officers=frozenset(held.for_officers),
    )


def _told(column: Column[Any], table: Table, held: Held) -> ColumnElement[Any]:
    where = held.told_where.get(column.key)
    return column if where is None else case((where(table), column), else_="").label(column.key)


def _is_theirs(table: Table, held: Held) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [table.c[name] == _THEIRS for name in held.by]
    if held.as_actor:
        own_id = table.c.actor_id == bindparam("theirs_as_text")
        found.append(and_(table.c.actor_kind == ActorKind.USER.value, own_id))
        keys = json_values("their_keys", Text())
        found.append(and_(table.c.actor_kind == ActorKind.API_KEY.value, table.c.actor_id.in_(keys)))
    if held.through is not None:
        name, other_name = held.through
        other = table.metadata.tables[other_name]
        theirs = or_(*(other.c[by] == _THEIRS for by in PERSONAL[other_name].by))
        whole = and_(other.c.guild_id == table.c.guild_id, other.c.id == table.c[name], theirs)
        found.append(exists(select(literal(1)).where(whole)))
    return or_(*found)


def _shown(column: Column[Any], held: Held) -> Callable[[Any], object]:
    if column.key in held.as_json:
        return json.loads
    if column.type is Moment:
        return lambda value: moment_at(value).isoformat() if value < NEVER else None
    if column.type is Hundredths:
        return lambda value: str(Points(value))
    if column.type is Flag:
        return bool
    return _as_it_is


def _as_it_is(value: Any) -> object:
    return value
