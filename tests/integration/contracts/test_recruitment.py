"""The contract of the recruitment context, on every adapter."""

from tests.integration.contracts.recruitment_applications import ApplicationsContract, CommentsContract
from tests.integration.contracts.recruitment_rules import ApplicationFormsContract, RecruitmentRulebookContract
from tests.integration.contracts.recruitment_trials import PerformancesContract, TrialViewContract
from tests.integration.contracts.recruitment_views import (
    ApplicationViewContract,
    StatisticsViewContract,
    VoteViewContract,
)
from tests.integration.contracts.recruitment_votes import VotersContract, VotesContract


class TestRecruitmentRulebook(RecruitmentRulebookContract):
    """It holds on each of them."""


class TestApplicationForms(ApplicationFormsContract):
    """It holds on each of them."""


class TestApplications(ApplicationsContract):
    """It holds on each of them."""


class TestComments(CommentsContract):
    """It holds on each of them."""


class TestVotes(VotesContract):
    """It holds on each of them."""


class TestVoters(VotersContract):
    """It holds on each of them."""


class TestPerformances(PerformancesContract):
    """It holds on each of them."""


class TestTrialView(TrialViewContract):
    """It holds on each of them."""


class TestApplicationView(ApplicationViewContract):
    """It holds on each of them."""


class TestVoteView(VoteViewContract):
    """It holds on each of them."""


class TestStatisticsView(StatisticsViewContract):
    """It holds on each of them."""
