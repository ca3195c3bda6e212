"""The layout of EQdkp Plus's pages, which says what its points are: its point system (O-1, O-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.arithmetic import Pages
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import EqdkpSource

NORMAL: Final = "normal"
NO_POINTS: Final = "nopoints"
_OWN: Final = "user_"
"""What the program puts before the name of a layout that it ships, where somebody changed it."""
_SHIPPED: Final[Mapping[str, Pages]] = {
    NORMAL: Pages.POINTS,
    NO_POINTS: Pages.POINTS,
    "sk": Pages.POINTS,
    "sk_bottom": Pages.POINTS,
    "sk_fixed": Pages.POINTS,
    "epgp": Pages.PARTS,
    "edkp": Pages.PARTS,
    "edkp_ct": Pages.PARTS,
    "zs": Pages.ZERO_SUM,
}
_KINGS: Final = frozenset({"sk", "sk_bottom", "sk_fixed"})


@frozen
class Layout:
    """A layout by its name; `is_changed` where it was made from one that is shipped, and has settings of its own."""

    name: str
    base: str | None
    """The layout that is shipped, whose numbers it shows; None where only its own file says which."""

    @property
    def is_changed(self) -> bool:
        """Whether its file was made at the site."""
        return self.name != self.base

    @property
    def shows_places(self) -> bool:
        """Whether its pages show places on a list, and no points."""
        return self.base in _KINGS

    @property
    def pages(self) -> Pages:
        """What its pages show: points, where that is not known, as the program does without the file."""
        return _SHIPPED[self.base or NORMAL]


def layout_of(settings: Mapping[str, Plain]) -> Layout:
    """The layout that the settings of a site name; the normal one, if none."""
    name = str(settings.get("eqdkp_layout") or NORMAL)
    base = name.removeprefix(_OWN)
    return Layout(name, base if base in _SHIPPED else None)


def settings_of(source: EqdkpSource) -> Mapping[str, Plain]:
    """The settings of the program itself, by their names."""
    return {each.name: each.value for each in source.rows(rows.Setting) if each.plugin in ("core", "")}
