"""Moving a guild in (O-1, O-2, O-3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from attrs import evolve, frozen

from dkp_core.accounts import ACTIVE_ROLE_GROUPS, Membership, MembershipStatus, User
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import GuildId, ImportId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.moving.arrivals import Arrivals, Kind, Numbers, Person
from dkp_core.moving.errors import GuildHasData
from dkp_core.moving.events import GuildImported
from dkp_core.moving.import_record import MEMBERSHIP, Import, PoolBefore, Span, spans_of
from dkp_core.moving.ports import MovingWork
from dkp_core.moving.report import Report
from dkp_core.moving.tallying import Counting, differing
from dkp_core.points import Difference, Pool, set_deadline


@frozen(kw_only=True)
class Imported:
    """What an import did (`record`, None in a dry run), or that the same was imported `before`."""

    report: Report
    record: Import | None = None
    before: Import | None = None


class _OnlyRehearsed(Exception):
    """Leaves a transaction without a trace."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


@frozen
class ImportGuild:
    """Take in everything that a source has, in one transaction: all of it, or nothing.

    The guild has to be fresh: founded, and nothing more. The same source again adds nothing, and answers the import
    that it was. A dry run does all of it and then lets it go.
    """

    begin: Begin[MovingWork]
    ids: Ids
    clock: Clock

    def __call__(self, arrivals: Arrivals, *, dry_run: bool = False, by: Actor) -> Imported:
        _must_be_operator(by)
        import_id = ImportId(self.ids.next("import"))
        spans = [_reserved(self.ids, kind, count) for kind, count in arrivals.counts.items() if count]
        try:
            with self.begin(by) as work:
                before = _imported_before(work, arrivals.origin.fingerprint)
                if before is not None:
                    return Imported(report=_nothing(arrivals), before=before)
                imported = self._moved_in(work, arrivals, import_id, spans, by)
                if dry_run:
                    raise _OnlyRehearsed(imported.report)
        except _OnlyRehearsed as rehearsed:
            return Imported(report=rehearsed.report)
        return imported

    def _moved_in(
        self, work: MovingWork, arrivals: Arrivals, import_id: ImportId, spans: Sequence[Span], by: Actor
    ) -> Imported:
        origin, now = arrivals.origin, self.clock.now()
        counting = Counting()
        users, of_people = self._people(work, arrivals.people, now, counting)
        numbers = Numbers(
            guild_id=work.guild_id,
            import_id=import_id,
            at=now,
            users=users,
            named={
                Kind.RANK: {name_key(each.name): each.id for each in work.ranks.all()},
                Kind.POOL: {name_key(each.name): each.id for each in work.pools.all()},
            },
            default_rank=next(each.id for each in work.ranks.all() if each.is_default),
            next={Kind(span.kind): span.first for span in spans},
            ends={Kind(span.kind): span.first + span.count for span in spans},
            rank_order=1 + max((each.order for each in work.ranks.all()), default=-1),
            timezone=_timezone(work),
        )
        default_before, pools_before = _take_in(work, arrivals, numbers, counting)
        report = arrivals.report(numbers, work.intake.found(origin.read_at))
        report = evolve(report, faults=tuple(_faults(work, import_id, counting)))
        record = Import(
            id=import_id,
            guild_id=work.guild_id,
            program=origin.program,
            version=origin.version,
            source=origin.name,
            fingerprint=origin.fingerprint,
            at=now,
            actor_kind=by.kind,
            actor_id=by.id,
            spans=(*of_people, *spans),
            counts={each.table: each.imported for each in report.tables},
            default_pool_before=default_before,
            pools_before=pools_before,
        )
        told = GuildImported(
            import_id=import_id, program=origin.program, source=origin.name, fingerprint=origin.fingerprint
        )
        work.imports.save(record, told)
        return Imported(report=report, record=record)

    def _people(
        self, work: MovingWork, people: Sequence[Person], now: datetime, counting: Counting
    ) -> tuple[Mapping[int, UserId], tuple[Span, ...]]:
        """The users that people are: those known by their Discord ids, else new ones, whose ids come as spans."""
        known = {each.number: self._known(work, each) for each in people}
        new = [each for each in people if known[each.number] is None]
        spans = [_reserved(self.ids, Kind.USER, len(new))] if new else []
        users = {number: user_id for number, user_id in known.items() if user_id is not None}
        for span in spans:
            users |= {each.number: UserId(span.first + index) for index, each in enumerate(new)}
        members = [(each, work.memberships.find(users[each.number])) for each in people]
        entering = [
            _membership(work.guild_id, each, users[each.number], now) for each, member in members if member is None
        ]
        called = [
            evolve(member, external_id=each.external_id)
            for each, member in members
            if member is not None and member.external_id is None
        ]
        added, placed = [_user(users[each.number], each, now) for each in new], [*entering, *called]
        counting.add([*added, *placed])
        work.intake.add_people(added, placed)
        return users, (*spans, *spans_of(MEMBERSHIP, [each.user_id for each in entering]))

    @staticmethod
    def _known(work: MovingWork, person: Person) -> UserId | None:
        user = None if person.discord_id is None else work.users.with_discord_id(person.discord_id)
        return None if user is None else user.id


