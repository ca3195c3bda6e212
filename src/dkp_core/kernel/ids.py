"""Ids that every context speaks of."""

from typing import NewType

GuildId = NewType("GuildId", int)
UserId = NewType("UserId", int)
EntryId = NewType("EntryId", int)
CharacterId = NewType("CharacterId", int)
RankId = NewType("RankId", int)
PoolId = NewType("PoolId", int)
ItemPoolId = NewType("ItemPoolId", int)
AdjustmentId = NewType("AdjustmentId", int)
EventTypeId = NewType("EventTypeId", int)
RaidId = NewType("RaidId", int)
UploadId = NewType("UploadId", int)
ItemId = NewType("ItemId", int)
AuctionId = NewType("AuctionId", int)
BidId = NewType("BidId", int)
AwardId = NewType("AwardId", int)
NoticeId = NewType("NoticeId", int)
ClaimId = NewType("ClaimId", int)
MergeId = NewType("MergeId", int)
ApplicationId = NewType("ApplicationId", int)
