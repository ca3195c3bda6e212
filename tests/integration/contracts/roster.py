"""What every adapter of the roster context keeps to."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import CharacterId, MainChangeId, ProfileFieldId, RankId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.period import BEGINNING
from dkp_core.points import ChangeMain
from dkp_core.raids import Presence, RaidsWork
from dkp_core.roster import (
    AuditedCharacter,
    AuditedUser,
    Character,
    CharacterRow,
    CharacterStatus,
    MainChange,
    MainChangedLately,
    MemberCharacterRow,
    Ownership,
    ProfileField,
    ProfileFieldKind,
    Rank,
    RankChange,
    RankInUse,
    RosterFilter,
    ShownTo,
)
from dkp_core.roster.events import CharacterRemoved, RankRemoved
from tests.integration.contracts.deeds import Bank
from tests.integration.contracts.installation import Installation, Rival, Views, all_at_once
from tests.integration.contracts.ledger import until_it_succeeds
from tests.integration.contracts.place import NIGHT, Place, discord_id_of
from tests.integration.contracts.suite import Contract

DAY = timedelta(days=1)
SHARP_S = ("Straße", "STRASSE")
"""One name: ß folds to ss."""


def in_full(views: Views) -> Callable[[CharacterId], CharacterRow]:
    """What shows a character, of whatever rank."""
    return lambda character_id: views.character(character_id, with_hidden=True)


class RanksContract(Contract):
    """The port `Ranks`."""

    def test_a_saved_rank_comes_back_as_it_was(self, place: Place) -> None:
        """R-2: name, order and flags."""
        rank_id = RankId(place.installation.ids.next("rank"))
        rank = Rank(
            id=rank_id,
            guild_id=place.guild_id,
            name="Großmeister 🐉",
            order=7,
            is_default=True,
            is_hidden=True,
            counts_as_active=False,
        )
        with place.work() as work:
            work.ranks.save(rank)
        with place.work() as work:
            assert work.ranks.get(rank_id) == evolve(rank, version=1)
        with place.work() as work:
            changed = work.ranks.get(rank_id).change(name="Meister", order=8, is_hidden=False)
            work.ranks.save(changed)
        with place.work() as work:
            assert work.ranks.get(rank_id) == evolve(changed, version=2)

    def test_an_unknown_rank_is_refused(self, place: Place, elsewhere: Place) -> None:
        """G-1: another guild's rank is unknown here."""
        with place.work() as work:
            for unknown in (RankId(0), elsewhere.rank_id):
                with pytest.raises(NoSuch):
                    work.ranks.get(unknown)
            with pytest.raises(NoSuch):
                work.ranks.named("Nobility")

    @pytest.mark.parametrize("name", ["Élan", "éLAN", unicodedata.normalize("NFD", "Élan"), "  Élan "])
    def test_a_rank_is_named_in_any_case_and_normal_form(self, place: Place, name: str) -> None:
        """G-9: but é is no e."""
        place.rank("Elan")
        rank_id = place.rank("Élan")
        with place.work() as work:
            assert work.ranks.named(name).id == rank_id

    def test_ranks_are_told_by_order_and_name(self, place: Place, elsewhere: Place) -> None:
        """R-2, G-1."""
        elsewhere.rank("Elsewhere", 1)
        for name, order in (("zealot", 30), ("Abbot", 30), ("monk", 1)):
            place.rank(name, order)
        with place.work() as work:
            assert [rank.name for rank in work.ranks.all()] == ["monk", "Member", "Abbot", "zealot"]

    def test_two_ranks_never_share_a_name(self, place: Place) -> None:
        """G-9: alike but for case; another guild's does not matter."""
        place.rank(SHARP_S[0])
        with pytest.raises(NameTaken) as refusal:
            place.rank(SHARP_S[1])
        assert refusal.value.name == SHARP_S[1]

    def test_a_rank_can_t_be_renamed_to_another_s_name(self, place: Place) -> None:
        rank_id = place.rank("Officer")
        with pytest.raises(NameTaken), place.work() as work:
            work.ranks.save(work.ranks.get(rank_id).change(name="mEMBER"))

    def test_guilds_may_have_ranks_of_the_same_name(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        one, other = place.rank("Officer"), elsewhere.rank("Officer")
        with elsewhere.work() as work:
            work.ranks.save(work.ranks.named("officer").change(order=99))
        with place.work() as work:
            assert (work.ranks.named("officer").id, work.ranks.get(one).order) == (one, 20)
        assert one != other

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        with place.work() as work:
            read_before = work.ranks.get(place.rank_id)
        with place.work() as work:
            work.ranks.save(work.ranks.get(place.rank_id).change(order=1))
        with pytest.raises(Stale), place.work() as work:
            work.ranks.save(read_before.change(order=2))
        with pytest.raises(Stale), place.work() as work:
            work.ranks.remove(read_before)

    def test_who_reads_the_ranks_to_change_them_waits_for_the_other(self, place: Place) -> None:
        """R-2: all are locked, so that there is one default whoever names one."""
        one, other = place.rank("One"), place.rank("Other")

        def make_default(rank_id: RankId) -> None:
            with place.work() as work:
                for rank in work.ranks.all():
                    if rank.is_default != (rank.id == rank_id):
                        work.ranks.save(rank.change(is_default=rank.id == rank_id))

        with place.work() as work:
            work.ranks.all()
            rival = Rival(lambda: make_default(other))
            for rank in work.ranks.all():
                if rank.is_default != (rank.id == one):
                    work.ranks.save(rank.change(is_default=rank.id == one))
        assert rival.outcome() is None
        with place.work() as work:
            assert [rank.name for rank in work.ranks.all() if rank.is_default] == ["Other"]

    def test_a_rank_that_nobody_holds_can_be_removed(self, place: Place) -> None:
        """R-2, G-5: and its name is free again."""
        rank_id = place.rank("Recruit")
        with place.work() as work:
            rank = work.ranks.get(rank_id)
            work.ranks.remove(rank.announcing(RankRemoved(rank_id=rank_id, name=rank.name)))
        with place.work() as work, pytest.raises(NoSuch):
            work.ranks.get(rank_id)
        assert place.told("rank", rank_id) == ["rank_created", "rank_removed"]
        again = place.rank("Recruit")
        with place.views() as views:
            assert {row.id for row in views.ranks()} == {place.rank_id, again}

    def test_a_rank_in_use_can_t_be_removed(self, place: Place) -> None:
        """R-2: it tells how many hold it."""
        place.character("Elan")
        place.character("Bert", status=CharacterStatus.RETIRED)
        with pytest.raises(RankInUse) as refusal, place.work() as work:
            work.ranks.remove(work.ranks.get(place.rank_id))
        assert (refusal.value.rank_id, refusal.value.characters) == (place.rank_id, 2)

    def test_a_rank_that_somebody_takes_up_meanwhile_stays(self, place: Place) -> None:
        """R-2: no character is ever left without its rank."""
        rank_id = place.rank("Recruit")
        entering = place.drafted("Elan", rank_id=rank_id)

        def remove() -> None:
            with place.work() as work:
                work.ranks.remove(work.ranks.get(rank_id))

        with place.work() as work:
            work.characters.save(entering)
            rival = Rival(remove)
        assert isinstance(rival.outcome(), RankInUse | Stale)
        assert place.roster().results[0].rank == "Recruit"

    def test_nobody_enters_at_a_rank_that_is_being_removed(self, place: Place) -> None:
        """R-2."""
        rank_id = place.rank("Recruit")
        entering = place.drafted("Elan", rank_id=rank_id)

        def enter() -> None:
            with place.work() as work:
                work.characters.save(evolve(entering, rank_id=work.ranks.get(rank_id).id))

        with place.work() as work:
            work.ranks.remove(work.ranks.get(rank_id))
            rival = Rival(enter)
        assert isinstance(rival.outcome(), NoSuch | Stale)
        assert place.listed() == []


class CharactersContract(Contract):
    """The port `Characters`."""

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_a_saved_character_comes_back_as_it_was(self, place: Place) -> None:
        """R-1, G-9: every value is kept."""
        owner = place.user()
        main = place.drafted("Ночь", owner=owner, is_main=True)
        alt = Character(
            id=CharacterId(place.installation.ids.next("character")),
            guild_id=place.guild_id,
            name="Zoë 🐉",
            character_class="Schattenritter",
            level=10_000,
            race="Gnom",
            rank_id=place.rank_id,
            status=CharacterStatus.TRIAL,
            owner=owner,
            is_main=False,
            main_id=main.id,
            joined_on=date(1999, 3, 16),
            notes="«notes»\n" + "…" * 3900,
        )
        with place.work() as work:
            work.characters.save(main, alt)
        assert place.loaded(main.id) == evolve(main, version=1, pending=())
        assert place.loaded(alt.id) == evolve(alt, version=1)

    def test_a_character_may_lack_much(self, place: Place) -> None:
        """R-1: owned by nobody, without class, level or race."""
        character = place.drafted("Elan", character_class="", level=None, race="")
        place.enter(character)
        assert place.loaded(character.id) == evolve(character, version=1, pending=())

    def test_a_changed_character_is_kept_one_version_on(self, place: Place) -> None:
        character_id = place.character("Elan", owner=place.user(), is_main=True)
        changed = evolve(
            place.loaded(character_id).change(
                character_class="Monk",
                level=1,
                race="Iksar",
                status=CharacterStatus.INACTIVE,
                joined_on=date(2020, 1, 1),
                notes="new",
            ),
            rank_id=place.rank("Recruit"),
            owner=None,
            is_main=False,
        )
        with place.work() as work:
            work.characters.save(changed)
        assert place.loaded(character_id) == evolve(changed, version=2, pending=())

    def test_an_unknown_character_is_refused(self, place: Place, elsewhere: Place) -> None:
        """G-1: another guild's character is unknown here, by whatever it is asked for."""
        owner = place.user()
        theirs = elsewhere.character("Elan", owner=owner, is_main=True)
        with place.work() as work:
            for unknown in (theirs, CharacterId(0)):
                with pytest.raises(NoSuch):
                    work.characters.get(unknown)
            assert work.characters.named("Elan") is None
            assert work.characters.some([theirs]) == ()
            assert work.characters.owned_by(owner) == ()
            assert work.characters.holding(elsewhere.rank_id) == ()
            assert work.characters.attributed(["Elan"], NIGHT) == {}
            assert work.characters.latest_ownership(theirs) is None
            assert not work.characters.in_history(theirs)

    def test_another_guild_s_character_can_t_be_saved(self, place: Place, elsewhere: Place) -> None:
        """G-1: nor removed; it stays as it was."""
        character_id = elsewhere.character("Elan")
        theirs = elsewhere.loaded(character_id)
        with pytest.raises((Stale, AssertionError)), place.work() as work:
            work.characters.save(theirs.rename("Stolen"))
        with pytest.raises((Stale, AssertionError)), place.work() as work:
            work.characters.remove(theirs)
        assert elsewhere.loaded(character_id) == theirs

    def test_characters_are_found_in_order_of_id(self, place: Place) -> None:
        owner, rank_id = place.user(), place.rank("Recruit")
        ids = [place.character(name, rank_id=rank_id) for name in ("Zed", "Mia", "Abe")]
        with place.work() as work:
            work.characters.save(*(evolve(work.characters.get(each), owner=owner) for each in reversed(ids[1:])))
        with place.work() as work:
            characters = work.characters
            assert [each.id for each in characters.some([ids[2], CharacterId(0), ids[0], ids[2]])] == [ids[0], ids[2]]
            assert [each.id for each in characters.owned_by(owner)] == ids[1:]
            assert [each.id for each in characters.holding(rank_id)] == ids
            assert characters.some([]) == characters.owned_by(UserId(0)) == characters.holding(RankId(0)) == ()

    def test_all_characters_and_all_their_names_are_the_guild_s(self, place: Place, elsewhere: Place) -> None:
        """R-6, G-1: in order of id, by every name and alias."""
        elsewhere.character("Stranger")
        ids = [place.character(name) for name in ("Élan", "Abe")]
        with place.work() as work:
            work.characters.add_alias(ids[1], "ABRAHAM")
        with place.work() as work:
            assert [each.id for each in work.characters.all()] == ids
            assert work.characters.every_name() == {"élan": ids[0], "abe": ids[1], "abraham": ids[1]}

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        character_id, other_id = place.character("Elan"), place.character("Bert")
        read_before, other = place.loaded(character_id), place.loaded(other_id)
        with place.work() as work:
            work.characters.save(read_before.change(level=1))
        with pytest.raises(Stale), place.work() as work:
            work.characters.save(other.change(level=3), read_before.change(level=2))
        with pytest.raises(Stale), place.work() as work:
            work.characters.remove(read_before)
        assert (place.loaded(character_id).level, place.loaded(other_id).level) == (1, 60)

    def test_who_reads_a_character_to_change_it_waits_for_the_other(self, place: Place) -> None:
        character_id = place.character("Elan")

        def reach_level_61() -> None:
            with place.work() as work:
                work.characters.save(work.characters.get(character_id).change(level=61))

        with place.work() as work:
            character = work.characters.get(character_id)
            rival = Rival(reach_level_61)
            work.characters.save(character.change(race="Ogre"))
        assert rival.outcome() is None
        both = place.loaded(character_id)
        assert (both.level, both.race, both.version) == (61, "Ogre", 3)

    @pytest.mark.parametrize("way", ["named", "some", "all", "owned_by", "holding"])
    def test_however_a_character_is_read_it_is_locked(self, place: Place, way: str) -> None:
        """Two who do the same at once do it one after the other."""
        owner = place.user()
        character_id = place.character("Elan", owner=owner)

        def read(work: RaidsWork) -> Character:
            characters = work.characters
            ways: dict[str, Callable[[], tuple[Character | None, ...]]] = {
                "named": lambda: (characters.named("ELAN"),),
                "some": lambda: characters.some([character_id]),
                "all": characters.all,
                "owned_by": lambda: characters.owned_by(owner),
                "holding": lambda: characters.holding(place.rank_id),
            }
            found = ways[way]()
            assert found[0] is not None
            return found[0]

        def rise() -> None:
            with place.work() as work:
                character = read(work)
                work.characters.save(character.change(level=(character.level or 0) + 1))

        with place.work() as work:
            character = read(work)
            rival = Rival(rise)
            work.characters.save(character.change(level=(character.level or 0) + 1))
        assert rival.outcome() is None
        assert place.loaded(character_id).level == 62

    def test_the_events_of_a_character_are_stored_with_it(self, place: Place, elsewhere: Place) -> None:
        """G-5, G-1."""
        character_id = place.character("Elan")
        with place.work() as work:
            work.characters.save(work.characters.get(character_id).change(level=61).rename("Élan"))
        assert place.told("character", character_id) == [
            "character_entered",
            "character_changed",
            "character_renamed",
        ]
        _, changed, renamed = place.told_rows("character", character_id)
        assert changed.data["changes"] == [{"field": "level", "before": 60, "after": 61}]
        assert (renamed.data["before"], renamed.data["after"]) == ("Elan", "Élan")
        assert elsewhere.told("character", character_id) == []

    def test_many_characters_are_saved_as_one(self, place: Place) -> None:
        """R-6: a roster comes in one transaction."""
        drafted = [place.drafted(f"Raider {number:03}") for number in range(300)]
        with place.work() as work:
            work.characters.save(*drafted)
        with place.work() as work:
            found = work.characters.some(each.id for each in drafted)
            assert found == tuple(evolve(each, version=1, pending=()) for each in drafted)
            work.characters.save(*(each.change(status=CharacterStatus.RETIRED) for each in found))
        with place.work() as work:
            retired = work.characters.some(each.id for each in drafted)
        assert {(each.status, each.version) for each in retired} == {(CharacterStatus.RETIRED, 2)}

    def test_saving_nobody_changes_nothing(self, place: Place) -> None:
        with place.work() as work:
            work.characters.save()
        assert place.listed() == []

    # --- names --------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("written", "asked"),
        [
            ("Élan", "élan"),
            ("Élan", unicodedata.normalize("NFD", "ÉLAN")),
            (unicodedata.normalize("NFD", "Élan"), "Élan"),
            SHARP_S,
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("İlker", "i\u0307lker"),
            ("Ilker", "ilker"),
            ("名前", "名前"),
            ("A'nara", "a'NARA"),
            ("Big  Bad", "big bad"),
        ],
    )
    def test_a_character_is_named_in_any_case_and_normal_form(self, place: Place, written: str, asked: str) -> None:
        """R-1, G-9."""
        character_id = place.character(written)
        with place.work() as work:
            found = work.characters.named(asked)
            assert found is not None
            assert found.id == character_id
            attributed = work.characters.attributed([asked], NIGHT)
        assert attributed.keys() == {name_key(asked)}
        assert attributed[name_key(asked)].character_id == character_id
        with pytest.raises(NameTaken):
            place.character(asked)
        with place.views() as views:
            shown = views.character_named(asked, with_hidden=True)
            assert shown.id == views.attribution(asked, NIGHT).character_id == character_id

    @pytest.mark.parametrize(
        "names",
        [
            ("Élan", "Elan", "Elán"),
            ("Ilker", "İlker", "ılker"),
            ("Muller", "Müller"),
            ("Oeznil", "Öznil"),
            ("ab", "a b"),
        ],
    )
    def test_accents_make_another_name(self, place: Place, names: tuple[str, ...]) -> None:
        """R-1, G-9: names compare by case alone."""
        ids = {name: place.character(name) for name in names}
        with place.work() as work:
            found = {name: character.id for name in names if (character := work.characters.named(name))}
        assert found == ids

    def test_two_characters_never_share_a_name(self, place: Place, elsewhere: Place) -> None:
        """R-1: but those of two guilds may."""
        elsewhere.character("Elan")
        place.character("Elan")
        with pytest.raises(NameTaken) as refusal:
            place.character("eLAN")
        assert refusal.value.name == "eLAN"

    def test_two_of_one_name_are_not_saved_together_either(self, place: Place) -> None:
        """R-1."""
        with pytest.raises(NameTaken):
            place.enter(place.drafted("Elan"), place.drafted("Bert"), place.drafted("ELAN"))
        assert place.listed() == []

    def test_a_renamed_character_is_still_found_by_its_old_name(self, place: Place) -> None:
        """R-1: the old name stays as alias, and stays taken."""
        character_id = place.character("Elan")
        for name in ("Bert", "Carl"):
            with place.work() as work:
                work.characters.save(work.characters.get(character_id).rename(name))
        with place.work() as work:
            for name in ("elan", "bert", "carl"):
                found = work.characters.named(name)
                assert found is not None
                assert (found.id, found.name) == (character_id, "Carl")
        with place.views() as views:
            row = views.character_named("ELAN", with_hidden=True)
        assert (row.name, row.aliases) == ("Carl", ("Bert", "Elan"))
        with pytest.raises(NameTaken):
            place.character("Elan")

    def test_a_character_can_take_an_old_name_of_its_own_again(self, place: Place) -> None:
        """R-1: in whatever spelling."""
        character_id = place.character("Elan")
        for name in ("Bert", "ELAN", "Elan"):
            with place.work() as work:
                work.characters.save(work.characters.get(character_id).rename(name))
        with place.views() as views:
            row = views.character(character_id, with_hidden=True)
        assert (row.name, row.aliases) == ("Elan", ("Bert",))

    def test_a_character_can_t_be_renamed_to_another_s_name(self, place: Place) -> None:
        """R-1: nor to its alias."""
        character_id, other_id = place.character("Elan"), place.character("Bert")
        with place.work() as work:
            work.characters.save(work.characters.get(other_id).rename("Carl"))
        for name in ("bert", "CARL"):
            with pytest.raises(NameTaken), place.work() as work:
                work.characters.save(work.characters.get(character_id).rename(name))
        assert place.loaded(character_id).name == "Elan"

    def test_another_name_can_be_let_stand_for_a_character(self, place: Place, elsewhere: Place) -> None:
        """R-1: such as a misspelling; twice is as good as once."""
        elsewhere.character("Elann")
        character_id, other_id = place.character("Elan"), place.character("Bert")
        for name in ("Elann", "ELANN", "elan"):
            with place.work() as work:
                work.characters.add_alias(character_id, name)
        for name in ("bert", "Bert"):
            with pytest.raises(NameTaken), place.work() as work:
                work.characters.add_alias(character_id, name)
        with pytest.raises(NameTaken), place.work() as work:
            work.characters.add_alias(other_id, "elann")
        with place.work() as work:
            assert work.characters.names(character_id) == ("Elan", "Elann")
            assert work.characters.names(other_id) == ("Bert",)
            found = work.characters.named("elANN")
            assert found is not None
            assert found.id == character_id
        with place.views() as views:
            row = views.character(character_id, with_hidden=True)
        assert (row.name, row.aliases) == ("Elan", ("Elann",))

    def test_of_many_who_enter_a_name_at_once_one_does(self, place: Place) -> None:
        """R-1: however close they are."""
        drafted = [place.drafted(name) for name in ("Straße", "STRASSE", "strasse", "straße")]
        faults = all_at_once(*(lambda each=each: place.enter(each) for each in drafted))
        refused = [fault for fault in faults if fault is not None]
        assert len(refused) == 3
        assert all(isinstance(fault, NameTaken | Stale) for fault in refused), refused
        assert len(place.listed()) == 1

    def test_of_a_rename_and_an_entry_at_once_one_wins(self, place: Place) -> None:
        """R-1: a name is a name, whichever way it is taken."""
        character_id = place.character("Bert")
        entering = place.drafted("élan")
        with place.work() as work:
            work.characters.save(work.characters.get(character_id).rename("Élan"))
            rival = Rival(lambda: place.enter(entering))
        assert isinstance(rival.outcome(), NameTaken | Stale)
        with pytest.raises(NameTaken):
            place.enter(entering)
        assert place.listed() == ["Élan"]

    def test_of_an_alias_and_an_entry_at_once_one_wins(self, place: Place) -> None:
        """R-1."""
        character_id = place.character("Bert")
        entering = place.drafted("Elan")

        def add_alias() -> None:
            with place.work() as work:
                work.characters.add_alias(character_id, "elan")

        with place.work() as work:
            work.characters.save(entering)
            rival = Rival(add_alias)
        assert isinstance(rival.outcome(), NameTaken | Stale)
        with pytest.raises(NameTaken):
            add_alias()

    # --- mains --------------------------------------------------------------------------------------------------------

    def test_a_main_gives_way_to_another_in_one_save(self, place: Place) -> None:
        """R-3: in whatever order they are saved together."""
        owner = place.user()
        one = place.character("One", owner=owner, is_main=True)
        two = place.character("Two", owner=owner, main_id=one)
        for crowned, left in ((two, one), (one, two)):
            new, old = place.loaded(crowned), place.loaded(left)
            with place.work() as work:
                work.characters.save(
                    evolve(old, is_main=False, main_id=crowned), evolve(new, is_main=True, main_id=None)
                )
            row = place.roster(RosterFilter(is_main=True)).results
            assert [each.id for each in row] == [crowned]

    def test_a_user_never_has_two_mains_in_a_guild(self, place: Place, elsewhere: Place) -> None:
        """R-3: the store itself would not keep them; one in another guild does not matter."""
        owner = place.user()
        elsewhere.character("Elsewhere", owner=owner, is_main=True)
        place.character("One", owner=owner, is_main=True)
        with pytest.raises((Stale, AssertionError)):
            place.character("Two", owner=owner, is_main=True)
        alt = place.character("Three", owner=owner)
        with pytest.raises((Stale, AssertionError)), place.work() as work:
            work.characters.save(evolve(work.characters.get(alt), is_main=True))
        assert place.listed(RosterFilter(is_main=True)) == ["One"]

    def test_of_two_who_become_main_at_once_one_does(self, place: Place) -> None:
        """R-3."""
        owner = place.user()
        drafted = [place.drafted(name, owner=owner, is_main=True) for name in ("One", "Two")]
        faults = all_at_once(*(lambda each=each: place.enter(each) for each in drafted))
        assert len([fault for fault in faults if fault is None]) == 1
        assert len(place.listed(RosterFilter(is_main=True))) == 1

    # --- ownership ----------------------------------------------------------------------------------------------------

    def test_every_period_of_ownership_is_kept(self, place: Place) -> None:
        """R-4: the last one is told, ended or not."""
        one, two = place.user("one"), place.user("two")
        character_id = place.character("Elan")
        with place.work() as work:
            characters = work.characters
            assert characters.latest_ownership(character_id) is None
            characters.end_ownership(character_id, NIGHT)
            first = Ownership.first(character_id, one, reason="found")
            characters.begin_ownership(first)
            assert characters.latest_ownership(character_id) == first
        with place.work() as work:
            work.characters.end_ownership(character_id, NIGHT)
        with place.work() as work:
            ended = evolve(first, until=NIGHT)
            assert work.characters.latest_ownership(character_id) == ended
            work.characters.end_ownership(character_id, NIGHT + DAY)
            assert work.characters.latest_ownership(character_id) == ended
            second = Ownership(character_id=character_id, owner=two, since=NIGHT + DAY, reason="a gift")
            work.characters.begin_ownership(second)
        with place.work() as work:
            assert work.characters.latest_ownership(character_id) == second
        with place.views() as views:
            rows = views.ownership_history(character_id)
        assert [(row.user_id, row.owner, row.since, row.until, row.reason) for row in rows] == [
            (one, "one", None, NIGHT, "found"),
            (two, "two", NIGHT + DAY, None, "a gift"),
        ]

    def test_a_name_stands_for_who_owned_it_then(self, place: Place) -> None:
        """P-11, R-4: the first owner from the beginning, nobody in a break; the end belongs to the next (G-2)."""
        one, two = place.user("one"), place.user("two")
        character_id = place.character("Elan", owner=one)
        with place.work() as work:
            work.characters.end_ownership(character_id, NIGHT)
            work.characters.begin_ownership(Ownership(character_id=character_id, owner=two, since=NIGHT + DAY))
            work.characters.add_alias(character_id, "Nale")
        moment = timedelta(microseconds=1)
        owners = {
            BEGINNING: one,
            NIGHT - moment: one,
            NIGHT: None,
            NIGHT + DAY - moment: None,
            NIGHT + DAY: two,
            NIGHT + 10_000 * DAY: two,
        }
        for at, owner in owners.items():
            with place.work() as work:
                found = work.characters.attributed(["elan", "NALE", "Nobody", "Elan"], at)
            assert found.keys() == {"elan", "nale"}
            for each in found.values():
                assert (each.character_id, each.name, each.status) == (character_id, "Elan", CharacterStatus.ACTIVE)
                assert each.owner == owner
            with place.views() as views:
                row = views.attribution("nale", at)
            assert (row.name, row.at, row.character_id, row.character, row.user_id) == (
                "nale",
                at,
                character_id,
                "Elan",
                owner,
            )
            assert row.username == {one: "one", two: "two", None: None}[owner]

    def test_characters_of_any_status_and_of_nobody_are_attributed(self, place: Place) -> None:
        """D-5: what a pending name is worth is for others to decide."""
        place.character("Elan", status=CharacterStatus.PENDING)
        with place.work() as work:
            found = work.characters.attributed(["Elan"], NIGHT)["elan"]
            assert (found.status, found.owner) == (CharacterStatus.PENDING, None)
            assert work.characters.attributed([], NIGHT) == {}

    # --- leaving ------------------------------------------------------------------------------------------------------

    def test_a_removed_character_leaves_nothing_but_its_events(self, place: Place) -> None:
        """G-4, G-5: its names are free again."""
        character_id = place.character("Elan", owner=place.user(), is_main=True)
        with place.work() as work:
            work.characters.add_alias(character_id, "Nale")
            work.characters.record_rank_changes([rank_change(place, character_id)])
        with place.work() as work:
            character = work.characters.get(character_id)
            work.characters.remove(character.announcing(CharacterRemoved(character_id=character_id, name="Elan")))
        with place.work() as work:
            assert work.characters.latest_ownership(character_id) is None
            assert work.characters.named("Nale") is None
        with place.views() as views:
            for look in (in_full(views), views.ownership_history, views.rank_history):
                with pytest.raises(NoSuch):
                    look(character_id)
        assert place.told("character", character_id) == ["character_entered", "character_removed"]
        place.character("Elan")
        place.character("Nale")

    def test_history_knows_a_character_whom_attendance_names(self, place: Place, elsewhere: Place) -> None:
        """G-4, G-1."""
        present, absent = place.character("Elan"), place.character("Bert")
        place.raid(present={place.member(): Presence.ABSENT_EXCUSED}, character_id=present)
        with place.work() as work:
            assert work.characters.in_history(present)
            assert not work.characters.in_history(absent)
        with elsewhere.work() as work:
            assert not work.characters.in_history(present)

    def test_of_main_changes_at_once_one_is_made_and_paid(self, place: Place) -> None:
        """P-17: it is paid once, and the waiting time begins for the others."""
        bank, owner = Bank(place), place.member()
        pool_id = bank.pool()
        bank.give(owner, pool_id, "100.00")
        with place.work() as work:
            work.pools.save(evolve(work.pools.get(pool_id), is_default=True))
            guild = work.guilds.get(place.guild_id)
            wanted = {"main_change_price": 30, "main_change_wait_days": 7}
            work.guilds.save(guild.change(settings=wanted))
        one = place.character("One", owner=owner, is_main=True)
        others = [place.character(name, owner=owner, main_id=one) for name in ("Two", "Three")]
        installation = place.installation
        change = ChangeMain(installation.begin, installation.ids, installation.clock)

        def crown(character_id: CharacterId) -> Callable[[], object]:
            return until_it_succeeds(lambda: change(character_id, by=place.by))

        outcomes = all_at_once(*(crown(each) for each in others * 2))
        assert None in outcomes
        assert all(isinstance(fault, MainChangedLately) for fault in outcomes if fault is not None)
        with place.views() as views:
            (made,) = views.main_changes(owner)
        assert place.loaded(made.after_id).is_main
        assert bank.numbers(owner, pool_id)[3] == "70.00"
        assert bank.differences() == []

    # --- rank history -------------------------------------------------------------------------------------------------

    def test_moves_between_ranks_are_kept_in_their_order(self, place: Place, elsewhere: Place) -> None:
        """R-2: with actor and reason; also of ranks that are gone."""
        character_id, other_id = place.character("Elan"), place.character("Bert")
        old, new = place.rank("Old"), place.rank("New")
        with place.work() as work:
            work.characters.record_rank_changes([])
            work.characters.record_rank_changes(
                [
                    rank_change(place, character_id, None, old, reason="began"),
                    rank_change(place, other_id, old, new),
                    rank_change(place, character_id, old, new, reason="grew"),
                ]
            )
            work.ranks.remove(work.ranks.get(old))
        with place.work() as work:
            work.ranks.save(work.ranks.get(new).change(name="Newest"))
            work.characters.record_rank_changes([rank_change(place, character_id, new, place.rank_id, reason="fell")])
        with place.views() as views:
            rows = views.rank_history(character_id)
            assert [(row.before, row.after) for row in views.rank_history(other_id)] == [("Old", "Newest")]
        assert [(row.before, row.after, row.reason) for row in rows] == [
            (None, "Old", "began"),
            ("Old", "Newest", "grew"),
            ("Newest", "Member", "fell"),
        ]
        assert {(row.at, row.actor_kind, row.actor_id) for row in rows} == {(NIGHT, ActorKind.BOT, "the-bot")}
        with elsewhere.views() as views, pytest.raises(NoSuch):
            views.rank_history(character_id)

    def test_who_never_moved_has_no_history(self, place: Place) -> None:
        character_id = place.character("Elan")
        with place.views() as views:
            assert views.rank_history(character_id) == ()
            assert views.ownership_history(character_id) == ()


