"""`python -m bench [NAME …]`: run the benchmarks named, or all of them."""

from __future__ import annotations

import argparse
import importlib
import sys

NAMES = (
    "start",
    "parse",
    "formats",
    "flat",
    "attendance",
    "bidding",
    "policies",
    "decay",
    "limit",
    "peer",
    "live",
    "follow",
    "access",
    "votes",
    "simulate",
    "moving",
)


def main() -> int:
    """Run benchmarks, one after the other; exit with 1 when one could not be run."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all without any")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, to see that they run")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    failed = False
    for name in options.names or NAMES:
        print(f"\n== {name} ==", flush=True)
        failed |= not importlib.import_module(f"bench.{name}").run(quick=options.quick)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
