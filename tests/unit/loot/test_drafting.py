"""Award drafts: what logs and exports tell of loot, awarded or dismissed by an officer (D-11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import AwardDraftId, ItemId, RaidId
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_core.loot import (
    AwardDraftRow,
    AwardFilter,
    AwardStatus,
    CannotPay,
    DraftIsSettled,
    DraftOutcome,
    DraftReport,
    DraftStatus,
    Whose,
)
from dkp_core.loot.award_draft import fingerprinted
from dkp_core.loot.drafting import DRAFTS_MAX
from dkp_core.raids import DumpFormat, LootLine, Raid, RaidIsCancelled
from dkp_core.raids.formats import NoLoot, UnreadableDump
from tests.unit.loot.raid_night import ALL, RaidNight
from tests.unit.raids.formats.synthetic import COMBAT, NIGHT, log
from tests.unit.raids.formats.synthetic_loot import gargul_rows, rc_row, rc_table
from tests.unit.reacting import follow_up

LOG = "eqlog_Cato_povar.txt"
EVENING = datetime(2026, 11, 20, 20, 30)  # noqa: DTZ001  # local time, as clients write it


def looted(item: str, name: str = "Aldo", at: datetime = EVENING) -> str:
    """A looting line of a log."""
    return log([f"--{name} has looted a {item}.--"], at)


@pytest.fixture
def raid(night: RaidNight) -> Raid:
    """Tonight's raid."""
    return night.guild.raids()


def drafts(night: RaidNight, raid: Raid, text: str, *, file_name: str = LOG, **more: object) -> DraftReport:
    """What a file comes to."""
    draft = night.guild.use.draft_awards()
    given = {"zone": "UTC", "by": night.officer} | more
    return draft(raid.id, [text.encode()], file_name=file_name, **given)  # type: ignore[arg-type]  # as given


def listed(night: RaidNight, raid: Raid, status: DraftStatus | None = None) -> tuple[AwardDraftRow, ...]:
    """The raid's drafts."""
    return tuple(night.guild.use.list_award_drafts()(raid.id, status=status, page=ALL, by=night.officer).results)


def confirms(night: RaidNight, row: AwardDraftRow, **said: object) -> list[str]:
    """A draft awarded; who paid what."""
    confirm = night.guild.use.confirm_award_draft()
    awards = confirm(row.raid_id, row.id, **{"by": night.officer} | said)  # type: ignore[arg-type]  # as given
    return [f"{award.character_name} {award.price}" for award in awards]


def told_of(night: RaidNight, name: str) -> list[AuditRow]:
    """What the audit log has of these events."""
    rows = night.guild.use.show_audit_log()(AuditFilter(), page=ALL, by=night.officer).results
    return [row for row in rows if row.name == name]


# --- drafting ---------------------------------------------------------------------------------------------------------


def test_looting_lines_of_a_log_become_drafts_of_the_raid(night: RaidNight, raid: Raid) -> None:
    """D-11, D-5: nothing is awarded by that, and every line is accounted for."""
    cloak = night.guild.use.enter_item()(name="Cloak of Flames", by=night.officer)
    text = (
        log(COMBAT) + looted("cloak of flames") + looted("Rod", "Nobody") + log(["--You have looted a Gem.--"], EVENING)
    )
    report = drafts(night, raid, text)
    first = len(COMBAT) + 1
    assert (report.applied, report.format, report.zone) == (True, DumpFormat.WHO_LOG, "UTC")
    assert (report.drafted, report.noise, report.lines_total) == (3, len(COMBAT), len(COMBAT) + 3)
    assert [(line.line, line.outcome, line.item, line.character) for line in report.lines] == [
        (first, DraftOutcome.DRAFTED, "cloak of flames", "Aldo"),
        (first + 1, DraftOutcome.DRAFTED, "Rod", "Nobody"),
        (first + 2, DraftOutcome.DRAFTED, "Gem", "Cato"),
    ]
    rows = listed(night, raid)
    assert [row.id for row in rows] == [line.draft_id for line in report.lines]
    assert [(row.item_id, row.user_id, row.username) for row in rows] == [
        (cloak.id, night.people["Aldo"].id, "Aldo's player"),
        (None, None, None),
        (None, night.people["Cato"].id, "Cato's player"),
    ]
    assert (rows[0].amount, rows[0].quantity, rows[0].local_time) == (None, 1, "2026-11-20T20:30:00")
    assert (rows[0].status, rows[0].line, rows[0].sha256) == (DraftStatus.OPEN, first, report.sha256)
    assert night.has("Aldo") == ("100.00", "0.00", "100.00")
    assert night.guild.use.list_awards()(AwardFilter(raid_id=raid.id), page=ALL, by=night.officer).count == 0


