"""What each format brings along: how it is recognised and how it is read."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from dkp_core.raids.formats.check import Check
from dkp_core.raids.formats.sheet import FileAccount
from dkp_core.raids.formats.text import DumpText


@frozen
class Sample:
    """The start of a file, by which its format is recognised: its base name in lower case and first lines.

    `lines` has those that are not blank, without the one that the sample cuts off. Of a document in JSON or XML, whose
    lines are as long and as many as its writer likes, the last may be cut, and `start` has all that was read ahead.
    """

    file_name: str
    lines: tuple[str, ...]
    start: str = ""

    def share(self, fits: Callable[[str], bool]) -> float:
        """The part of the lines that fit, from 0 to 1."""
        return sum(map(fits, self.lines)) / len(self.lines) if self.lines else 0.0


@frozen(kw_only=True)
class FormatReader:
    """One format: the words for it, whether a file looks like it, and its checks."""

    title: str
    recognises: Callable[[Sample], bool]
    read: Callable[[DumpText, FileAccount, str], tuple[Check, ...]]
    """Reads the text to its end; the last argument is the file's name as given."""
