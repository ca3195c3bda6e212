"""What if, over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.permission import Permission
from dkp_core.raids import MONTHS_MAX, Simulation, what_if_of
from dkp_entrypoints.http.operation import Call, Operations, Speed
from dkp_entrypoints.http.points import PoliciesGiven
from dkp_entrypoints.http.reading import Body

simulations: Final = Operations("What if")


class SimulationBody(Body, frozen=True, kw_only=True):
    """What would be other; what is not named is as it was."""

    policies: PoliciesGiven = {}
    prices: Annotated[str | None, Meta(description="What part of what they cost items would cost, such as 50%.")] = None
    points: Annotated[
        dict[str, str],
        Meta(
            description="By event type (its id or name), what its raids would give: a percentage of their points, or "
            "so many at each tick.",
            examples=[{"Plane of Fear": "150%"}],
        ),
    ] = {}
    months: Annotated[int, Meta(ge=1, le=MONTHS_MAX, description="How many months of 30 days are replayed.")] = 12
    everyone: Annotated[bool, Meta(description="Also who is no active member any more.")] = False


@simulations.post("/api/pools/{pool_id}/simulate/", Permission.POOLS_WRITE, status=200, speed=Speed.LONG)
def simulate(call: Call, pool_id: PoolId, body: SimulationBody) -> Simulation:
    what_if = what_if_of(body.policies, prices=body.prices, points=body.points)
    return call.use_cases.simulate()(pool_id, what_if, months=body.months, everyone=body.everyone, by=call.by)
