"""What has no home here: listed table by table, and kept in the archive (O-2)."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.moving import Why

FOLLOWED: Final = frozenset(
    {
        "plus_version",
        "dkp_name",
        "eqdkp_layout",
        "round_activate",
        "round_precision",
        "show_twinks",
        "special_members",
        "timezone",
    }
)
"""The settings that what is imported follows from."""

_CALENDAR: Final = "dates are not imported; past ones stay in the archive, coming ones are to be set anew"
_PAGES: Final = "pages of the old site and how they look have no place here"
_PROGRAM: Final = "it is of the old program itself, not of the guild"
_REASONS: Final[Mapping[str, str]] = {
    "calendars": _CALENDAR,
    "calendar_events": _CALENDAR,
    "calendar_raid_attendees": _CALENDAR,
    "calendar_raid_guests": _CALENDAR,
    "calendar_raid_templates": _CALENDAR,
    "articles": _PAGES,
    "article_categories": _PAGES,
    "classcolors": _PAGES,
    "links": _PAGES,
    "portal": _PAGES,
    "portal_blocks": _PAGES,
    "portal_layouts": _PAGES,
    "styles": _PAGES,
    "cronjobs": _PROGRAM,
    "notification_types": _PROGRAM,
    "plugins": _PROGRAM,
    "repository": _PROGRAM,
    "sessions": "visits of the old site; nobody is signed in here by them",
    "notifications": "messages of the old site; here everybody gets their own",
    "guildrequest_visits": "who looked at which application when is not kept here",
    "member_points": "what the old program noted for itself; points are reckoned from the rows",
}
_OTHERWISE: Final = "nothing here corresponds to it"
_SETTING: Final = "a setting of the old program; nothing here corresponds to it"


def leave_out_the_rest(source: EqdkpSource, accounting: Accounting, followed: Container[str] = ()) -> None:
    """Account for the settings, of which these were `followed` too, and for every table that nobody had a use for."""
    _settings(source, accounting, followed)
    for table, count in source.tables.items():
        if table != rows.Setting.table and not accounting.is_touched(table):
            accounting.archive_rest(table, count, _REASONS.get(table, _OTHERWISE))


def _settings(source: EqdkpSource, accounting: Accounting, followed: Container[str]) -> None:
    for each in source.rows(rows.Setting):
        if (each.name in FOLLOWED or each.name in followed) and each.plugin in ("core", ""):
            accounting.imported(each.table)
        else:
            accounting.leave_out(each.table, each.ordinal, Why.ARCHIVED, _SETTING)
