"""What each table of a guild names: every id that a row holds, wherever in the row it stands.

So that rows can be given other ids, or be found by whom they name. A column that is added belongs here: a test fails
until it is accounted for.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, Protocol, Union

import attrs
from attrs import field, frozen

import dkp_core
from dkp_adapters.sql.statement import to_json
from dkp_core.kernel import ids
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.descent import kinds_below
from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.loot import ADVANCE_AUCTION
from dkp_core.points import OF_A_RAID, RUN_BATCHES, SourceKind
from dkp_core.raids import FORGET_CHAT, PRUNE_UPLOADS
from dkp_core.recruitment import DECIDE_VOTE, END_TRIAL, JUDGE_TRIAL

USER: Final = "user"
GUILD: Final = "guild"

WORDS: Final = frozenset(
    {
        *("name", "name_key", "character_name", "character_key", "item_name", "item_key", "entrypoint", "request_id"),
        *("kind", "status", "outcome", "stage", "role_group", "shown_to", "actor_kind", "external_id"),
        *("title", "text", "note", "reason"),
    }
)
"""Columns that hold names, words and texts of people wherever they are, and never an id."""

Part = Literal["*", "keys"]
EACH: Final[Part] = "*"
"""Every element of a list, or every value of an object."""
KEYS: Final[Part] = "keys"
"""Every key of an object."""

Path = tuple[str | int, ...]
"""The way to ids inside JSON: the key of an object, the place in a list, EACH or KEYS; () is the value itself."""


class Seen(Protocol):
    """Is shown each id that a row names; what it answers takes its place."""

    def __call__(self, kind: str, number: int, /, *, loose: bool) -> int:
        """`loose` ids are told of, and may be of something that is gone."""


@frozen(kw_only=True)
class ByWord:
    """A column whose meaning another one tells: by each of its words the kinds of the ids, joined by `-` as text.

    Of words that are not there it holds no id.
    """

    column: str
    kinds: Mapping[str, tuple[str, ...]]


@frozen(kw_only=True)
class Names:
    """What the rows of a table name.

    `own` is the kind of the ids in the column `id`, of rows that have one of their own; other rows belong to what
    their column `of` names. `ids` are columns by the kind of what they name, `parts` columns of JSON with the ways to
    the ids in it, `texts` columns of which what follows one of these beginnings is an id, and `words` columns that mean
    what another one tells. `again` is a text that may repeat the row's own id. Columns in `loose` tell of the past:
    what they name may be gone. `plain` are columns that could hold ids by their type, and do not.
    """

    own: str | None = None
    of: str | None = None
    ids: Mapping[str, str] = field(factory=dict)
    parts: Mapping[str, Sequence[tuple[Path, str]]] = field(factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(factory=dict)
    words: Mapping[str, ByWord] = field(factory=dict)
    again: str | None = None
    loose: frozenset[str] = frozenset()
    tells_events: bool = False
    plain: tuple[str, ...] = ()

    def accounts_for(self, name: str) -> bool:
        """Whether it is said what that column names, if anything."""
        return (
            name in (*self.ids, *self.parts, *self.texts, *self.words, *self.plain, *WORDS)
            or (name == "id" and self.own is not None)
            or (name == "data" and self.tells_events)
        )


def _by_actor(kind: str = "actor_kind") -> ByWord:
    return ByWord(column=kind, kinds={ActorKind.USER.value: (USER,)})


_ACTOR: Final = {"actor_id": _by_actor()}
_LIST: Final[Path] = (EACH,)
_RANKS_OF_RULES: Final = tuple(
    (path, "rank")
    for path in (
        ("ranks", EACH),
        ("phases", EACH, "ranks", EACH),
        ("rank_caps", EACH, "rank"),
        ("rank_multipliers", EACH, "rank"),
    )
)

SOURCES: Final[Mapping[str, str]] = {
    SourceKind.RAID.value: "raid",
    SourceKind.AWARD.value: "award",
    SourceKind.ADJUSTMENT.value: "adjustment",
    SourceKind.BATCH.value: "batch",
    SourceKind.IMPORT.value: "import",
    SourceKind.MERGE.value: "merge",
    SourceKind.MEMBERSHIP.value: USER,
    SourceKind.MAIN_CHANGE.value: "main_change",
}
"""The kinds of the ids of what entries come from."""

AGGREGATES: Final[Mapping[str, tuple[str, ...]]] = {
    "adjustment": ("adjustment",),
    "application": ("application",),
    "auction": ("auction",),
    "award": ("award",),
    "award_draft": ("award_draft",),
    "batch": ("batch",),
    "character": ("character",),
    "claim": ("claim",),
    "dispute": ("dispute",),
    "event_type": ("event_type",),
    "guild": (GUILD,),
    "house_rules": ("pool",),
    "import": ("import",),
    "item": ("item",),
    "item_pool": ("item_pool",),
    "membership": (USER,),
    "merge": ("merge",),
    "notice": ("notice",),
    "pool": ("pool",),
    "profile_field": ("profile_field",),
    "raid": ("raid",),
    "rank": ("rank",),
    "standing_bid": ("item", USER),
    "user": (USER,),
}
"""The kinds of the ids that events call their aggregates by."""

NAMELESS_AGGREGATES: Final = frozenset(
    {"api_key", "application_form", "channel", "chat_grammar", "recruitment_rules", "roster_file", "session"}
)
"""Aggregates that have no id among those that are handed out."""

REFERENCES: Final[Mapping[str, Names]] = {
    "memberships": Names(
        of="user_id",
        ids={"user_id": USER, "merged_into": USER},
    ),
    "ranks": Names(own="rank"),
    "removed_ranks": Names(own="rank"),
    "profile_fields": Names(own="profile_field", plain=("choices",)),
    "characters": Names(
        own="character",
        ids={"rank_id": "rank", "owner": USER, "main_id": "character", "main_of": USER},
        parts={"profile": [((KEYS,), "profile_field")]},
        plain=("character_class", "class_key", "race", "race_key", "joined_on", "notes"),
    ),
    "character_names": Names(of="character_id", ids={"character_id": "character"}),
    "ownerships": Names(of="character_id", ids={"character_id": "character", "owner": USER}),
    "main_changes": Names(
        own="main_change", ids={"user_id": USER, "before": "character", "after": "character"}, words=_ACTOR
    ),
    "rank_changes": Names(
        of="character_id",
        ids={"character_id": "character", "before": "rank", "after": "rank"},
        words=_ACTOR,
        loose=frozenset({"before", "after"}),
    ),
    "claims": Names(
        own="claim",
        ids={"claimant": USER, "user_id": USER, "open_by": USER, "merge_id": "merge"},
        words={"decided_by": _by_actor("decided_kind")},
        plain=("code", "decided_kind"),
    ),
    "merges": Names(
        own="merge",
        ids={"user_id": USER, "into_user": USER, "claim_id": "claim"},
        parts={"characters": [(_LIST, "character")]},
        words=_ACTOR,
        plain=("membership", "into_membership", "undone_reason"),
    ),
    "merged_users": Names(of="merge_id", ids={"user_id": USER, "head": USER, "into_user": USER, "merge_id": "merge"}),
    "pools": Names(own="pool", plain=("unit",)),
    "pool_policies": Names(
        of="pool_id",
        ids={"pool_id": "pool"},
        parts={
            "policies": [
                (("decay", "exempt_ranks", EACH), "rank"),
                (("inactivity", "exempt_ranks", EACH), "rank"),
                (("start_list", EACH), USER),
            ]
        },
        loose=frozenset({"policies"}),
    ),
    "item_pools": Names(own="item_pool", parts={"pools": [(_LIST, "pool")]}),
    "entries": Names(
        own="entry",
        ids={"user_id": USER, "pool_id": "pool", "reverses": "entry"},
        words={
            "source_id": ByWord(column="source_kind", kinds={word: (kind,) for word, kind in SOURCES.items()}),
            **_ACTOR,
        },
        plain=("bucket", "source_kind"),
    ),
    "balances": Names(of="user_id", ids={"user_id": USER, "pool_id": "pool"}, plain=("entries", "version")),
    "adjustments": Names(
        own="adjustment",
        ids={"user_id": USER, "pool_id": "pool", "entry_id": "entry", "batch_id": "batch"},
        words=_ACTOR,
    ),
    "batches": Names(
        own="batch",
        ids={"pool_id": "pool", "raid_id": "raid"},
        parts={"exempt": [(_LIST, USER)]},
        texts={"period": {OF_A_RAID: "raid"}},
        again="period",
        words={**_ACTOR, "reversed_by": _by_actor("reversed_kind")},
        plain=("rule", "reversed_kind"),
    ),
    "disputes": Names(
        own="dispute",
        ids={"user_id": USER, "made_by": USER, "entry_id": "entry", "open_entry": "entry", "pool_id": "pool"},
        words={"decided_by": _by_actor("decided_kind")},
        plain=("decided_kind",),
    ),
    "event_types": Names(
        own="event_type",
        parts={"pools": [(_LIST, "pool")], "item_pools": [(_LIST, "item_pool")]},
        plain=("modifier", "description", "metadata"),
    ),
    "raids": Names(
        own="raid",
        ids={"event_type_id": "event_type", "leader": USER},
        parts={"pools": [(_LIST, "pool")]},
        plain=("note_key", "ticks"),
    ),
    "attendance": Names(
        of="raid_id",
        ids={"raid_id": "raid", "character_id": "character", "user_id": USER, "upload_id": "upload"},
        parts={"elsewhere": [((KEYS,), "pool")], "waived": [(_LIST, "pool")]},
    ),
    "unresolved_names": Names(of="raid_id", ids={"raid_id": "raid"}),
    "uploads": Names(
        own="upload",
        ids={"raid_id": "raid"},
        words=_ACTOR,
        plain=("sha256", "check_named", "file_name", "format", "zone", "size"),
    ),
    "sightings": Names(of="raid_id", ids={"raid_id": "raid", "upload_id": "upload"}),
    "decisions": Names(of="raid_id", ids={"raid_id": "raid", "upload_id": "upload"}),
    "attended": Names(of="raid_id", ids={"raid_id": "raid", "user_id": USER}),
    "attendance_totals": Names(
        of="user_id", ids={"user_id": USER}, plain=("attended", "excused", "held_before", "version")
    ),
    "raid_totals": Names(plain=("held", "version")),
    "items": Names(
        own="item",
        ids={"item_pool_id": "item_pool"},
        plain=("rarity", "description", "link", "icon", "metadata"),
    ),
    "house_rules": Names(
        of="pool_id", ids={"pool_id": "pool"}, parts={"rules": _RANKS_OF_RULES}, loose=frozenset({"rules"})
    ),
    "chat_grammars": Names(plain=("grammar",)),
    "auctions": Names(
        own="auction",
        ids={"item_id": "item", "raid_id": "raid", "pool_id": "pool"},
        parts={
            "leads": [((EACH, 1), "bid"), ((EACH, 2), USER), ((EACH, 3), "character")],
            "settlement": [
                ((0, EACH, 3), "bid"),
                ((0, EACH, 4), USER),
                ((0, EACH, 5), "character"),
                ((1, EACH), USER),
            ],
            "rules": _RANKS_OF_RULES,
        },
        loose=frozenset({"rules"}),
        plain=("mode", "seed"),
    ),
    "bids": Names(
        own="bid",
        of="auction_id",
        ids={"auction_id": "auction", "user_id": USER, "character_id": "character"},
        words=_ACTOR,
        plain=("source", "tier", "refusal", "made_as"),
    ),
    "holds": Names(of="auction_id", ids={"auction_id": "auction", "user_id": USER, "pool_id": "pool"}),
    "awards": Names(
        own="award",
        ids={"item_id": "item", "auction_id": "auction", "raid_id": "raid", "user_id": USER, "moved_from": "award"},
        parts={"pools": [(_LIST, "pool")], "shared_with": [(_LIST, USER)]},
        words=_ACTOR,
        plain=("because",),
    ),
    "award_drafts": Names(
        own="award_draft",
        ids={"raid_id": "raid", "item_id": "item", "user_id": USER},
        parts={"awards": [(_LIST, "award")]},
        plain=("local_time", "sha256", "fingerprint", "line"),
    ),
    "standing_bids": Names(of="item_id", ids={"item_id": "item", "user_id": USER}),
    "chat_lines": Names(plain=("fingerprint",)),
    "recruitment_rules": Names(parts={"rules": [(("trial_points_pool",), "pool")]}),
    "application_forms": Names(plain=("form",)),
    "applications": Names(
        own="application",
        ids={"user_id": USER, "open_for": USER, "character_id": "character"},
        parts={"referees": [(_LIST, USER)], "rules": [(("trial_points_pool",), "pool")]},
        plain=(
            *("proposal", "task", "server", "character_class", "timezone", "email", "polls", "previous_guilds"),
            *("availability", "references", "answers"),
        ),
    ),
    "application_transitions": Names(
        of="application_id",
        ids={"application_id": "application", "user_id": USER},
        words=_ACTOR,
        plain=("before", "after"),
    ),
    "application_comments": Names(
        own="comment", of="application_id", ids={"application_id": "application", "author": USER}
    ),
    "votes": Names(of="application_id", ids={"application_id": "application", "voter": USER}, plain=("option",)),
    "vote_changes": Names(
        of="application_id",
        ids={"application_id": "application", "voter": USER},
        words=_ACTOR,
        plain=("before", "after"),
    ),
    "recusals": Names(of="application_id", ids={"application_id": "application", "user_id": USER}),
    "events": Names(
        own="event",
        ids={"actor_user_id": USER},
        words={"aggregate_id": ByWord(column="aggregate", kinds=AGGREGATES), **_ACTOR},
        tells_events=True,
        loose=frozenset({"aggregate_id", "data"}),
        plain=("aggregate",),
    ),
    "deliveries": Names(of="event_id", ids={"event_id": "event"}, plain=("reaction", "claimed_by", "last_error")),
    "deadlines": Names(
        parts={
            "data": [
                (("auction_id",), "auction"),
                (("pool_id",), "pool"),
                (("application_id",), "application"),
                (("user_id",), USER),
                (("after",), "upload"),
            ]
        },
        texts={
            "key": {
                "auction:": "auction",
                f"{RUN_BATCHES}:": "pool",
                "application:": "application",
                "trial:": "application",
                f"{FORGET_CHAT}:": USER,
            }
        },
        loose=frozenset({"key", "data"}),
        plain=("claimed_by", "last_error"),
    ),
    "notices": Names(
        own="notice",
        ids={"user_id": USER},
        words={"recipient": ByWord(column="recipient_kind", kinds={"user": (USER,)})},
        texts={"about": {"user:": USER, "application:": "application"}},
        plain=("recipient_kind", "data", "text", "claimed_by", "fault"),
    ),
    "imports": Names(
        own="import",
        ids={"default_pool_before": "pool"},
        words=_ACTOR,
        loose=frozenset({"default_pool_before"}),
        plain=("program", "program_version", "source", "fingerprint", "spans", "counts", "pools_before"),
    ),
    "channel_webhooks": Names(plain=("channel", "webhook_id", "sealed", "fault")),
    "api_keys": Names(ids={"owner": USER}, plain=("id", "prefix", "digest", "old_digest", "scopes", "use_count")),
}
"""What each table of guilds names, by the table's name."""

