"""The demo: a made-up guild with 90 days of history, told through the use cases with a clock that can be set."""

from dkp_entrypoints.demo.filling import fill
from dkp_entrypoints.demo.people import GUILD, OFFICER_DISCORD_ID, SLUG

__all__ = ["GUILD", "OFFICER_DISCORD_ID", "SLUG", "fill"]
