"""What the notices context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from dkp_core.accounts import AccountsWork
from dkp_core.notices.notice import Notice


class Notices(Protocol):
    """What the guild has to tell: posted with the change it tells of, sent by the worker after the commit."""

    @abstractmethod
    def post(self, *notices: Notice) -> None:
        """Have these sent, each recipient's in the order of posting, once the transaction has committed."""

    @abstractmethod
    def forget(self, about: str) -> None:
        """Remove what is `about` that, sent or not."""


class NoticesWork(AccountsWork, Protocol):
    """A transaction over what the guild has to tell."""

    @property
    @abstractmethod
    def notices(self) -> Notices:
        """What the guild has to tell."""