def test_a_preview_tells_the_same_and_changes_nothing(night: RaidNight, raid: Raid) -> None:
    """D-7."""
    text = looted("Rod") + looted("x" * 200)
    preview = drafts(night, raid, text, apply=False)
    assert (preview.applied, preview.drafted, preview.unreadable) == (False, 1, 1)
    assert preview.lines[0].draft_id is None
    assert preview.lines[0].user_id == night.people["Aldo"].id
    assert (preview.lines[1].outcome, "200 characters" in preview.lines[1].detail) == (DraftOutcome.UNREADABLE, True)
    assert listed(night, raid) == ()
    applied = drafts(night, raid, text)
    same = [evolve(line, draft_id=None) for line in applied.lines]
    assert (same, applied.drafted) == (list(preview.lines), 1)


def test_the_same_file_is_drafted_once_and_a_longer_log_from_where_it_ended(night: RaidNight, raid: Raid) -> None:
    """D-7, D-11: two of the same at the same second are two."""
    text = looted("Rod") + looted("Rod") + looted("Gem", "Bera")
    assert drafts(night, raid, text).drafted == 3
    again = drafts(night, raid, text)
    assert (again.drafted, again.already_drafted) == (0, 3)
    longer = drafts(night, raid, log(COMBAT) + text + looted("Rod") + looted("Helm"))
    assert (longer.drafted, longer.already_drafted) == (2, 3)
    assert [row.item for row in listed(night, raid)] == ["Rod", "Rod", "Gem", "Rod", "Helm"]


def test_what_one_raid_of_a_night_drafted_no_other_raid_drafts_again(night: RaidNight, raid: Raid) -> None:
    """D-11: one log is given for both raids of a night, and the item is charged once."""
    other = night.guild.raids(night.guild.event_type("Other"))
    assert drafts(night, raid, looted("Rod")).drafted == 1
    report = drafts(night, other, looted("Rod") + looted("Gem"))
    assert [(line.outcome, line.drafted_for) for line in report.lines] == [
        (DraftOutcome.ALREADY_DRAFTED, raid.id),
        (DraftOutcome.DRAFTED, None),
    ]
    assert [row.item for row in listed(night, other)] == ["Gem"]
    again = drafts(night, other, looted("Gem"))
    assert [line.drafted_for for line in again.lines] == [other.id]


def test_what_was_dismissed_or_called_off_is_drafted_for_another_raid(night: RaidNight, raid: Raid) -> None:
    """D-11: the file was given for the wrong raid, or that raid was none."""
    other, third = (night.guild.raids(night.guild.event_type(name)) for name in ("Other", "Third"))
    rod = one(night, raid, looted("Rod"))
    night.guild.use.dismiss_award_draft()(raid.id, rod.id, reason="the other raid's", by=night.officer)
    assert drafts(night, raid, looted("Rod")).already_drafted == 1
    assert drafts(night, other, looted("Rod")).drafted == 1
    night.guild.attends(other, "Aldo")
    night.guild.use.cancel_raid()(other.id, by=night.officer)
    assert drafts(night, third, looted("Rod")).drafted == 1


