"""What each reaction and each deadline does: which use case stands behind its name."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from attrs import frozen

from dkp_adapters.waiting import Delivery, DueDeadline, DueNotice
from dkp_core.accounts import ACTIVE_ROLE_GROUPS, MembershipBegan, MembershipStatus, MemberShutOut, RoleGroup
from dkp_core.kernel.actor import job
from dkp_core.kernel.ids import ApplicationId, AuctionId, CharacterId, PoolId, RaidId, UploadId, UserId
from dkp_core.loot import ADVANCE_AUCTION
from dkp_core.notices import Outcome
from dkp_core.points import RUN_BATCHES, SCHEDULE_BATCHES
from dkp_core.raids import FORGET_CHAT, PRUNE_UPLOADS, REWARD_RAID
from dkp_core.reactions import (
    AWARD_WAITING_NAMES,
    EMPTY_APPLICATIONS,
    EMPTY_AWARD_DRAFTS,
    EMPTY_DISPUTES,
    FOLLOW_MEMBERSHIP,
    FORGET_ON_ROSTER,
    GIVE_START_POINTS,
    REVOKE_DISCORD_TOKENS,
    SCHEDULE_RETENTION,
    WITHDRAW_BIDS_OF_LEAVER,
)
from dkp_core.recruitment import DECIDE_VOTE, END_TRIAL, JUDGE_TRIAL
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.worker.store import Store

HEARTBEAT: Final = "heartbeat"
SEND_NOTICE: Final = "send_notice"
PRUNE_SIGN_INS: Final = "prune_sign_ins"
BEAT: Final = timedelta(seconds=30)
_logger: Final = logging.getLogger(__name__)
_LEFT: Final = {
    MembershipStatus.ENDED.value: "the membership ended",
    MembershipStatus.DEACTIVATED.value: "the membership was deactivated",
}


class NotKnownHere(Exception):
    """A newer program left something to do that this one does not know; it waits until one comes that does."""


@frozen
class Reacting:
    """Runs the use case that a delivery or a deadline names, as a job in its guild."""

    use_cases: UseCases
    store: Store

    def react(self, delivery: Delivery) -> None:
        """Let follow what follows from an event. Raises: NotKnownHere, and whatever the use case raises."""
        by = job(delivery.reaction, delivery.guild_id)
        if delivery.reaction == AWARD_WAITING_NAMES:
            character_id = CharacterId(int(str(delivery.data["character_id"])))
            self.use_cases.award_waiting_names()(character_id, by=by)
        elif delivery.reaction == SCHEDULE_RETENTION:
            self.use_cases.schedule_retention()(by=by)
        elif delivery.reaction == REVOKE_DISCORD_TOKENS:
            user_id = UserId(int(str(delivery.data["user_id"])))
            if not self.use_cases.revoke_discord_tokens()(user_id, by=by):
                _logger.warning("Discord's tokens of user %s could not be given back, and are forgotten", user_id)
        elif delivery.reaction == WITHDRAW_BIDS_OF_LEAVER:
            why = _left(delivery)
            if why is not None:
                user_id = UserId(int(str(delivery.data["user_id"])))
                self.use_cases.withdraw_bids_of_leaver()(user_id, left_at=delivery.event_at, reason=why, by=by)
        elif delivery.reaction == GIVE_START_POINTS:
            role_group = _became(delivery)
            if role_group is not None:
                user_id = UserId(int(str(delivery.data["user_id"])))
                self.use_cases.give_start_points()(user_id, role_group, at=delivery.event_at, by=by)
        elif delivery.reaction == SCHEDULE_BATCHES:
            pool_id = delivery.data.get("pool_id")
            self.use_cases.schedule_batches()(
                None if pool_id is None else PoolId(int(str(pool_id))),
                restored_at=delivery.event_at if _restores(delivery) else None,
                by=by,
            )
        elif delivery.reaction == REWARD_RAID:
            self.use_cases.reward_raid()(RaidId(int(str(delivery.data["raid_id"]))), by=by)
        elif delivery.reaction == FORGET_ON_ROSTER:
            self.use_cases.forget_on_roster()(UserId(int(str(delivery.data["user_id"]))), by=by)
        elif delivery.reaction == FORGET_CHAT:
            self.use_cases.forget_chat()(UserId(int(str(delivery.data["user_id"]))), by=by)
        elif delivery.reaction == EMPTY_DISPUTES:
            self.use_cases.empty_disputes()(UserId(int(str(delivery.data["user_id"]))), by=by)
        elif delivery.reaction == EMPTY_AWARD_DRAFTS:
            self.use_cases.empty_award_drafts()(UserId(int(str(delivery.data["user_id"]))), by=by)
        elif delivery.reaction == FOLLOW_MEMBERSHIP:
            self.use_cases.follow_membership()(UserId(int(str(delivery.data["user_id"]))), by=by)
        elif delivery.reaction == EMPTY_APPLICATIONS:
            self.use_cases.empty_applications()(UserId(int(str(delivery.data["user_id"]))), by=by)
        else:
            raise NotKnownHere(f"no reaction is called {delivery.reaction!r}")

    def meet(self, deadline: DueDeadline) -> None:
        """Do what has become due. Raises: NotKnownHere, and whatever the use case raises."""
        by = job(deadline.kind, deadline.guild_id)
        if deadline.kind == PRUNE_UPLOADS:
            self.use_cases.prune_uploads()(by=by)
        elif deadline.kind == ADVANCE_AUCTION:
            self.use_cases.advance_auction()(AuctionId(int(str(deadline.data["auction_id"]))), by=by)
        elif deadline.kind == FORGET_CHAT:
            user_id, after = (int(str(deadline.data[name])) for name in ("user_id", "after"))
            self.use_cases.forget_chat()(UserId(user_id), after=UploadId(after), by=by)
        elif deadline.kind == END_TRIAL:
            self.use_cases.end_trial()(ApplicationId(int(str(deadline.data["application_id"]))), by=by)
        elif deadline.kind == DECIDE_VOTE:
            self.use_cases.decide_vote()(ApplicationId(int(str(deadline.data["application_id"]))), by=by)
        elif deadline.kind == JUDGE_TRIAL:
            self.use_cases.judge_trial()(ApplicationId(int(str(deadline.data["application_id"]))), by=by)
        elif deadline.kind == RUN_BATCHES:
            self.use_cases.run_due_batch()(PoolId(int(str(deadline.data["pool_id"]))), by=by)
        elif deadline.kind == HEARTBEAT:
            self.beat()
        else:
            raise NotKnownHere(f"nothing that becomes due is called {deadline.kind!r}")

    def tell(self, due: DueNotice) -> Outcome:
        """Send a notice; says what became of it. Raises: whatever the use case raises."""
        by = job(SEND_NOTICE, due.guild_id)
        settled: Outcome = self.use_cases.send_notice()(due.id, due.notice, posted_at=due.posted_at, by=by)
        return settled

    def prune(self) -> None:
        """Forget what is over: sessions, attempts to sign in, one-time links."""
        self.use_cases.prune_sign_ins()(by=job(PRUNE_SIGN_INS))

    def beat(self) -> None:
        """Set the worker's own deadline a little ahead: where it is overdue, no worker runs, and health tells."""
        with self.store.begin_installation(job(HEARTBEAT)) as work:
            work.deadlines.set(HEARTBEAT, HEARTBEAT, self.store.clock.now() + BEAT, {})


def _became(delivery: Delivery) -> RoleGroup | None:
    """The role group by which somebody first became a member; None where they ever were one, or are none now."""
    if delivery.event == MembershipBegan.event_name():
        role_group = RoleGroup(str(delivery.data["role_group"]))
        return role_group if role_group in ACTIVE_ROLE_GROUPS and not delivery.data["was_member"] else None
    changes: Any = delivery.data["changes"]
    after = {change["field"]: change["after"] for change in changes}
    return RoleGroup(after["role_group"]) if after.get("was_member") is True and "role_group" in after else None


def _restores(delivery: Delivery) -> bool:
    """Whether the event tells that an archived pool was brought back."""
    changes: Any = delivery.data["changes"]
    return any(change["field"] == "archived" and change["before"] is True for change in changes)


def _left(delivery: Delivery) -> str | None:
    """Why the person that the event is about may bid no more; None where it tells of something else."""
    if delivery.event == MemberShutOut.event_name():
        return "the user was deactivated"
    changes: Any = delivery.data["changes"]
    status = next((change["after"] for change in changes if change["field"] == "status"), None)
    return _LEFT.get(str(status))
