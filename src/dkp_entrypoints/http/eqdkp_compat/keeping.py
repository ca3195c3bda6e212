"""What old tools were told, kept for whoever asks the same next, until something changes (O-5, O-15)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from attrs import define, field

from dkp_entrypoints.http.reception import Reply

KEPT_MAX: Final = 128
KEPT_BYTES_MAX: Final = 32 * 1024 * 1024


@define(eq=False)
class KeptReplies:
    """The replies that were wanted last, whole, by their tags; from any number of threads.

    A tag says of which guild a reply is, what its reader may see, what was asked, and what the data was: whoever gets
    to the same tag gets the same answer, with whatever key they came.
    """

    count_max: int = KEPT_MAX
    bytes_max: int = KEPT_BYTES_MAX
    _kept: OrderedDict[str, Reply] = field(init=False, factory=OrderedDict)
    _bytes: int = field(init=False, default=0)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def tagged(self, etag: str) -> Reply | None:
        """The reply with that tag, if it is still kept."""
        with self._lock:
            reply = self._kept.get(etag)
            if reply is not None:
                self._kept.move_to_end(etag)
            return reply

    def keep(self, reply: Reply) -> None:
        """Keep a reply that has a tag, and let go of those that nobody wanted for longest where it gets too much."""
        assert reply.etag is not None, "nothing tells it from other replies"
        with self._lock:
            before = self._kept.pop(reply.etag, None)
            self._bytes += len(reply.body) - (0 if before is None else len(before.body))
            self._kept[reply.etag] = reply
            while self._kept and (len(self._kept) > self.count_max or self._bytes > self.bytes_max):
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest.body)
