"""The command line: every use case for the operator, on the installation's own database (I-3)."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_entrypoints.cli.asked import CONFIG, DATABASE, GUILD, JSON, Asked
from dkp_entrypoints.cli.exit_codes import EPILOG
from dkp_entrypoints.cli.root import Root

app = typer.Typer(
    name="dkp",
    cls=Root,
    rich_markup_mode=None,  # drawing boxes would cost three times what `import typer` does
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EPILOG,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"dkp {version('dkp')}")
        except PackageNotFoundError:  # run from the sources
            typer.echo("dkp (not installed)")
        raise typer.Exit


@app.callback(help="The single source of truth of a raiding guild: members, ranks, raids and DKP.")
def dkp(
    ctx: typer.Context,
    database: DATABASE = None,
    guild: GUILD = None,
    as_json: JSON = False,
    config: CONFIG = None,
    version: Annotated[  # noqa: ARG001  # its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Note what was asked for before the command's name; the same options after it count more."""
    ctx.obj = Asked(database=database, guild=guild, as_json=as_json, config=config)


def main() -> None:
    """Run the command that the arguments of the process ask for."""
    app()
