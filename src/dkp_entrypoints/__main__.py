"""The `dkp` command: hands over to the command line, or says what to install when libraries are missing."""

from __future__ import annotations

import sys

OWN = ("dkp_core", "dkp_adapters", "dkp_entrypoints")


def main() -> None:
    """Run the command line; where an extra is missing, say in one line how to get it and exit with 1."""
    try:
        from dkp_entrypoints.cli import main as command_line

        command_line()
    except ModuleNotFoundError as missing:
        # A module of our own that is not there is a fault of ours, not something to install.
        if missing.name is None or missing.name.partition(".")[0] in OWN:
            raise
        print(
            f'dkp: {missing.name} is not installed; install everything with: pip install "dkp[all]"',
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
