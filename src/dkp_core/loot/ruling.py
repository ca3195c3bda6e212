"""The house rules of a pool, and the grammar of its chat: data in versions (L-2, L-10)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import PoolId, RankId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Begin, Clock, Read
from dkp_core.loot.events import GrammarChanged, RulesChanged
from dkp_core.loot.ports import LootView, LootWork
from dkp_core.loot.views import RulesRow


@frozen
class ShowRules:
    """Every version of a pool's rules for auctions, the latest first."""

    read: Read[LootView]

    def __call__(self, pool_id: PoolId, *, by: Actor) -> tuple[RulesRow, ...]:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.rules(pool_id)


@frozen
class SetRules:
    """Change a pool's rules for auctions: fields that are not given stay as they are.

    It makes a new version; auctions that were started keep the rules they began with. The floor may only be stricter
    than what the pool's policies say.
    """

    begin: Begin[LootWork]
    clock: Clock

    def __call__(self, pool_id: PoolId, values: Mapping[str, object], *, by: Actor) -> RulesRow:
        by.must(Permission.POOLS_WRITE)
        with self.begin(by) as work:
            work.pools.get(pool_id)
            version, rules = work.house_rules.of(pool_id)
            changed = rules.with_values(values, "rules")
            if "floor" in values:
                _must_keep(changed.floor, work.policies.of(pool_id).policies.floor)
            for rank in changed.named_ranks:
                work.ranks.get(RankId(rank))
            if changed != rules:
                version += 1
                told = _told(rules.values(), changed.values())
                event = RulesChanged(pool_id=pool_id, rules_version=version, changes=told)
                work.house_rules.append(pool_id, version, changed, event)
        return RulesRow(version=version, values=changed.values(), changed_at=self.clock.now())


@frozen
class ShowChatGrammar:
    """How the guild says bids and auction calls in chat, field by field."""

    read: Read[LootView]

    def __call__(self, *, by: Actor) -> RulesRow:
        by.must(Permission.AUCTIONS_READ)
        with self.read(by) as views:
            return views.chat_grammar()


@frozen
class SetChatGrammar:
    """Change how bids and auction calls are said in chat: fields that are not given stay as they are."""

    begin: Begin[LootWork]
    clock: Clock

    def __call__(self, values: Mapping[str, object], *, by: Actor) -> RulesRow:
        by.must(Permission.AUCTIONS_WRITE)
        with self.begin(by) as work:
            version, grammar = work.chat_grammars.latest()
            changed = grammar.with_values(values, "grammar")
            if changed != grammar:
                version += 1
                event = GrammarChanged(grammar_version=version, changes=_told(grammar.values(), changed.values()))
                work.chat_grammars.append(version, changed, event)
        return RulesRow(version=version, values=changed.values(), changed_at=self.clock.now())


def _must_keep(floor: Points | None, least: Points) -> None:
    """Refuse a floor that is less than what the pool's policies say (L-5). Raises: InvalidValue."""
    if floor is not None and floor < least:
        raise InvalidValue("rules.floor", f"{floor} is less than the pool's policies say", f"{least} or more, or null")


def _told(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    return tuple(
        Change(field=name, before=_text(before[name]), after=_text(after[name]))
        for name in after
        if before[name] != after[name]
    )


def _text(value: object) -> str | int | bool | None:
    if value is None or isinstance(value, str | int):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
