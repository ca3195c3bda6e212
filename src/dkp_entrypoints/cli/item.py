"""`dkp item`: what drops, what it went for, and who bid on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.loot import (
    ChangeItem,
    EnterItem,
    ItemDetailRow,
    ItemFilter,
    ListItems,
    RemoveItem,
    ShowBidHistory,
)
from dkp_entrypoints.cli.answering import LIMIT, ORDER, answer, answer_rows, done, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import item, item_pool_id
from dkp_entrypoints.cli.printing import print_json, print_one

app = family("item", "Items, what they went for, and who bid on them. An ITEM is an id or a name.")

ITEM = Annotated[str, typer.Argument(metavar="ITEM", help="An id or a name.")]
ITEM_POOL = Annotated[
    str | None, typer.Option("--item-pool", metavar="ITEM_POOL", help="The item pool that says what it is paid from.")
]
RARITY = Annotated[str | None, typer.Option(help="Such as epic.")]
EXTERNAL_ID = Annotated[str | None, typer.Option(help="What the game or an old system calls it.")]
LINK = Annotated[str | None, typer.Option(metavar="URL", help="A page that tells of it.")]
ICON = Annotated[str | None, typer.Option(metavar="URL", help="A picture of it.")]
DESCRIPTION = Annotated[str | None, typer.Option(help="What it is.")]
METADATA = Annotated[
    list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="Anything else to be known; several times.")
]

_ITEMS = ("id", "name", "item_pool", "rarity", "awards", "last_price", "last_awarded_at", "active")
_BIDS = ("id", "placed_at", "auction_id", "username", "character", "amount", "outcome", "refusal", "source")


@command(app, "list", ListItems, remote=True)
def list_items(
    call: Call,
    search: Annotated[str, typer.Option(help="A part of the name.")] = "",
    item_pool: Annotated[str | None, typer.Option("--item-pool", metavar="ITEM_POOL", help="Only of this.")] = None,
    rarity: Annotated[str | None, typer.Option(help="Only of this rarity.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Only what is called so elsewhere.")] = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Only those.")] = None,
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    wanted = ItemFilter(
        search=search,
        item_pool_id=item_pool_id(call, item_pool),
        rarity=rarity,
        external_id=external_id,
        active=active,
    )
    rows = every(lambda page: call.use_cases().list_items()(wanted, ordering=order, page=page, by=call.by()), limit)
    answer_rows(call, rows, _ITEMS, nothing="No item.")


@command(app, "show", "One item with its price history: last, median, mean, least and most.", remote=True)
def show(call: Call, item_: ITEM) -> None:
    found = item(call, item_)
    if call.as_json:
        print_json(found)
        return
    print_one(found, zone=call.guild().timezone, without=("prices", "last_price"))
    if found.prices.count:
        print()
        print_one(found.prices)


@command(app, "history", ShowBidHistory)
def history(call: Call, item_: ITEM, limit: LIMIT = None) -> None:
    found = item(call, item_)
    rows = every(lambda page: call.use_cases().show_bid_history()(found.id, page=page, by=call.by()), limit)
    answer_rows(call, rows, _BIDS, nothing="Nobody ever bid on it.")


@command(app, "add", EnterItem, changes=True)
def add(
    call: Call,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    description: DESCRIPTION = None,
    item_pool: ITEM_POOL = None,
    rarity: RARITY = None,
    external_id: EXTERNAL_ID = None,
    link: LINK = None,
    icon: ICON = None,
    metadata: METADATA = None,
) -> None:
    def added(by: Actor) -> ItemDetailRow:
        made = call.use_cases().enter_item()(
            name=name,
            description=description or "",
            item_pool_id=item_pool_id(call, item_pool),
            rarity=rarity or "",
            external_id=external_id or "",
            link=link or "",
            icon=icon or "",
            metadata=_metadata(metadata),
            by=by,
        )
        return call.use_cases().show_item()(made.id, by=by)

    answer(call, call.change(added), without=("prices",))


@command(app, "change", ChangeItem, changes=True)
def change(
    call: Call,
    item_: ITEM,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    description: DESCRIPTION = None,
    item_pool: ITEM_POOL = None,
    rarity: RARITY = None,
    external_id: EXTERNAL_ID = None,
    link: LINK = None,
    icon: ICON = None,
    metadata: METADATA = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether it is still among what drops.")
    ] = None,
) -> None:
    def changed(by: Actor) -> ItemDetailRow:
        found = item(call, item_)
        call.use_cases().change_item()(
            found.id,
            name=name,
            description=description,
            item_pool_id=item_pool_id(call, item_pool),
            rarity=rarity,
            external_id=external_id,
            link=link,
            icon=icon,
            metadata=_metadata(metadata),
            active=active,
            by=by,
        )
        return call.use_cases().show_item()(found.id, by=by)

    answer(call, call.change(changed), without=("prices",))


@command(app, "remove", RemoveItem, changes=True)
def remove(call: Call, item_: ITEM) -> None:
    def removed(by: Actor) -> tuple[ItemDetailRow, str]:
        found = item(call, item_)
        call.use_cases().remove_item()(found.id, by=by)
        try:
            call.use_cases().show_item()(found.id, by=by)
        except NoSuch:
            return found, "removed"
        return found, "inactive"

    found, outcome = call.change(removed)
    told = "is removed" if outcome == "removed" else "is inactive, since auctions or awards name it"
    done(call, f"The item {found.name} {told}.", id=found.id, outcome=outcome)


def _metadata(texts: list[str] | None) -> Mapping[str, str] | None:
    """Keys and values; None where nothing is said. Raises: InvalidValue."""
    if texts is None:
        return None
    for text in texts:
        if "=" not in text:
            raise InvalidValue("metadata", f"{text[:40]!r} gives no value", "KEY=VALUE, such as slot=back")
    return {key.strip(): value.strip() for key, _, value in (text.partition("=") for text in texts)}
