"""Disputes: a member says that an entry is wrong, an officer answers (P-14)."""

from __future__ import annotations

import pytest

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import AdjustmentId, DisputeId, EntryId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import AwardStands, Whose
from dkp_core.notices import RecipientKind
from dkp_core.points import (
    AdjustmentFilter,
    AdjustmentLine,
    Dispute,
    DisputeFilter,
    DisputeIsDecided,
    DisputeIsOpen,
    DisputeStatus,
    EntryKind,
    NotDisputable,
    TooManyDisputes,
)
from dkp_core.points.disputing import OPEN_DISPUTES_MAX
from dkp_core.raids import LineChange, Presence, Raid
from tests.unit.guild_house import GuildHouse, Person
from tests.unit.reacting import follow_up


@pytest.fixture
def member(guild: GuildHouse) -> Person:
    """A member with a main called Hero."""
    person = guild.joins("Hero's player")
    guild.plays(person, "Hero")
    return person


def raided(guild: GuildHouse, *names: str) -> Raid:
    """A raid of 10 points that these attended."""
    raid = guild.raids()
    guild.attends(raid, *names)
    return raid


def latest(guild: GuildHouse, person: Person) -> EntryId:
    """A person's newest entry."""
    return guild.history(person)[0].id


def disputes(guild: GuildHouse, person: Person, entry_id: EntryId, text: str = "I was late") -> Dispute:
    """A person disputes an entry of their own."""
    return guild.use.dispute_entry()(person.id, entry_id, text=text, by=person.by)


def upholds(guild: GuildHouse, dispute: Dispute, reason: str = "") -> Dispute:
    """The officer finds it true."""
    return guild.use.uphold_dispute()(dispute.id, reason=reason, by=guild.officer.by)


def adjusted(guild: GuildHouse, person: Person, amount: str = "5") -> AdjustmentId:
    """Points moved by hand."""
    line = AdjustmentLine(user_id=person.id, amount=Points.of(amount))
    return guild.use.adjust_points()([line], reason="because", by=guild.officer.by)[0].id


def told(guild: GuildHouse) -> list[tuple[str, RecipientKind]]:
    """What was told of disputes, by e-mail not."""
    with guild.memory.begin(guild.operator) as work:
        posted = [row.notice for row in work.session.installation.notices.values()]
    return [
        (notice.text, notice.to.kind)
        for notice in posted
        if notice.text.startswith("dispute.") and notice.to.kind is not RecipientKind.MAILBOX
    ]


def test_an_upheld_dispute_takes_the_entry_back(guild: GuildHouse, member: Person) -> None:
    """P-14, G-4: a reversal of the raid's entry of that member alone; both sides are told."""
    friend = guild.joins("Friend")
    guild.plays(friend, "Friendly")
    raided(guild, "Hero", "Friendly")
    dispute = disputes(guild, member, latest(guild, member))
    upheld = upholds(guild, dispute, "right")
    assert (upheld.status, upheld.reason) == (DisputeStatus.UPHELD, "right")
    assert (guild.current(member), guild.current(friend)) == ("0.00", "10.00")
    reversal, entry = guild.history(member)
    assert (reversal.reverses, reversal.reason) == (entry.id, f"Dispute {dispute.id} was upheld")
    assert told(guild) == [("dispute.made", RecipientKind.CHANNEL), ("dispute.upheld", RecipientKind.USER)]
    names = [
        row.name
        for row in guild.use.show_audit_log()(
            AuditFilter(aggregate="dispute"), page=PageRequest(), by=guild.operator
        ).results
    ]
    assert names == ["dispute_upheld", "dispute_made"]
    assert guild.verified()


def test_a_raid_that_is_cancelled_later_leaves_it_out(guild: GuildHouse, member: Person) -> None:
    """P-14, D-8: what an upheld dispute took back is not taken back twice."""
    raid = raided(guild, "Hero")
    upholds(guild, disputes(guild, member, latest(guild, member)))
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    assert guild.current(member) == "0.00"
    assert len(guild.history(member)) == 2


def test_what_was_taken_back_meanwhile_is_not_taken_back_again(guild: GuildHouse, member: Person) -> None:
    """P-14: the dispute is upheld all the same."""
    raid = raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member))
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    assert upholds(guild, dispute).status is DisputeStatus.UPHELD
    assert guild.current(member) == "0.00"
    assert len(guild.history(member)) == 2


