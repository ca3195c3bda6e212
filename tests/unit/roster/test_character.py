"""A character: how it enters, changes, is approved and renamed."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import evolve

from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, GuildId, RankId, UserId
from dkp_core.roster import (
    Character,
    CharacterApproved,
    CharacterDeactivated,
    CharacterEntered,
    CharacterReactivated,
    CharacterRenamed,
    CharacterStatus,
    NotPending,
    StillPending,
)
from dkp_core.roster.events import CharacterChanged, CharacterRankChanged

PENDING, ACTIVE = CharacterStatus.PENDING, CharacterStatus.ACTIVE


def a_character(name: str = "Sonya", status: CharacterStatus = ACTIVE, level: int | None = 50) -> Character:
    """A character as it was kept."""
    return Character(
        id=CharacterId(4),
        guild_id=GuildId(1),
        name=name,
        character_class="Druid",
        level=level,
        race="Wood Elf",
        rank_id=RankId(2),
        status=status,
        owner=UserId(7),
        joined_on=date(2026, 1, 1),
        notes="tank",
        version=1,
    )


def changes_of(character: Character) -> tuple[Change, ...]:
    """What the first event that a character carries tells."""
    event = character.pending[0]
    assert isinstance(event, CharacterChanged)
    return event.changes


def test_a_character_enters_with_its_words_cleaned() -> None:
    """R-1, G-9: name, class, race and notes as people meant them."""
    rough = evolve(
        a_character(), name="  Lady  Vox ", character_class=" Shadow  Knight ", race=" ", notes="  late often\n"
    )
    entered = rough.entered()
    assert (entered.name, entered.character_class, entered.race) == ("Lady Vox", "Shadow Knight", "")
    assert entered.notes == "late often"
    assert entered.pending == (
        CharacterEntered(character_id=CharacterId(4), name="Lady Vox", status="active", owner=UserId(7)),
    )
    assert entered.pending[0].aggregate_id == "4"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 65), ("character_class", "x" * 65), ("race", "a\x00b"), ("notes", "x" * 4001)],
)
def test_words_that_cannot_be_kept_are_refused(field: str, value: str) -> None:
    """G-8: each by its field."""
    rough = evolve(a_character(), **{field: value})  # type: ignore[arg-type]  # text fields only
    with pytest.raises(InvalidValue) as refused:
        rough.entered()
    assert refused.value.name == field


@pytest.mark.parametrize("level", [-1, 10_001])
def test_a_level_out_of_range_is_refused(level: int) -> None:
    """G-8: however it comes."""
    with pytest.raises(InvalidValue) as refused:
        a_character(level=level)
    assert refused.value.sentence == f"level: {level} is no level; accepted: 0 to 10000, or nothing."
    with pytest.raises(InvalidValue):
        a_character().change(level=level)


@pytest.mark.parametrize("level", [None, 0, 10_000])
def test_the_limits_of_a_level_and_none_are_accepted(level: int | None) -> None:
    """R-1: games differ, and dumps don't always tell."""
    assert a_character(level=level).level == level


def test_what_changes_is_told_with_the_values_before_and_after() -> None:
    """G-5: all of it in one event."""
    changed = a_character().change(
        character_class="Ranger", level=51, race="Half Elf", joined_on=date(2026, 2, 1), notes=" healer "
    )
    assert changes_of(changed) == (
        Change(field="character_class", before="Druid", after="Ranger"),
        Change(field="level", before=50, after=51),
        Change(field="race", before="Wood Elf", after="Half Elf"),
        Change(field="joined_on", before="2026-01-01", after="2026-02-01"),
        Change(field="notes", before=None, after=None),
    )
    assert len(changed.pending) == 1
    assert changed.pending[0].aggregate_id == "4"


def test_what_is_not_given_stays_and_what_is_emptied_is_empty() -> None:
    """I-1: PATCH names what it changes."""
    character = a_character()
    assert character.change() is character
    assert character.change(level=50, notes="tank") is character
    emptied = character.change(character_class="", race=" ", notes="")
    assert (emptied.character_class, emptied.race, emptied.notes) == ("", "", "")
    assert (emptied.level, emptied.status, emptied.joined_on) == (50, ACTIVE, date(2026, 1, 1))


@pytest.mark.parametrize(("field", "value"), [("character_class", "x" * 65), ("race", "x" * 65), ("notes", "\x00")])
def test_a_change_is_checked_like_an_entry(field: str, value: str) -> None:
    """G-8: the same fields, the same names."""
    with pytest.raises(InvalidValue) as refused:
        a_character().change(**{field: value})  # type: ignore[arg-type]  # text fields only
    assert refused.value.name == field


def test_a_pending_character_is_approved() -> None:
    """R-1, D-5: its name counts from now on."""
    approved = a_character(status=PENDING).approve()
    assert approved.status is ACTIVE
    assert changes_of(approved) == (Change(field="status", before="pending", after="active"),)
    told = CharacterApproved(character_id=CharacterId(4), name="Sonya", owner=UserId(7), rank_id=RankId(2))
    assert approved.pending[1:] == (told,)