DEADLINES: Final = frozenset(
    {ADVANCE_AUCTION, RUN_BATCHES, FORGET_CHAT, PRUNE_UPLOADS, DECIDE_VOTE, END_TRIAL, JUDGE_TRIAL}
)
"""The kinds of deadlines whose keys and data are told above."""

OWN_KINDS: Final = tuple(dict.fromkeys(names.own for names in REFERENCES.values() if names.own is not None))
"""The kinds of ids that rows of a guild have as their own."""


# --- showing the ids of a row -----------------------------------------------------------------------------------------


@frozen
class Rewriting:
    """How each id in the rows of a table is shown, and replaced, for rows given as lists of these columns."""

    steps: Sequence[Callable[[list[Any], Seen], None]]

    @classmethod
    def of(cls, table: str, columns: Sequence[str]) -> Rewriting:
        """That of a table; columns that are not there are passed over."""
        return cls(tuple(_steps(REFERENCES[table], {name: place for place, name in enumerate(columns)})))

    def __call__(self, row: list[Any], seen: Seen) -> None:
        """Show each id of the row, and put what is answered in its place. Raises: ValueError for what is no id."""
        for step in self.steps:
            step(row, seen)


def _steps(names: Names, places: Mapping[str, int]) -> Iterator[Callable[[list[Any], Seen], None]]:
    if names.again is not None and names.again in places and "id" in places and names.own is not None:
        yield _repeating(places[names.again], places["id"], names.own)
    if names.tells_events and "data" in places:
        yield _telling(places["data"], places["name"])
    for column, by_word in names.words.items():
        if column in places:
            yield _by_word(places[column], places[by_word.column], by_word.kinds, column in names.loose)
    for column, beginnings in names.texts.items():
        if column in places:
            yield _in_text(places[column], tuple(beginnings.items()), column in names.loose)
    for column, paths in names.parts.items():
        if column in places:
            yield _in_parts(places[column], tuple(paths), column in names.loose)
    for column, kind in names.ids.items():
        if column in places:
            yield _plain_id(places[column], kind, column in names.loose)
    if names.own is not None and "id" in places:
        yield _plain_id(places["id"], names.own, False)