def test_the_cap_entry_goes_with_what_it_cut(guild: GuildHouse, member: Person) -> None:
    """P-14, P-6: in the same transaction."""
    guild.use.set_policies()(guild.pool, {"cap": "4"}, by=guild.officer.by)
    raided(guild, "Hero")
    assert guild.current(member) == "4.00"
    attendance = next(row for row in guild.history(member) if row.kind is EntryKind.ATTENDANCE)
    upholds(guild, disputes(guild, member, attendance.id))
    assert guild.current(member) == "0.00"
    assert len(guild.history(member)) == 4


def test_a_cap_entry_alone_can_be_disputed(guild: GuildHouse, member: Person) -> None:
    """P-14: then what it cut stays, of a raid or of an adjustment."""
    guild.use.set_policies()(guild.pool, {"cap": "4"}, by=guild.officer.by)
    adjusted(guild, member, "10")
    cap = next(row for row in guild.history(member) if row.kind is EntryKind.CAP)
    upholds(guild, disputes(guild, member, cap.id))
    assert guild.current(member) == "10.00"


def test_an_adjustment_is_reversed_as_such(guild: GuildHouse, member: Person) -> None:
    """P-14, P-8: its list shows it as reversed, and it is not reversed twice."""
    adjustment_id = adjusted(guild, member, "-5")
    upholds(guild, disputes(guild, member, latest(guild, member)))
    assert guild.current(member) == "0.00"
    with guild.memory.begin(guild.operator) as work:
        assert work.adjustments.get(adjustment_id).reversed_at is not None


def test_an_award_is_not_undone_behind_its_back(guild: GuildHouse, member: Person) -> None:
    """P-14, L-8: the error names the command; once the award is revoked, the dispute is upheld."""
    adjusted(guild, member, "50")
    award = guild.use.award_item()(item="Cloak", to=Whose(user_id=member.id), amount=Points.of(7), by=guild.officer.by)
    dispute = disputes(guild, member, latest(guild, member), "I never bid on it")
    with pytest.raises(AwardStands) as refused:
        upholds(guild, dispute)
    assert f"dkp award revoke {award.id}" in refused.value.sentence
    assert guild.current(member) == "43.00"
    guild.use.revoke_award()(award.id, reason="not theirs", by=guild.officer.by)
    assert upholds(guild, dispute).status is DisputeStatus.UPHELD
    assert guild.current(member) == "50.00"


def test_a_share_of_an_award_is_shared_out_anew_first(guild: GuildHouse, member: Person) -> None:
    """P-14, P-6: the error names the command; once the share is gone, the dispute is upheld, and the award stands."""
    guild.use.set_policies()(guild.pool, {"zero_sum": True, "floor": "-100"}, by=guild.officer.by)
    buyer = guild.joins("Buyer")
    guild.plays(buyer, "Kaufer")
    raid = guild.raids(guild.event_type(points="0"))
    guild.attends(raid, "Hero", "Kaufer")
    guild.use.award_item()(
        item="Cloak", to=Whose(user_id=buyer.id), amount=Points.of(10), raid_id=raid.id, by=guild.officer.by
    )
    dispute = disputes(guild, member, latest(guild, member), "I was not there")
    with pytest.raises(AwardStands) as refused:
        upholds(guild, dispute)
    assert f"dkp award reshare {raid.id}" in refused.value.sentence
    guild.use.remove_attendance()(raid.id, ["Hero"], by=guild.officer.by)
    guild.use.reshare_awards()(raid.id, reason="not there", by=guild.officer.by)
    assert upholds(guild, dispute).status is DisputeStatus.UPHELD
    assert (guild.current(member), guild.current(buyer)) == ("0.00", "0.00")
    assert guild.verified()


@pytest.mark.parametrize("once_per", ["user", "character"])
def test_a_later_correction_does_not_pay_what_an_upheld_dispute_took_back(
    guild: GuildHouse, member: Person, once_per: str
) -> None:
    """P-14, D-8: the line stays, and pays nothing; other pools of the raid, other ticks and others are paid."""
    other = guild.use.create_pool()(name="Other", by=guild.officer.by).id
    guild.use.set_policies()(guild.pool, {"paid_once_per": once_per, "alt_percent": "50"}, by=guild.officer.by)
    friend = guild.joins("Friend")
    guild.plays(friend, "Friendly")
    guild.plays(member, "Heroalt")
    raid = guild.raids(guild.event_type(pools=[guild.pool, other]))
    guild.attends(raid, "Hero", "Friendly")
    entry = next(row for row in guild.history(member) if row.pool_id == guild.pool)
    upholds(guild, disputes(guild, member, entry.id))
    assert (guild.current(member), guild.current(member, other)) == ("0.00", "10.00")
    guild.use.change_raid()(raid.id, points=Points.of("20"), by=guild.officer.by)
    assert (guild.current(member), guild.current(member, other)) == ("0.00", "20.00")
    assert guild.current(friend) == "20.00"
    guild.attends(raid, "Heroalt")
    assert guild.current(member) == ("0.00" if once_per == "user" else "10.00")
    guild.use.change_attendance()(raid.id, [LineChange(name="Hero", presence=Presence.LATE)], by=guild.officer.by)
    assert guild.current(member) == ("20.00" if once_per == "user" else "30.00")
    assert guild.verified()