def test_a_line_may_tell_of_an_award_that_stands(night: RaidNight, raid: Raid) -> None:
    """D-11: the report names it, by the item and the person; what was revoked is none."""
    give = night.guild.use.award_item()
    award = give(item="Rod", to=Whose(character="Aldo"), amount=Points.of(5), raid_id=raid.id, by=night.officer)
    text = looted("rod") + looted("Rod", "Bera") + looted("Gem")
    assert [line.award_id for line in drafts(night, raid, text, apply=False).lines] == [award.id, None, None]
    assert drafts(night, raid, text).lines[0].award_id == award.id
    night.guild.use.revoke_award()(award.id, reason="a mistake", by=night.officer)
    assert [line.award_id for line in drafts(night, raid, looted("Rod", at=NIGHT), whole=True).lines] == [None]


@pytest.mark.parametrize(("day", "tells"), [("13/11/26", False), ("20/11/26", True)])
def test_loot_without_a_time_is_of_the_raid_only_where_its_file_is(
    night: RaidNight, raid: Raid, day: str, tells: bool
) -> None:
    """D-11, G-2: a history of other nights tells nothing of tonight by the rows that lack a day."""
    text = rc_table([rc_row("Aldo", "[Rod]", day=""), rc_row("Bera", "[Gem]", day=day, hour="21:00:00")])
    rod, gem = drafts(night, raid, text).lines
    assert {rod.outcome, gem.outcome} == {DraftOutcome.DRAFTED if tells else DraftOutcome.OTHER_NIGHT}
    assert ("no time" in rod.detail) is not tells
    assert drafts(night, raid, text, whole=True).drafted == (0 if tells else 2)


def test_loot_whose_day_cannot_be_read_is_of_no_night(night: RaidNight, raid: Raid) -> None:
    """D-11, D-5: a history with the month first is not tonight's; the line tells what it says."""
    text = rc_table([rc_row("Aldo", "[Rod]", day="9/25/18"), rc_row("Bera", "[Gem]", day="12/31/25")])
    report = drafts(night, raid, text)
    assert (report.drafted, report.unreadable) == (0, 2)
    assert report.lines[0].detail == "its time, '9/25/18', can't be read"
    assert drafts(night, raid, text, whole=True).drafted == 2


def test_only_the_raids_night_counts_unless_the_whole_file_is_meant(night: RaidNight, raid: Raid) -> None:
    """G-2, D-11: from noon to noon of the guild, by the zone of the file."""
    day = timedelta(days=1)
    noon = EVENING.replace(hour=12, minute=0)
    times = (noon - timedelta(seconds=1), noon, noon + day - timedelta(seconds=1), noon + day, EVENING - 900 * day)
    text = "".join(looted(f"Item {'abcde'[n]}", at=at) for n, at in enumerate(times))
    report = drafts(night, raid, text)
    assert [line.outcome for line in report.lines] == [
        DraftOutcome.OTHER_NIGHT,
        DraftOutcome.DRAFTED,
        DraftOutcome.DRAFTED,
        DraftOutcome.OTHER_NIGHT,
        DraftOutcome.OTHER_NIGHT,
    ]
    assert (report.drafted, report.other_night) == (2, 3)
    assert drafts(night, raid, text, whole=True).drafted == 3
    shifted = drafts(night, raid, looted("Ring", at=noon + timedelta(hours=1)), zone="Asia/Tokyo")
    assert (shifted.drafted, shifted.other_night) == (0, 1)


def test_awards_of_an_export_are_drafted_with_what_it_names(night: RaidNight, raid: Raid) -> None:
    """D-6, D-11: items by number, characters with their realm, what nobody got."""
    known = night.guild.use.enter_item()(name="Axe", external_id="45471", by=night.officer)
    report = drafts(night, raid, gargul_rows([("Aldo-Karnor", "45471"), ("_disenchanted", "2")], at="2026-11-20 20:15"))
    axe, gone = listed(night, raid)
    assert report.format is DumpFormat.GARGUL
    assert (axe.item, axe.item_id, axe.user_id) == ("45471", known.id, night.people["Aldo"].id)
    assert axe.character == "Aldo-Karnor"
    assert (gone.character, gone.user_id, gone.rot) == ("", None, True)
    assert confirms(night, axe, to=Whose(character="Aldo"), amount=Points.of(7)) == ["Aldo 7.00"]
    assert confirms(night, gone) == [" 0.00"]
    (award,) = night.guild.use.list_awards()(AwardFilter(item_id=known.id), page=ALL, by=night.officer).results
    assert (award.item, award.raid_id) == ("Axe", raid.id)