def _plain_id(place: int, kind: str, loose: bool) -> Callable[[list[Any], Seen], None]:
    def step(row: list[Any], seen: Seen) -> None:
        number = row[place]
        if number is not None:
            row[place] = seen(kind, number, loose=loose)

    return step


def _repeating(place: int, own: int, kind: str) -> Callable[[list[Any], Seen], None]:
    def step(row: list[Any], seen: Seen) -> None:
        if row[place] == str(row[own]):
            row[place] = str(seen(kind, row[own], loose=False))

    return step


def _by_word(
    place: int, word: int, kinds: Mapping[str, tuple[str, ...]], loose: bool
) -> Callable[[list[Any], Seen], None]:
    def step(row: list[Any], seen: Seen) -> None:
        told, meant = row[place], kinds.get(row[word])
        if meant is None or told is None:
            return
        if isinstance(told, int):
            row[place] = seen(meant[0], told, loose=loose)
            return
        numbers = told.split("-")
        if len(numbers) != len(meant) or not all(each.isdecimal() for each in numbers):
            return  # somebody who has no id
        row[place] = "-".join(
            str(seen(kind, int(number), loose=loose)) for kind, number in zip(meant, numbers, strict=True)
        )

    return step


def _in_text(place: int, beginnings: Sequence[tuple[str, str]], loose: bool) -> Callable[[list[Any], Seen], None]:
    def step(row: list[Any], seen: Seen) -> None:
        text = row[place]
        for beginning, kind in beginnings:
            if text.startswith(beginning):
                number = int(text.removeprefix(beginning))
                row[place] = f"{beginning}{seen(kind, number, loose=loose)}"
                return

    return step


