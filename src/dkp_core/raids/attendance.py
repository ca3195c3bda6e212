"""Attendance: who was there at a tick, and what each is awarded for it (D-3, D-4, D-9, D-10, P-16)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from attrs import Factory, evolve, field, frozen

from dkp_core.kernel.ids import CharacterId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import Once, Policies, StandbyClaim
from dkp_core.raids.formats import Presence
from dkp_core.raids.raid import Tick
from dkp_core.roster import Attribution, CharacterStatus

_FULL: Final = Fraction(100)
_PERCENT: Final[Mapping[Presence, Callable[[Policies], Fraction]]] = MappingProxyType(
    {
        Presence.PRESENT: lambda _: _FULL,
        Presence.LATE: lambda policies: policies.late_percent,
        Presence.LEFT_EARLY: lambda policies: policies.left_early_percent,
        Presence.STANDBY: lambda policies: policies.standby_percent,
        Presence.ABSENT_EXCUSED: lambda policies: policies.absent_excused_percent,
    }
)
# Where a raid has several ticks, who came late or left early is paid for those they were at (D-10).
_OF_ONE_TICK: Final = frozenset({Presence.LATE, Presence.LEFT_EARLY})

# Without a policy an excused absence pays nothing and every other status in full (D-3).
FACTORS: Final[Mapping[Presence, Fraction]] = MappingProxyType(
    {presence: percent(Policies()) / 100 for presence, percent in _PERCENT.items()}
)

# Who attended, as far as the percentage is concerned (D-9); an excused absence counts as absent.
ATTENDED: Final = frozenset({Presence.PRESENT, Presence.LATE, Presence.LEFT_EARLY, Presence.STANDBY})

_NOBODY: Final[Mapping[UserId, UserId]] = MappingProxyType({})


@frozen(kw_only=True)
class NamedPresence:
    """A name as it was read, and how its bearer was there; `line` is its line in the upload, if it came from one.

    It is `claimed` where its bearer says so themselves.
    """

    name: str
    presence: Presence = Presence.PRESENT
    line: int | None = None
    claimed: bool = False


@frozen(kw_only=True)
class Attendance:
    """One character's presence at one tick of a raid; without a user it is unresolved, unless it is to be ignored.

    `awarded` is what was credited for it in each of the raid's pools, from the tick's time on, but for those where
    `elsewhere` names another amount: pools may have different policies, and `awarded` is the most that one pays.
    `alt` (the character was an alt), `counts` (it counts as attended) are kept as they were judged; it was `claimed`
    where somebody noted themselves. In pools where pay is `waived`, since a dispute of it was upheld, whose line it is
    is paid nothing for that tick.
    """

    raid_id: RaidId
    tick: int
    name: str
    presence: Presence
    character_id: CharacterId | None
    user_id: UserId | None
    awarded: Points
    at: datetime
    upload_id: UploadId | None = None
    line: int | None = None
    ignored: bool = False
    elsewhere: tuple[tuple[PoolId, Points], ...] = ()
    alt: bool = False
    claimed: bool = False
    waived: tuple[PoolId, ...] = ()
    counts: bool = field()
    key: str = field(init=False)

    @counts.default
    def _counts(self) -> bool:
        return self.presence in ATTENDED

    @key.default
    def _key(self) -> str:
        return name_key(self.name)

    @property
    def is_unresolved(self) -> bool:
        """Whether nobody is known behind the name yet, and somebody should be."""
        return self.user_id is None and not self.ignored

    @property
    def is_claim(self) -> bool:
        """Whether it is but somebody's own word that they stand by."""
        return self.claimed and self.presence is Presence.STANDBY

    def awarded_in(self, pool_id: PoolId) -> Points:
        """What was credited for it in that pool, one of the raid's."""
        return next((points for pool, points in self.elsewhere if pool == pool_id), self.awarded)

    def paid(self, by_pool: Mapping[PoolId, Points]) -> Attendance:
        """The same, awarded so much in each of the raid's pools."""
        most = max(by_pool.values(), default=ZERO)
        elsewhere = tuple(sorted((pool, points) for pool, points in by_pool.items() if points != most))
        if (most, elsewhere) == (self.awarded, self.elsewhere):
            return self
        return evolve(self, awarded=most, elsewhere=elsewhere)


