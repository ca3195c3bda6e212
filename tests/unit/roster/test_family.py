"""Mains and alts: at most one main, and alts where their main is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, GuildId, RankId, UserId
from dkp_core.roster import (
    Character,
    CharacterReassigned,
    CharacterStatus,
    Family,
    MainUnderItsAlt,
    NoOwner,
    NotAMain,
    OwnersDiffer,
    SameOwner,
    reassign,
)
from dkp_core.roster.events import CharacterChanged

ANNA, BORIS = UserId(1), UserId(2)


def a_character(number: int, owner: UserId | None = ANNA, *, main: bool = False, under: int | None = None) -> Character:
    """A character, owned or not, a main or under one."""
    return Character(
        id=CharacterId(number),
        guild_id=GuildId(1),
        name=f"C{number}",
        rank_id=RankId(1),
        status=CharacterStatus.ACTIVE,
        owner=owner,
        is_main=main,
        main_id=None if under is None else CharacterId(under),
        joined_on=date(2026, 1, 1),
        version=1,
    )


MAIN, ALT, OTHER_ALT = a_character(1, main=True), a_character(2, under=1), a_character(3, under=1)
FAMILY = Family(ANNA, (MAIN, ALT, OTHER_ALT))


def shown(characters: Iterable[Character]) -> list[tuple[int, UserId | None, bool, int | None]]:
    """Id, owner, whether it is a main, and under which."""
    return [(each.id, each.owner, each.is_main, each.main_id) for each in characters]


def test_a_family_knows_its_main() -> None:
    """R-3: at most one."""
    assert FAMILY.main is MAIN
    assert Family(ANNA, (ALT,)).main is None
    assert Family(ANNA).main is None


def test_making_an_alt_the_main_hangs_the_others_under_it() -> None:
    """R-3: the old main gives way first, so that there are never two."""
    changed = FAMILY.with_main(ALT)
    assert shown(changed) == [(1, ANNA, False, 2), (3, ANNA, False, 2), (2, ANNA, True, None)]
    assert all(isinstance(each.pending[0], CharacterChanged) for each in changed)
    crowned = changed[-1].pending[0]
    assert isinstance(crowned, CharacterChanged)
    assert crowned.changes == (
        Change(field="is_main", before=False, after=True),
        Change(field="main_id", before=1, after=None),
    )


def test_the_main_made_the_main_again_changes_nothing() -> None:
    """G-5: no news of nothing."""
    assert FAMILY.with_main(MAIN) == ()


def test_a_main_takes_those_who_have_none() -> None:
    """R-3: after a main left, one is named, and the others hang under it."""
    loose = a_character(4)
    assert shown(Family(ANNA, (MAIN, ALT, loose)).with_main(MAIN)) == [(4, ANNA, False, 1)]


def test_nobodys_character_is_no_main() -> None:
    """R-3: a main is a user's."""
    stray = a_character(9, None)
    with pytest.raises(NoOwner) as refused:
        FAMILY.with_main(stray)
    assert refused.value.sentence == "Character 9 belongs to nobody; give it an owner first."


def test_another_users_character_is_not_made_the_main() -> None:
    """R-3: nor hung under."""
    with pytest.raises(OwnersDiffer) as refused:
        FAMILY.with_main(a_character(9, BORIS))
    assert refused.value.sentence == "Characters 9 and 1 have different owners; reassign one of them first."


def test_an_alt_is_hung_under_the_main() -> None:
    """R-3: an alt's main has the same owner."""
    loose = a_character(4)
    (hung,) = Family(ANNA, (MAIN, loose)).hang(loose, MAIN.id)
    assert shown([hung]) == [(4, ANNA, False, 1)]
    assert isinstance(hung.pending[0], CharacterChanged)


def test_an_alt_that_hangs_there_already_changes_nothing() -> None:
    """G-5: no news of nothing."""
    assert FAMILY.hang(ALT, MAIN.id) == ()


