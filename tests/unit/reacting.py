"""What follows from events in an installation in memory, done as the worker does it."""

from __future__ import annotations

from dkp_adapters.memory import MemoryDueDeadlines, MemoryOutbox
from dkp_entrypoints.worker.reacting import Reacting
from tests.unit.guild_house import GuildHouse


def follow_up(guild: GuildHouse, *names: str) -> int:
    """Do what waits to be done of these reactions and deadlines, each once; answers how much that was."""
    outbox, deadlines = MemoryOutbox.of(guild.memory), MemoryDueDeadlines.of(guild.memory)
    reacting, done = Reacting(guild.use, guild.memory), 0
    while True:
        deliveries = [each for each in outbox.claim(500) if each.reaction in names]
        due = [each for each in deadlines.claim(500) if each.kind in names]
        for delivery in deliveries:
            with guild.memory.scope():
                if outbox.take(delivery):
                    reacting.react(delivery)
        for deadline in due:
            with guild.memory.scope():
                if deadlines.take(deadline):
                    reacting.meet(deadline)
        if not deliveries and not due:
            return done
        done += len(deliveries) + len(due)
