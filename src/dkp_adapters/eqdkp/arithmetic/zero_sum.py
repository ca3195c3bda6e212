"""Zero-sum: what a raid pays is what its items cost, shared out among those who were there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

from dkp_adapters.eqdkp.arithmetic.amounts import Amount, whole
from dkp_adapters.eqdkp.arithmetic.installation import Installation, Pool


def earned_by_items(house: Installation, pool: Pool, items: Sequence[Amount]) -> Mapping[int, Amount]:
    """What each member earned in a pool, where that is what is left of each item's value.

    A raid of the pool's events shares out what all its items cost, from whatever item pool they are, in equal parts:
    one for each row that says who was there, but for special members, who get none. Nothing is rounded. What dropped
    where nobody was is nobody's.
    """
    raids = {each.id for each in house.raids if each.event in pool.events}
    there = Counter(raid for raid, member in house.attendees if raid in raids and member not in house.config.special)
    costs = defaultdict[int, Amount](int)
    for item, value in zip(house.items, items, strict=True):
        if item.raid in there:
            costs[item.raid] += value
    shares: dict[int, defaultdict[int, Amount]] = defaultdict(lambda: defaultdict(int))
    for raid, member in house.attendees:
        if raid in costs and member not in house.config.special:
            shares[member][there[raid]] += costs[raid]
    return {
        member: whole(sum((Fraction(cost) / parts for parts, cost in of_sizes.items()), Fraction(0)))
        for member, of_sizes in shares.items()
    }
