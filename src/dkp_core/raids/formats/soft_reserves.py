"""softres.it's reserves: who reserved what. Whoever reserved is named; a reserve is a wish and no loot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dkp_core.raids.formats import table
from dkp_core.raids.formats.check import Check
from dkp_core.raids.formats.document import Node, document_of, looks_like_document, moment_of_text
from dkp_core.raids.formats.format import FormatReader, Sample
from dkp_core.raids.formats.loot_table import has_columns
from dkp_core.raids.formats.sheet import FileAccount, Sheet, noted
from dkp_core.raids.formats.text import DumpText

SHOWN_MAX: Final = 50


def recognises_table(sample: Sample) -> bool:
    """The columns of its CSV."""
    return has_columns(sample, "item", "itemid", "from", "name", "plus")


def recognises_document(sample: Sample) -> bool:
    """The list of reserves."""
    return looks_like_document(sample, '"softreserves"')


def read_document(text: DumpText, account: FileAccount, _file_name: str) -> tuple[Check, ...]:
    """One check; it is taken when the raid starts, where the file says so."""
    document = document_of(text)
    sheet = Sheet(account)
    metadata = document.root.child("metadata")
    for reserve in document.root.children("softreserves"):
        sheet.attend(
            reserve.line,
            reserve.text("name"),
            character_class=reserve.text("class"),
            detail=noted(
                *(_reserved(item) for item in reserve.children("items")[:SHOWN_MAX]),
                *_said(reserve, {"note": "note", "plusOnes": "plus", "rollBonus": "bonus"}),
            ),
        )
    for reserve in document.root.children("hardreserves"):
        sheet.metadata(reserve.line, noted(f"hard reserve of item {reserve.text('id')}", reserve.text("note")))
    document.account_for_the_rest(sheet)
    instances = metadata.texts("instances") or (metadata.text("instance"),)
    return (
        sheet.closed(
            taken_at=moment_of_text(metadata.text("raidStartsAt")),
            place=", ".join(name for name in instances if name),
        ),
    )


def _reserved(item: Node) -> str:
    return noted(f"reserved item {item.text('id')}", item.text("note"))


def _said(node: Node, words: Mapping[str, str]) -> list[str]:
    return [f"{word} {node.text(key)}" for key, word in words.items() if node.text(key) not in ("", "0")]


TABLE_READER: Final = FormatReader(
    title="softres.it's reserves (CSV)",
    recognises=recognises_table,
    read=table.read,
)
DOCUMENT_READER: Final = FormatReader(
    title="softres.it's reserves (JSON)",
    recognises=recognises_document,
    read=read_document,
)