def test_a_main_is_not_hung_under_its_alt_nor_under_itself() -> None:
    """R-3: the alt is made the main instead."""
    with pytest.raises(MainUnderItsAlt) as refused:
        FAMILY.hang(MAIN, ALT.id)
    assert refused.value.sentence == (
        "Character 1 is the main of character 2; make the alt the main instead, and the others hang under it."
    )
    with pytest.raises(MainUnderItsAlt):
        FAMILY.hang(MAIN, MAIN.id)
    with pytest.raises(MainUnderItsAlt):
        FAMILY.hang(ALT, ALT.id)


def test_an_alt_is_not_hung_under_an_alt() -> None:
    """R-3: two levels, no more."""
    with pytest.raises(NotAMain) as refused:
        FAMILY.hang(ALT, OTHER_ALT.id)
    assert refused.value.sentence == "main_id: character 3 is an alt; accepted: a main of the same owner."


def test_a_character_is_not_hung_under_another_users() -> None:
    """R-3: an alt's main has the same owner."""
    with pytest.raises(OwnersDiffer) as refused:
        FAMILY.hang(ALT, CharacterId(77))
    assert (refused.value.character_id, refused.value.main_id) == (2, 77)


def test_a_newcomer_becomes_an_alt_of_the_main() -> None:
    """R-4: with the new owner it is an alt of the main there."""
    assert shown(FAMILY.adopt(a_character(9, main=True))) == [(9, ANNA, False, 1)]


def test_a_newcomer_becomes_the_main_where_there_is_none() -> None:
    """R-4: the others hang under it."""
    family = Family(ANNA, (a_character(2), a_character(3)))
    adopted = family.adopt(a_character(9, under=5))
    assert shown(adopted) == [(9, ANNA, True, None), (2, ANNA, False, 9), (3, ANNA, False, 9)]
    assert shown(Family(ANNA).adopt(a_character(9))) == [(9, ANNA, True, None)]


def test_a_leaving_main_leaves_its_alts_without_main() -> None:
    """R-4: until one is named."""
    assert shown(FAMILY.release(MAIN)) == [(2, ANNA, False, None), (3, ANNA, False, None)]
    assert FAMILY.release(ALT) == ()
    assert shown(Family(ANNA, (MAIN, a_character(5))).release(MAIN)) == []


def test_a_main_goes_to_a_user_with_a_main() -> None:
    """R-4: it becomes an alt there; its own alts stay, without a main."""
    theirs = a_character(10, BORIS, main=True)
    changed = reassign(MAIN, before=FAMILY, after=Family(BORIS, (theirs,)), first_owner=False, reason=" sold ")
    assert shown(changed) == [(2, ANNA, False, None), (3, ANNA, False, None), (1, BORIS, False, 10)]
    assert changed[-1].pending == (
        CharacterReassigned(character_id=CharacterId(1), before=ANNA, after=BORIS, first_owner=False, reason="sold"),
    )


def test_an_alt_goes_to_a_user_without_characters() -> None:
    """R-4: it becomes the main there, and nobody else changes."""
    assert shown(reassign(ALT, before=FAMILY, after=Family(BORIS), first_owner=False, reason="")) == [
        (2, BORIS, True, None)
    ]


def test_a_character_goes_to_nobody() -> None:
    """R-4: a break."""
    changed = reassign(MAIN, before=FAMILY, after=None, first_owner=False, reason="break")
    assert shown(changed) == [(2, ANNA, False, None), (3, ANNA, False, None), (1, None, False, None)]


def test_a_character_of_nobody_gets_its_first_owner() -> None:
    """R-4, P-11: told, for what waited for it is awarded."""
    stray = a_character(9, None)
    (owned,) = reassign(stray, before=None, after=Family(BORIS), first_owner=True, reason="")
    assert shown([owned]) == [(9, BORIS, True, None)]
    assert owned.pending == (
        CharacterReassigned(character_id=CharacterId(9), before=None, after=BORIS, first_owner=True, reason=""),
    )


