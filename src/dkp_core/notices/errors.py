"""How the notices context says no."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import NoticeId


@define
class NoticeNotParked(Conflict):
    """Only a notice that was given up on can be sent again or dropped."""

    notice_id: NoticeId
    status: str
    code: ClassVar[str] = "notice_not_parked"

    @property
    def sentence(self) -> str:
        return f"Notice {self.notice_id} is {self.status}; only one that is parked can be sent again or dropped."


@define
class ChannelNotSet(Conflict):
    """The channel has no webhook."""

    channel: str
    code: ClassVar[str] = "channel_not_set"

    @property
    def sentence(self) -> str:
        return f"The {self.channel} channel has no webhook yet."