def test_the_answer_of_a_dispute_is_in_nothing_that_cannot_be_erased(guild: GuildHouse, member: Person) -> None:
    """A-12, P-14: neither in the ledger nor in the audit log; the dispute itself tells it until it is emptied."""
    adjusted(guild, member)
    raided(guild, "Hero")
    entries = [row.id for row in guild.history(member)]
    for entry_id in entries:
        upholds(guild, disputes(guild, member, entry_id), "was in hospital")
    guild.attends(guild.raids(guild.event_type("Other")), "Hero")
    kept = disputes(guild, member, latest(guild, member))
    guild.use.reject_dispute()(kept.id, reason="was in hospital", by=guild.officer.by)
    assert guild.use.show_dispute()(kept.id, by=member.by).reason == "was in hospital"
    log = guild.use.show_audit_log()(AuditFilter(), page=PageRequest(), by=guild.operator).results
    assert log
    assert "hospital" not in f"{log}{guild.history(member)}"
    assert guild.use.list_adjustments()(AdjustmentFilter(), page=PageRequest(), by=guild.operator).count == 1
    guild.use.erase_user()(member.id, by=guild.operator)
    follow_up(guild, "empty_disputes")
    assert guild.use.show_dispute()(kept.id, by=guild.officer.by).reason == ""


def test_a_rejection_needs_a_reason_and_moves_nothing(guild: GuildHouse, member: Person) -> None:
    """P-14: rejected with reason, which the member is told."""
    raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member))
    reject = guild.use.reject_dispute()
    with pytest.raises(InvalidValue) as refused:
        reject(dispute.id, reason=" ", by=guild.officer.by)
    assert refused.value.name == "reason"
    assert reject(dispute.id, reason="You were there.", by=guild.officer.by).status is DisputeStatus.REJECTED
    assert guild.current(member) == "10.00"
    assert ("dispute.rejected", RecipientKind.USER) in told(guild)


def test_a_dispute_is_answered_once(guild: GuildHouse, member: Person) -> None:
    """P-14: whoever comes second is told how it was answered."""
    raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member))
    upholds(guild, dispute)
    with pytest.raises(DisputeIsDecided) as refused:
        guild.use.reject_dispute()(dispute.id, reason="no", by=guild.officer.by)
    assert refused.value.status == "upheld"
    with pytest.raises(DisputeIsDecided):
        upholds(guild, dispute)
    assert guild.current(member) == "0.00"


def test_an_entry_is_disputed_once_at_a_time(guild: GuildHouse, member: Person) -> None:
    """P-14: after it was withdrawn it may be disputed again."""
    raided(guild, "Hero")
    entry_id = latest(guild, member)
    first = disputes(guild, member, entry_id)
    with pytest.raises(DisputeIsOpen) as refused:
        disputes(guild, member, entry_id)
    assert refused.value.dispute_id == first.id
    guild.use.withdraw_dispute()(first.id, by=member.by)
    assert disputes(guild, member, entry_id).id != first.id


def test_nobody_disputes_what_is_not_theirs(guild: GuildHouse, member: Person) -> None:
    """P-14, G-1: another's entry is none of yours, whoever you are; so is one that is not there."""
    raided(guild, "Hero")
    entry_id = latest(guild, member)
    other = guild.joins("Other")
    for who, whose in ((other, member), (guild.officer, member), (member, other)):
        with pytest.raises(NoSuch):
            guild.use.dispute_entry()(whose.id, entry_id, text="no", by=who.by)
    with pytest.raises(NoSuch):
        disputes(guild, member, EntryId(10**9))
    with pytest.raises(NotPermitted):
        guild.use.dispute_entry()(member.id, entry_id, text="no", by=guild.operator)


