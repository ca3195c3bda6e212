"""The contract of the loot context, on every adapter."""

from tests.integration.contracts.loot_auctions import AuctionsContract, BidsContract
from tests.integration.contracts.loot_awards import AwardsContract, StandingBidsContract
from tests.integration.contracts.loot_bidders import BiddersContract
from tests.integration.contracts.loot_drafts import AwardDraftsContract
from tests.integration.contracts.loot_holds import HoldsContract
from tests.integration.contracts.loot_items import ItemsContract
from tests.integration.contracts.loot_rules import ChatGrammarsContract, ChatLinesContract, HouseRulesContract
from tests.integration.contracts.loot_secrets import SecretsContract
from tests.integration.contracts.loot_sharing import ContestContract, SharingContract
from tests.integration.contracts.loot_views import AuctionViewContract, BiddingViewContract, BidViewContract


class TestItems(ItemsContract):
    """It holds on each of them."""


class TestHouseRules(HouseRulesContract):
    """It holds on each of them."""


class TestChatGrammars(ChatGrammarsContract):
    """It holds on each of them."""


class TestChatLines(ChatLinesContract):
    """It holds on each of them."""


class TestAuctions(AuctionsContract):
    """It holds on each of them."""


class TestBids(BidsContract):
    """It holds on each of them."""


class TestHolds(HoldsContract):
    """It holds on each of them."""


class TestBidders(BiddersContract):
    """It holds on each of them."""


class TestAwards(AwardsContract):
    """It holds on each of them."""


class TestAwardDrafts(AwardDraftsContract):
    """It holds on each of them."""


class TestStandingBids(StandingBidsContract):
    """It holds on each of them."""


class TestAuctionView(AuctionViewContract):
    """It holds on each of them."""


class TestBidView(BidViewContract):
    """It holds on each of them."""


class TestBiddingView(BiddingViewContract):
    """It holds on each of them."""


class TestSecrets(SecretsContract):
    """It holds on each of them."""


class TestSharing(SharingContract):
    """It holds on each of them."""


class TestContest(ContestContract):
    """It holds on each of them."""
