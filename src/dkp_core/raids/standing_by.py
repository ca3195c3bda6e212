"""Standby that members claim for themselves, where a pool's policies let them (P-16)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import CharacterId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.raids.attendance import ATTENDED, Attendance, NamedPresence, Present, settled, takes_claims
from dkp_core.raids.correcting import correct
from dkp_core.raids.errors import NotedAlready, RaidIsClosed, StandbyIsForOfficers, StandbyIsOver
from dkp_core.raids.events import StandbyClaimed, StandbyWithdrawn
from dkp_core.raids.formats import Presence
from dkp_core.raids.ports import RaidsWork
from dkp_core.raids.raid import Raid, RaidStatus, Tick
from dkp_core.raids.recording import judged
from dkp_core.raids.settling import carry_out, pay_at
from dkp_core.roster import Character, CharacterStatus, StillPending

CLAIMED_WITHIN: Final = timedelta(hours=12)


@frozen
class ClaimStandby:
    """Say that one of your characters (the main, unless named) stands by at a raid, while it is open.

    It is noted at the latest tick unless one is named, up to 12 hours after it, and pays what standby does in pools
    whose policies say that members claim it themselves. At a tick it is claimed for one character of yours, and only
    while none of them is noted there. Whoever claims the same again changes nothing.
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
            present = work.attendances.present(raid_id, chosen.number)
            before = next((line for line in present.lines if line.is_claim and line.character_id == character.id), None)
            if before is not None:
                return before
            now, person = self.clock.now(), work.merges.head(user_id, chosen.at)
            _must_be_the_night(raid, chosen, now)
            _must_be_elsewhere(raid, chosen, present, person, character)
            claim = NamedPresence(name=character.name, presence=Presence.STANDBY, claimed=True)
            taken = judged(work, raid, chosen, [claim], for_good=True)
            (line,) = taken.added
            if line.user_id != person:
                raise NotPermitted("a character that was yours at the time")
            carry_out(work, raid, taken.correction, ids=self.ids, at=now, by=by)
            event = StandbyClaimed(raid_id=raid_id, tick=chosen.number, character_id=character.id, user_id=user_id)
            work.raids.save(raid.announcing(event))
        return line


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
            claim = next((line for line in present.lines if line.is_claim and line.character_id == character.id), None)
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
    if not any(takes_claims(work.policies.of(pool_id).policies) for pool_id in raid.pools):
        raise StandbyIsForOfficers(raid.id)


def _must_be_the_night(raid: Raid, tick: Tick, now: datetime) -> None:
    until = tick.at + CLAIMED_WITHIN
    if now > until:
        raise StandbyIsOver(raid.id, tick.number, until)


def _must_be_elsewhere(raid: Raid, tick: Tick, present: Present, person: UserId, character: Character) -> None:
    """Refuse who stands at the tick already, by that name or by any of their characters. Raises: NotedAlready."""
    for line in present.lines:
        is_theirs = line.user_id is not None and present.head(line.user_id) == person
        if line.key == name_key(character.name) or (is_theirs and line.presence in ATTENDED):
            raise NotedAlready(raid.id, tick.number, line.name)


def _latest(raid: Raid, number: int | None) -> Tick:
    return max(raid.ticks, key=lambda tick: (tick.at, tick.number)) if number is None else raid.tick(number)
