"""`dkp demo`: a guild to look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import typer
from attrs import define, evolve, frozen

from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import Conflict
from dkp_entrypoints.cli.call import ENTRYPOINT, Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.printing import note, print_json
from dkp_entrypoints.cli.serve import SCHEMA, address, listening, serve_until_told
from dkp_entrypoints.cli.user import sign_in_url

if TYPE_CHECKING:
    from dkp_entrypoints.containers import UseCases
    from dkp_entrypoints.settings import Settings

app = alone("demo")

ABOUT = """Fill a database with a made-up guild, and serve it: 60 people, 130 characters, 90 days of raids and auctions.

It needs a database that is empty or not there yet; one that holds the demo already is served as it is, and any other
is left alone."""
KEY: Final = "Demo"
LINK_MINUTES: Final = 60
SQLITE: Final = "sqlite:///"


@define
class NotADemo(Conflict):
    """The database holds a guild of somebody's."""

    where: str
    code: ClassVar[str] = "not_a_demo"

    @property
    def sentence(self) -> str:
        return f"The database {self.where} holds a guild that is not the demo's; name another with --database demo.db."


@frozen(kw_only=True)
class _Shown:
    """What to look at, and the key to do it with."""

    database: str
    guild: str
    key: str
    sign_in: str
    url: str
    docs: str
    standings: str
    auctions: str


@command(app, "demo", ABOUT, guild=False)
def demo(
    call: Call,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Whether to serve it when it is filled.")] = True,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on.")] = None,
) -> None:
    settings = call.settings()
    settings = evolve(settings, host=host or settings.host, port=settings.port if port is None else port)
    if not _is_filled(settings):
        _fill(settings)
    listener = listening(settings) if serve else None
    if listener is not None:
        settings = evolve(settings, port=listener.getsockname()[1])
    shown = _shown(call, settings, address(settings))
    if call.as_json:
        print_json(shown)
    else:
        _tell(call, shown, serving=serve)
    if listener is not None:
        serve_until_told(call.use_cases(), settings, listener)


def _is_filled(settings: Settings) -> bool:
    """Whether the database holds the demo. Raises: NotADemo where it holds something else; SchemaUnfit, Unavailable."""
    from dkp_adapters.sql import schema
    from dkp_entrypoints.demo import GUILD, SLUG

    if schema.check(settings.database_url).state is schema.SchemaState.MISSING:
        _must_be_empty(settings)
        return False
    schema.require_current(settings.database_url)
    with _opened(settings) as use_cases:
        guilds = use_cases.list_guilds()(by=operator(ENTRYPOINT))
    if guilds and [(row.slug, row.name) for row in guilds] != [(SLUG, GUILD)]:
        raise NotADemo(_where(settings))
    return bool(guilds)


def _must_be_empty(settings: Settings) -> None:
    """Refuse a file that is there and is no database of ours. Raises: NotADemo."""
    path = _sqlite_file(settings)
    if path is not None and path.exists() and path.stat().st_size:
        raise NotADemo(_where(settings))


def _fill(settings: Settings) -> None:
    """Fill the database; an SQLite file that is not there yet appears when it is whole."""
    path = _sqlite_file(settings)
    if path is None or path.exists():
        _fill_in_place(settings)
        return
    aside = path.with_name(f"{path.name}.{os.getpid()}.filling")
    try:
        # Whoever pulls the plug finds no half a demo: what was written so far bears another name.
        _fill_in_place(evolve(settings, database_url=f"{SQLITE}{aside}?synchronous=off"))
        aside.replace(path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{aside}{suffix}").unlink()


def _fill_in_place(settings: Settings) -> None:
    from dkp_adapters.memory.chance import SeededChance
    from dkp_adapters.memory.clock import SettableClock
    from dkp_adapters.sql import schema
    from dkp_entrypoints.demo import fill

    now = datetime.now(UTC)
    clock = SettableClock(now)
    schema.upgrade(settings.database_url)
    # No key is made while it is filled: what is drawn decides rolls alone, the same each time.
    with _opened(settings, clock=clock, chance=SeededChance()) as use_cases:
        fill(use_cases, clock, now, lambda what: note(f"demo: {what}"))


@contextmanager
def _opened(settings: Settings, **overridden: object) -> Iterator[UseCases]:
    from dkp_entrypoints.containers import UseCases

    use_cases = UseCases(settings=settings, **overridden)
    try:
        yield use_cases
    finally:
        use_cases.database().close()


def _sqlite_file(settings: Settings) -> Path | None:
    url, _, _ = settings.database_url.partition("?")
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def _where(settings: Settings) -> str:
    path = _sqlite_file(settings)
    return settings.database_url.rpartition("/")[2] if path is None else str(path)


def _shown(call: Call, settings: Settings, url: str) -> _Shown:
    """What to open, with a key that works: the secret of an earlier one is known to nobody."""
    from dkp_entrypoints.demo import GUILD, OFFICER_DISCORD_ID

    use_cases = call.use_cases()
    by = call.by()
    officer = use_cases.find_user()(OFFICER_DISCORD_ID, by=by).id
    keys = use_cases.list_own_keys()(owner=officer, by=by)
    old = next((row for row in keys if row.name == KEY and row.revoked_at is None), None)
    if old is None:
        made = call.once(lambda: use_cases.issue_personal_key()(name=KEY, owner=officer, by=by))
    else:
        made = call.once(lambda: use_cases.rotate_key()(old.id, by=by))
    link = call.once(lambda: use_cases.make_sign_in_link()(officer, minutes=LINK_MINUTES, by=by))
    pool = next(row for row in use_cases.list_pools()(by=by) if row.is_default)
    return _Shown(
        database=_where(settings),
        guild=GUILD,
        key=made.token,
        sign_in=sign_in_url(link, settings).url,
        url=url,
        docs=f"{url}{SCHEMA}",
        standings=f"{url}/api/points/leaderboard/{pool.id}/",
        auctions=f"{url}/api/bidding/active/",
    )


def _tell(call: Call, shown: _Shown, *, serving: bool) -> None:
    print(f"{shown.guild}, in {shown.database}: 60 people, 130 characters, 90 days of raids, auctions and votes.")
    print(f"An officer's key: {shown.key}")
    if serving:
        print(f"Sign in, once within the hour: {shown.sign_in}")
        print(f"Open:  {shown.docs}")
        print(f"Try:   curl -H 'Authorization: Bearer {shown.key}' {shown.standings}")
        print(f"       curl -H 'Authorization: Bearer {shown.key}' {shown.auctions}")
    where = "" if call.asked.database is None else f" --database {call.asked.database}"
    for words in (
        *("standings", "raid unresolved", "points history Almaryn", "points explain Almaryn", "batch list"),
        *("simulate --pool DKP --set decay=20%/2w", "auction list --running"),
        *("item show 'Wyrmtooth Dagger'", "auction show 1", "application list", "vote details 3", "verify"),
    ):
        print(f"Or:    dkp {words}{where}", flush=True)
