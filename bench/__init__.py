"""Benchmarks: ratios measured side by side on one machine, never timed tests (O-20).

Run them with `nox -s bench`, or one of them with `nox -s bench -- parse`; docs/benchmarks.md says what each means.
"""
