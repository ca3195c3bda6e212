"""Who comes first: point systems, reckoned from the ledger and the loot history; nothing of them is stored (P-6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Final

from attrs import field, frozen

from dkp_core.kernel.ids import RaidId, RankId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import Policies, System
from dkp_core.raids import AttendanceShare

KINGS: Final = frozenset({System.SUICIDE_KINGS, System.SUICIDE_KINGS_BOTTOM, System.SUICIDE_KINGS_FIXED})
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_PLACES_MAX: Final = 4


@frozen(kw_only=True)
class Contender:
    """Somebody who may come first, with what that is reckoned from; `attendance` is that of the policies' window."""

    user_id: UserId
    username: str
    main_character: str | None
    character_class: str | None
    rank_id: RankId | None
    rank: str | None
    is_active: bool
    joined_at: datetime | None
    earned: Points
    spent: Points
    adjusted: Points
    attendance: AttendanceShare

    @property
    def current(self) -> int:
        """What the entries add up to, in hundredths."""
        return self.earned.hundredths - self.spent.hundredths + self.adjusted.hundredths

    @property
    def effort(self) -> int:
        """Effort points: what was earned and adjusted, in hundredths."""
        return self.earned.hundredths + self.adjusted.hundredths


@frozen(kw_only=True)
class Fall:
    """An award that stands, as suicide kings see it: who got an item, in which raid, and when that began."""

    user_id: UserId
    raid_id: RaidId | None
    raid_began_at: datetime | None


@frozen(kw_only=True)
class Contest:
    """What a pool's priorities are reckoned from.

    `contenders` are all who have a membership or points in the pool, in order of user id. `falls` are the awards that
    stand and are paid from the pool, by time, then id, and `attendees` who was at their raids: both empty unless the
    system is suicide kings. `start_list` is that of the policies, with whom each user was merged into in their place.
    """

    policies: Policies
    contenders: tuple[Contender, ...]
    start_list: tuple[UserId, ...] = ()
    falls: tuple[Fall, ...] = ()
    attendees: Mapping[RaidId, Collection[UserId]] = field(factory=dict)


@frozen(kw_only=True)
class PriorityRow:
    """A line of a pool's priorities, with the numbers that it is made of; those of other systems are None.

    `gp` has the base points in it. `list_position` is the place in the whole list of suicide kings, who left included,
    and `start_position` the one that the user started in.
    """

    position: int
    user_id: UserId
    username: str
    main_character: str | None
    character_class: str | None
    rank: str | None
    priority: str
    current: Points
    ep: Points | None = None
    gp: Points | None = None
    attendance: str | None = None
    list_position: int | None = None
    start_position: int | None = None


@frozen(kw_only=True)
class _Place:
    """Where somebody comes, by what: less comes first."""

    key: tuple[Fraction | int, ...]
    priority: str
    numbers: Mapping[str, Points | str | int]


def priorities(contest: Contest, *, among: Collection[UserId]) -> tuple[PriorityRow, ...]:
    """The lines of those among whom it is asked, the first first; who leaves no order behind comes by user id."""
    places = _PLACING[contest.policies.system](contest)
    listed = [each for each in contest.contenders if each.user_id in among]
    listed.sort(key=lambda each: (places[each.user_id].key, each.user_id))
    return tuple(_row(index, each, places[each.user_id]) for index, each in enumerate(listed, start=1))


def _row(position: int, contender: Contender, place: _Place) -> PriorityRow:
    return PriorityRow(
        position=position,
        user_id=contender.user_id,
        username=contender.username,
        main_character=contender.main_character,
        character_class=contender.character_class,
        rank=contender.rank,
        priority=place.priority,
        current=Points(contender.current),
        **place.numbers,  # type: ignore[arg-type]  # each system names fields of the row
    )


# --- by points --------------------------------------------------------------------------------------------------------


def _by_points(contest: Contest) -> Mapping[UserId, _Place]:
    return {
        each.user_id: _Place(key=(-each.current,), priority=str(Points(each.current)), numbers={})
        for each in contest.contenders
    }


def effort_by_gear(effort: int, gear: int, *, minimum: int) -> Fraction:
    """EPGP, of hundredths: EP/GP, exactly; EP where GP is nothing, and 0 where EP is below the minimum.

    Source: EQdkp Plus, whose GP has the base points in it. GP below 0, by refunds alone, is nothing too.
    """
    if effort < minimum:
        return Fraction(0)
    return Fraction(effort, gear) if gear > 0 else Fraction(effort, 100)


def _by_effort_and_gear(contest: Contest) -> Mapping[UserId, _Place]:
    policies = contest.policies
    places = {}
    for each in contest.contenders:
        gear = each.spent.hundredths + policies.base_points.hundredths
        priority = effort_by_gear(each.effort, gear, minimum=policies.minimum_effort.hundredths)
        numbers = {"ep": Points(each.effort), "gp": Points(gear)}
        places[each.user_id] = _Place(key=(-priority, -each.effort), priority=shown_priority(priority), numbers=numbers)
    return places


