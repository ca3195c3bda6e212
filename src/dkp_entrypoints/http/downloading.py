"""Answers that are files: made aside, then sent piece by piece, so that none is ever in memory as a whole."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable
from typing import IO, Final, TypeVar

from attrs import frozen
from litestar.types import Receive, Scope, Send

T = TypeVar("T")

PIECE_BYTES: Final = 256 * 1024
IN_MEMORY_BYTES_MAX: Final = 4 * 1024 * 1024
_UNTOLD: Final = re.compile(r"[^A-Za-z0-9._-]")


@frozen
class Download:
    """A file to be sent, of that media type and under that name."""

    content: IO[bytes]
    media: str
    name: str

    @classmethod
    def of(cls, write: Callable[[Callable[[bytes], object]], object], *, media: str, name: str) -> Download:
        """What `write` hands over. Raises: what it raises."""
        content = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES_MAX)  # noqa: SIM115  # it is closed when it was sent
        try:
            write(content.write)
        except BaseException:
            content.close()
            raise
        return cls(content, media, name)


@frozen
class SentFile:
    """A file, ready to be sent."""

    download: Download
    headers: tuple[tuple[bytes, bytes], ...]

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send it, and let go of it."""
        content = self.download.content
        try:
            length = content.seek(0, 2)
            content.seek(0)
            headers = [
                *self.headers,
                (b"content-type", self.download.media.encode()),
                (b"content-disposition", f'attachment; filename="{_UNTOLD.sub("-", self.download.name)}"'.encode()),
                (b"content-length", str(length).encode()),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while piece := await asyncio.to_thread(content.read, PIECE_BYTES):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            content.close()
