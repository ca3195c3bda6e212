"""`dkp export`: all that a guild owns, as a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.moving import PackedAs
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import alone, command
from dkp_entrypoints.cli.printing import print_json

app = alone("export")

ENDINGS: Final = {".json": PackedAs.JSON, ".csv.zip": PackedAs.CSV}
XML: Final = ".xml"
ACCEPTED: Final = "FILE.json, FILE.csv.zip or FILE.xml"

ABOUT = """Write all that a guild owns to a file: FILE.json is one document, FILE.csv.zip a sheet for each table.

Either can be imported again with dkp import guild, here or elsewhere. FILE.xml has the standings alone, as EQdkp Plus
writes them.

It is one state of the database, while everything goes on working on it. Secrets stay here: addresses of channels, keys,
sessions and e-mail addresses of users. Sealed bids and seeds of running auctions are among it: whoever has the file
knows what they will come to, and can make up the proof of a draw. Keep it to yourself."""


@frozen
class Written:
    """What was written: where, how much, and how many rows of each table."""

    file: str
    bytes: int
    rows: Mapping[str, int]


@command(app, "export", ABOUT)
def export(call: Call, to: Annotated[str, typer.Option("--to", metavar="FILE", help=f"{ACCEPTED}.")]) -> None:
    if to.endswith(XML):
        rows = _write(Path(to), lambda into: _standings(call, into))
    else:
        packed_as = next((found for ending, found in ENDINGS.items() if to.endswith(ending)), None)
        if packed_as is None:
            raise InvalidValue("--to", f"{to[-60:]!r} says nothing of what it is to be", ACCEPTED)
        use_case, by = call.use_cases().export_guild(), call.by()
        rows = _write(Path(to), lambda into: use_case(packed_as, into, by=by).rows)
    written = Written(to, Path(to).stat().st_size, {name: count for name, count in rows.items() if count})
    if call.as_json:
        print_json(written)
    else:
        print(f"{to}: {sum(written.rows.values())} rows in {len(written.rows)} tables, {written.bytes} bytes.")


def _write(path: Path, write: Callable[[Callable[[bytes], object]], Mapping[str, int]]) -> Mapping[str, int]:
    """Write a file that nobody else here may read; it gets its name when it is whole. Raises: InvalidValue."""
    beside = path.with_name(f".{path.name}.part")
    try:
        with _private(beside) as into:
            rows = write(into)
        beside.replace(path)
    except OSError as fault:
        raise InvalidValue("--to", f"{path} can't be written ({fault.strerror})", ACCEPTED) from fault
    finally:
        beside.unlink(missing_ok=True)
    return rows


@contextmanager
def _private(path: Path) -> Iterator[Callable[[bytes], object]]:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file.write


def _standings(call: Call, into: Callable[[bytes], object]) -> Mapping[str, int]:
    from dkp_entrypoints.http.eqdkp_compat.answering import points
    from dkp_entrypoints.http.eqdkp_compat.asked_for import OldQuery
    from dkp_entrypoints.http.eqdkp_compat.telling import Format
    from dkp_entrypoints.http.operation import Call as Asked
    from dkp_entrypoints.http.presenting import encode

    found = points(Asked(use_cases=call.use_cases(), by=call.by()), OldQuery())
    into(Format.XML.well(encode(found)))
    return {"characters": len(found["players"])}