def _by_effective_points(contest: Contest) -> Mapping[UserId, _Place]:
    places = {}
    for each in contest.contenders:
        effective = each.current * each.attendance.fraction
        places[each.user_id] = _Place(
            key=(-effective,),
            priority=str(Points(each.current).times(each.attendance.fraction)),
            numbers={"attendance": each.attendance.percent},
        )
    return places


def shown_priority(priority: Fraction) -> str:
    """Half-up (away from zero) at four decimals, of which the last two are left out where they are 0."""
    scaled = abs(priority) * 10**_PLACES_MAX
    rounded = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    whole, decimals = divmod(rounded, 10**_PLACES_MAX)
    text = f"{decimals:0{_PLACES_MAX}d}"
    sign = "-" if priority < 0 and rounded else ""
    return f"{sign}{whole}.{text[:2]}{text[2:].rstrip('0')}"


# --- suicide kings ----------------------------------------------------------------------------------------------------


def start_order(start_list: Sequence[UserId], contenders: Iterable[Contender]) -> tuple[UserId, ...]:
    """The list before anybody got anything: as it was set, then all others by when they joined, then id."""
    joined = {each.user_id: each.joined_at or _NEVER for each in contenders}
    set_so = [user_id for user_id in dict.fromkeys(start_list) if user_id in joined]
    others = joined.keys() - set(set_so)
    return (*set_so, *sorted(others, key=lambda user_id: (joined[user_id], user_id)))


def fallen(
    order: Sequence[UserId], falls: Iterable[Fall], attendees: Mapping[RaidId, Collection[UserId]]
) -> tuple[UserId, ...]:
    """Classic: who got an item falls to the lowest place that somebody who takes part holds.

    Those between who take part move up, each to the place of the next; who does not keeps their own. The attendees of
    the raid take part, and who got the item; where there is no raid, or nobody is down for it, everybody does.
    """
    listed = list(order)
    place = {user_id: index for index, user_id in enumerate(listed)}
    for fall in falls:
        if fall.user_id in place:
            there = attendees.get(fall.raid_id) if fall.raid_id is not None else None
            _fall(listed, place, fall.user_id, {*there, fall.user_id} if there else place.keys())
    return tuple(listed)


def _fall(listed: list[UserId], place: dict[UserId, int], faller: UserId, taking_part: Collection[UserId]) -> None:
    """One falls to the lowest of the places held by who takes part, and these move up."""
    top = place[faller]
    held = sorted(place[user_id] for user_id in taking_part if place.get(user_id, -1) >= top)
    for higher, lower in pairwise(held):
        mover = listed[lower]
        listed[higher], place[mover] = mover, higher
    listed[held[-1]], place[faller] = faller, held[-1]


def fallen_by_raid(
    order: Sequence[UserId], falls: Iterable[Fall], attendees: Mapping[RaidId, Collection[UserId]]
) -> tuple[UserId, ...]:
    """Fixed: raid by raid, as they began, only the places that its attendees hold are dealt out among them.

    Who got an item there comes last among them, the latest the very last. An item that went to somebody who was not
    there, or without a raid, moves nobody.
    """
    of_raids = [fall for fall in falls if fall.raid_id is not None and fall.user_id in attendees.get(fall.raid_id, ())]
    of_raids.sort(key=lambda fall: (fall.raid_began_at or _NEVER, fall.raid_id))  # within a raid they stay in order
    return fallen(order, of_raids, attendees)


def by_last_fall(order: Sequence[UserId], falls: Iterable[Fall]) -> tuple[UserId, ...]:
    """Bottom: who got an item goes to the bottom, whoever was there; so the list is by when each last got one."""
    last = {fall.user_id: index for index, fall in enumerate(falls)}
    return tuple(sorted(order, key=lambda user_id: last.get(user_id, -1)))


def _by_place(contest: Contest) -> Mapping[UserId, _Place]:
    order = start_order(contest.start_list, contest.contenders)
    match contest.policies.system:
        case System.SUICIDE_KINGS_BOTTOM:
            listed = by_last_fall(order, contest.falls)
        case System.SUICIDE_KINGS_FIXED:
            listed = fallen_by_raid(order, contest.falls, contest.attendees)
        case _:
            listed = fallen(order, contest.falls, contest.attendees)
    started = {user_id: index for index, user_id in enumerate(order, start=1)}
    return {
        user_id: _Place(
            key=(index,),
            priority=str(index),
            numbers={"list_position": index, "start_position": started[user_id]},
        )
        for index, user_id in enumerate(listed, start=1)
    }


_PLACING: Final = {
    System.DKP: _by_points,
    System.EPGP: _by_effort_and_gear,
    System.EFFECTIVE_DKP: _by_effective_points,
    **dict.fromkeys(KINGS, _by_place),
}
