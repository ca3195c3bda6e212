"""Priorities over HTTP: who comes first in a pool by its point system, and the list that suicide kings start with."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.permission import Permission
from dkp_core.loot import PriorityRow, StartListDraw
from dkp_core.points import StandingsFilter
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Query

priorities: Final = Operations("Priorities")


class PrioritiesQuery(Query, frozen=True, kw_only=True):
    """Which lines are wanted."""

    character_class: Annotated[str | None, Meta(description="Only mains of this class.")] = None
    rank: Annotated[str | None, Meta(description="Only mains of this rank: its name or its id.")] = None
    search: Annotated[str, Meta(description="A part of the member's or the main's name.")] = ""
    everyone: Annotated[bool, Meta(description="Also who is no active member any more.")] = False


@priorities.get("/api/pools/{pool_id}/priority/", Permission.POINTS_READ)
def show_priorities(call: Call, pool_id: PoolId, query: PrioritiesQuery) -> tuple[PriorityRow, ...]:
    wanted = StandingsFilter(
        character_class=query.character_class, rank=query.rank, search=query.search, everyone=query.everyone
    )
    return call.use_cases.show_priorities()(pool_id, wanted, by=call.by)


@priorities.post("/api/pools/{pool_id}/priority/shuffle/", Permission.POOLS_WRITE)
def shuffle_start_list(call: Call, pool_id: PoolId) -> StartListDraw:
    return call.use_cases.shuffle_start_list()(pool_id, by=call.by)
