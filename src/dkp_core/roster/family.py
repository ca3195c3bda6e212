"""A family: all characters of one owner, at most one of them the main, the others its alts (R-3, R-4)."""

from __future__ import annotations

from attrs import evolve, frozen

from dkp_core.kernel.ids import CharacterId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.roster.character import Character
from dkp_core.roster.errors import MainUnderItsAlt, NoOwner, NotAMain, OwnersDiffer, SameOwner
from dkp_core.roster.events import CharacterReassigned


@frozen
class Family:
    """All characters of one owner; what its methods return are the characters that changed."""

    owner: UserId
    characters: tuple[Character, ...] = ()

    @property
    def main(self) -> Character | None:
        """The main, if one is named."""
        return next((character for character in self.characters if character.is_main), None)

    def with_main(self, main: Character) -> tuple[Character, ...]:
        """`main` as the main, every other character its alt. Raises: NoOwner, OwnersDiffer."""
        if main.owner is None:
            raise NoOwner(main.id)
        if main.owner != self.owner:
            raise OwnersDiffer(main.id, self.characters[0].id)
        others = (each for each in self.characters if each.id != main.id)
        hung = [evolve(each, is_main=False, main_id=main.id).told_since(each) for each in others]
        crowned = evolve(main, is_main=True, main_id=None).told_since(main)
        # The old main gives way first, so that there are never two.
        changed = [new for new, old in zip(hung, self._without(main.id), strict=True) if new is not old]
        return (*changed, crowned) if crowned is not main else tuple(changed)

    def hang(self, alt: Character, main_id: CharacterId) -> tuple[Character, ...]:
        """`alt` hung under the family's main. Raises: MainUnderItsAlt, NotAMain, OwnersDiffer."""
        main = next((each for each in self.characters if each.id == main_id), None)
        if main is None:
            raise OwnersDiffer(alt.id, main_id)
        if main_id == alt.id or main.main_id == alt.id:
            raise MainUnderItsAlt(alt.id, main_id)
        if not main.is_main:
            raise NotAMain("main_id", f"character {main_id} is an alt", "a main of the same owner")
        hung = evolve(alt, is_main=False, main_id=main_id).told_since(alt)
        return () if hung is alt else (hung,)

    def adopt(self, newcomer: Character) -> tuple[Character, ...]:
        """The newcomer as an alt of the main here, or as the main where there is none, the others hung under it."""
        main = self.main
        if main is None:
            owned = evolve(newcomer, is_main=True, main_id=None)
            hung = (evolve(each, main_id=newcomer.id).told_since(each) for each in self._without(newcomer.id))
            return (owned, *hung)
        return (evolve(newcomer, is_main=False, main_id=main.id),)

    def release(self, leaver: Character) -> tuple[Character, ...]:
        """Those whom the leaver leaves without a main."""
        if not leaver.is_main:
            return ()
        left = (each for each in self._without(leaver.id) if each.main_id == leaver.id)
        return tuple(evolve(each, main_id=None).told_since(each) for each in left)

    def _without(self, character_id: CharacterId) -> tuple[Character, ...]:
        return tuple(each for each in self.characters if each.id != character_id)


def reassign(
    character: Character, *, before: Family | None, after: Family | None, first_owner: bool, reason: str
) -> tuple[Character, ...]:
    """The characters that change when one goes from a family (or nobody) to another (or nobody), the old first.

    Source: R-4. No points move: they are the user's. Raises: SameOwner.
    """
    new_owner = None if after is None else after.owner
    if character.owner == new_owner:
        raise SameOwner(character.id, new_owner)
    event = CharacterReassigned(
        character_id=character.id,
        before=character.owner,
        after=new_owner,
        first_owner=first_owner,
        reason=clean_text(reason, "reason"),
    )
    left = () if before is None else before.release(character)
    moved = evolve(character, owner=new_owner, is_main=False, main_id=None).announcing(event)
    return (*left, *((moved,) if after is None else after.adopt(moved)))
