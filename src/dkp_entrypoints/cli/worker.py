"""`dkp worker`: the worker alone, beside API processes."""

from __future__ import annotations

from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.printing import note

app = alone("worker")

ABOUT = """Run the worker alone: it does what follows from events and what has become due.

Any number of them share the work; SIGTERM or Ctrl-C ends it when what runs is finished. `dkp serve` has one inside."""


@command(app, "worker", ABOUT, guild=False, answers=False)
def worker(call: Call) -> None:
    from dkp_entrypoints.observability import configure_logging, count_notice
    from dkp_entrypoints.worker import Worker, stopped_by_signals

    use_cases = call.use_cases()
    configure_logging(call.settings())
    running = Worker.of(use_cases, counted=count_notice)
    with stopped_by_signals(running.wake) as stop:
        note("dkp: the worker runs; Ctrl-C ends it")
        running.run(stop)
    note("dkp: the worker has ended")
