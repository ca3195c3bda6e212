"""Files that disagree on who was at a tick: looking at it, and deciding (D-12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import RaidId
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.raids.attendance import NamedPresence, settled
from dkp_core.raids.correcting import Corrected, correct, corrected
from dkp_core.raids.errors import NoDisagreement
from dkp_core.raids.events import DisagreementsDecided
from dkp_core.raids.formats import Presence
from dkp_core.raids.ports import RaidsView, RaidsWork
from dkp_core.raids.recording import NAMES_MAX, credited, judged, must_run, must_write_or_lead
from dkp_core.raids.settling import Followed, pay_at
from dkp_core.raids.sighting import Decision, Disagreement, disagreements

_ACCEPTED: Final = "a status, or that they were absent"


@frozen
class ListDisagreements:
    """Names on which the files of a raid's ticks disagree: what each file says, in which line, and what stands.

    What the first file said stands until somebody decides.
    """

    read: Read[RaidsView]

    def __call__(self, raid_id: RaidId, *, by: Actor) -> tuple[Disagreement, ...]:
        by.must(Permission.RAIDS_READ)
        with self.read(by) as views:
            lines = views.standing(raid_id)
            return disagreements(views.evidence(raid_id), lines)


@frozen
class DecideDisagreements:
    """Decide how somebody was at a tick (the first, unless named) on whom files disagree, or that they were absent.

    One name or many at once. Whoever is concerned is paid anew. It is remembered: only a later file that says
    otherwise asks again. Deciding the same again changes nothing.
    """

    begin: Begin[RaidsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        raid_id: RaidId,
        names: Sequence[str],
        *,
        presence: Presence | None = None,
        absent: bool = False,
        tick: int | None = None,
        by: Actor,
    ) -> Corrected:
        must_write_or_lead(by)
        if (presence is None) is not absent:
            raise InvalidValue("status", "it is not said how they were there, or said twice", _ACCEPTED)
        if not 1 <= len(names) <= NAMES_MAX:
            raise InvalidValue("names", f"there are {len(names)} names", f"1 to {NAMES_MAX}")
        wanted = {name_key(name): name for name in (clean_name(each, "names") for each in names)}
        now = self.clock.now()
        with self.begin(by) as work:
            raid = work.raids.get(raid_id)
            must_run(raid, by)
            chosen = raid.tick(tick)
            decided = _decisions(work, raid_id, chosen.number, wanted, presence)
            event = DisagreementsDecided(
                raid_id=raid_id,
                tick=chosen.number,
                names=len(decided),
                status=None if presence is None else presence.value,
            )
            if decided:
                work.sightings.decide(raid, decided)
                raid = raid.announcing(event)
            present = work.attendances.present(raid_id, chosen.number)
            if presence is not None:
                missing = [name for key, name in wanted.items() if key not in present.names]
                named = [NamedPresence(name=name, presence=presence) for name in missing]
                taken = judged(work, raid, chosen, named, for_good=True) if named else None
                if taken is not None:
                    raid = credited(work, raid, chosen, taken, ids=self.ids, at=now, by=by)
                    present = work.attendances.present(raid_id, chosen.number)
            pay = pay_at(work, raid, chosen)
            lines = [line for line in present.lines if presence is not None or line.key not in wanted]
            if presence is not None:
                lines = [
                    evolve(line, presence=presence, counts=pay.counts(presence), claimed=False)
                    if line.key in wanted and line.presence is not presence
                    else line
                    for line in lines
                ]
            correction = settled(present, lines, pay)
            followed = Followed()
            if correction:
                followed = correct(work, raid, chosen, correction, ids=self.ids, at=now, by=by)
            elif raid.pending:
                work.raids.save(raid)
        return corrected(raid, chosen, present, correction, followed, applied=True)


def _decisions(
    work: RaidsWork, raid_id: RaidId, tick: int, wanted: dict[str, str], presence: Presence | None
) -> list[Decision]:
    """What is decided anew; what was decided so before is left out. Raises: NoDisagreement."""
    evidence = work.sightings.of_raid(raid_id)
    lines = work.attendances.of_raid(raid_id)
    asked = {name_key(each.name): each for each in disagreements(evidence, lines) if each.tick == tick}
    before = {each.key: each for each in evidence.decisions if each.tick == tick}
    for key, name in wanted.items():
        if key not in asked and (key not in before or before[key].presence is not presence):
            raise NoDisagreement(name, tick)
    return [
        Decision(tick=tick, name=name, presence=presence, upload_id=max(said.upload_id for said in asked[key].said))
        for key, name in wanted.items()
        if key in asked
    ]