def _in_parts(place: int, paths: Sequence[tuple[Path, str]], loose: bool) -> Callable[[list[Any], Seen], None]:
    def step(row: list[Any], seen: Seen) -> None:
        text = row[place]
        if not text or text in ("[]", "{}"):
            return
        value = json.loads(text)
        for path, kind in paths:
            value = _replaced(value, path, kind, seen, loose)
        row[place] = to_json(value)

    return step


def _replaced(value: Any, path: Path, kind: str, seen: Seen, loose: bool) -> Any:
    """The value with the ids at the end of the path replaced; where the way ends early there are none."""
    if value is None:
        return None
    if not path:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{value!r} is no id")
        return seen(kind, value, loose=loose)
    step, rest = path[0], path[1:]
    if step == KEYS:
        return {str(seen(kind, int(key), loose=loose)): each for key, each in value.items()}
    if step == EACH:
        if isinstance(value, dict):
            return {key: _replaced(each, rest, kind, seen, loose) for key, each in value.items()}
        return [_replaced(each, rest, kind, seen, loose) for each in value]
    if isinstance(step, str) and step not in value:
        return value
    value[step] = _replaced(value[step], rest, kind, seen, loose)
    return value


# --- events -----------------------------------------------------------------------------------------------------------

_KINDS: Final[Mapping[object, str]] = {
    ids.GuildId: GUILD,
    ids.UserId: USER,
    ids.EntryId: "entry",
    ids.CharacterId: "character",
    ids.RankId: "rank",
    ids.MainChangeId: "main_change",
    ids.ProfileFieldId: "profile_field",
    ids.PoolId: "pool",
    ids.ItemPoolId: "item_pool",
    ids.AdjustmentId: "adjustment",
    ids.EventTypeId: "event_type",
    ids.RaidId: "raid",
    ids.UploadId: "upload",
    ids.ItemId: "item",
    ids.AuctionId: "auction",
    ids.BidId: "bid",
    ids.AwardId: "award",
    ids.AwardDraftId: "award_draft",
    ids.NoticeId: "notice",
    ids.ClaimId: "claim",
    ids.MergeId: "merge",
    ids.ApplicationId: "application",
    ids.DisputeId: "dispute",
    ids.BatchId: "batch",
    ids.ImportId: "import",
}

