"""Notices: what people are told outside, in Discord channels and messages, by e-mail, and in their own list."""

from dkp_core.notices.notice import Channel, Notice, Recipient
from dkp_core.notices.ports import Notices, NoticesWork

__all__ = ["Channel", "Notice", "Notices", "NoticesWork", "Recipient"]
