"""Writes the next revision: see the package's own words."""

from __future__ import annotations

import sys

from dkp_adapters.sql.migrations.drafting import draft


def main() -> int:
    """Write the revision and say where it is; answers the exit code."""
    if len(sys.argv) != 2:
        sys.stderr.write('usage: python -m dkp_adapters.sql.migrations "what it does"\n')
        return 2
    path = draft(sys.argv[1])
    sys.stdout.write(f"{path}\n" if path is not None else "the history has everything that the tables have\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