def rank_change(
    place: Place, character_id: CharacterId, before: RankId | None = None, after: RankId | None = None, reason: str = ""
) -> RankChange:
    """A move between ranks."""
    return RankChange(
        character_id=character_id,
        at=NIGHT,
        before=before,
        after=after or place.rank_id,
        actor_kind=ActorKind.BOT,
        actor_id="the-bot",
        reason=reason,
    )


class ProfileFieldsContract(Contract):
    """The port `ProfileFields`, what characters hold of them, and the main history."""

    def drafted(self, place: Place, name: str, *, order: int = 0, **more: Any) -> ProfileField:
        """A field that is not kept yet."""
        field_id = ProfileFieldId(place.installation.ids.next("profile_field"))
        wanted = {"kind": ProfileFieldKind.TEXT, **more}
        return ProfileField.create(field_id, place.guild_id, name=name, order=order, **wanted)

    def kept(self, place: Place, name: str, **more: Any) -> ProfileField:
        """A field as it is kept."""
        field = self.drafted(place, name, **more)
        with place.work() as work:
            work.profile_fields.save(field)
        return field

    def test_a_saved_field_comes_back_as_it_was(self, place: Place, elsewhere: Place) -> None:
        """G-1: by order and id; another guild's is unknown."""
        stranger = self.kept(elsewhere, "Trade")
        field = self.kept(
            place,
            "Trade 🐉",
            order=7,
            kind=ProfileFieldKind.CHOICE,
            choices=("Bäcker", "Smith"),
            required=True,
            shown_to=ShownTo.OFFICERS,
        )
        first = self.kept(place, "First", order=1)
        with place.work() as work:
            assert work.profile_fields.get(field.id) == evolve(field, version=1)
            assert [each.id for each in work.profile_fields.all()] == [first.id, field.id]
            with pytest.raises(NoSuch):
                work.profile_fields.get(stranger.id)
            work.profile_fields.save(work.profile_fields.get(field.id).change(archived=True, order=0))
        with place.views() as views:
            rows = views.profile_fields()
        assert [(row.id, row.archived, row.choices) for row in rows] == [
            (field.id, True, ("Bäcker", "Smith")),
            (first.id, False, ()),
        ]

    def test_fields_never_share_a_name_and_changes_are_not_lost(self, place: Place) -> None:
        """G-9; who saves or removes what somebody else changed meanwhile is stale."""
        field = self.kept(place, SHARP_S[0])
        with pytest.raises(NameTaken):
            self.kept(place, SHARP_S[1])
        with place.work() as work:
            read_before = work.profile_fields.get(field.id)
        with place.work() as work:
            work.profile_fields.save(work.profile_fields.get(field.id).change(order=5))
        with pytest.raises(Stale), place.work() as work:
            work.profile_fields.save(read_before.change(order=6))
        with pytest.raises(Stale), place.work() as work:
            work.profile_fields.remove(read_before)
        with place.work() as work:
            work.profile_fields.remove(work.profile_fields.get(field.id))
        with place.work() as work:
            assert work.profile_fields.all() == ()

    def test_a_profile_is_kept_with_its_character_and_shown_by_the_fields_order(self, place: Place) -> None:
        """Values by field; what is of no field, or of an archived one, is not shown."""
        late, early = self.kept(place, "Late", order=2), self.kept(place, "Early", order=1)
        gone = self.kept(place, "Gone")
        values = {late.id: 'ß 🐉 "quoted"', early.id: "1", gone.id: "x", ProfileFieldId(10**9): "y"}
        character_id = place.character("Élan")
        with place.work() as work:
            work.characters.save(work.characters.get(character_id).change(profile=values))
            work.profile_fields.save(work.profile_fields.get(gone.id).change(archived=True))
        assert place.loaded(character_id).profile == values
        with place.views() as views:
            for row in (
                views.character(character_id, with_hidden=True),
                views.character_named("ÉLAN", with_hidden=False),
            ):
                assert [(each.name, each.value) for each in row.profile] == [
                    ("Early", "1"),
                    ("Late", values[late.id]),
                ]
        with place.work() as work:
            work.characters.save(work.characters.get(character_id).change(profile=dict.fromkeys(values, "")))
        assert place.loaded(character_id).profile == {}

    def test_every_change_of_a_main_is_kept(self, place: Place, elsewhere: Place) -> None:
        """P-17, G-1: the last by time; who was the main is in history, and is not removed without a trace."""
        owner = place.member("Kara")
        one, two = place.character("One", owner=owner), place.character("Two", owner=owner)
        ids = [MainChangeId(place.installation.ids.next("main_change")) for _ in range(2)]

        def changed(index: int, before: CharacterId, after: CharacterId) -> MainChange:
            return MainChange(
                id=ids[index],
                user_id=owner,
                at=NIGHT + index * DAY,
                before=before,
                after=after,
                actor_kind=ActorKind.USER,
                actor_id=str(owner),
                waived=index == 1,
                reason="reroll ß",
            )

        with place.work() as work:
            assert work.characters.last_main_change(owner) is None
            assert not work.characters.in_history(one)
            assert not work.characters.in_main_history(one)
            work.characters.record_main_changes([changed(0, one, two), changed(1, two, one)])
            work.characters.record_main_changes([])
        with place.work() as work:
            assert work.characters.last_main_change(owner) == changed(1, two, one)
            for crowned in (one, two):
                assert work.characters.in_history(crowned)
                assert work.characters.in_main_history(crowned)
        with elsewhere.work() as work:
            assert work.characters.last_main_change(owner) is None
            assert not work.characters.in_main_history(one)
        with elsewhere.views() as views, pytest.raises(NoSuch):
            views.main_changes(owner)
        with place.views() as views:
            rows = views.main_changes(owner)
        assert [(row.before, row.after, row.waived, row.at) for row in rows] == [
            ("One", "Two", False, NIGHT),
            ("Two", "One", True, NIGHT + DAY),
        ]