def test_a_season_of_an_export_is_too_much_at_once(night: RaidNight, raid: Raid) -> None:
    """G-8: what is accepted is told, and nothing is half done."""
    text = gargul_rows([("Aldo", str(n)) for n in range(DRAFTS_MAX + 1)], at="2026-11-20 20:15")
    with pytest.raises(InvalidValue) as refused:
        drafts(night, raid, text)
    assert (refused.value.name, "2,001 items" in str(refused.value)) == ("file", True)
    assert listed(night, raid) == ()


def test_what_cannot_be_drafted_is_refused(night: RaidNight, raid: Raid) -> None:
    """G-8: no loot, no such raid, no such zone, a raid that was called off."""
    with pytest.raises(NoLoot):
        drafts(night, raid, log(COMBAT))
    with pytest.raises(UnreadableDump):
        drafts(night, raid, "<html><title>Login</title></html>")
    with pytest.raises(InvalidValue):
        drafts(night, raid, looted("Rod"), zone="Moon")
    with pytest.raises(NoSuch):
        night.guild.use.draft_awards()(RaidId(99), [looted("Rod").encode()], by=night.officer)
    with pytest.raises(NoSuch):
        night.guild.use.list_award_drafts()(RaidId(99), page=ALL, by=night.officer)
    night.guild.attends(raid, "Aldo")
    night.guild.use.cancel_raid()(raid.id, by=night.officer)
    with pytest.raises(RaidIsCancelled):
        drafts(night, raid, looted("Rod"))


def test_drafting_is_told_once_for_a_file(night: RaidNight, raid: Raid) -> None:
    """G-5: which drafts; names are in the drafts alone."""
    drafts(night, raid, looted("Rod") + looted("Gem"))
    drafts(night, raid, looted("Rod") + looted("Gem"))
    (told,) = told_of(night, "loot_drafted")
    assert (told.aggregate_id, told.data["drafts"]) == (str(raid.id), [row.id for row in listed(night, raid)])


# --- settling ---------------------------------------------------------------------------------------------------------


def one(night: RaidNight, raid: Raid, text: str) -> AwardDraftRow:
    """The only draft of a file."""
    report = drafts(night, raid, text)
    (row,) = [row for row in listed(night, raid) if row.id == report.lines[0].draft_id]
    return row


def test_a_confirmed_draft_is_an_award_of_the_raid(night: RaidNight, raid: Raid) -> None:
    """D-11, L-9: who looted pays what the officer says; the item is entered."""
    row = one(night, raid, looted("Rod"))
    assert confirms(night, row, amount=Points.of("12.50")) == ["Aldo 12.50"]
    (after,) = listed(night, raid, DraftStatus.AWARDED)
    (award,) = night.guild.use.list_awards()(AwardFilter(raid_id=raid.id), page=ALL, by=night.officer).results
    assert (after.awards, award.item, award.username) == ((award.id,), "Rod", "Aldo's player")
    assert award.because == "looted, by a log or an export"
    assert night.has("Aldo") == ("87.50", "0.00", "87.50")
    (told,) = told_of(night, "award_draft_confirmed")
    assert told.data["awards"] == [award.id]