def test_a_character_does_not_go_to_whom_it_belongs() -> None:
    """R-4: nor from nobody to nobody."""
    with pytest.raises(SameOwner) as refused:
        reassign(ALT, before=FAMILY, after=FAMILY, first_owner=False, reason="")
    assert refused.value.sentence == "Character 2 belongs to user 1 already."
    with pytest.raises(SameOwner) as nobody:
        reassign(a_character(9, None), before=None, after=None, first_owner=False, reason="")
    assert nobody.value.sentence == "Character 9 belongs to nobody already."


def test_a_reason_that_no_database_keeps_is_refused() -> None:
    """G-8: by its field."""
    with pytest.raises(InvalidValue) as refused:
        reassign(ALT, before=FAMILY, after=None, first_owner=False, reason="\x00")
    assert refused.value.name == "reason"


class Families(RuleBasedStateMachine):
    """Characters that come, go, and change hands in any order."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.characters: dict[CharacterId, Character] = {}

    def family(self, owner: UserId) -> Family:
        """All characters of that owner."""
        return Family(owner, tuple(each for each in self.characters.values() if each.owner == owner))

    def family_or_none(self, owner: UserId | None) -> Family | None:
        """The same, where there may be nobody."""
        return None if owner is None else self.family(owner)

    def save(self, characters: Iterable[Character]) -> None:
        """Keep them one by one, as a database does: never are there two mains, not even in between."""
        for character in characters:
            self.characters[character.id] = evolve(character, pending=())
            mains = [each.owner for each in self.characters.values() if each.is_main]
            assert len(mains) == len(set(mains))

    @rule(target=ids, owner=st.sampled_from([None, ANNA, BORIS, UserId(3)]))
    def enter(self, owner: UserId | None) -> CharacterId:
        """A character comes onto the roster."""
        newcomer = a_character(len(self.characters) + 1, owner)
        self.save((newcomer,) if owner is None else self.family(owner).adopt(newcomer))
        return newcomer.id

    @rule(character_id=ids, owner=st.sampled_from([None, ANNA, BORIS, UserId(3)]))
    def hand_over(self, character_id: CharacterId, owner: UserId | None) -> None:
        """A character goes to somebody or nobody."""
        character = self.characters[character_id]
        before, after = self.family_or_none(character.owner), self.family_or_none(owner)
        try:
            changed = reassign(character, before=before, after=after, first_owner=False, reason="")
        except SameOwner:
            assert character.owner == owner
            return
        self.save(changed)
        assert self.characters[character_id].owner == owner

    @rule(character_id=ids)
    def crown(self, character_id: CharacterId) -> None:
        """A character is made the main."""
        character = self.characters[character_id]
        if character.owner is None:
            return
        self.save(self.family(character.owner).with_main(character))
        assert self.characters[character_id].is_main
        assert all(each.main_id == character_id for each in self.family(character.owner)._without(character_id))

    @rule(alt_id=ids, main_id=ids)
    def hang(self, alt_id: CharacterId, main_id: CharacterId) -> None:
        """A character is hung under another, or that is refused."""
        alt = self.characters[alt_id]
        if alt.owner is None:
            return
        try:
            self.save(self.family(alt.owner).hang(alt, main_id))
        except (MainUnderItsAlt, NotAMain, OwnersDiffer):
            return
        assert self.characters[alt_id].main_id == main_id

    @precondition(lambda self: len(self.characters) > 1)
    @rule(character_id=consumes(ids))
    def retire_from_the_roster(self, character_id: CharacterId) -> None:
        """A character leaves for good: to nobody, whom nothing hangs under."""
        self.hand_over(character_id, None)

    @invariant()
    def alts_have_the_owner_of_their_main(self) -> None:
        """R-3: an alt's main is a main, of the same owner; nobody's characters are neither."""
        for character in self.characters.values():
            assert not (character.is_main and character.main_id is not None)
            assert character.owner is not None or not character.is_main
            if character.main_id is not None:
                main = self.characters[character.main_id]
                assert main.is_main
                assert main.owner == character.owner


TestFamilies = pytest.mark.filterwarnings("default")(Families.TestCase)
TestFamilies.settings = settings(max_examples=60, stateful_step_count=25)
