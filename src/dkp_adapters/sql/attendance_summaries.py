"""What is summed up of attendance: who attended which raid, how many of how many, and since when (D-9).

Raids that count are numbered in effect by time: a user's lifetime holds all raids of the guild but those that began
before it, so that recording a raid touches the guild's one row, not a row for each member. Raids written down late,
raids cancelled and users whose lifetime turns out to begin earlier are what the rest of this module is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import define, field, frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    case,
    column,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from dkp_adapters.sql.heads import with_heads
from dkp_adapters.sql.merge_watch import MergeWatch, Pointers
from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import GUILD, Statement, in_guild, int_sum, json_rows, json_values, locking, upsert
from dkp_adapters.sql.tables.accounts import memberships
from dkp_adapters.sql.tables.raids import (
    NEVER,
    attendance,
    attendance_totals,
    attended,
    raid_totals,
    raids,
    unresolved_names,
)
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import RaidId, UserId
from dkp_core.raids import Attendance, Presence, Raid, RaidStatus

SUMMARIES_ORDER: Final = 15
"""When summaries are written among what a transaction keeps for its flush: before the balances, which are hotter."""

_starts_at: Final = bindparam("starts_at", type_=BigInteger)
_raid_id: Final = bindparam("raid_id", type_=BigInteger)
_no_moment: Final = literal(None, BigInteger)

# --- who attended -----------------------------------------------------------------------------------------------------

_given: Final = json_rows(
    "presences",
    attended.c.starts_at,
    attended.c.user_id,
    attended.c.raid_id,
    column("present", BigInteger),
)
_before: Final = attended.alias("before")
_given_and_before: Final = _given.outerjoin(
    _before,
    and_(
        in_guild(_before),
        _before.c.starts_at == _given.c.starts_at,
        _before.c.user_id == _given.c.user_id,
        _before.c.raid_id == _given.c.raid_id,
    ),
)
# Whoever stands at several ticks of a raid attended it once.
_came_new: Final = and_(_given.c.present == 1, func.coalesce(_before.c.present, 0) == 0)
_excused_new: Final = and_(_given.c.present == 0, _before.c.user_id.is_(None))
_excused_no_more: Final = and_(_given.c.present == 1, _before.c.present == 0)


def _when(condition: ColumnElement[bool], value: Any) -> ColumnElement[Any]:
    return case((condition, value), else_=_no_moment)


_ADD_TOTALS: Final = Statement(
    upsert(
        attendance_totals,
        select(
            GUILD,
            _given.c.user_id,
            int_sum(case((_came_new, 1), else_=0)).label("attended"),
            int_sum(case((or_(_excused_new, _excused_no_more), 1), else_=0)).label("excused"),
            _no_moment.label("held_before"),
            func.coalesce(func.min(_when(_came_new, _given.c.starts_at)), NEVER).label("since"),
            func.max(_when(_came_new, _given.c.starts_at)).label("last_raid"),
            literal(1, BigInteger).label("version"),
        )
        .select_from(_given_and_before)
        .where(or_(_came_new, _excused_new))
        .group_by(_given.c.user_id)
        .order_by(_given.c.user_id),
        key=("guild_id", "user_id"),
        update=lambda old, new: {
            "attended": old.attended + new.attended,
            "held_before": case((or_(new.since < old.since, new.excused > 0), null()), else_=old.held_before),
            "since": case((new.since < old.since, new.since), else_=old.since),
            "last_raid": case(
                (or_(old.last_raid.is_(None), new.last_raid > old.last_raid), new.last_raid), else_=old.last_raid
            ),
            "version": old.version + 1,
        },
    )
)
_ADD_ATTENDED: Final = Statement(
    upsert(
        attended,
        select(GUILD, *_given.c).select_from(_given_and_before).where(or_(_came_new, _excused_new)),
        key=("guild_id", "starts_at", "user_id", "raid_id"),
        update=lambda _, new: {"present": new.present},
    )
)
RECOUNTED: Final[Mapping[str, Any]] = {
    "attendees": select(func.count())
    .where(
        attended.c.guild_id == raids.c.guild_id,
        attended.c.starts_at == raids.c.starts_at,
        attended.c.raid_id == raids.c.id,
        attended.c.present == 1,
    )
    .correlate(raids)
    .scalar_subquery(),
    "unresolved": select(func.count(unresolved_names.c.name_key.distinct()))
    .where(unresolved_names.c.guild_id == raids.c.guild_id, unresolved_names.c.raid_id == raids.c.id)
    .correlate(raids)
    .scalar_subquery(),
}
"""What a raid that stands keeps of who was there, once that is summed up."""
_recounted: Final = json_rows("recounted", raids.c.id)
# Joined: with IN, MariaDB would look at each raid of the guild.
_RECOUNT: Final = Statement(update(raids).where(in_guild(raids), raids.c.id == _recounted.c.id).values(dict(RECOUNTED)))
_BEGIN_TO_COUNT: Final = Statement(
    update(raids)
    .where(
        in_guild(raids),
        raids.c.id == _raid_id,
        raids.c.counts == 0,
        raids.c.status != RaidStatus.CANCELLED.value,
    )
    .values(counts=1)
)

# --- how many raids were held -----------------------------------------------------------------------------------------

_HOLD: Final = Statement(
    upsert(
        raid_totals,
        {
            "guild_id": GUILD,
            "held": bindparam("more", type_=BigInteger),
            "version": literal(1, BigInteger),
        },
        key=("guild_id",),
        update=lambda old, new: {"held": old.held + new.held, "version": old.version + 1},
    )
)
_HELD_BEFORE: Final = Statement(
    update(attendance_totals)
    .where(in_guild(attendance_totals), attendance_totals.c.since > _starts_at)
    .values(held_before=attendance_totals.c.held_before + bindparam("more", type_=BigInteger))
)
_known: Final = attendance_totals.alias("known")
_ADD_MEMBERS: Final = Statement(
    upsert(
        attendance_totals,
        select(
            memberships.c.guild_id,
            memberships.c.user_id,
            literal(0, BigInteger).label("attended"),
            literal(0, BigInteger).label("excused"),
            _no_moment.label("held_before"),
            memberships.c.joined_at.label("since"),
            _no_moment.label("last_raid"),
            literal(0, BigInteger).label("version"),
        )
        .select_from(memberships)
        .outerjoin(_known, and_(in_guild(_known), _known.c.user_id == memberships.c.user_id))
        .where(in_guild(memberships), _known.c.user_id.is_(None)),
        key=("guild_id", "user_id"),
    )
)
_joined: Final = (
    select(memberships.c.joined_at)
    .where(
        memberships.c.guild_id == attendance_totals.c.guild_id,
        memberships.c.user_id == attendance_totals.c.user_id,
    )
    .correlate(attendance_totals)
)
_BEGIN_AT_JOINING: Final = Statement(
    update(attendance_totals)
    .where(
        in_guild(attendance_totals),
        exists(_joined.where(memberships.c.joined_at < attendance_totals.c.since)),
    )
    .values(since=_joined.scalar_subquery(), held_before=None)
)
_UNSETTLED: Final = Statement(
    select(attendance_totals.c.user_id)
    .where(in_guild(attendance_totals), attendance_totals.c.held_before.is_(None))
    .order_by(attendance_totals.c.user_id)
)
_unsettled: Final = json_rows("unsettled", attendance_totals.c.user_id)
_SETTLE: Final = Statement(
    update(attendance_totals)
    .where(
        in_guild(attendance_totals),
        attendance_totals.c.user_id == _unsettled.c.user_id,
        attendance_totals.c.held_before.is_(None),
    )
    .values(
        excused=select(func.count())
        .where(
            attended.c.guild_id == attendance_totals.c.guild_id,
            attended.c.starts_at >= attendance_totals.c.since,
            attended.c.user_id == attendance_totals.c.user_id,
            attended.c.present == 0,
        )
        .correlate(attendance_totals)
        .scalar_subquery(),
        held_before=select(func.count())
        .where(
            raids.c.guild_id == attendance_totals.c.guild_id,
            raids.c.starts_at < attendance_totals.c.since,
            raids.c.counts == 1,
        )
        .correlate(attendance_totals)
        .scalar_subquery(),
    )
)

# --- a raid that counts no more ---------------------------------------------------------------------------------------

_OF_RAID: Final = Statement(
    select(attended.c.user_id, attended.c.present)
    .where(in_guild(attended), attended.c.starts_at == _starts_at, attended.c.raid_id == _raid_id)
    .order_by(attended.c.user_id)
)
_LOCK: Final = Statement(
    locking(
        select(attendance_totals.c.user_id)
        .where(in_guild(attendance_totals), attendance_totals.c.user_id.in_(json_values("user_ids")))
        .order_by(attendance_totals.c.user_id)
    )
)
_FORGET: Final = Statement(
    delete(attended).where(in_guild(attended), attended.c.starts_at == _starts_at, attended.c.raid_id == _raid_id)
)
_other: Final = attended.alias("other")


def _other_raid(found: ColumnElement[int], *conditions: ColumnElement[bool]) -> Any:
    return (
        select(found)
        .where(
            _other.c.guild_id == attendance_totals.c.guild_id,
            _other.c.user_id == attendance_totals.c.user_id,
            _other.c.present == 1,
            *conditions,
        )
        .correlate(attendance_totals)
        .scalar_subquery()
    )


_WITHOUT: Final = Statement(
    select(
        attendance_totals.c.user_id,
        attendance_totals.c.attended,
        attendance_totals.c.since,
        attendance_totals.c.last_raid,
        _joined.scalar_subquery(),
        # Nobody's first raid was before this one, nor the last one after it, where these matter.
        _other_raid(func.min(_other.c.starts_at), _other.c.starts_at >= _starts_at),
        _other_raid(func.max(_other.c.starts_at), _other.c.starts_at <= _starts_at),
    ).where(in_guild(attendance_totals), attendance_totals.c.user_id.in_(json_values("user_ids")))
)
_left: Final = json_rows(
    "left",
    attendance_totals.c.user_id,
    attendance_totals.c.attended,
    attendance_totals.c.since,
    attendance_totals.c.last_raid,
)
_LEAVE: Final = Statement(
    update(attendance_totals)
    .where(in_guild(attendance_totals), attendance_totals.c.user_id == _left.c.user_id)
    .values(
        attended=_left.c.attended,
        since=_left.c.since,
        last_raid=_left.c.last_raid,
        held_before=None,
        version=attendance_totals.c.version + 1,
    )
)
_FORGET_UNRESOLVED: Final = Statement(
    delete(unresolved_names).where(in_guild(unresolved_names), unresolved_names.c.raid_id == _raid_id)
)

# --- users who count as one, or no longer -----------------------------------------------------------------------------

_users: Final = json_rows("users", column("user_id", BigInteger))
_MAKE_TOTALS: Final = Statement(
    upsert(
        attendance_totals,
        select(
            GUILD,
            _users.c.user_id,
            literal(0, BigInteger).label("attended"),
            literal(0, BigInteger).label("excused"),
            _no_moment.label("held_before"),
            literal(NEVER, BigInteger).label("since"),
            _no_moment.label("last_raid"),
            literal(0, BigInteger).label("version"),
        ),
        key=("guild_id", "user_id"),
    )
)
_RAIDS_OF: Final = Statement(
    select(attended.c.raid_id)
    .where(in_guild(attended), attended.c.user_id.in_(json_values("user_ids")))
    .distinct()
    .order_by(attended.c.raid_id)
)
_held_raids: Final = json_rows("held_raids", raids.c.id)
# MariaDB is told to begin with what is given, or it might lock every raid of the guild.
_LOCK_RAIDS: Final = Statement(
    locking(
        select(raids.c.id)
        .select_from(_held_raids.join(raids, and_(in_guild(raids), raids.c.id == _held_raids.c.id)))
        .order_by(raids.c.id)
        .prefix_with("STRAIGHT_JOIN", dialect="mysql"),
        of=raids,
    )
)
_OF_USERS: Final = Statement(
    select(attended.c.starts_at, attended.c.user_id, attended.c.raid_id, attended.c.present).where(
        in_guild(attended), attended.c.user_id.in_(json_values("user_ids"))
    )
)
_raids_given: Final = json_rows("raids_given", column("raid_id", BigInteger))
_with_their_heads, _head = with_heads(
    _raids_given.join(raids, and_(in_guild(raids), raids.c.id == _raids_given.c.raid_id)).join(
        attendance, and_(attendance.c.guild_id == raids.c.guild_id, attendance.c.raid_id == raids.c.id)
    ),
    attendance.c.user_id,
    attendance.c.at,
)
_CAME: Final = attendance.c.counts == 1
# Standby that does not count for attendance is neither.
IS_SUMMED_UP: Final = or_(_CAME, attendance.c.status == Presence.ABSENT_EXCUSED.value)
_counted: Final = (
    select(raids.c.starts_at, _head, raids.c.id, func.max(case((_CAME, 1), else_=0)))
    .select_from(_with_their_heads)
    .where(
        attendance.c.user_id.is_not(None),
        attendance.c.ignored == 0,
        IS_SUMMED_UP,
        raids.c.status != RaidStatus.CANCELLED.value,
    )
    .group_by(raids.c.starts_at, _head, raids.c.id)
)
_COUNTED: Final = Statement(_counted.where(_head.in_(json_values("user_ids"))))
_COUNTED_IN_RAID: Final = Statement(_counted)
# Of cancelled raids, which are few, nothing is summed up but how many were there.
_lines_with_heads, _line_head = with_heads(attendance, attendance.c.user_id, attendance.c.at)
_RECOUNT_CANCELLED: Final = Statement(
    update(raids)
    .where(
        in_guild(raids),
        raids.c.status == RaidStatus.CANCELLED.value,
        exists(
            select(literal(1))
            .where(
                attendance.c.guild_id == raids.c.guild_id,
                attendance.c.raid_id == raids.c.id,
                attendance.c.user_id.in_(json_values("user_ids")),
            )
            .correlate(raids)
        ),
    )
    .values(
        attendees=select(func.count(_line_head.distinct()))
        .select_from(_lines_with_heads)
        .where(
            attendance.c.guild_id == raids.c.guild_id,
            attendance.c.raid_id == raids.c.id,
            attendance.c.ignored == 0,
            _CAME,
        )
        .correlate(raids)
        .scalar_subquery()
    )
)
# One by one: given a list, MariaDB would look at each row of the guild, and wait for those being written.
_FORGET_ONE: Final = Statement(
    delete(attended).where(
        in_guild(attended),
        attended.c.starts_at == _starts_at,
        attended.c.user_id == bindparam("user_id", type_=BigInteger),
        attended.c.raid_id == _raid_id,
    )
)
_PUT_ATTENDED: Final = Statement(
    upsert(
        attended,
        select(GUILD, *_given.c),
        key=("guild_id", "starts_at", "user_id", "raid_id"),
        update=lambda _, new: {"present": new.present},
    )
)
_JOINED: Final = Statement(
    select(memberships.c.user_id, memberships.c.joined_at).where(
        in_guild(memberships), memberships.c.user_id.in_(json_values("user_ids"))
    )
)


@frozen
class _Raid:
    id: RaidId
    starts_at: int


@define
class _Taken:
    """What is new about one raid in this transaction."""

    starts_at: int
    counts_already: bool
    present: dict[UserId, int] = field(factory=dict)


@frozen
class _Corrected:
    """A raid that is to be counted anew, and when those were there whose lines have changed."""

    raid: _Raid
    at: set[tuple[UserId, datetime]] = field(factory=set)


def has_points(raid: Raid) -> bool:
    """Whether the raid gives points at any tick, so that it counts before anybody is noted in it (D-15)."""
    return any(tick.points for tick in raid.ticks)


def _without(raid: _Raid, present: dict[UserId, int], row: tuple[Any, ...]) -> list[int | None]:
    """A user's totals without the raid, from a row of _WITHOUT."""
    user_id, came, since, last, joined, next_first, next_last = row
    if since >= raid.starts_at:
        since = min(NEVER if joined is None else joined, NEVER if next_first is None else next_first)
    if last is not None and last <= raid.starts_at:
        last = next_last
    return [user_id, came - present[user_id], since, last]


