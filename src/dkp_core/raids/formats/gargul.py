"""Gargul's export of awards: the table it writes by itself, and the rows of a pattern that an officer set."""

from __future__ import annotations

import re
from typing import Final

from dkp_core.raids.formats.check import Check
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.loot_table import Cells, Nights, WonRow, WonTable, has_columns, item_in, moment_in, the_rest
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.text import DumpText

DISENCHANTED: Final = "_disenchanted"
"""Stands in place of a player for what was taken apart."""

PATTERN: Final = re.compile(r"@[A-Z]{2,20}(?:[ ;,\t|]{1,3}@[A-Z]{2,20}){1,20}")
"""A pattern may stand above its rows: `@ID;@DATE @TIME;@WINNER`."""

ROW: Final = re.compile(
    r"(?P<item>\d{1,10});(?P<at>\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?);(?P<name>[^;]{1,200})", re.ASCII
)
"""What the pattern that Gargul suggests makes of an award."""

RECOGNISED_SHARE_MIN: Final = 0.5
TOKENS: Final = re.compile(r"@[A-Z]+")
LINE_LENGTH_MAX: Final = 1000
ITEMS: Final = ("@LINK", "@ITEM", "@ID")
"""Where an item stands, the best first: a link has its name, an id does not."""

_READ: Final = ("datetime", "character", "itemid", "item")


def recognises(sample: Sample) -> bool:
    """The columns of its table, or rows of an item's id, a day and a name."""
    if has_columns(sample, "datetime", "character", "itemid", "offspec"):
        return True
    if sample.lines and PATTERN.fullmatch(sample.lines[0].strip()[:LINE_LENGTH_MAX]) is not None:
        return "@WINNER" in sample.lines[0]
    return sample.share(lambda line: ROW.fullmatch(line.strip()[:LINE_LENGTH_MAX]) is not None) >= RECOGNISED_SHARE_MIN


def read(text: DumpText, account: FileAccount, _file_name: str) -> tuple[Check, ...]:
    """A check for every night. An item without a name is known by its number."""
    first = next((line for line in text.opening_lines() if line.strip()), "").strip()
    if first.startswith("@") or first[:1].isdecimal():
        return _patterned(text, account)
    return WonTable(account, text.lines(), _won).checks()


def _won(cells: Cells) -> WonRow:
    day, hour = moment_in(cells.get("datetime", ""))
    name = cells.get("character", "")
    gone = name.casefold() == DISENCHANTED
    return WonRow(
        name="" if gone else name,
        item=item_in(cells.get("item", "")) or cells.get("itemid", ""),
        said=cells.get("datetime", ""),
        day=day,
        hour=hour,
        rot=gone,
        note=noted("disenchanted" if gone else "", *the_rest(cells, *_READ)),
    )


def _patterned(text: DumpText, account: FileAccount) -> tuple[Check, ...]:
    sheet = Sheet(account)
    nights = Nights(account, sheet)
    pattern = None
    for number, raw in text.lines():
        line = raw.strip()
        if not line:
            sheet.noise()
        elif len(line) > LINE_LENGTH_MAX:
            sheet.unreadable(number, f"it has {len(line)} characters; an award has at most {LINE_LENGTH_MAX}")
        elif line.startswith("@") and PATTERN.fullmatch(line) is not None:
            pattern = _matcher(line)
            sheet.header(number, line)
        else:
            found = (pattern or ROW).fullmatch(line)
            if found is None:
                shown = "the pattern above it" if pattern is not None else "an item's id; a day, a time; a name"
                sheet.unreadable(number, f"it is not made of {shown}")
            else:
                nights.take(number, _matched(found.groupdict(), by_itself=pattern is None))
    return nights.checks()


def _matcher(pattern: str) -> re.Pattern[str]:
    """What reads a row of that pattern; a field goes up to what stands behind it, so that it takes linear time."""
    parts, end, named = [], 0, set()
    tokens = list(TOKENS.finditer(pattern))
    for position, token in enumerate(tokens):
        parts.append(re.escape(pattern[end : token.start()]))
        following = pattern[token.end() : tokens[position + 1].start()] if position + 1 < len(tokens) else ""
        field = f"[^{re.escape(following[0])}]*" if following else ".*"
        name = token[0].removeprefix("@").lower()
        parts.append(f"({field})" if name in named else f"(?P<{name}>{field})")
        named.add(name)
        end = token.end()
    return re.compile("".join(parts))


def _matched(fields: dict[str, str], *, by_itself: bool) -> WonRow:
    told = {token.removeprefix("@").lower() for token in ITEMS}
    item = fields.get("item", "")
    if by_itself:
        told |= {"at", "name"}
        said = fields["at"]
        name = fields["name"]
    else:
        item = next((fields[key] for key in ("link", "item", "id") if fields.get(key, "").strip()), "")
        said = f"{fields.get('date', '').strip()} {fields.get('time', '').strip()}".strip()
        name = fields.get("winner", "")
        told |= {"date", "time", "winner"}
    day, hour = moment_in(said)
    gone = name.strip().casefold() == DISENCHANTED
    rest = (f"{key}: {cell.strip()}" for key, cell in fields.items() if key not in told)
    return WonRow(
        name="" if gone else name.strip(),
        item=item_in(item),
        said=said,
        day=day,
        hour=hour,
        rot=gone,
        note=noted("disenchanted" if gone else "", *rest),
    )


READER: Final = FormatReader(
    title="Gargul's awards (CSV with dateTime,character,itemID, or rows of @ID;@DATE @TIME;@WINNER)",
    recognises=recognises,
    read=read,
)