_BARE: Final = {("application_commented", "comment_id"): "comment"}
"""Fields of events that hold ids which have no type of their own."""

_CHANGED: Final[Mapping[tuple[str, str], str]] = {
    ("character_changed", "main_id"): "character",
    ("item_changed", "item_pool_id"): "item_pool",
    ("item_pool_changed", "pools"): "pool",
    ("event_type_changed", "pools"): "pool",
    ("event_type_changed", "item_pools"): "item_pool",
    ("raid_changed", "leader"): USER,
    ("membership_changed", "merged_into"): USER,
}
"""Fields whose changes are told by ids, or lists of ids as text; what is told as JSON stays in the words of then."""

_SUBJECTS: Final = {"character": "character", "user": USER}


@cache
def event_kinds() -> Mapping[str, type[DomainEvent]]:
    """Every kind of event of ours, by the name under which it is kept."""
    for package in pkgutil.iter_modules(dkp_core.__path__, "dkp_core."):
        if package.ispkg:
            for module in pkgutil.iter_modules(importlib.import_module(package.name).__path__, f"{package.name}."):
                if module.name.endswith(".events"):
                    importlib.import_module(module.name)
    ours = (kind for kind in kinds_below(DomainEvent) if kind.__module__.startswith("dkp_core."))
    return {kind.event_name(): kind for kind in ours}


