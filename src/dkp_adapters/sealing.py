"""Keeping secrets that have to be read again: encrypted, with keys that can be changed (O-13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import define, field, frozen
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from dkp_core.kernel.errors import Conflict, Unsealable
from dkp_core.kernel.ports import Sealing


@define
class NoEncryptionKey(Conflict):
    """Nothing secret can be kept here: the installation has no key to encrypt it with."""

    code: ClassVar[str] = "no_encryption_key"

    @property
    def sentence(self) -> str:
        return "The setting encryption_keys is empty, so nothing secret can be kept; make a key with: dkp db make-key."


def make_key() -> str:
    """A new key for the setting encryption_keys."""
    return Fernet.generate_key().decode()


@frozen
class FernetSealing(Sealing):
    """AES-128-CBC with HMAC-SHA-256 (Fernet): the newest key seals, every key opens."""

    fernet: MultiFernet = field(repr=False)

    @classmethod
    def of(cls, keys: Sequence[str]) -> FernetSealing:
        """With these keys, the newest first. Raises: ValueError for what is no key."""
        return cls(MultiFernet([Fernet(key) for key in keys]))

    def seal(self, secret: str) -> str:
        return self.fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        try:
            return self.fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as unknown:
            raise Unsealable("none of the keys in encryption_keys opens it") from unknown


@frozen
class NoSealing(Sealing):
    """Where no key is set: refuses, so that nothing secret is kept in the open. Raises: NoEncryptionKey."""

    def seal(self, secret: str) -> str:  # noqa: ARG002  # the port's
        raise NoEncryptionKey

    def open(self, sealed: str) -> str:  # noqa: ARG002  # the port's
        raise NoEncryptionKey
