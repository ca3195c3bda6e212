"""How PostgreSQL would answer a statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.statement import Statement


def plan_of(connection: Connection, statement: Statement, **params: Any) -> dict[str, Any]:
    """The plan of the statement in guild 1."""
    compiled = statement.compiled("postgresql")
    row = connection.ask(f"EXPLAIN (FORMAT JSON) {compiled.sql}", compiled.args({"guild_id": 1, **params}))
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_of(child)


def indexes_read(connection: Connection, statement: Statement, table: str, **params: Any) -> set[str]:
    """By which indexes the table is read; a scan from end to end is told as "no index"."""
    scans = [node for node in nodes_of(plan_of(connection, statement, **params)) if node.get("Relation Name") == table]
    assert scans, f"it does not read {table}"
    return {each.get("Index Name", "no index") for scan in scans for each in _index_scans(scan)}


def _index_scans(scan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if scan["Node Type"] != "Bitmap Heap Scan":
        yield scan
        return
    yield from (node for node in nodes_of(scan) if node["Node Type"] == "Bitmap Index Scan")


def how(connection: Connection, statement: Statement, table: str, **params: Any) -> set[tuple[str, str]]:
    """By which kind of scan and which index the table is read."""
    return {
        (node["Node Type"].replace(" Only", ""), node.get("Index Name", ""))
        for node in nodes_of(plan_of(connection, statement, **params))
        if node.get("Relation Name") == table
    }