def test_the_winner_the_item_and_the_price_may_be_corrected(night: RaidNight, raid: Raid) -> None:
    """D-11: who looted is not always who won."""
    row = one(night, raid, looted("Rod"))
    assert confirms(
        night, row, to=Whose(character="Bera"), item="Rod of Ice", amount=Points.of(1), reason="rolled 97"
    ) == ["Bera 1.00"]
    (award,) = night.guild.use.list_awards()(AwardFilter(raid_id=raid.id), page=ALL, by=night.officer).results
    assert (award.item, award.because) == ("Rod of Ice", "rolled 97")
    other = one(night, raid, looted("Gem", "Stranger"))
    item = night.guild.use.find_item()("Rod of Ice", by=night.officer)
    assert confirms(night, other, to_nobody=True, item_id=item.id) == [" 0.00"]


@pytest.mark.parametrize(
    ("settle", "status"),
    [
        (lambda night, row: confirms(night, row, amount=Points.of(1)), DraftStatus.AWARDED),
        (
            lambda night, row: night.guild.use.dismiss_award_draft()(
                row.raid_id, row.id, reason=" not ours ", by=night.officer
            ),
            DraftStatus.DISMISSED,
        ),
    ],
)
def test_a_draft_is_settled_once(
    night: RaidNight, raid: Raid, settle: Callable[[RaidNight, AwardDraftRow], object], status: DraftStatus
) -> None:
    """D-11: by whichever officer comes first; it is not drafted again."""
    row = one(night, raid, looted("Rod"))
    settle(night, row)
    dismiss = night.guild.use.dismiss_award_draft()
    for again in (
        lambda: confirms(night, row, amount=Points.of(1)),
        lambda: dismiss(raid.id, row.id, reason="no", by=night.officer),
    ):
        with pytest.raises(DraftIsSettled) as refused:
            again()
        assert str(refused.value) == f"Award draft {row.id} was {status} already."
    (after,) = listed(night, raid)
    assert (after.status, after.reason) == (status, "not ours" if status is DraftStatus.DISMISSED else "")
    assert drafts(night, raid, looted("Rod")).already_drafted == 1
    assert len(night.guild.use.list_awards()(AwardFilter(raid_id=raid.id), page=ALL, by=night.officer).results) <= 1


def test_copies_are_awards_of_their_own_and_all_or_none(night: RaidNight, raid: Raid) -> None:
    """D-11, L-5: the second must be paid by what the first leaves."""
    row = one(night, raid, log(["--Aldo has looted 2 Water Flask from a goblin's corpse.--"], EVENING))
    assert (row.quantity, row.note) == (2, "from a goblin")
    with pytest.raises(CannotPay):
        confirms(night, row, amount=Points.of(60))
    assert night.has("Aldo") == ("100.00", "0.00", "100.00")
    assert listed(night, raid)[0].status is DraftStatus.OPEN
    with pytest.raises(InvalidValue):
        confirms(night, row, amount=Points.of(1), quantity=0)
    assert confirms(night, row, amount=Points.of(40)) == ["Aldo 40.00", "Aldo 40.00"]
    assert night.has("Aldo") == ("20.00", "0.00", "20.00")
    three = one(night, raid, looted("Gem", "Bera"))
    assert len(confirms(night, three, amount=Points.of(1), quantity=3)) == 3


def test_more_than_somebody_has_takes_an_officers_word(night: RaidNight, raid: Raid) -> None:
    """L-9: refused, or flagged."""
    row = one(night, raid, looted("Rod"))
    with pytest.raises(CannotPay):
        confirms(night, row, amount=Points.of(101))
    assert confirms(night, row, amount=Points.of(101), allow_overbid=True) == ["Aldo 101.00"]
    (award,) = night.guild.use.list_awards()(AwardFilter(overbid=True), page=ALL, by=night.officer).results
    assert (award.raid_id, award.status) == (raid.id, AwardStatus.STANDING)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "amount"),
        ({"to": Whose(character="Bera"), "to_nobody": True}, "to"),
        ({"item": "A", "item_id": ItemId(1)}, "item"),
        ({"amount": Points.of(-1)}, "amount"),
        ({"amount": Points.of(1), "to_nobody": True}, "amount"),
        ({"amount": Points.of(1), "quantity": 1001}, "quantity"),
        ({"amount": Points.of(1), "item": " "}, "item"),
    ],
)
def test_what_is_missing_or_contradicts_is_named(
    night: RaidNight, raid: Raid, said: dict[str, object], field: str
) -> None:
    """G-8: and the draft waits on."""
    row = one(night, raid, looted("Rod"))
    with pytest.raises(InvalidValue) as refused:
        confirms(night, row, **said)
    assert refused.value.name == field
    assert [each.status for each in listed(night, raid)] == [DraftStatus.OPEN]


