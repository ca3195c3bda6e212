"""Reading `/who` blocks out of an EverQuest log of 200 MB: speed, and memory that does not grow with the file."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from bench.measuring import peak_memory_mb
from dkp_core.raids.formats import read_dump

CHUNK = 64 * 1024
NOISE = (
    "You slash a frost giant for 57 points of damage.",
    "A frost giant tries to bash YOU, but misses!",
    "Kassandra begins to cast a spell.",
    "Lucismule's skin looks like diamond.",
    "Tester tells the guild, 'incoming on the left side'",
    "Your spell fizzles!",
    "You have become better at Dodge! (211)",
)
LOOTED = "--Tester has looted a Spider Silk.--"
LOOTED_EVERY = 1_000
"""Lines from one looting line to the next; each is kept, since an award may come of it."""


def log(size: int) -> Iterator[bytes]:
    """A log of about `size` bytes with a `/who` of 40 every 2 MB and some loot."""
    random_ = random.Random(1)
    at = datetime(2026, 3, 1, 19, 0)  # noqa: DTZ001  # logs have no zone
    written, next_who, lines = 0, 1_000_000, []
    pending = counted = 0
    while written < size:
        at += timedelta(seconds=1)
        stamp = f"[{at:%a %b %d %H:%M:%S %Y}] "
        counted += 1
        lines.append(stamp + (random_.choice(NOISE) if counted % LOOTED_EVERY else LOOTED) + "\r\n")
        pending += len(lines[-1])
        if written + pending >= next_who:
            next_who += 2_000_000
            rows = [f"{stamp}[60 Warlock] Raider{_letters(n)} (Dark Elf) <Twelve>\r\n" for n in range(40)]
            lines += [f"{stamp}Players on EverQuest:\r\n", f"{stamp}---------------------------\r\n", *rows]
            lines.append(f"{stamp}There are 40 players in Plane of Time.\r\n")
        if pending >= CHUNK:
            data = "".join(lines).encode()
            written += len(data)
            lines, pending = [], 0
            yield data


def _letters(number: int) -> str:
    return chr(97 + number // 26) + chr(97 + number % 26)


def run(*, quick: bool = False) -> bool:
    """Make the log first, then read it from memory in chunks, as from a disk that is not the limit."""
    size = (20 if quick else 200) * 1024 * 1024
    chunks = list(log(size))
    total = sum(map(len, chunks)) / 1024 / 1024
    before = peak_memory_mb()
    began = time.perf_counter()
    dump = read_dump(iter(chunks), file_name="eqlog_Tester_server.txt")
    taken = time.perf_counter() - began
    read = f"{total:.0f} MB, {dump.lines_total:,} lines, {len(dump.checks)} checks"
    print(f"{read}: {taken:.2f} s, {total / taken:.0f} MB/s")
    print(f"memory grew by {peak_memory_mb() - before:.1f} MB while reading")
    return True
