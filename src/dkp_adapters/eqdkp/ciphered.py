"""E-mail addresses and linked accounts, which EQdkp Plus encrypts with the key in its config.php.

AES-256 in counter mode, without a check of integrity: a wrong key gives other bytes, not an error, so what comes out is
judged by what it should be. Source: core of EQdkp Plus 2.3 (crypt class and login methods); checked on its own values.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from hashlib import md5
from typing import Final

from attrs import field, frozen
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dkp_core.kernel.errors import InvalidValue

TRIED_MAX: Final = 200
_NONCE: Final = 8
_BLOCK: Final = 16
_IN_CONFIG: Final = re.compile(r"\$encryptionKey\s*=\s*(['\"])([^'\"]+)\1")
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")


class NotOpened(Exception):
    """The key does not open the value, or the value is none that was encrypted; says why."""


@frozen
class Key:
    """The key of an installation, ready for use."""

    _bytes: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Key:
        """The key that is given as config.php has it, or the text of that file itself.

        Raises: InvalidValue where there is none.
        """
        found = _IN_CONFIG.search(text)
        plain = (found[2] if found else text).strip()
        if not plain or "<?php" in plain or "\n" in plain or len(plain) > 200:
            raise InvalidValue("key", "it holds no $encryptionKey", "the $encryptionKey of config.php, or that file")
        password = md5(plain.encode(), usedforsecurity=False).hexdigest().encode()
        # One block: chaining from zeros is the same as none.
        half = Cipher(algorithms.AES(password), modes.CBC(bytes(_BLOCK))).encryptor().update(password[:_BLOCK])
        return cls(half + half)

    def opened(self, value: str) -> str:
        """What was encrypted. Raises: NotOpened where it can't be, or comes to no text."""
        try:
            raw = base64.b64decode(value.strip(), validate=True)
        except (binascii.Error, ValueError):
            raise NotOpened("it is not encrypted as EQdkp Plus does it") from None
        if len(raw) < _NONCE:
            raise NotOpened("it is too short to be encrypted")
        counter = raw[:_NONCE] + bytes(_BLOCK - _NONCE)
        plain = Cipher(algorithms.AES(self._bytes), modes.CTR(counter)).decryptor().update(raw[_NONCE:])
        try:
            text = plain.decode()
        except UnicodeDecodeError:
            raise NotOpened("the key does not open it") from None
        if any(ord(each) < 32 for each in text):
            raise NotOpened("the key does not open it")
        return text

    def fits(self, values: Sequence[str]) -> bool:
        """Whether it opens one of these addresses and accounts at least; none at all tell nothing, and it fits."""
        opened = 0
        for value in values[:TRIED_MAX]:
            try:
                text = self.opened(value)
            except NotOpened:
                continue
            if _ADDRESS.fullmatch(text) or text.startswith("a:"):
                return True
            opened += not text
        return opened == len(values[:TRIED_MAX])