@cache
def ids_in_event(name: str) -> tuple[tuple[Path, str], ...] | None:
    """Where ids stand in what an event tells, changes aside; None for an event that is not known."""
    kind = event_kinds().get(name)
    return None if kind is None else tuple(_ids_in(kind, name))


def _ids_in(kind: type[Any], name: str) -> Iterator[tuple[Path, str]]:
    hints = typing.get_type_hints(kind)
    for each in attrs.fields(kind):
        if (bare := _BARE.get((name, each.name))) is not None:
            yield (each.name,), bare
        for path, found in _ids_of(hints[each.name], name):
            yield (each.name, *path), found


def _ids_of(hint: Any, name: str) -> Iterator[tuple[Path, str]]:
    if hint in _KINDS:
        yield (), _KINDS[hint]
    elif typing.get_origin(hint) in (Union, types.UnionType):
        for each in typing.get_args(hint):
            yield from _ids_of(each, name)
    elif typing.get_origin(hint) is tuple:
        for path, kind in _ids_of(typing.get_args(hint)[0], name):
            yield (EACH, *path), kind
    elif hint is not Change and attrs.has(hint):
        yield from _ids_in(hint, name)


def _telling(place: int, name_place: int) -> Callable[[list[Any], Seen], None]:
    def step(row: list[Any], seen: Seen) -> None:
        name = row[name_place]
        paths = ids_in_event(name)
        if paths is None:
            raise ValueError(f"{name!r} is no event that is known")
        told = json.loads(row[place])
        for path, kind in paths:
            told = _replaced(told, path, kind, seen, True)
        for change in told.get("changes", ()):
            _show_change(change, name, seen)
        row[place] = json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    return step


def _show_change(change: dict[str, Any], name: str, seen: Seen) -> None:
    kind = _CHANGED.get((name, change["field"]))
    word, _, number = change["field"].partition(" ")
    if name == "attendance_corrected" and word in _SUBJECTS and number:
        bare, dot, rest = number.partition(".")
        change["field"] = f"{word} {seen(_SUBJECTS[word], int(bare), loose=True)}{dot}{rest}"
        kind = USER if rest == "user" else None
    if kind is not None:
        for side in ("before", "after"):
            change[side] = _shown_change(change[side], kind, seen)


def _shown_change(value: Any, kind: str, seen: Seen) -> Any:
    if isinstance(value, int):
        return seen(kind, value, loose=True)
    if value:
        return ", ".join(str(seen(kind, int(each), loose=True)) for each in value.split(", "))
    return value
