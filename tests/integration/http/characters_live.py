"""A server whose streams follow characters, of which a level is the version: for tests of streams as such.

Run as a program it is `dkp serve` in all but that: `python -m tests.integration.http.characters_live DATABASE …`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen
from dependency_injector import providers

from dkp_adapters.fanout import FanOut, MemoryFanOut
from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import CharacterId, GuildId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.roster import CharacterStatus, RosterFilter
from dkp_entrypoints import http
from dkp_entrypoints.cli.serve import listening, serve_until_told
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.live import LiveSource, Topic
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.presenting import encode
from dkp_entrypoints.settings import Settings
from tests.integration.http.house import PEPPER

CHARACTERS: Final = frozenset({"character"})
following: Final = Operations("Live")


@following.stream("/api/live/characters/{character_id}/", Permission.ROSTER_READ, use_case="show_character")
def follow_character(call: Call, character_id: CharacterId) -> Topic:
    call.use_cases.show_character()(character_id, by=call.by)
    call.by.must(Permission.ROSTER_READ)
    return Topic(call.by.guild, frozenset({character_id}))


@following.stream("/api/live/characters/", Permission.ROSTER_READ, use_case="list_characters")
def follow_characters(call: Call) -> Topic:
    call.by.must(Permission.ROSTER_READ)
    return Topic(call.by.guild)


@frozen
class Characters(LiveSource):
    """Characters of a guild; those that are current are active."""

    use_cases: UseCases

    def snapshots(self, guild_id: GuildId, auction_ids: frozenset[int] | None) -> Mapping[int, tuple[int, bytes]]:
        by = operator("test", guild_id)
        if auction_ids is None:
            listed = self.use_cases.list_characters()(
                RosterFilter(status=CharacterStatus.ACTIVE), page=PageRequest.of(1, 500), by=by
            )
            auction_ids = frozenset(row.id for row in listed.results)
        found = {}
        for character_id in sorted(auction_ids):
            try:
                row = self.use_cases.show_character()(CharacterId(character_id), by=by)
            except NoSuch:
                continue
            shown = {"id": row.id, "name": row.name, "level": row.level, "status": row.status}
            found[character_id] = (row.level or 0, encode(shown))
        return found


def with_streams(use_cases: UseCases, fan_out: FanOut | None = None) -> dict[str, Any]:
    """What `create_app` is given so that there are streams of characters; to be called before the database is used."""
    use_cases.fan_out.override(providers.Object(fan_out or MemoryFanOut(CHARACTERS)))
    return {"live_source": Characters(use_cases), "more": [following]}


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--redis", default="")
    parser.add_argument("--reread-seconds", type=float, default=5.0)
    parser.add_argument("--check-seconds-max", type=float, default=60.0)
    options = parser.parse_args()
    settings = Settings(
        database_url=options.database,
        redis_url=options.redis,
        secret_key=PEPPER,
        port=0,
        worker=False,
        log_level="warning",
    )
    use_cases = UseCases(settings=settings)
    fan_out = None
    if options.redis:
        from dkp_adapters.redis.fanout import RedisFanOut

        fan_out = RedisFanOut.open(options.redis, aggregates=CHARACTERS)
    made = partial(http.create_app, **with_streams(use_cases, fan_out))

    def create_app(*arguments: Any, **more: Any) -> Any:
        app = made(*arguments, **more)
        app.streams.check_seconds_max = options.check_seconds_max
        app.streams.live.reread_seconds = options.reread_seconds
        return app

    http.create_app = create_app
    listener = listening(settings)
    serve_until_told(use_cases, evolve(settings, port=listener.getsockname()[1]), listener)
    use_cases.fan_out().close()
    use_cases.database().close()


if __name__ == "__main__":
    main()