def test_who_is_nobodys_character_has_to_be_named(night: RaidNight, raid: Raid) -> None:
    """D-11: as of now: who has joined since is known."""
    row = one(night, raid, looted("Rod", "Dora"))
    with pytest.raises(InvalidValue) as refused:
        confirms(night, row, amount=Points.of(1))
    assert (refused.value.name, "'Dora'" in str(refused.value)) == ("to", True)
    night.joins("Dora", "5")
    assert confirms(night, row, amount=Points.of(1)) == ["Dora 1.00"]


def test_a_namesake_without_the_realm_is_awarded_nothing_unsaid(night: RaidNight, raid: Raid) -> None:
    """D-11: an export with realms suggests whose it may be; an officer has to say so."""
    text = rc_table([rc_row("Aldo-Karnor", "[Rod]", day="20/11/26", hour="20:30:00")])
    row = one(night, raid, text)
    assert row.user_id == night.people["Aldo"].id
    with pytest.raises(InvalidValue) as refused:
        confirms(night, row, amount=Points.of(1))
    assert (refused.value.name, "'Aldo-Karnor'" in str(refused.value)) == ("to", True)
    assert confirms(night, row, to=Whose(character="Aldo"), amount=Points.of(1)) == ["Aldo 1.00"]


def test_a_hyphen_in_a_file_without_realms_is_a_part_of_the_name(night: RaidNight, raid: Raid) -> None:
    """D-11: Aldo-Luc is not Aldo."""
    night.joins("Aldo-Luc", "5")
    text = "<RaidInfo><Loot><key1><ItemName>Rod</ItemName><Player>Aldo-Bert</Player></key1></Loot></RaidInfo>"
    row = one(night, raid, text)
    assert (row.character, row.user_id) == ("Aldo-Bert", None)


def test_a_price_that_the_file_names_is_the_price(night: RaidNight, raid: Raid) -> None:
    """D-11: unless the officer names another; nobody pays nothing."""
    priced = one(night, raid, looted("Rod"))
    with night.guild.memory.begin(night.officer) as work:
        draft = work.award_drafts.get(priced.id)
        work.award_drafts.save(evolve(draft, cost=Points.of(9)))
    (row,) = listed(night, raid)
    assert str(row.amount) == "9.00"
    assert confirms(night, row) == ["Aldo 9.00"]


def test_a_draft_is_asked_for_by_its_own_raid(night: RaidNight, raid: Raid) -> None:
    """G-1, D-11: another raid's, another guild's and none are alike."""
    row = one(night, raid, looted("Rod"))
    other = night.guild.raids(night.guild.event_type("Other"))
    use, by = night.guild.use, night.officer
    for raid_id, draft_id in ((other.id, row.id), (raid.id, AwardDraftId(99))):
        with pytest.raises(NoSuch):
            use.show_award_draft()(raid_id, draft_id, by=by)
        with pytest.raises(NoSuch):
            use.dismiss_award_draft()(raid_id, draft_id, reason="x", by=by)
        with pytest.raises(NoSuch):
            use.confirm_award_draft()(raid_id, draft_id, amount=Points.of(1), by=by)
    with pytest.raises(NoSuch):
        use.show_award_draft()(raid.id, row.id, by=night.guild.neighbour().officer.by)
    assert use.show_award_draft()(raid.id, row.id, by=by) == row