@frozen(kw_only=True)
class Pay:
    """What attendance at a tick pays in each of the raid's pools, under the policies in force there.

    Of a raid with several ticks each is paid to those who were there: only a tick that is `alone` pays who came late
    or left early another part (D-10).
    """

    points: Points
    pools: Mapping[PoolId, Policies] = Factory(dict)
    alone: bool = True
    _worth: dict[tuple[PoolId, Presence, bool, bool], Points] = field(factory=dict, init=False, eq=False, repr=False)

    def of(self, line: Attendance, pool_id: PoolId) -> Points:
        """Tick points × status factor × alt factor, rounded once, half-up (P-12); nothing for who is not known.

        Nor for what members claim in a pool where officers note who stands by.
        """
        if line.user_id is None or line.ignored:
            return ZERO
        key = (pool_id, line.presence, line.alt, line.is_claim)
        worth = self._worth.get(key)
        if worth is None:
            worth = self._worth[key] = self._of(line, self.pools[pool_id])
        return worth

    def _of(self, line: Attendance, policies: Policies) -> Points:
        if line.is_claim and not takes_claims(policies):
            return ZERO
        return self.points.times(factor_of(line.presence, policies, alt=line.alt, alone=self.alone))

    def counts(self, presence: Presence, *, claimed: bool = False) -> bool:
        """Whether that counts as attended; standby does where any of the raid's pools says so (P-16).

        Of pools where officers note who stands by, none says so of what a member claimed.
        """
        if presence is Presence.STANDBY and self.pools:
            return any(each.standby_counts and (not claimed or takes_claims(each)) for each in self.pools.values())
        return presence in ATTENDED


def takes_claims(policies: Policies) -> bool:
    """Whether members note themselves as standing by."""
    return policies.standby_claim is StandbyClaim.MEMBERS


def factor_of(presence: Presence, policies: Policies, *, alt: bool = False, alone: bool = True) -> Fraction:
    """What part of a tick's points a pool pays for that: of its only tick, or (not `alone`) of one of several."""
    percent = _FULL if presence in _OF_ONE_TICK and not alone else _PERCENT[presence](policies)
    return percent * (policies.alt_percent if alt else _FULL) / 10_000


def expected(points: Points, presence: Presence, pools: Iterable[Policies], *, alone: bool) -> Points:
    """What a main's line at a tick of these points would be awarded: the most that any of these pools pays."""
    return max((points.times(factor_of(presence, each, alone=alone)) for each in pools), default=ZERO)


@frozen(kw_only=True)
class Present:
    """Who stands at a tick already: its lines, and for whom those of users count who were merged into others."""

    lines: tuple[Attendance, ...] = ()
    heads: Mapping[UserId, UserId] = _NOBODY

    @property
    def names(self) -> frozenset[str]:
        """The names, by their keys."""
        return frozenset(line.key for line in self.lines)

    @property
    def paid(self) -> frozenset[UserId]:
        """For whom the tick has paid something."""
        return frozenset(self.head(line.user_id) for line in self.lines if line.user_id is not None and line.awarded)

    def head(self, user_id: UserId) -> UserId:
        """For whom it counts that this user was there."""
        return self.heads.get(user_id, user_id)


