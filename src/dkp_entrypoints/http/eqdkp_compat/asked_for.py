"""What an old tool asks for in the address."""

from __future__ import annotations

from typing import Final

from msgspec import field

from dkp_core.kernel.errors import InvalidValue
from dkp_entrypoints.http.reading import Query

_NO: Final = frozenset({"", "0", "false", "no"})


class OldQuery(Query, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The parameters that EQdkp Plus knew; others, which it passed over, are passed over."""

    function: str = ""
    format: str = ""
    test: str = ""
    guild: str = ""
    number: str = ""
    start: str = ""
    memberdata: str = ""
    exclude_memberitems: str = ""
    filter: str = ""
    filterid: str = ""
    searched_in: str = field(name="in", default="charname")
    searched_for: str = field(name="for", default="")
    dkp_ids: str = ""

    @property
    def only_tested(self) -> bool:
        """Whether it is a rehearsal, of which nothing is to stay."""
        return self.test.lower() not in _NO

    @property
    def with_our_ids(self) -> bool:
        """Whether each thing is to bear our id too."""
        return self.dkp_ids.lower() not in _NO

    @property
    def member_data(self) -> frozenset[str]:
        """What is wanted of each character beside its points: items, adjustments."""
        return frozenset(each.strip() for each in self.memberdata.split(","))

    def count(self, name: str, text: str) -> int:
        """A number that is not negative; 0 where it is missing. Raises: InvalidValue."""
        if text == "":
            return 0
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise InvalidValue(name, f"{text[:40]!r} is no such number", "a whole number from 0")
        return int(text)