def test_entries_of_who_was_merged_into_somebody_are_theirs(guild: GuildHouse) -> None:
    """P-14, R-8: reversing it moves what it gave away from whom it went to."""
    old = guild.unlinked("Old")
    guild.plays(old, "Oldie")
    raided(guild, "Oldie")
    new = guild.joins("New")
    entry_id = next(row.id for row in guild.history(old) if row.kind is EntryKind.ATTENDANCE)
    guild.use.merge_users()(old.id, into=new.id, reason="one person", by=guild.officer.by)
    assert guild.current(new) == "10.00"
    dispute = guild.use.dispute_entry()(old.id, entry_id, text="not me", by=new.by)
    upholds(guild, dispute)
    assert (guild.current(old), guild.current(new)) == ("0.00", "0.00")
    moved = next(row.id for row in guild.history(new) if row.kind is EntryKind.TRANSFER)
    with pytest.raises(NotDisputable) as refused:
        disputes(guild, new, moved)
    assert "merge" in refused.value.sentence


def test_reversals_and_what_they_reverse_are_settled(guild: GuildHouse, member: Person) -> None:
    """P-14: the error names the entry that has it taken back already."""
    raid = raided(guild, "Hero")
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    reversal, entry = guild.history(member)
    with pytest.raises(NotDisputable) as refused:
        disputes(guild, member, reversal.id)
    assert str(entry.id) in refused.value.sentence
    with pytest.raises(NotDisputable) as refused:
        disputes(guild, member, entry.id)
    assert str(reversal.id) in refused.value.sentence


def test_who_withdraws_is_who_made_it(guild: GuildHouse, member: Person) -> None:
    """P-14: an officer rejects instead."""
    raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member))
    with pytest.raises(NoSuch):
        guild.use.withdraw_dispute()(dispute.id, by=guild.officer.by)
    assert guild.use.withdraw_dispute()(dispute.id, by=member.by).status is DisputeStatus.WITHDRAWN


def test_only_officers_answer(guild: GuildHouse, member: Person) -> None:
    """A-3, P-14: points:write."""
    raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member))
    for act in (guild.use.uphold_dispute(), guild.use.reject_dispute()):
        with pytest.raises(NotPermitted):
            act(dispute.id, reason="mine", by=member.by)


def test_so_many_disputes_may_wait(guild: GuildHouse, member: Person) -> None:
    """P-14: nobody floods the officers."""
    for _ in range(OPEN_DISPUTES_MAX):
        adjusted(guild, member)
        disputes(guild, member, latest(guild, member))
    adjusted(guild, member)
    with pytest.raises(TooManyDisputes):
        disputes(guild, member, latest(guild, member))


def test_members_see_their_own_disputes_and_officers_all(guild: GuildHouse, member: Person) -> None:
    """P-14, A-3: of others' there are none for a member."""
    raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member))
    other = guild.joins("Other", RoleGroup.RECRUITER)
    list_all, show = guild.use.list_disputes(), guild.use.show_dispute()
    seen = {
        who: [row.id for row in list_all(DisputeFilter(), page=PageRequest(), by=person.by).results]
        for who, person in {"member": member, "other": other, "officer": guild.officer}.items()
    }
    assert seen == {"member": [dispute.id], "other": [], "officer": [dispute.id]}
    asked = DisputeFilter(made_by=member.id)
    assert list_all(asked, page=PageRequest(), by=other.by).count == 0
    assert show(dispute.id, by=member.by).text == "I was late"
    with pytest.raises(NoSuch):
        show(dispute.id, by=other.by)
    with pytest.raises(NoSuch):
        show(DisputeId(99), by=guild.officer.by)


def test_erasing_a_person_empties_their_disputes(guild: GuildHouse, member: Person) -> None:
    """A-12: an open one is withdrawn; the texts and the notices are gone, that there was one stays."""
    raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member), "my grandmother was ill")
    guild.use.erase_user()(member.id, by=guild.operator)
    follow_up(guild, "empty_disputes")
    row = guild.use.show_dispute()(dispute.id, by=guild.officer.by)
    assert (row.text, row.reason, row.status) == ("", "", DisputeStatus.WITHDRAWN)
    assert told(guild) == []


def test_another_guild_knows_nothing_of_it(guild: GuildHouse, member: Person) -> None:
    """G-1: not by its number either."""
    raided(guild, "Hero")
    dispute = disputes(guild, member, latest(guild, member))
    elsewhere = guild.neighbour()
    with pytest.raises(NoSuch):
        elsewhere.use.show_dispute()(dispute.id, by=elsewhere.officer.by)
    with pytest.raises(NoSuch):
        elsewhere.use.uphold_dispute()(dispute.id, by=elsewhere.officer.by)