@pytest.mark.parametrize("status", sorted(set(CharacterStatus) - {PENDING}))
def test_only_a_pending_character_is_approved(status: CharacterStatus) -> None:
    """R-1: once."""
    with pytest.raises(NotPending) as refused:
        a_character(status=status).approve()
    assert refused.value.sentence == f"Character 4 is {status}, not pending."


@pytest.mark.parametrize("status", [CharacterStatus.INACTIVE, CharacterStatus.RETIRED])
def test_what_was_never_approved_is_not_retired(status: CharacterStatus) -> None:
    """R-1, D-5: a rejected character would be paid for what waited for its name."""
    with pytest.raises(StillPending) as refused:
        a_character(status=PENDING).change(status=status)
    assert "make it active or a trial, or remove it" in refused.value.sentence


@pytest.mark.parametrize("status", [CharacterStatus.ACTIVE, CharacterStatus.TRIAL])
def test_making_a_pending_character_active_or_a_trial_approves_it(status: CharacterStatus) -> None:
    """R-1, D-5: whoever sets a status has looked at it."""
    changed = a_character(status=PENDING).change(status=status)
    assert isinstance(changed.pending[-1], CharacterApproved)


def test_other_changes_approve_nothing() -> None:
    """R-1: neither while pending, nor between other statuses, nor back to pending."""
    still = a_character(status=PENDING).change(level=51)
    retired = a_character().change(status=CharacterStatus.RETIRED)
    back = a_character().change(status=PENDING)
    told = [event for character in (still, retired, back) for event in character.pending]
    assert len(told) == 4
    assert not any(isinstance(event, CharacterApproved) for event in told)


def test_a_character_is_renamed() -> None:
    """R-1: before and after are told; the old name stays as alias."""
    renamed = a_character().rename("  Lady  Vox ")
    assert renamed.name == "Lady Vox"
    assert renamed.pending == (CharacterRenamed(character_id=CharacterId(4), before="Sonya", after="Lady Vox"),)


def test_another_way_to_write_it_is_another_name_to_show() -> None:
    """G-9: names compare without case, but they are shown as written."""
    character = a_character()
    assert character.rename(" Sonya ") is character
    assert character.rename("SONYA").name == "SONYA"
    with pytest.raises(InvalidValue):
        character.rename("")


def test_a_character_moves_between_ranks_with_a_reason() -> None:
    """R-2, G-5: from which, to which, why."""
    moved = a_character().move_to(RankId(3), reason=" earned ")
    assert moved.rank_id == 3
    assert moved.pending == (
        CharacterRankChanged(
            character_id=CharacterId(4), owner=UserId(7), before=RankId(2), after=RankId(3), reason="earned"
        ),
    )


def test_a_move_to_the_same_rank_is_none() -> None:
    """R-2: no history of nothing."""
    character = a_character()
    assert character.move_to(RankId(2), reason="again") is character


def test_a_move_needs_a_reason_that_can_be_kept() -> None:
    """G-8: by its field."""
    with pytest.raises(InvalidValue) as refused:
        a_character().move_to(RankId(3), reason="\x00")
    assert refused.value.name == "reason"


def test_a_status_is_found_by_its_name() -> None:
    """G-8: and the names that there are, are told."""
    assert CharacterStatus.named("trial") is CharacterStatus.TRIAL
    with pytest.raises(InvalidValue) as refused:
        CharacterStatus.named("x" * 99)
    assert refused.value.name == "status"
    assert refused.value.fault == f"'{'x' * 40}' is no character status"
    assert refused.value.accepted == "pending, active, inactive, retired, trial"


def test_deactivating_and_reactivating_are_told_with_owner_and_rank() -> None:
    """R-7: what Discord roles follow from; approving is told likewise, and a move between ranks names its owner."""
    at_rank = evolve(a_character(), rank_id=RankId(3))
    for after in (CharacterStatus.INACTIVE, CharacterStatus.RETIRED):
        (_, event) = at_rank.change(status=after).pending
        assert isinstance(event, CharacterDeactivated)
        assert (event.owner, event.rank_id, event.before, event.after) == (7, 3, "active", after.value)
    (_, back) = evolve(at_rank, status=CharacterStatus.INACTIVE).change(status=CharacterStatus.TRIAL).pending
    assert isinstance(back, CharacterReactivated)
    assert (back.owner, back.rank_id, back.before, back.after) == (7, 3, "inactive", "trial")
    assert len(at_rank.change(status=CharacterStatus.TRIAL).pending) == 1
    resting = evolve(at_rank, status=CharacterStatus.INACTIVE)
    assert len(resting.change(status=CharacterStatus.RETIRED).pending) == 1
    (_, approved) = evolve(at_rank, status=CharacterStatus.PENDING).approve().pending
    assert isinstance(approved, CharacterApproved)
    assert (approved.owner, approved.rank_id) == (7, 3)
    (moved,) = at_rank.move_to(RankId(4), reason="").pending
    assert isinstance(moved, CharacterRankChanged)
    assert (moved.owner, moved.before, moved.after) == (7, 3, 4)