class RosterViewContract(Contract):
    """The port `RosterView`."""

    # --- the list -----------------------------------------------------------------------------------------------------

    def test_a_line_shows_the_character_its_owner_and_its_main(self, place: Place) -> None:
        """R-5."""
        owner = place.member("Zoë")
        main_id = place.character("Élan", owner=owner, is_main=True)
        alt_id = place.character("Bert", owner=owner, main_id=main_id, status=CharacterStatus.TRIAL)
        alt, main = place.roster().results
        assert (alt.id, alt.name, alt.is_main, alt.main_id, alt.main_character) == (
            alt_id,
            "Bert",
            False,
            main_id,
            "Élan",
        )
        assert (main.id, main.name, main.is_main, main.main_id, main.main_character) == (
            main_id,
            "Élan",
            True,
            None,
            None,
        )
        assert (alt.status, main.status) == (CharacterStatus.TRIAL, CharacterStatus.ACTIVE)
        for row in (alt, main):
            assert (row.user_id, row.owner) == (owner, "Zoë")
            assert (row.character_class, row.level, row.race) == ("Cleric", 60, "Dwarf")
            assert (row.rank, row.rank_id, row.joined_on) == ("Member", place.rank_id, date(2024, 2, 29))
            assert row.attendance_30 == "0.00"

    def test_a_line_may_lack_owner_and_level(self, place: Place) -> None:
        place.enter(place.drafted("Elan", character_class="", level=None, race=""))
        (row,) = place.roster().results
        assert (row.user_id, row.owner, row.level, row.character_class, row.race) == (None, None, None, "", "")
        assert row.attendance_30 == "0.00"

    def test_the_roster_is_the_guild_s_own(self, place: Place, elsewhere: Place) -> None:
        """G-1: lists, looks and histories alike."""
        character_id = elsewhere.character("Elan", owner=elsewhere.member(), is_main=True)
        with place.views() as views:
            assert views.members() == ()
            assert [row.name for row in views.ranks()] == ["Member"]
            for look in (in_full(views), views.ownership_history, views.rank_history):
                with pytest.raises(NoSuch):
                    look(character_id)
            with pytest.raises(NoSuch):
                views.character_named("Elan", with_hidden=True)
            with pytest.raises(NoSuch):
                views.attribution("Elan", NIGHT)
            audit = views.audit()
        assert place.roster().count == 0
        assert (audit.unlinked_users, audit.characters_without_owner, audit.owners_without_main) == ((), (), ())

    def test_the_roster_is_sorted_by_name_in_any_case_unless_asked_otherwise(self, place: Place) -> None:
        """G-9."""
        for name in ("zed", "Élan", "Abe", "bert", "Elan"):
            place.character(name)
        assert place.listed() == ["Abe", "bert", "Elan", "zed", "Élan"]

    def test_the_roster_can_be_sorted_by_every_column(self, place: Place) -> None:
        """R-5: what has no value stands last, or first where the order is descending; equals by name."""
        anna, bob = place.member("anna"), place.member("Bob")
        first, second = place.rank("Aspirant", 30), place.rank("Zealot", 1)
        drafted = [
            place.drafted("Mia", owner=bob, is_main=True, rank_id=first, level=1, joined_on=date(2021, 1, 1)),
            place.drafted("Abe", owner=anna, is_main=True, rank_id=second, character_class="bard", race="elf"),
        ]
        place.enter(*drafted)
        place.enter(
            place.drafted("Zed", owner=bob, main_id=drafted[0].id, level=None, status=CharacterStatus.RETIRED),
            place.drafted("Cid", owner=anna, main_id=drafted[1].id, character_class="Monk", race="Troll"),
            place.drafted("Eve", status=CharacterStatus.INACTIVE, joined_on=date(2030, 12, 31)),
        )
        expected = {
            "name": "Abe Cid Eve Mia Zed",
            "-name": "Zed Mia Eve Cid Abe",
            "character_class": "Abe Eve Mia Zed Cid",
            "level": "Mia Abe Cid Eve Zed",
            "-level": "Zed Abe Cid Eve Mia",
            "race": "Eve Mia Zed Abe Cid",
            "rank": "Abe Cid Eve Zed Mia",
            "-rank": "Mia Cid Eve Zed Abe",
            "status": "Abe Cid Mia Eve Zed",
            "owner": "Abe Cid Mia Zed Eve",
            "-owner": "Eve Mia Zed Abe Cid",
            "is_main": "Cid Eve Zed Abe Mia",
            "-is_main,-name": "Mia Abe Zed Eve Cid",
            "main_character": "Cid Zed Abe Eve Mia",
            "-main_character": "Abe Eve Mia Zed Cid",
            "joined_on": "Mia Abe Cid Zed Eve",
            "id": "Mia Abe Zed Cid Eve",
            "-id": "Eve Cid Zed Abe Mia",
        }
        found = {ordering: " ".join(place.listed(ordering=ordering)) for ordering in expected}
        assert found == expected

    def test_the_roster_is_filtered(self, place: Place) -> None:
        """R-5: by class, rank, status, owner, main or alt and level; all that is given holds."""
        owner, rank_id = place.member(), place.rank("Élite")
        main = place.drafted("Abe", owner=owner, is_main=True, character_class="Großmagier", level=60)
        place.enter(
            main,
            place.drafted("Bea", owner=owner, main_id=main.id, level=10, status=CharacterStatus.INACTIVE),
            place.drafted("Cid", level=None, rank_id=rank_id),
        )
        expected = {
            RosterFilter(character_class="GROSSMAGIER"): ["Abe"],
            RosterFilter(character_class="Groß"): [],
            RosterFilter(character_class=""): ["Abe", "Bea", "Cid"],
            RosterFilter(rank="éLITE"): ["Cid"],
            RosterFilter(rank=unicodedata.normalize("NFD", "Élite")): ["Cid"],
            RosterFilter(rank="Elite"): [],
            RosterFilter(rank=str(rank_id)): ["Cid"],
            RosterFilter(rank="0"): [],
            RosterFilter(rank="9" * 40): [],
            RosterFilter(status=CharacterStatus.INACTIVE): ["Bea"],
            RosterFilter(user_id=owner): ["Abe", "Bea"],
            RosterFilter(user_id=UserId(0)): [],
            RosterFilter(is_main=True): ["Abe"],
            RosterFilter(is_main=False): ["Bea", "Cid"],
            RosterFilter(level_min=10): ["Abe", "Bea"],
            RosterFilter(level_min=11): ["Abe"],
            RosterFilter(level_max=10): ["Bea"],
            RosterFilter(level_min=11, level_max=59): [],
            RosterFilter(user_id=owner, is_main=False, status=CharacterStatus.INACTIVE, search="b"): ["Bea"],
        }
        assert {wanted: place.listed(wanted) for wanted in expected} == expected

    def test_a_rank_whose_name_is_a_number_is_found_by_it(self, place: Place) -> None:
        """R-5: `rank` is an id or a name."""
        place.character("Elan", rank_id=place.rank("1000000007"))
        assert place.listed(RosterFilter(rank="1000000007")) == ["Elan"]

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("LAN", ["Élan"]),
            ("e\u0301", ["Élan"]),
            ("elan", []),
            ("%", ["100%_\\b"]),
            ("_", ["100%_\\b"]),
            ("\\", ["100%_\\b"]),
            ("", ["100%_\\b", "Strasse", "Élan"]),
            ("ß", ["Strasse"]),
        ],
    )
    def test_a_search_finds_a_part_of_the_name(self, place: Place, search: str, found: list[str]) -> None:
        """R-5, G-9: in any case and normal form; no sign in it means anything else."""
        for name in ("Élan", "Strasse", "100%_\\b"):
            place.character(name)
        assert place.listed(RosterFilter(search=search)) == found

    def test_pages_are_cut_and_everything_is_counted(self, place: Place) -> None:
        """R-5."""
        for number in range(5):
            place.character(f"Raider {number}")
        wanted = RosterFilter(search="RAIDER")
        pages = [place.roster(wanted, "-name", PageRequest(number, 2)) for number in (1, 2, 3, 4)]
        assert [[row.name[-1] for row in page.results] for page in pages] == [["4", "3"], ["2", "1"], ["0"], []]
        assert [page.count for page in pages] == [5, 5, 5, 5]

    def test_attendance_is_the_owner_s_over_thirty_days(self, place: Place) -> None:
        """D-9: [at − 30 × 24 h, at) by raid start; of all of the owner's characters, and filtered as a fraction."""
        often, seldom, never = (place.member(name) for name in ("often", "seldom", "never"))
        main = place.character("Often", owner=often, is_main=True)
        place.character("Alt", owner=often, main_id=main)
        place.character("Seldom", owner=seldom, is_main=True)
        place.character("Never", owner=never, is_main=True)
        place.character("Nobody")
        moment = timedelta(microseconds=1)
        place.raid(NIGHT - 30 * DAY - moment, {seldom: Presence.PRESENT, never: Presence.PRESENT})
        place.raid(NIGHT - 30 * DAY, {often: Presence.PRESENT})
        place.raid(NIGHT - DAY, {often: Presence.STANDBY, seldom: Presence.LATE})
        place.raid(NIGHT - moment, {seldom: Presence.ABSENT_EXCUSED})
        place.raid(NIGHT, {seldom: Presence.PRESENT, never: Presence.PRESENT})
        shown = {row.name: row.attendance_30 for row in place.roster().results}
        assert shown == {"Alt": "66.67", "Often": "66.67", "Seldom": "33.33", "Never": "0.00", "Nobody": "0.00"}
        assert place.listed(ordering="-attendance_30") == ["Alt", "Often", "Seldom", "Never", "Nobody"]
        assert place.listed(ordering="attendance_30,-name") == ["Nobody", "Never", "Seldom", "Often", "Alt"]
        assert place.listed(RosterFilter(attendance_min=66)) == ["Alt", "Often"]
        # 66.67 is shown, and is less than 67; 33.33 is shown, and is more than 33.
        assert place.listed(RosterFilter(attendance_min=67)) == []
        assert place.listed(RosterFilter(attendance_min=33)) == ["Alt", "Often", "Seldom"]
        assert len(place.listed(RosterFilter(attendance_min=0))) == 5
        assert {row.attendance_30 for row in place.roster(at=NIGHT - 100 * DAY).results} == {"0.00"}

    def test_a_raid_that_was_cancelled_counts_for_nobody(self, place: Place) -> None:
        """D-9, D-15: nor one that only carries items."""
        often, seldom = place.member("often"), place.member("seldom")
        place.character("Often", owner=often, is_main=True)
        place.character("Seldom", owner=seldom, is_main=True)
        place.raid(NIGHT - 3 * DAY, {often: Presence.PRESENT})
        place.raid(NIGHT - 2 * DAY, {often: Presence.PRESENT, seldom: Presence.PRESENT})
        place.cancel(place.raid(NIGHT - DAY, {seldom: Presence.PRESENT}))
        place.raid(NIGHT - DAY, points="0")
        shown = {row.name: row.attendance_30 for row in place.roster().results}
        assert shown == {"Often": "100.00", "Seldom": "50.00"}
        assert place.listed(RosterFilter(attendance_min=100)) == ["Often"]

    def test_an_excused_absence_is_left_out_where_the_guild_says_so(self, installation: Installation) -> None:
        """D-9: the raid does not count for that user."""
        place = Place.found(installation, leave_out_excused=True)
        excused, absent = place.member("excused"), place.member("absent")
        place.character("Excused", owner=excused, is_main=True)
        place.character("Absent", owner=absent, is_main=True)
        place.raid(NIGHT - DAY, {excused: Presence.PRESENT, absent: Presence.PRESENT})
        place.raid(NIGHT - 2 * DAY, {excused: Presence.ABSENT_EXCUSED})
        shown = {row.name: row.attendance_30 for row in place.roster().results}
        assert shown == {"Excused": "100.00", "Absent": "50.00"}
        assert place.listed(RosterFilter(attendance_min=51)) == ["Excused"]
        assert place.listed(ordering="attendance_30") == ["Absent", "Excused"]

    # --- one character ------------------------------------------------------------------------------------------------

    def test_one_character_is_shown_in_full(self, place: Place) -> None:
        """R-1."""
        owner = place.member("Zoë")
        main_id = place.character("Elan", owner=owner, is_main=True)
        alt_id = place.character("Bert", owner=owner, main_id=main_id)
        with place.work() as work:
            work.characters.save(work.characters.get(alt_id).change(notes="plays «bass»"))
            for name in ("zebra", "Ärger", "Aal"):
                work.characters.add_alias(alt_id, name)
        with place.views() as views:
            row = views.character(alt_id, with_hidden=True)
            for name in ("BERT", "ZEBRA"):
                assert views.character_named(name, with_hidden=True) == row
            assert views.character(main_id, with_hidden=True).aliases == ()
        assert (row.id, row.name, row.notes) == (alt_id, "Bert", "plays «bass»")
        assert row.aliases == ("Aal", "zebra", "Ärger")
        assert (row.character_class, row.level, row.race) == ("Cleric", 60, "Dwarf")
        assert (row.rank, row.rank_id, row.status) == ("Member", place.rank_id, CharacterStatus.ACTIVE)
        assert (row.user_id, row.owner, row.joined_on) == (owner, "Zoë", date(2024, 2, 29))
        assert (row.is_main, row.main_id, row.main_character) == (False, main_id, "Elan")

    def test_an_unknown_character_is_refused(self, place: Place) -> None:
        unknown = CharacterId(0)
        with place.views() as views:
            for look in (in_full(views), views.ownership_history, views.rank_history):
                with pytest.raises(NoSuch):
                    look(unknown)
            with pytest.raises(NoSuch):
                views.character_named("Nobody", with_hidden=True)
            with pytest.raises(NoSuch):
                views.attribution("Nobody", NIGHT)

    # --- hidden ranks -------------------------------------------------------------------------------------------------

    def test_characters_of_hidden_ranks_are_left_out(self, place: Place) -> None:
        """R-2: of the list, of its count on whatever page, and by every filter."""
        bench = place.rank("Bench", is_hidden=True)
        owner = place.member("owner")
        place.character("Benched", owner=owner, is_main=True, rank_id=bench)
        place.character("Shown", owner=place.member("other"), is_main=True)
        assert place.listed() == ["Benched", "Shown"]
        assert place.listed(with_hidden=False) == ["Shown"]
        for wanted in (RosterFilter(rank="Bench"), RosterFilter(user_id=owner), RosterFilter(search="bench")):
            assert place.listed(wanted) == ["Benched"]
            assert place.listed(wanted, with_hidden=False) == []
        counts = [place.roster(page=PageRequest(page, 1), with_hidden=False).count for page in (1, 2, 3)]
        assert counts == [1, 1, 1]

    def test_a_hidden_rank_hides_by_attendance_too(self, place: Place) -> None:
        """R-2, D-9: sorted by it as well as narrowed by it."""
        bench, owner = place.rank("Bench", is_hidden=True), place.member()
        main = place.character("Benched", owner=owner, is_main=True, rank_id=bench)
        place.character("Alt", owner=owner, main_id=main)
        place.raid(present={owner: Presence.PRESENT})
        assert place.listed(ordering="-attendance_30", with_hidden=False) == ["Alt"]
        assert place.listed(RosterFilter(attendance_min=50), with_hidden=False) == ["Alt"]
        assert place.listed(RosterFilter(attendance_min=50)) == ["Alt", "Benched"]

    def test_a_hidden_main_is_not_told_of_by_its_alts(self, place: Place) -> None:
        """R-2: neither by its name nor by its place in the order."""
        bench, hider, shower = place.rank("Bench", is_hidden=True), place.member("hider"), place.member("shower")
        hidden = place.character("Aaron", owner=hider, is_main=True, rank_id=bench)
        shown = place.character("Mia", owner=shower, is_main=True)
        of_hidden = place.character("Zed", owner=hider, main_id=hidden)
        of_shown = place.character("Yve", owner=shower, main_id=shown)
        assert place.listed(ordering="main_character") == ["Zed", "Yve", "Aaron", "Mia"]
        assert place.listed(ordering="main_character", with_hidden=False) == ["Yve", "Mia", "Zed"]
        rows = {row.id: row for row in place.roster(with_hidden=False).results}
        assert (rows[of_hidden].main_id, rows[of_hidden].main_character) == (None, None)
        assert (rows[of_shown].main_id, rows[of_shown].main_character) == (shown, "Mia")
        with place.views() as views:
            for row in (views.character(of_hidden, with_hidden=False), views.character_named("zed", with_hidden=False)):
                assert (row.main_id, row.main_character) == (None, None)
            assert views.character(of_hidden, with_hidden=True).main_character == "Aaron"
            assert views.character(of_shown, with_hidden=False).main_character == "Mia"

    def test_a_character_of_a_hidden_rank_is_as_good_as_unknown(self, place: Place) -> None:
        """R-2: by id, name and alias; with hidden ones it is there, and so is it once its rank shows."""
        bench = place.rank("Bench", is_hidden=True)
        character_id = place.character("Benched", rank_id=bench)
        with place.work() as work:
            work.characters.add_alias(character_id, "Bankled")
        with place.views() as views:
            assert views.character(character_id, with_hidden=True).id == character_id
            with pytest.raises(NoSuch):
                views.character(character_id, with_hidden=False)
            for name in ("BENCHED", "Bankled"):
                assert views.character_named(name, with_hidden=True).id == character_id
                with pytest.raises(NoSuch):
                    views.character_named(name, with_hidden=False)
        with place.work() as work:
            work.ranks.save(work.ranks.get(bench).change(is_hidden=False))
        with place.views() as views:
            assert views.character(character_id, with_hidden=False).aliases == ("Bankled",)
        assert place.listed(with_hidden=False) == ["Benched"]

    def test_a_hidden_rank_of_another_guild_hides_nothing_here(self, place: Place, elsewhere: Place) -> None:
        """G-1, R-2."""
        elsewhere.character("Benched", rank_id=elsewhere.rank("Bench", is_hidden=True))
        main = place.character("Main", owner=place.member(), is_main=True)
        with place.views() as views:
            assert views.character(main, with_hidden=False).name == "Main"
        assert (place.listed(with_hidden=False), elsewhere.listed(with_hidden=False)) == (["Main"], [])

    # --- ranks --------------------------------------------------------------------------------------------------------

    def test_the_ranks_are_shown_with_how_many_hold_them(self, place: Place) -> None:
        """R-2: by order and name."""
        hidden = place.rank("Zombie", 5, is_hidden=True, counts_as_active=False)
        place.rank("alpha", 10)
        place.character("Elan")
        place.character("Bert", status=CharacterStatus.RETIRED)
        with place.views() as views:
            zombie, alpha, member = views.ranks()
        assert (zombie.id, zombie.name, zombie.order, zombie.characters) == (hidden, "Zombie", 5, 0)
        assert (zombie.is_default, zombie.is_hidden, zombie.counts_as_active) == (False, True, False)
        assert (member.is_default, member.is_hidden, member.counts_as_active) == (True, False, True)
        assert (alpha.name, alpha.characters) == ("alpha", 0)
        assert (member.name, member.characters) == ("Member", 2)

    # --- members ------------------------------------------------------------------------------------------------------

    def test_members_are_shown_with_their_characters_the_main_first(self, place: Place) -> None:
        """R-5: then by name; members in order of user id, also those without characters."""
        zoe, bob = place.member("Zoë", RoleGroup.OFFICER), place.member("Bob", linked=False)
        main_id = place.character("Zed", owner=zoe, is_main=True, rank_id=place.rank("Veteran"))
        for name in ("mia", "Abe", "Élan"):
            place.character(name, owner=zoe, main_id=main_id)
        with place.views() as views:
            first, second = views.members()
        assert (first.user_id, first.discord_id, first.discord_username) == (zoe, discord_id_of(zoe), "Zoë")
        assert (first.role_group, first.main_character, first.rank) == ("officer", "Zed", "Veteran")
        assert first.discord_role_id is None
        assert [character.name for character in first.characters] == ["Zed", "Abe", "mia", "Élan"]
        assert first.characters[0] == MemberCharacterRow(
            id=main_id, name="Zed", character_class="Cleric", level=60, rank="Veteran", is_main=True
        )
        assert {character.is_main for character in first.characters[1:]} == {False}
        assert (second.user_id, second.discord_id, second.role_group) == (bob, None, "member")
        assert (second.main_character, second.rank, second.characters) == (None, None, ())

    def test_retired_and_hidden_characters_are_not_shown(self, place: Place) -> None:
        """R-2, R-5: a member whose main is not shown has none there."""
        hidden = place.rank("Bench", is_hidden=True)
        owners = [place.member() for _ in range(2)]
        place.character("Retired", owner=owners[0], is_main=True, status=CharacterStatus.RETIRED)
        place.character("Benched", owner=owners[1], is_main=True, rank_id=hidden)
        for owner, name in zip(owners, ("Inactive", "Pending"), strict=True):
            place.character(name, owner=owner, status=CharacterStatus(name.lower()))
        with place.views() as views:
            rows = views.members()
        assert [[character.name for character in row.characters] for row in rows] == [["Inactive"], ["Pending"]]
        assert {(row.main_character, row.rank) for row in rows} == {(None, None)}

    def test_only_active_members_are_shown(self, place: Place) -> None:
        """A-2: in force, and member, developer, recruiter or officer."""
        groups = {group: place.member(role_group=group) for group in RoleGroup}
        place.member(role_group=RoleGroup.APPLICANT, trial=True)
        ended, deactivated = place.member(), place.member()
        place.character("Guest", owner=place.user(), is_main=True)
        with place.work() as work:
            work.memberships.save(work.memberships.get(ended).end(NIGHT, reason=""))
            work.memberships.save(work.memberships.get(deactivated).deactivate(NIGHT, reason=""))
        with place.views() as views:
            shown = [row.user_id for row in views.members()]
        active = (RoleGroup.OFFICER, RoleGroup.RECRUITER, RoleGroup.DEVELOPER, RoleGroup.MEMBER)
        assert shown == sorted(groups[group] for group in active)

    def test_trials_are_active_where_the_guild_says_so(self, installation: Installation) -> None:
        place = Place.found(installation, trials_are_active=True)
        trial = place.member(role_group=RoleGroup.APPLICANT, trial=True)
        place.member(role_group=RoleGroup.APPLICANT)
        with place.views() as views:
            assert [row.user_id for row in views.members()] == [trial]

    # --- the audit ----------------------------------------------------------------------------------------------------

    def test_the_audit_tells_what_looks_wrong(self, place: Place) -> None:
        """R-10."""
        fine = place.member("fine")
        place.character("Fine", owner=fine, is_main=True)
        unlinked = place.member("unlinked", linked=False)
        headless = place.member("headless")
        place.character("Headless", owner=headless)
        lapsed = place.member("lapsed")
        lapsed_id = place.character(
            "Lapsed", owner=lapsed, is_main=True, rank_id=place.rank("Gone", counts_as_active=False)
        )
        unowned_id = place.character("Finé")
        with place.views() as views:
            audit = views.audit()
        assert audit.unlinked_users == (AuditedUser(user_id=unlinked, username="unlinked"),)
        assert audit.characters_without_owner == (AuditedCharacter(id=unowned_id, name="Finé", user_id=None),)
        assert audit.owners_without_main == (AuditedUser(user_id=headless, username="headless"),)
        assert audit.mains_with_inactive_rank == (AuditedCharacter(id=lapsed_id, name="Lapsed", user_id=lapsed),)
        assert audit.duplicate_looking_names == (("Fine", "Finé"),)

    def test_the_audit_names_unlinked_users_of_this_guild_alone(self, place: Place, elsewhere: Place) -> None:
        """G-1, A-13: who has a history here and no Discord id; nobody else's are seen."""
        elsewhere.member("elsewhere", linked=False)
        place.user("nowhere", linked=False)
        owner = place.user("owner", linked=False)
        place.character("Elan", owner=owner, is_main=True)
        raider = place.user("raider", linked=False)
        place.raid(present={raider: Presence.PRESENT})
        with place.views() as views:
            assert [user.user_id for user in views.audit().unlinked_users] == [owner, raider]
