"""Standby that members claim for themselves, where a pool's policies let them (P-16)."""

from __future__ import annotations

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import CharacterId, RaidId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points import StandbyClaim
from dkp_core.raids.attendance import Attendance, NamedPresence, settled
from dkp_core.raids.correcting import correct
from dkp_core.raids.errors import NotedAlready, RaidIsClosed, StandbyIsForOfficers
from dkp_core.raids.events import StandbyClaimed, StandbyWithdrawn
from dkp_core.raids.formats import Presence
from dkp_core.raids.ports import RaidsWork
from dkp_core.raids.raid import Raid, RaidStatus, Tick
from dkp_core.raids.recording import judged
from dkp_core.raids.settling import carry_out, pay_at
from dkp_core.roster import Character, CharacterStatus, StillPending


@frozen
class ClaimStandby:
    """Say that one of your characters (the main, unless named) stands by at a raid, while it is open.

    It is noted at the latest tick unless one is named, and pays what standby does. It takes a pool whose policies say
    that members claim it themselves. Whoever claims the same again changes nothing.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self, raid_id: RaidId, *, character_id: CharacterId | None = None, tick: int | None = None, by: Actor
    ) -> Attendance:
        user_id = _somebody(by)
        with self.begin(by) as work:
            character = _own(work, user_id, character_id)
            raid = work.raids.get(raid_id)
            _must_take_claims(work, raid)
            chosen = _latest(raid, tick)
            taken = judged(
                work, raid, chosen, [NamedPresence(name=character.name, presence=Presence.STANDBY)], for_good=True
            )
            if not taken.added:
                return _claimed_before(work, raid, chosen, character)
            (line,) = taken.added
            if line.user_id != work.merges.head(user_id, chosen.at):
                raise NotPermitted("a character that was yours at the time")
            claimed = evolve(line, claimed=True)
            correction = evolve(taken.correction, added=(claimed,))
            carry_out(work, raid, correction, ids=self.ids, at=self.clock.now(), by=by)
            event = StandbyClaimed(raid_id=raid_id, tick=chosen.number, character_id=character.id, user_id=user_id)
            work.raids.save(raid.announcing(event))
        return claimed


@frozen
class WithdrawStandby:
    """Take back that one of your characters stands by, while the raid is open; what it paid is taken back too.

    What an officer noted stays.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self, raid_id: RaidId, *, character_id: CharacterId | None = None, tick: int | None = None, by: Actor
    ) -> None:
        user_id = _somebody(by)
        with self.begin(by) as work:
            character = _own(work, user_id, character_id)
            raid = work.raids.get(raid_id)
            _must_be_open(raid)
            chosen = _latest(raid, tick)
            present = work.attendances.present(raid_id, chosen.number)
            claim = next((line for line in present.lines if _is_claim(line, character)), None)
            if claim is None:
                raise NoSuch("standby claim", character.name)
            lines = [line for line in present.lines if line is not claim]
            correction = settled(present, lines, pay_at(work, raid, chosen))
            event = StandbyWithdrawn(
                raid_id=raid_id, tick=chosen.number, character_id=claim.character_id, user_id=user_id
            )
            correct(work, raid.announcing(event), chosen, correction, ids=self.ids, at=self.clock.now(), by=by)


def _somebody(by: Actor) -> UserId:
    by.must(Permission.CHARACTERS_OWN)
    if by.user_id is None:
        raise NotPermitted("a user's own key or session")
    return by.user_id


def _own(work: RaidsWork, user_id: UserId, character_id: CharacterId | None) -> Character:
    """The user's character of that id, else their main. Raises: NoSuch, StillPending."""
    owned = work.characters.owned_by(user_id)
    found = next((each for each in owned if (each.is_main if character_id is None else each.id == character_id)), None)
    if found is None:
        raise NoSuch("character of yours", "main" if character_id is None else character_id)
    if found.status is CharacterStatus.PENDING:
        raise StillPending(found.id)
    return found


def _must_be_open(raid: Raid) -> None:
    raid.must_stand()
    if raid.status is RaidStatus.CLOSED:
        raise RaidIsClosed(raid.id)


def _must_take_claims(work: RaidsWork, raid: Raid) -> None:
    _must_be_open(raid)
    policies = (work.policies.of(pool_id).policies for pool_id in raid.pools)
    if not any(each.standby_claim is StandbyClaim.MEMBERS for each in policies):
        raise StandbyIsForOfficers(raid.id)


def _latest(raid: Raid, number: int | None) -> Tick:
    return max(raid.ticks, key=lambda tick: (tick.at, tick.number)) if number is None else raid.tick(number)


def _is_claim(line: Attendance, character: Character) -> bool:
    return line.claimed and line.presence is Presence.STANDBY and line.character_id == character.id


def _claimed_before(work: RaidsWork, raid: Raid, tick: Tick, character: Character) -> Attendance:
    """The same claim, made before. Raises: NotedAlready where the name stands there in another way."""
    lines = work.attendances.present(raid.id, tick.number).lines
    claim = next((line for line in lines if _is_claim(line, character)), None)
    if claim is None:
        raise NotedAlready(raid.id, tick.number, character.name)
    return claim
