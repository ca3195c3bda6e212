"""Who wants to join the made-up guild: one was taken in, on one the guild votes, one is on trial, and one is new."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final

from attrs import define

from dkp_adapters.memory.clock import SettableClock
from dkp_core.kernel.actor import Actor, job
from dkp_core.kernel.ids import ApplicationId, GuildId
from dkp_core.recruitment import DECIDE_VOTE, Option
from dkp_entrypoints.containers import UseCases

RECRUITER: Final = 4
VOTERS: Final = range(5, 40)
FORM: Final[Mapping[str, object]] = {
    "questions": [
        {"id": "why", "text": "Why us?", "required": True},
        {"id": "nights", "text": "Which nights suit you?", "kind": "choice", "choices": ["Most", "Some", "Few"]},
        {"id": "real_life", "text": "Is there anything we should know?", "private": True},
    ]
}
RULES: Final[Mapping[str, object]] = {"quorum": 5, "trial_attendance_percent": 50, "trial_raids": 6}


@define
class Recruiting:
    """Who applies is one of the `applicants`, places in the list of people; `by` acts as one of them."""

    use_cases: UseCases
    clock: SettableClock
    now: datetime
    guild_id: GuildId
    by: Callable[[int], Actor]
    applicants: Sequence[int]
    names: Mapping[int, str]
    chance: random.Random

    def tell(self) -> None:
        """Everything in the order in which it was."""
        passed, voted_on, on_trial, new = self.applicants
        self._days_ago(70)
        with self._together():
            self.use_cases.set_application_form()(FORM, by=self.by(0))
            self.use_cases.set_recruitment_rules()(RULES, by=self.by(0))
        self._days_ago(52)
        first = self._apply(passed, "A friend raids with you, and likes it.", "Most")
        self._days_ago(50)
        refused = self._apply(new, "dont know yet", "Few")
        self._days_ago(49)
        with self._together():
            self.use_cases.accept_to_trial()(first, by=self.by(RECRUITER))
            self.use_cases.reject_application()(
                refused, reason="Tell us more about yourself, and apply again in a month.", by=self.by(RECRUITER)
            )
        self._days_ago(22)
        self._vote(first, Option.PASS, Option.PASS, Option.PASS, Option.RECYCLE)
        self._days_ago(19)
        self.use_cases.decide_vote()(first, by=job(DECIDE_VOTE, self.guild_id))
        second = self._apply(voted_on, "My old guild merged, and I did not want to.", "Most")
        self._days_ago(18)
        self._accept(second)
        self._days_ago(9)
        third = self._apply(on_trial, "Your healers are the best on the server.", "Some")
        self._days_ago(8)
        self._accept(third)
        self._hours_ago(20)
        self._vote(second, Option.PASS, Option.PASS, Option.FAIL, Option.RECYCLE)
        self._hours_ago(6)
        self._apply(new, "I have been reading your forum for years, and now I have the time.", "Most")

    def _apply(self, applicant: int, why: str, nights: str) -> ApplicationId:
        friend = self.by(7).user_id
        assert friend is not None, "everybody here is a user"
        with self._together():
            version = self.use_cases.show_application_form()(by=self.by(applicant)).version
            return self.use_cases.submit_application()(
                character_name=self.names[applicant],
                server="Firiona",
                character_class=self.chance.choice(("Cleric", "Warrior", "Enchanter")),
                level=60,
                previous_guilds="Two, both gone",
                availability="20:00 to 23:30",
                timezone="Europe/Berlin",
                referees=(friend,),
                form_version=version,
                answers={"why": why, "nights": nights, "real_life": "I work shifts every other week."},
                by=self.by(applicant),
            ).id

    def _accept(self, application_id: ApplicationId) -> None:
        with self._together():
            self.use_cases.comment_on_application()(
                application_id, "Logs look good, and two of us know them.", by=self.by(RECRUITER)
            )
            self.use_cases.comment_on_application()(
                application_id, "Welcome! Invites go out at 19:45.", visible=True, by=self.by(RECRUITER)
            )
            self.use_cases.accept_to_trial()(application_id, reason="We are short of them.", by=self.by(RECRUITER))
        for member, text in ((9, "Knows the encounters."), (16, "Late twice, but said so before.")):
            with self._together():
                self.use_cases.leave_feedback()(application_id, text, by=self.by(member))

    def _vote(self, application_id: ApplicationId, *options: Option) -> None:
        """The members vote, each for one of these; one changes their mind, and one keeps out of it."""
        with self._together():
            self.use_cases.start_voting()(application_id, by=self.by(RECRUITER))
            for voter in self.chance.sample(VOTERS, 14):
                self.clock.set(self.clock.now() + timedelta(minutes=self.chance.randint(5, 40)))
                self.use_cases.cast_vote()(application_id, self.chance.choice(options), by=self.by(voter))
            self.use_cases.cast_vote()(application_id, Option.FAIL, by=self.by(6))
            self.use_cases.cast_vote()(application_id, Option.PASS, by=self.by(6))
            self.use_cases.recuse_from_vote()(application_id, by=self.by(3))

    def _days_ago(self, days: int) -> None:
        self._hours_ago(24 * days)

    def _hours_ago(self, hours: int) -> None:
        self.clock.set(self.now - timedelta(hours=hours))

    def _together(self) -> AbstractContextManager[object]:
        return self.use_cases.database().scope()