_Presences = Mapping[tuple[Any, ...], int]
"""Whether a user came to a raid (or was only excused), by when it began, user and raid."""


def _attendees(presences: _Presences, raid_id: RaidId) -> int:
    return sum(present for (_, _, of_raid), present in presences.items() if of_raid == raid_id)


def _totals_of(user_id: UserId, presences: _Presences, joined_at: int | None) -> list[int | None]:
    """A user's totals, from all they attended."""
    came = [starts_at for (starts_at, user, _), present in presences.items() if user == user_id and present]
    since = min([*came, NEVER if joined_at is None else joined_at])
    return [user_id, len(came), since, max(came, default=None)]


class AttendanceSummaries:
    """Keeps the summaries of one guild in step with raids and attendance; written once, when the transaction ends.

    Who changes whether raids count holds the guild's row of `raid_totals` first, then rows of users in order of id;
    the raid itself was locked before all that.
    """

    def __init__(self, session: Session, watch: MergeWatch) -> None:
        self.session = session
        self.watch = watch
        self._begun: list[_Raid] = []
        self._ended: list[_Raid] = []
        self._taken: dict[RaidId, _Taken] = {}
        self._corrected: dict[RaidId, _Corrected] = {}
        self._anew: set[UserId] = set()
        self._counted: set[tuple[UserId, datetime]] = set()
        self._deferred = False

    def counts(self, raid: Raid) -> None:
        """The raid counts from now on."""
        self._begun.append(_Raid(raid.id, micros(raid.starts_at)))
        self._defer()

    def counts_no_more(self, raid: Raid) -> None:
        """The raid counted until now."""
        self._ended.append(_Raid(raid.id, micros(raid.starts_at)))
        self._defer()

    def took(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        """These lines of the raid are new, or have become somebody's."""
        if raid.status is RaidStatus.CANCELLED:
            return
        taken = self._taken.get(raid.id)
        if taken is None:
            taken = self._taken[raid.id] = _Taken(micros(raid.starts_at), counts_already=has_points(raid))
            self._defer()
        for line in lines:
            if line.user_id is not None and not line.ignored:
                if line.counts or line.presence is Presence.ABSENT_EXCUSED:
                    taken.present[line.user_id] = max(int(line.counts), taken.present.get(line.user_id, 0))
                self._counted.add((line.user_id, line.at))
        self.watch.concerns((user_id for user_id, _ in self._counted), self._must_count_for_themselves)

    def corrected(self, raid: Raid, lines: Sequence[Attendance]) -> None:
        """These lines of the raid, which is held, have changed or are gone: it is counted anew who attended it."""
        if raid.status is RaidStatus.CANCELLED:
            return
        begun = _Corrected(_Raid(raid.id, micros(raid.starts_at)))
        corrected = self._corrected.setdefault(raid.id, begun)
        corrected.at.update((line.user_id, line.at) for line in lines if line.user_id is not None)
        self._defer()

    def hold(self, user_ids: Sequence[UserId]) -> None:
        """Hold what is summed up of these users, and before that the raids they attended, until the transaction ends.

        Who changes a raid reckons with the users that it is summed up for; so nobody else may change one meanwhile.
        Raises: Stale.
        """
        users = list(user_ids)
        raids_before = self._raids_of(users)
        if raids_before:
            self.session.all(_LOCK_RAIDS, held_raids=[[raid_id] for raid_id in raids_before])
        # Rows that do not exist yet can't be locked: whoever writes them first would not be seen by the other.
        self.session.run(_MAKE_TOTALS, users=[[user_id] for user_id in users])
        self.session.all(_LOCK, user_ids=users)
        if not set(self._raids_of(users)) <= set(raids_before):
            raise Stale("somebody who is merged attended another raid meanwhile")

    def _raids_of(self, users: list[UserId]) -> list[RaidId]:
        return [raid_id for (raid_id,) in self.session.all(_RAIDS_OF, user_ids=users)]

    def counts_anew(self, user_ids: Iterable[UserId]) -> None:
        """What counts for these users is no longer what it was: others were merged into them, or were not after all.

        They are held.
        """
        self._anew.update(user_ids)
        self._defer()

    def _must_count_for_themselves(self, pointers: Pointers) -> None:
        """Raises: Stale, where somebody was merged while they were being noted as themselves."""
        counted, self._counted = self._counted, set()
        found = ((user_id, at, pointers[user_id]) for user_id, at in counted if user_id in pointers)
        if any(pointer.head != user_id and pointer.merged.covers(at) for user_id, at, pointer in found):
            raise Stale("somebody who was noted was merged into another user meanwhile")

    def _defer(self) -> None:
        if not self._deferred:
            self._deferred = True
            self.session.defer(SUMMARIES_ORDER, self.write)

    def write(self) -> None:
        """Write what was collected, for those who are to read it before the end."""
        self._deferred = False
        begun, self._begun = self._begun, []
        ended, self._ended = self._ended, []
        taken, self._taken = self._taken, {}
        for raid_id, new in taken.items():
            if not new.counts_already and self.session.run(_BEGIN_TO_COUNT, raid_id=raid_id):
                begun.append(_Raid(raid_id, new.starts_at))
        if begun:
            self.session.write(_HOLD, more=len(begun))
            for raid in begun:
                self.session.write(_HELD_BEFORE, starts_at=raid.starts_at, more=1)
            self._settle()
        if taken:
            self._write_taken(taken)
        corrected, self._corrected = self._corrected, {}
        for raid_id in sorted(corrected):
            self._write_corrected(corrected[raid_id])
        for raid in ended:
            self._write_ended(raid)
        anew, self._anew = self._anew, set()
        if anew:
            self._write_anew(sorted(anew))

    def _write_anew(self, user_ids: list[UserId]) -> None:
        """Count the attendance of these users from its lines, by whom each counts for now."""
        session = self.session
        kept = {tuple(key): present for *key, present in session.all(_OF_USERS, user_ids=user_ids)}
        of_raids = sorted({raid_id for _, _, raid_id in kept})
        rows = session.all(_COUNTED, raids_given=[[raid_id] for raid_id in of_raids], user_ids=user_ids)
        counted = {tuple(key): present for *key, present in rows}
        for starts_at, user_id, raid_id in sorted(kept.keys() - counted.keys()):
            session.run(_FORGET_ONE, starts_at=starts_at, user_id=user_id, raid_id=raid_id)
        changed = [[*key, present] for key, present in sorted(counted.items()) if kept.get(key) != present]
        if changed:
            session.run(_PUT_ATTENDED, presences=changed)
        others = [[raid_id] for raid_id in of_raids if _attendees(kept, raid_id) != _attendees(counted, raid_id)]
        if others:
            session.run(_RECOUNT, recounted=others)
        session.run(_RECOUNT_CANCELLED, user_ids=user_ids)
        joined = dict(session.all(_JOINED, user_ids=user_ids))
        session.run(_LEAVE, left=[_totals_of(user_id, counted, joined.get(user_id)) for user_id in user_ids])

    def _write_taken(self, taken: dict[RaidId, _Taken]) -> None:
        presences = sorted(
            [new.starts_at, user_id, raid_id, present]
            for raid_id, new in taken.items()
            for user_id, present in new.present.items()
        )
        if presences:
            # The totals first: they tell by what is not there yet whom this raid is new to.
            self.session.write(_ADD_TOTALS, presences=presences)
            self.session.write(_ADD_ATTENDED, presences=presences)
        self.session.write(_RECOUNT, recounted=[[raid_id] for raid_id in sorted(taken)])

    def _write_corrected(self, corrected: _Corrected) -> None:
        """Let who attended the raid be what its lines say; each one's totals follow where that differs."""
        session, raid = self.session, corrected.raid
        kept = dict(session.all(_OF_RAID, starts_at=raid.starts_at, raid_id=raid.id))
        rows = session.all(_COUNTED_IN_RAID, raids_given=[[raid.id]])
        counted = {user_id: present for _, user_id, _, present in rows}
        differing = {user_id for user_id in {*kept, *counted} if kept.get(user_id) != counted.get(user_id)}
        less = {user_id for user_id in differing if kept.get(user_id, -1) > counted.get(user_id, -1)}
        if differing:
            session.all(_LOCK, user_ids=sorted(differing))
        more = sorted([raid.starts_at, user_id, raid.id, counted[user_id]] for user_id in differing - less)
        if more:
            came = {user_id for _, user_id, _, _ in more}
            self._counted |= {(user_id, at) for user_id, at in corrected.at if user_id in came}
            self.watch.concerns((user_id for user_id, _ in self._counted), self._must_count_for_themselves)
            session.write(_ADD_TOTALS, presences=more)
            session.write(_ADD_ATTENDED, presences=more)
        if less:
            self._write_less(raid, kept, {user_id: counted.get(user_id) for user_id in less})
        session.write(_RECOUNT, recounted=[[raid.id]])

    def _write_less(self, raid: _Raid, kept: dict[UserId, int], left: Mapping[UserId, int | None]) -> None:
        """Let these users have attended the raid no more: they were excused from it, or (None) not named in it."""
        session = self.session
        for user_id in sorted(left):
            if left[user_id] is None:
                session.run(_FORGET_ONE, starts_at=raid.starts_at, user_id=user_id, raid_id=raid.id)
        excused = sorted([raid.starts_at, user_id, raid.id, 0] for user_id, present in left.items() if present == 0)
        if excused:
            session.run(_PUT_ATTENDED, presences=excused)
        totals = session.all(_WITHOUT, starts_at=raid.starts_at, user_ids=sorted(left))
        session.write(_LEAVE, left=[_without(raid, kept, row) for row in totals])

    def _write_ended(self, raid: _Raid) -> None:
        session = self.session
        session.write(_HOLD, more=-1)
        present = dict(session.all(_OF_RAID, starts_at=raid.starts_at, raid_id=raid.id))
        if present:
            # Locked before they are looked at: a statement that waits for a lock looks at what was before it waited.
            session.all(_LOCK, user_ids=list(present))
            session.write(_FORGET, starts_at=raid.starts_at, raid_id=raid.id)
            rows = session.all(_WITHOUT, starts_at=raid.starts_at, user_ids=list(present))
            session.write(_LEAVE, left=[_without(raid, present, row) for row in rows])
        session.write(_HELD_BEFORE, starts_at=raid.starts_at, more=-1)
        session.write(_FORGET_UNRESOLVED, raid_id=raid.id)
        self._settle()

    def _settle(self) -> None:
        """Count what waits to be counted, while nobody else can change which raids count."""
        self.session.write(_ADD_MEMBERS)
        self.session.write(_BEGIN_AT_JOINING)
        waiting = [user_id for (user_id,) in self.session.all(_UNSETTLED)]
        if waiting:
            # Locked before they are counted, or what their holder writes would be left out; who comes to wait meanwhile
            # is counted the next time.
            self.session.all(_LOCK, user_ids=waiting)
            self.session.write(_SETTLE, unsettled=[[user_id] for user_id in waiting])
