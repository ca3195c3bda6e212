"""What the run of a rule books for each user (P-6, P-7, P-9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import compress
from typing import Final

from attrs import evolve

from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points.batch import Batch, BatchKind, BatchLine
from dkp_core.points.decay import Aged, Ageing, DecayRule, DecayRun, decay_of_balance
from dkp_core.points.due import Run
from dkp_core.points.entry import Bucket, Entry, EntryKind, SourceKind
from dkp_core.points.formula import Formula, Occasion
from dkp_core.points.policies import Bonus, Decay, DecayOf, Inactivity, RepeatingCap
from dkp_core.points.ports import PointsWork, Turnout

Amounts = Mapping[UserId, Points]
_NOBODY: Final[frozenset[UserId]] = frozenset()


def lines_of(work: PointsWork, pool_id: PoolId, run: Run) -> tuple[BatchLine, ...]:
    """What the run moves, in order of user id; every balance of the pool is locked until the transaction ends.

    What occurred before its moment counts, whenever it was recorded. Raises: FormulaFails; InvalidValue where it is no
    amount of points.
    """
    before = work.ledger.as_of(pool_id, run.at)
    match run.kind:
        case BatchKind.DECAY:
            amounts = _decay(work, pool_id, run, before)
        case BatchKind.CAP:
            cap = run.in_force.policies.repeating_cap
            assert cap is not None, "a run of the cap has its bounds"
            amounts = cap_amounts(cap, before, joined_by(work.turnout, run.at) if cap.lower is not None else ())
        case BatchKind.INACTIVITY:
            inactivity = run.in_force.policies.inactivity
            assert inactivity is not None, "a run of the penalty has its rule"
            amounts = inactivity_amounts(inactivity, run.at, work.turnout, before)
        case _:
            bonus = next(each for each in run.in_force.policies.bonuses if each.name == run.rule[1])
            amounts = bonus_amounts(bonus, run.at, work.turnout)
    return tuple(
        BatchLine(user_id=user_id, before=before.get(user_id, ZERO), amount=amounts[user_id])
        for user_id in sorted(amounts)
        if amounts[user_id]
    )


def title_of(run: Run) -> str:
    """What the ledger gives as the reason."""
    policies = run.in_force.policies
    match run.kind:
        case BatchKind.DECAY:
            assert policies.decay is not None
            percent = policies.decay.percent
            return "Decay" if percent is None else f"Decay of {_shown(percent)} %"
        case BatchKind.CAP:
            return "Brought within bounds"
        case BatchKind.INACTIVITY:
            assert policies.inactivity is not None
            return f"No raid attended in {policies.inactivity.after_days} days"
        case _:
            return run.rule[1]


def _shown(percent: Fraction) -> str:
    return str(Points(int(percent * 100))).removesuffix(".00")


# --- decay ------------------------------------------------------------------------------------------------------------


def _decay(work: PointsWork, pool_id: PoolId, run: Run, before: Amounts) -> Amounts:
    decay = run.in_force.policies.decay
    assert decay is not None, "a run of decay has a rule"
    exempt = _exempt(work, decay)
    runs = work.batches.standing(pool_id, BatchKind.DECAY, run.at)
    if decay.on is DecayOf.ENTRIES:
        return _aged_decay(work, pool_id, run, decay, runs, exempt)
    rule, occasion = rule_of(decay), Occasion.of_balance(run.at, last_run=runs[-1].at if runs else None)
    return {
        user_id: decay_of_balance(balance, rule, occasion)
        for user_id, balance in before.items()
        if user_id not in exempt
    }


def _aged_decay(
    work: PointsWork, pool_id: PoolId, run: Run, decay: Decay, runs: Sequence[Batch], exempt: frozenset[UserId]
) -> Amounts:
    policies = {each.version: each.policies.decay for each in work.policies.all(pool_id)}
    rules = [(batch, policies.get(batch.policies_version)) for batch in runs]
    by_age = [(batch, rule) for batch, rule in rules if rule is not None and rule.on is DecayOf.ENTRIES]
    made = [DecayRun(batch.at, rule_of(rule)) for batch, rule in by_age]
    last = DecayRun(run.at, rule_of(decay))
    batches = frozenset(batch.id for batch, _ in by_age)
    ageings: dict[tuple[bool, ...], Ageing] = {}
    found: dict[UserId, Points] = {}
    for user_id, entries in work.ledger.up_to(pool_id, run.at).items():
        if user_id in exempt:
            continue
        # Who was exempt at a run is not charged for it later.
        seen = tuple(user_id not in batch.exempt for batch, _ in by_age)
        if seen not in ageings:
            ageings[seen] = Ageing((*compress(made, seen), last))
        found[user_id] = ageings[seen].decay_of(Aged.of(_as_it_ages(entry, batches) for entry in entries))
    return found


def _as_it_ages(entry: Entry, by_age: frozenset[int]) -> Entry:
    """The entry, with what was taken of whole balances as something that fades itself: it was of no entry's age.

    So is what was given back of a run that stands: from when it was given back, or the next run would take it again.
    """
    if entry.kind is not EntryKind.DECAY:
        return entry
    if entry.source.kind is not SourceKind.BATCH or entry.source.id not in by_age:
        return evolve(entry, kind=EntryKind.ADJUSTMENT)
    if entry.reverses is None:
        return entry
    return evolve(entry, kind=EntryKind.ADJUSTMENT, reverses=None, occurred_at=entry.recorded_at)


def rule_of(decay: Decay) -> DecayRule:
    """The arithmetic of a decay policy."""
    return DecayRule(
        percent=decay.percent,
        formula=None if decay.formula is None else Formula.of(decay.formula),
        minimum=decay.minimum,
        debts=decay.debts,
        parts=frozenset(Bucket(part.value) for part in decay.parts),
        lapse_months=decay.lapse_months,
    )


def exempt_of(work: PointsWork, run: Run) -> frozenset[UserId]:
    """Whom a run of decay by age passes over for their rank; what others leave out is not asked for again."""
    decay = run.in_force.policies.decay if run.kind is BatchKind.DECAY else None
    return _NOBODY if decay is None or decay.on is not DecayOf.ENTRIES else _exempt(work, decay)


def _exempt(work: PointsWork, decay: Decay) -> frozenset[UserId]:
    return work.turnout.with_rank(decay.exempt_ranks) if decay.exempt_ranks else _NOBODY


# --- the rest ---------------------------------------------------------------------------------------------------------


def joined_by(turnout: Turnout, at: datetime) -> tuple[UserId, ...]:
    """The members who had joined at that moment."""
    return tuple(user_id for user_id, joined_at in turnout.members().items() if joined_at <= at)


def cap_amounts(cap: RepeatingCap, before: Amounts, members: Iterable[UserId]) -> Amounts:
    """What brings balances within bounds; who has left is not lifted to the lower one again and again."""
    amounts = {}
    if cap.upper is not None:
        amounts = {user_id: cap.upper - balance for user_id, balance in before.items() if balance > cap.upper}
    if cap.lower is not None:
        for user_id in members:
            balance = before.get(user_id, ZERO)
            if balance < cap.lower:
                amounts[user_id] = cap.lower - balance
    return amounts


def inactivity_amounts(inactivity: Inactivity, at: datetime, turnout: Turnout, before: Amounts) -> Amounts:
    """What is taken from members who attended nothing for so long, and have been there as long."""
    period = Period(at - timedelta(days=inactivity.after_days), at)
    spared = turnout.attended(period)
    if inactivity.exempt_ranks:
        spared |= turnout.with_rank(inactivity.exempt_ranks)
    idle = [
        user_id
        for user_id, joined_at in turnout.members().items()
        if user_id not in spared and joined_at <= period.start
    ]
    return {user_id: penalty_of(inactivity, before.get(user_id, ZERO)) for user_id in idle}


def penalty_of(inactivity: Inactivity, balance: Points) -> Points:
    """What is taken of a balance: so many points, or a part of what is positive."""
    if inactivity.points is not None:
        return -inactivity.points
    assert inactivity.percent is not None, "points or percent say what is taken"
    return -max(balance, ZERO).times(Fraction(inactivity.percent, 100))


def bonus_amounts(bonus: Bonus, at: datetime, turnout: Turnout) -> Amounts:
    """What members get who attended that part of the raids that were held for them."""
    least = Fraction(bonus.at_least_percent, 100)
    return {
        user_id: bonus.points
        for user_id, (attended, held) in turnout.attendance(bonus.attendance_days, at).items()
        if held and Fraction(attended, held) >= least
    }
