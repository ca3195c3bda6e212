"""`dkp serve`: the API, with the worker inside."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import typer
from attrs import define, evolve

from dkp_core.kernel.errors import Conflict
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.printing import note

if TYPE_CHECKING:
    from dkp_entrypoints.containers import UseCases
    from dkp_entrypoints.settings import Settings

app = alone("serve")

BACKLOG: Final = 2048
# Below the 30 s that systemd and container engines wait before they kill.
GRACE_SECONDS: Final = 20
# How long a client may leave what it was sent unacknowledged.
SILENT_SECONDS_MAX: Final = 60
CONNECTIONS: Final = 16384
SCHEMA: Final = "/schema/"
REFUSED: Final = (
    "plain HTTP from other machines is refused; DKP_TRUSTED_PROXIES names the proxy that speaks HTTPS, "
    "DKP_PLAIN_HTTP=true answers all the same"
)

ABOUT = """Serve the API, with the worker inside, on the database that the settings name.

SIGTERM or Ctrl-C ends it when what runs is finished. Of several servers on one database, one runs the worker."""


@command(app, "serve", ABOUT, guild=False, answers=False)
def serve(
    call: Call,
    host: Annotated[str | None, typer.Option(help="The address to listen on; else DKP_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on; else DKP_PORT.")] = None,
    worker: Annotated[
        bool | None, typer.Option("--worker/--no-worker", help="Whether the worker runs inside; else DKP_WORKER.")
    ] = None,
) -> None:
    settings = call.settings()
    settings = evolve(
        settings,
        host=host or settings.host,
        port=settings.port if port is None else port,
        worker=settings.worker if worker is None else worker,
    )
    use_cases = call.use_cases()
    listener = listening(settings)
    settings = evolve(settings, port=listener.getsockname()[1])
    serve_until_told(use_cases, settings, listener)


def address(settings: Settings) -> str:
    """What to open in a browser on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # compared only
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


@define
class CannotListen(Conflict):
    """The address is taken by another program, or is not this machine's."""

    where: str
    why: str
    code: ClassVar[str] = "cannot_listen"

    @property
    def sentence(self) -> str:
        return f"Nothing can be served on {self.where}: {self.why}; name another with --host and --port."


def listening(settings: Settings) -> socket.socket:
    """A socket on the address of the settings. Raises: CannotListen."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as refused:
        raise CannotListen(f"{settings.host}:{settings.port}", refused.strerror or str(refused)) from refused
    if sys.platform == "linux":  # who vanished without a word would hold a connection for a quarter of an hour
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_SECONDS_MAX * 1000)
    return listener


def refuses_others(settings: Settings) -> bool:
    """Whether it listens to other machines, but answers none of them."""
    from dkp_entrypoints.settings import is_loopback

    return not (is_loopback(settings.host) or settings.trusted_proxies or settings.plain_http)


def allow_connections() -> None:
    """Raise the limit of open files, where the system lets us: each client that follows something holds one."""
    if sys.platform != "win32":
        import resource

        with suppress(OSError, ValueError):
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            wanted = CONNECTIONS if hard == resource.RLIM_INFINITY else min(CONNECTIONS, hard)
            if soft != resource.RLIM_INFINITY and soft < wanted:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve_until_told(use_cases: UseCases, settings: Settings, listener: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C, and end when what runs is finished."""
    allow_connections()
    from dkp_entrypoints.worker import EMBEDDED_LEASE, EmbeddedWorker, Worker, stopped_by_signals

    # The server sends itself the signal again that ended it; here it has been heard already.
    with listener, stopped_by_signals() as stop:
        import uvicorn

        from dkp_entrypoints.http import create_app
        from dkp_entrypoints.observability import configure_logging, count_notice

        class Announced(uvicorn.Server):
            """A server that tells where it is as soon as it answers there."""

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                gc.collect()
                gc.freeze()  # what lives as long as the process need not be looked through again, all requests waiting
                if self.started:
                    here = address(settings)
                    note(f"dkp: serving on {here} (the API is described at {here}{SCHEMA}); Ctrl-C ends it")
                    if refuses_others(settings):
                        note(f"dkp: {REFUSED}")

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                application.streams.end()  # it waits for its answers, and these have no end of their own
                await super().shutdown(sockets)

        configure_logging(settings)
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # where it serves is told by us
        worker = Worker.of(use_cases, alone=EMBEDDED_LEASE, counted=count_notice)
        beside = [EmbeddedWorker(worker)] if settings.worker else []
        application = create_app(settings, use_cases=use_cases, beside=beside)
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=GRACE_SECONDS,
            lifespan="on",
        )
        if stop.is_set():
            return
        try:
            Announced(config).run(sockets=[listener])
        except SystemExit as failed:
            raise RuntimeError("the server could not start; what it logged above says why") from failed
