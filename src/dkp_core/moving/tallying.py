"""Counting what is given and what is kept of it: the two are the same, or something was lost on the way (O-2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import singledispatch
from itertools import compress, groupby
from operator import mul
from typing import Final, TypeAlias

from attrs import define, field, frozen

from dkp_core.accounts import Membership, User
from dkp_core.kernel.period import BEGINNING
from dkp_core.loot import Award, Item
from dkp_core.moving.arrivals import FormVersion, OldDeed, OldTransition, PoliciesOf
from dkp_core.moving.import_record import Span, spans_of
from dkp_core.points import Adjustment, Entry, ItemPool, Pool
from dkp_core.raids import Attendance, EventType, Raid
from dkp_core.recruitment import Application, Comment
from dkp_core.roster import Character, ProfileField, Rank

WEIGHTS: Final = 9_973
SHIFT: Final = 10**17
MODULUS: Final = 1_000_003

PARTLY: Final = frozenset({"users", "memberships", "ranks", "pools"})
"""Kinds of which a guild may hold others, beside those that came; of all else it holds nothing before."""

_TOLD: Final = {
    "old_ids": "which have an old id",
    "owners": "whose they are",
    "amounts": "what they are worth",
    "moments": "when they were",
    "parts": "what they belong to",
}
_NAMES: Final = ("count", *_TOLD)


@frozen(kw_only=True)
class Tally:
    """How many things of a kind there are, and sums of what is measured of them.

    Each number is shifted by SHIFT, taken by MODULUS, and weighed with the id by WEIGHTS, plus 1: so two that are
    mixed up are noticed, and the sums stay small.
    """

    count: int = 0
    old_ids: int = 0
    owners: int = 0
    amounts: int = 0
    moments: int = 0
    parts: int = 0


@define
class Counting:
    """Counts things of every kind as they pass, and remembers which there were of the kinds in PARTLY."""

    _sums: dict[str, list[int]] = field(factory=dict, init=False)
    _ids: dict[str, list[int]] = field(factory=dict, init=False)

    def add(self, things: Iterable[object]) -> None:
        """Count these."""
        for of_type, same in groupby(things, type):  # together, since they are very many
            (kind, *_), numbers, *measures, old_ids = zip(*map(measured.dispatch(of_type), same), strict=True)
            weights = [number % WEIGHTS + 1 for number in numbers]
            sums = self._sums.setdefault(kind, [0] * len(_NAMES))
            sums[0] += len(weights)
            sums[1] += sum(compress(weights, old_ids))
            for place, measure in enumerate(measures, 2):
                sums[place] += sum(map(mul, weights, [(SHIFT + number) % MODULUS for number in measure]))
            if kind in PARTLY:
                self._ids.setdefault(kind, []).extend(numbers)

    @property
    def tallies(self) -> Mapping[str, Tally]:
        """What they come to, by kind."""
        return {name: Tally(**dict(zip(_NAMES, sums, strict=True))) for name, sums in self._sums.items()}

    @property
    def spans(self) -> Mapping[str, Sequence[Span]]:
        """Which there were, of the kinds in PARTLY."""
        return {name: tuple(spans_of(name, self._ids.get(name, ()))) for name in sorted(PARTLY)}


def differing(given: Mapping[str, Tally], kept: Mapping[str, Tally]) -> Iterator[str]:
    """What is not kept as it was given, in words."""
    for name in sorted({*given, *kept}):
        came, here = given.get(name, Tally()), kept.get(name, Tally())
        if came.count != here.count:
            yield f"{name}: {came.count:,} came, and {here.count:,} are kept"
            continue
        told = [words for each, words in _TOLD.items() if getattr(came, each) != getattr(here, each)]
        if told:
            yield f"{name}: {' and '.join(told)} is not kept as it came"


# --- what is measured -------------------------------------------------------------------------------------------------


def _micros(moment: datetime) -> int:
    passed = moment - BEGINNING
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


Measured: TypeAlias = tuple[str, int, int, int, int, int, str | None]
"""A thing as it is counted: its kind and id, whose it is, what it is worth in hundredths, when it was in microseconds
since 1970, what it belongs to as a sum of numbers, and its old id."""


@singledispatch
def measured(thing: object) -> Measured:
    """How a thing is counted."""
    raise AssertionError(f"{type(thing).__name__} is nothing that comes")


@measured.register
def _(it: User) -> Measured:
    return "users", it.id, int(it.discord_id is not None), 0, _micros(it.added_at), 0, None


@measured.register
def _(it: Membership) -> Measured:
    return "memberships", it.user_id, 0, 0, _micros(it.joined_at), 0, it.external_id


@measured.register
def _(it: Rank) -> Measured:
    return "ranks", it.id, 0, 0, 0, it.order, None


@measured.register
def _(it: ProfileField) -> Measured:
    return "profile_fields", it.id, 0, 0, 0, it.order, None


@measured.register
def _(it: Character) -> Measured:
    return "characters", it.id, it.owner or 0, 0, 0, it.rank_id + (it.main_id or 0), it.external_id


@measured.register
def _(it: Pool) -> Measured:
    return "pools", it.id, 0, 0, 0, it.decimals, it.external_id


@measured.register
def _(it: PoliciesOf) -> Measured:
    return "pool_policies", it.pool_id, 0, 0, _micros(it.in_force.changed_at), 0, None


@measured.register
def _(it: ItemPool) -> Measured:
    return "item_pools", it.id, 0, 0, 0, 0, it.external_id


@measured.register
def _(it: EventType) -> Measured:
    return "event_types", it.id, 0, it.default_points.hundredths, 0, 0, it.external_id


@measured.register
def _(it: Raid) -> Measured:
    parts = it.event_type_id + len(it.ticks)
    return "raids", it.id, it.leader or 0, it.points.hundredths, _micros(it.starts_at), parts, it.external_id


@measured.register
def _(it: Attendance) -> Measured:
    return "attendance", it.raid_id, it.user_id or 0, it.awarded.hundredths, _micros(it.at), it.tick, None


@measured.register
def _(it: Item) -> Measured:
    return "items", it.id, 0, 0, 0, it.item_pool_id or 0, it.external_id


@measured.register
def _(it: Award) -> Measured:
    parts = it.item_id + (it.raid_id or 0)
    return "awards", it.id, it.user_id or 0, it.price.hundredths, _micros(it.awarded_at), parts, it.external_id


@measured.register
def _(it: Adjustment) -> Measured:
    parts = it.pool_id + it.entry_id
    return "adjustments", it.id, it.user_id, it.amount.hundredths, _micros(it.occurred_at), parts, it.external_id


@measured.register
def _(it: Entry) -> Measured:
    parts = it.pool_id + it.source.id
    return "entries", it.id, it.user_id, it.amount.hundredths, _micros(it.occurred_at), parts, None


@measured.register
def _(it: FormVersion) -> Measured:
    return "application_forms", it.version, 0, 0, _micros(it.at), 0, None


@measured.register
def _(it: Application) -> Measured:
    return "applications", it.id, it.user_id, 0, _micros(it.submitted_at), it.steps, None


@measured.register
def _(it: OldTransition) -> Measured:
    return "application_transitions", it.application_id, 0, 0, _micros(it.transition.at), it.transition.number, None


@measured.register
def _(it: Comment) -> Measured:
    return "application_comments", it.id, it.author or 0, 0, _micros(it.at), it.application_id, None


@measured.register
def _(it: OldDeed) -> Measured:
    return "deeds", 0, 0, 0, _micros(it.at), 0, None