def test_a_dismissal_needs_a_reason(night: RaidNight, raid: Raid) -> None:
    """G-5, G-8."""
    row = one(night, raid, looted("Rod"))
    with pytest.raises(InvalidValue) as refused:
        night.guild.use.dismiss_award_draft()(raid.id, row.id, reason="  ", by=night.officer)
    assert refused.value.name == "reason"


def test_erasing_a_person_empties_the_notes_of_their_drafts(night: RaidNight, raid: Raid) -> None:
    """A-12: what else a file said of what they looted; that they looted it stays, as awards do."""
    text = rc_table(
        [
            rc_row("Aldo", "[Rod]", day="20/11/26", hour="20:30:00", note="for his birthday"),
            rc_row("Bera", "[Gem]", day="20/11/26", hour="20:30:00", note="hers"),
        ]
    )
    drafts(night, raid, text)
    assert "for his birthday" in listed(night, raid)[0].note
    night.guild.use.erase_user()(night.people["Aldo"].id, by=night.guild.operator)
    follow_up(night.guild, "empty_award_drafts")
    rod, gem = listed(night, raid)
    assert (rod.item, rod.note, "hers" in gem.note) == ("Rod", "", True)


def test_members_neither_see_nor_settle_drafts(night: RaidNight, raid: Raid) -> None:
    """A-5: giving awards is for officers, and so is this."""
    row = one(night, raid, looted("Rod"))
    use, by = night.guild.use, night.by("Aldo")
    tries: tuple[Callable[[], object], ...] = (
        lambda: drafts(night, raid, looted("Rod"), by=by),
        lambda: use.list_award_drafts()(raid.id, page=ALL, by=by),
        lambda: use.show_award_draft()(raid.id, row.id, by=by),
        lambda: use.confirm_award_draft()(raid.id, row.id, amount=Points.of(1), by=by),
        lambda: use.dismiss_award_draft()(raid.id, row.id, reason="x", by=by),
    )
    for attempt in tries:
        with pytest.raises(NotPermitted):
            attempt()


def test_a_log_of_two_raids_serves_both(night: RaidNight, raid: Raid) -> None:
    """D-11: each takes its own night, as RCLootCouncil's history of a season does."""
    before = night.guild.raids(night.guild.event_type("Other"), night.guild.clock.now() - timedelta(days=7))
    text = rc_table(
        [
            rc_row("Aldo", "[Rod]", day="20/11/26", hour="20:30:00"),
            rc_row("Bera", "[Gem]", day="13/11/26", hour="21:00:00"),
        ]
    )
    assert drafts(night, raid, text).drafted == drafts(night, before, text).drafted == 1
    assert ([row.item for row in listed(night, raid)], [row.item for row in listed(night, before)]) == (
        ["Rod"],
        ["Gem"],
    )


# --- knowing loot again -----------------------------------------------------------------------------------------------

LINES = st.builds(
    LootLine,
    item=st.sampled_from(["Rod", "rod", "Gem", "Ä", "A\u0308"]),
    name=st.sampled_from(["", "Aldo", "ALDO", "Bera"]),
    line=st.just(0),
    quantity=st.integers(1, 2),
    at=st.sampled_from([None, NIGHT, EVENING]),
    rot=st.booleans(),
)


@settings(max_examples=60)
@given(written=st.lists(LINES, max_size=12), split=st.integers(0, 12))
def test_loot_is_known_again_in_a_longer_log(written: list[LootLine], split: int) -> None:
    """D-11: no two lines of a file are one, and what has a time is the same in every file that holds it."""
    lines = [evolve(line, line=number) for number, line in enumerate(written, 1)]
    whole = [fingerprint for _, fingerprint in fingerprinted(lines, "one")]
    assert len(set(whole)) == len(lines)
    shorter = [fingerprint for _, fingerprint in fingerprinted(lines[:split], "another")]
    for line, fingerprint, before in zip(lines, whole, shorter, strict=False):
        assert (fingerprint == before) is (line.at is not None)