def _timezone(work: MovingWork) -> str:
    guild = work.guilds.named(str(work.guild_id))
    assert guild is not None, "a guild at work is there"
    return guild.timezone


def _reserved(ids: Ids, kind: Kind, count: int) -> Span:
    return Span(kind=kind, first=ids.next(kind, count), count=count)


def _imported_before(work: MovingWork, fingerprint: str) -> Import | None:
    """The import of the same source that stands, if there is one. Raises: GuildHasData."""
    present = work.intake.present()  # first: who waits here for another import then sees what it brought
    standing = [each for each in work.imports.all() if each.stands]
    again = next((each for each in standing if each.fingerprint == fingerprint), None)
    if again is None and (present or standing):
        raise GuildHasData(dict(present), standing[-1].id if standing else None)
    return again


def _take_in(
    work: MovingWork, arrivals: Arrivals, numbers: Numbers, counting: Counting
) -> tuple[PoolId | None, tuple[PoolBefore, ...]]:
    """Everything but people, and what is reckoned from it; answers which pool was the default until now, and what those
    pools were that the guild had already."""
    own = {each.id: each for each in work.pools.all()}
    pools_before: list[PoolBefore] = []
    for given in arrivals.things(numbers):
        reused = [each for each in given if isinstance(each, Pool) and each.id in own]
        pools_before += [_taken_over(work, own[each.id], each) for each in reused]
        things = [each for each in given if each not in reused] if reused else given
        counting.add(given)
        work.intake.add(things)
    default = arrivals.default_pool
    before = None if default is None else work.intake.set_default_pool(PoolId(numbers.of(Kind.POOL, default)))
    work.intake.settle()
    set_deadlines(work)
    return before, tuple(pools_before)


def _taken_over(work: MovingWork, own: Pool, given: Pool) -> PoolBefore:
    """A pool of the guild's own is the one that came from now on; answers what it was."""
    assert given.external_id is not None, "it is found by that when it is put back"
    work.intake.take_over(given)
    return PoolBefore(
        called=given.external_id,
        unit=own.unit,
        decimals=own.decimals,
        archived=own.archived,
        external_id=own.external_id,
    )


def _faults(work: MovingWork, import_id: ImportId, counting: Counting) -> Iterator[str]:
    """What is not kept as it was given, or does not add up."""
    yield from differing(counting.tallies, work.intake.kept(import_id, counting.spans))
    yield from map(_told, work.intake.differences())


def _told(found: Difference) -> str:
    whose = "" if found.user_id is None else f" of user {found.user_id}"
    where = "" if found.pool_id is None else f" in pool {found.pool_id}"
    return f"{found.what}{whose}{where}: {found.kept} is kept, and it adds up to {found.counted}"


def _user(user_id: UserId, person: Person, now: datetime) -> User:
    user = User.add(user_id, discord_id=person.discord_id, username=person.name, at=now)
    return evolve(user, timezone=person.timezone, locale=person.locale)


def _membership(guild_id: GuildId, person: Person, user_id: UserId, now: datetime) -> Membership:
    return Membership(
        guild_id=guild_id,
        user_id=user_id,
        role_group=person.role_group,
        status=person.status,
        joined_at=person.joined_at,
        ended_at=None if person.status is MembershipStatus.IN_FORCE else now,
        reason=person.reason,
        was_member=person.role_group in ACTIVE_ROLE_GROUPS,
        external_id=person.external_id,
    )


def _nothing(arrivals: Arrivals) -> Report:
    origin = arrivals.origin
    return Report(program=origin.program, version=origin.version, source=origin.name, read_at=origin.read_at)


def set_deadlines(work: MovingWork) -> None:
    """Have the worker come back for the next run of each pool."""
    for pool in work.pools.all():
        set_deadline(work, pool)


def _must_be_operator(by: Actor) -> None:
    if not by.is_operator:
        raise NotPermitted("operator")
