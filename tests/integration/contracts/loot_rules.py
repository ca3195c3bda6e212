"""What every adapter of the loot context keeps to, as to house rules, the grammar of chat, and lines applied."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import ChatGrammar, Rules, RulesRow
from dkp_core.loot.events import GrammarChanged, RulesChanged
from dkp_core.points import InForce, Policies, PoliciesChanged
from tests.integration.contracts.deeds import Bank
from tests.integration.contracts.installation import all_at_once
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract

EVERY_RULE = Rules().with_values(
    {
        "mode": "fixed_price_roll",
        "minimum": "0.01",
        "increment": "2.50",
        "seconds": 90,
        "anti_snipe_seconds": 30,
        "ranks": [3, 1],
        "classes": ["Clérc", "Воин 🐉"],
        "attendees_only": True,
        "attendance_at_least": 15,
        "attendance_days": 0,
        "trials": False,
        "attendance_caps": [{"from_percent": 0, "at_most": "20"}, {"from_percent": 35, "at_most": None}],
        "rank_caps": [{"rank": 2, "at_most": "7.25"}],
        "trial_cap": "1",
        "all_in": False,
        "floor": "0.50",
        "limits": [{"items": 2, "over": "20", "per": "raid", "trials_only": True}],
        "mains_first": True,
        "alt_limit": "10",
        "rank_multipliers": [{"rank": 1, "times": "1.25"}],
        "box_multiplier": "0.33",
        "phases": [
            {"tiers": ["main"], "ranks": [1], "minimum": "5", "seconds": 60},
            {"tiers": [], "minimum": None, "seconds": 30},
        ],
        "ties": ["attendance", "roll", "earliest"],
        "second_price_adds": "0",
        "copies_each": 2,
        "award_at_close": True,
        "fixed_price_rolls": True,
        "freeze_after_outage_seconds": 600,
        "refund": "half",
    },
    "rules",
)
"""None of them has its default."""


def ruled(pool_id: PoolId, version: int) -> RulesChanged:
    """What is told of another version."""
    return RulesChanged(pool_id=pool_id, rules_version=version, changes=())


class HouseRulesContract(Contract):
    """The port `HouseRules`, and the views of rules."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    def append(self, hall: Hall, version: int, rules: Rules, pool_id: PoolId | None = None) -> None:
        """Another version of a pool's rules."""
        its_id = pool_id or hall.pool_id
        with hall.place.work() as work:
            work.house_rules.append(its_id, version, rules, ruled(its_id, version))

    def test_a_pool_without_rules_has_the_defaults(self, hall: Hall) -> None:
        """L-2: as version 0."""
        with hall.place.work() as work:
            assert work.house_rules.of(hall.pool_id) == (0, Rules())
        with hall.place.views() as views:
            assert views.rules(hall.pool_id) == (RulesRow(version=0, values=Rules().values(), changed_at=None),)
            assert views.latest_rules(hall.pool_id) == (hall.pool_id, Rules(floor=ZERO))

    def test_rules_come_back_as_they_were_set(self, hall: Hall) -> None:
        """L-2: every field."""
        self.append(hall, 1, EVERY_RULE)
        with hall.place.work() as work:
            assert work.house_rules.of(hall.pool_id) == (1, EVERY_RULE)
        with hall.place.views() as views:
            assert views.rules(hall.pool_id) == (RulesRow(version=1, values=EVERY_RULE.values(), changed_at=NIGHT),)
            assert views.latest_rules(hall.pool_id) == (hall.pool_id, EVERY_RULE)

    def test_the_latest_version_holds_and_earlier_ones_are_kept(self, hall: Hall) -> None:
        """L-2: ten and more of them, by their number."""
        other = Bank(hall.place).pool()
        clock = hall.place.installation.clock
        for version in range(1, 12):
            self.append(hall, version, Rules(attendance_at_least=version))
            clock.advance(timedelta(hours=1))
        self.append(hall, 1, Rules(attendance_at_least=99), other)
        with hall.place.work() as work:
            assert work.house_rules.of(hall.pool_id) == (11, Rules(attendance_at_least=11))
            assert work.house_rules.of(other) == (1, Rules(attendance_at_least=99))
        with hall.place.views() as views:
            rows = views.rules(hall.pool_id)
            assert views.latest_rules(hall.pool_id) == (hall.pool_id, Rules(attendance_at_least=11, floor=ZERO))
        assert [row.version for row in rows] == list(range(11, 0, -1))
        assert [row.values["attendance_at_least"] for row in rows] == list(range(11, 0, -1))
        assert (rows[0].changed_at, rows[-1].changed_at) == (NIGHT + timedelta(hours=10), NIGHT)

    def test_without_a_pool_named_the_default_pools_rules_are_told(self, hall: Hall) -> None:
        """L-9."""
        other = Bank(hall.place).pool("Another")
        self.append(hall, 1, Rules(attendance_at_least=1))
        self.append(hall, 1, Rules(attendance_at_least=2), other)
        with hall.place.views() as views:
            assert views.latest_rules(None) == (hall.pool_id, Rules(attendance_at_least=1, floor=ZERO))

    @pytest.mark.parametrize(("policy", "own", "in_force"), [("-50", None, "-50"), ("5", "2", "5"), ("-5", "-2", "-2")])
    def test_the_floor_is_the_strictest_in_force(self, hall: Hall, policy: str, own: str | None, in_force: str) -> None:
        """P-6, L-5: of the latest policies and the latest rules, for who asks how much may be bid."""
        self.append(hall, 1, Rules.of({"floor": own}, "rules"))
        with hall.place.work() as work:
            for version, floor in ((1, "77"), (2, policy)):
                policies = Policies.of({"floor": floor}, "policies")
                event = PoliciesChanged(pool_id=hall.pool_id, policies_version=version, changes=())
                work.policies.append(hall.pool_id, InForce(version=version, policies=policies, changed_at=NIGHT), event)
        for pool_id in (hall.pool_id, None):
            with hall.place.views() as views:
                assert views.latest_rules(pool_id)[1].floor == Points.of(in_force)

    def test_an_unknown_pools_rules_are_not_shown(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        for unknown in (PoolId(0), Hall.of(elsewhere).pool_id):
            with hall.place.views() as views:
                with pytest.raises(NoSuch):
                    views.rules(unknown)
                with pytest.raises(NoSuch):
                    views.latest_rules(unknown)

    def test_another_guilds_rules_are_none_of_ours(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        self.append(Hall.of(elsewhere), 1, EVERY_RULE)
        with hall.place.work() as work:
            assert work.house_rules.of(hall.pool_id) == (0, Rules())

    def test_a_version_is_made_once(self, hall: Hall) -> None:
        """G-6."""
        self.append(hall, 1, Rules(attendance_at_least=1))
        with pytest.raises(Stale):
            self.append(hall, 1, Rules(attendance_at_least=2))
        with hall.place.work() as work:
            assert work.house_rules.of(hall.pool_id) == (1, Rules(attendance_at_least=1))
        assert hall.place.told("house_rules", hall.pool_id) == ["rules_changed"]

    def test_one_of_several_makes_a_version(self, hall: Hall) -> None:
        """G-6: at the same moment; the others are told."""
        outcomes = all_at_once(*[lambda: self.append(hall, 1, EVERY_RULE)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, Stale) for fault in outcomes if fault is not None)
        assert hall.place.told("house_rules", hall.pool_id) == ["rules_changed"]

    def test_a_failed_block_leaves_no_version(self, hall: Hall) -> None:
        """G-6."""

        def append_and_fail() -> None:
            with hall.place.work() as work:
                work.house_rules.append(hall.pool_id, 1, EVERY_RULE, ruled(hall.pool_id, 1))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            append_and_fail()
        with hall.place.work() as work:
            assert work.house_rules.of(hall.pool_id) == (0, Rules())
        assert hall.place.told("house_rules", hall.pool_id) == []


EVERY_WORD = ChatGrammar.of(
    {
        **ChatGrammar().values(),
        "main_words": ["main", "größer 🐉"],
        "item_marker": "→",
        "amount_words": {"half": "0.50"},
    }
)


class ChatGrammarsContract(Contract):
    """The port `ChatGrammars`, and the view of the grammar."""

    def append(self, place: Place, version: int, grammar: ChatGrammar) -> None:
        """Another version of the grammar."""
        with place.work() as work:
            event = GrammarChanged(grammar_version=version, changes=())
            work.chat_grammars.append(version, grammar, event)

    def test_a_guild_without_a_grammar_has_the_default(self, place: Place, elsewhere: Place) -> None:
        """L-10, G-1: as version 0, whatever another guild says."""
        self.append(elsewhere, 1, EVERY_WORD)
        with place.work() as work:
            assert work.chat_grammars.latest() == (0, ChatGrammar())
        with place.views() as views:
            assert views.chat_grammar() == RulesRow(version=0, values=ChatGrammar().values(), changed_at=None)

    def test_a_grammar_comes_back_as_it_was_set(self, place: Place) -> None:
        """L-10, G-9: the latest of several."""
        for version in range(1, 11):
            self.append(place, version, ChatGrammar())
        place.installation.clock.advance(timedelta(hours=1))
        self.append(place, 11, EVERY_WORD)
        with place.work() as work:
            assert work.chat_grammars.latest() == (11, EVERY_WORD)
        with place.views() as views:
            row = views.chat_grammar()
        assert row == RulesRow(version=11, values=EVERY_WORD.values(), changed_at=NIGHT + timedelta(hours=1))
        assert place.told("chat_grammar", "chat") == ["grammar_changed"] * 11

    def test_one_of_several_makes_a_version(self, place: Place) -> None:
        """G-6: at the same moment; the others are told."""
        outcomes = all_at_once(*[lambda: self.append(place, 1, EVERY_WORD)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, Stale) for fault in outcomes if fault is not None)


class ChatLinesContract(Contract):
    """The port `ChatLines`."""

    def prints(self, *numbers: int) -> list[str]:
        """Fingerprints as they are made: 64 hex digits."""
        return [f"{number:064x}" for number in numbers]

    def append(self, place: Place, *numbers: int) -> None:
        """Note that lines were applied."""
        with place.work() as work:
            work.chat_lines.append(self.prints(*numbers))

    def test_lines_that_were_applied_are_known(self, place: Place, elsewhere: Place) -> None:
        """L-10, G-1: no others, and no other guild's."""
        self.append(place, 1, 2)
        self.append(place)
        self.append(elsewhere, 3)
        with place.work() as work:
            assert work.chat_lines.applied(self.prints(1, 2, 3, 4)) == frozenset(self.prints(1, 2))
            assert work.chat_lines.applied([]) == frozenset()

    def test_many_lines_are_known_at_once(self, place: Place) -> None:
        """L-10."""
        self.append(place, *range(500))
        with place.work() as work:
            assert len(work.chat_lines.applied(self.prints(*range(250, 750)))) == 250

    def test_a_line_is_applied_once(self, place: Place) -> None:
        """L-10."""
        self.append(place, 1)
        with pytest.raises(Stale):
            self.append(place, 2, 1)
        with place.work() as work:
            assert work.chat_lines.applied(self.prints(1, 2)) == frozenset(self.prints(1))

    def test_one_of_several_applies_a_line(self, place: Place) -> None:
        """L-10: two followers of one log send it at the same moment."""
        outcomes = all_at_once(*[lambda: self.append(place, 1, 2)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, Stale) for fault in outcomes if fault is not None)