@frozen(kw_only=True)
class Correction:
    """What becomes of the lines of a tick: some are added, some change (as they were, as they are then), some go."""

    added: tuple[Attendance, ...] = ()
    changed: tuple[tuple[Attendance, Attendance], ...] = ()
    removed: tuple[Attendance, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    @classmethod
    def between(cls, before: Sequence[Attendance], after: Sequence[Attendance]) -> Correction:
        """What turns the lines of a tick into others."""
        there = {line.key: line for line in before}
        left = {line.key for line in after}
        return cls(
            added=tuple(line for line in after if line.key not in there),
            changed=tuple((there[line.key], line) for line in after if line.key in there and line != there[line.key]),
            removed=tuple(line for line in before if line.key not in left),
        )

    @property
    def before(self) -> tuple[Attendance, ...]:
        """The lines that are other than they will be, as they are."""
        return (*(old for old, _ in self.changed), *self.removed)

    @property
    def after(self) -> tuple[Attendance, ...]:
        """The lines that are other than they were, as they will be."""
        return (*(new for _, new in self.changed), *self.added)


@frozen(kw_only=True)
class Taken:
    """What taking attendance comes to: the lines it adds, and the names that were there already.

    `changed` are lines that were there and pay something else now, since the same user's new one pays more (D-4), and
    claims of standby that became what somebody else says of the name; `removed` are claims of who was there after all.
    """

    added: tuple[Attendance, ...]
    already_present: tuple[str, ...]
    changed: tuple[tuple[Attendance, Attendance], ...] = ()
    removed: tuple[Attendance, ...] = ()

    @property
    def correction(self) -> Correction:
        """What becomes of the tick's lines."""
        return Correction(added=self.added, changed=self.changed, removed=self.removed)

    @property
    def noted(self) -> tuple[Attendance, ...]:
        """The lines that are new, or were but claims until now."""
        return (*self.added, *(new for old, new in self.changed if old.is_claim and not new.claimed))

    @property
    def awarded(self) -> tuple[Attendance, ...]:
        """Those of them that pay."""
        return tuple(line for line in self.noted if line.awarded)

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The names that stand for nobody yet."""
        return tuple(line.name for line in self.added if line.is_unresolved)


def take_attendance(
    raid_id: RaidId,
    tick: Tick,
    names: Sequence[NamedPresence],
    *,
    known: Mapping[str, Attribution],
    present: Present,
    pay: Pay,
    upload_id: UploadId | None = None,
) -> Taken:
    """Note names at a tick: each name once, each user paid once, for the character that pays most (D-4).

    `known` says by `name_key` whose each character was at the tick's time; a pending character's name stands for
    nobody yet (R-1). Taking the same names twice adds nothing. What a member claimed gives way to what is noted of the
    name (P-16).
    """
    lines = {line.key: line for line in present.lines}
    claims = {line.key for line in present.lines if line.is_claim}
    already: list[str] = []
    for named in names:
        line = _line(raid_id, tick, named, known, pay, upload_id)
        if line.key in claims and not named.claimed:
            claims.discard(line.key)
            claim = lines[line.key]
            lines[line.key] = evolve(claim, presence=line.presence, counts=line.counts, claimed=False)
        elif line.key in lines:
            already.append(named.name)
        else:
            lines[line.key] = line
    correction = settled(present, tuple(lines.values()), pay)
    return Taken(
        added=correction.added,
        already_present=tuple(already),
        changed=correction.changed,
        removed=correction.removed,
    )


def settled(present: Present, lines: Sequence[Attendance], pay: Pay, *, everybody: bool = False) -> Correction:
    """What turns a tick's lines into these, with what each is awarded.

    Whoever has a line that comes, goes or becomes another one is paid anew, over all their lines; everybody else keeps
    what they have, unless `everybody` is to be paid anew. Nobody stands by who was there: their claim goes (P-16).
    """
    lines = _without_idle_claims(present, lines)
    plain = Correction.between(present.lines, lines)
    concerned = {present.head(line.user_id) for line in (*plain.before, *plain.after) if line.user_id is not None}
    if everybody:
        concerned = {present.head(line.user_id) for line in lines if line.user_id is not None}
    anew = [line for line in lines if line.user_id is None or present.head(line.user_id) in concerned]
    paid = {line.key: line for line in awarded(anew, pay, present.heads)}
    return Correction.between(present.lines, [paid.get(line.key, line) for line in lines])


def _without_idle_claims(present: Present, lines: Sequence[Attendance]) -> Sequence[Attendance]:
    """The lines, but for claims of whom another line says that they attended."""
    if not any(line.is_claim for line in lines):
        return lines
    there = {
        present.head(line.user_id)
        for line in lines
        if line.user_id is not None and line.presence in ATTENDED and not line.is_claim
    }
    return [
        line
        for line in lines
        if not (line.is_claim and line.user_id is not None and present.head(line.user_id) in there)
    ]


def awarded(lines: Iterable[Attendance], pay: Pay, heads: Mapping[UserId, UserId] = _NOBODY) -> tuple[Attendance, ...]:
    """The lines with what each is awarded: in each pool a user once, for the line that pays most (D-4).

    Of equals it is the one that paid before, else the first. Where a pool pays per character, each character is paid.
    Whose pay is waived there is paid for no other line either.
    """
    given = tuple(lines)
    sums: list[dict[PoolId, Points]] = [{} for _ in given]
    for pool_id, policies in pay.pools.items():
        waived: set[tuple[str, int | str]] = set()
        best: dict[tuple[str, int | str], tuple[Points, bool]] = {}
        chosen: dict[tuple[str, int | str], int] = {}
        for index, line in enumerate(given):
            worth = pay.of(line, pool_id)
            sums[index][pool_id] = ZERO
            if not worth or line.user_id is None:
                continue
            payee = _payee(line, policies, heads)
            if pool_id in line.waived:
                waived.add(payee)
            rank = (worth, bool(line.awarded_in(pool_id)))
            if payee not in best or rank > best[payee]:
                best[payee], chosen[payee] = rank, index
        for payee, index in chosen.items():
            if payee not in waived:
                sums[index][pool_id] = best[payee][0]
    return tuple(line.paid(by_pool) for line, by_pool in zip(given, sums, strict=True))


def _payee(line: Attendance, policies: Policies, heads: Mapping[UserId, UserId]) -> tuple[str, int | str]:
    """Who is paid once: the person, or where a pool pays each character that one, whatever it is called there."""
    if policies.paid_once_per is Once.USER and line.user_id is not None:
        return "user", heads.get(line.user_id, line.user_id)
    return ("name", line.key) if line.character_id is None else ("character", line.character_id)


def _line(
    raid_id: RaidId,
    tick: Tick,
    named: NamedPresence,
    known: Mapping[str, Attribution],
    pay: Pay,
    upload_id: UploadId | None,
) -> Attendance:
    found = known.get(name_key(named.name))
    if found is not None and found.status is CharacterStatus.PENDING:
        found = None
    return Attendance(
        raid_id=raid_id,
        tick=tick.number,
        name=named.name,
        presence=named.presence,
        character_id=found.character_id if found else None,
        user_id=found.owner if found else None,
        awarded=ZERO,
        at=tick.at,
        upload_id=upload_id,
        line=named.line,
        alt=found is not None and found.is_alt,
        claimed=named.claimed,
        counts=pay.counts(named.presence, claimed=named.claimed),
    )


@frozen
class AttendanceShare:
    """Raids attended of raids held; compared as a fraction, never as a rounded percentage (D-9)."""

    attended: int = 0
    held: int = 0

    @property
    def fraction(self) -> Fraction:
        """The exact share; no raids in the window give 0."""
        return Fraction(self.attended, self.held) if self.held else Fraction(0)

    @property
    def percent(self) -> str:
        """In percent with two decimals, rounded half-up, as it is shown."""
        if not self.held:
            return "0.00"
        rounded = (2 * 10_000 * self.attended + self.held) // (2 * self.held)
        return f"{rounded // 100}.{rounded % 100:02d}"


WINDOWS: Final = (30, 60, 90)
