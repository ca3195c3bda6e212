"""How long whole processes take to start, what importing the core costs, and a server at rest (O-19)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measuring import process, python, resident_memory_mb
from bench.server import dkp


def run(*, quick: bool = False) -> bool:
    """`dkp --help` against importing typer, `dkp standings` on the demo's database, the core's import."""
    times = 3 if quick else 11
    empty = process(python("pass"), times)
    typer = process(python("import typer"), times)
    shown = process([sys.executable, "-m", "dkp_entrypoints", "--help"], times)
    core = process(python("import dkp_core.kernel.points, dkp_core.guilds"), times) - empty
    print(f"python -c pass                   {empty:8.1f} ms")
    print(f"python -c 'import typer'         {typer:8.1f} ms")
    print(f"dkp --help                       {shown:8.1f} ms   {shown / typer:.2f} x import typer (aim: 3 x)")
    print(f"import kernel and one context    {core:8.1f} ms   (aim: 60 ms)")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'demo.db'}"
        made = process([sys.executable, "-m", "dkp_entrypoints", "demo", "--no-serve"], 0, DKP_DATABASE_URL=url)
        standings = process([sys.executable, "-m", "dkp_entrypoints", "standings"], times, DKP_DATABASE_URL=url)
        with dkp(url) as (_, pid):
            resident = resident_memory_mb(pid)
    print(f"dkp demo --no-serve              {made:8.1f} ms")
    print(f"dkp standings                    {standings:8.1f} ms")
    print(f"dkp serve at rest                {resident:8.1f} MB   (aim: 150 MB)")
    return True
