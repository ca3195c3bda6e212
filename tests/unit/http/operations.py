"""The operations of the document, for tests that go through all of them."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from dkp_entrypoints.http.app import PARTS
from dkp_entrypoints.http.health import Checkup, operations
from dkp_entrypoints.http.operation import Operation


class _Unused(Checkup):
    """Declares what it would answer."""

    def __init__(self) -> None:
        pass


OPERATIONS: tuple[Operation, ...] = tuple(each for part in (*PARTS, operations(_Unused())) for each in part.all)


@frozen
class Documented:
    """One operation as the document tells of it."""

    method: str
    path: str
    about: dict[str, Any]

    @property
    def id(self) -> str:
        """Its name."""
        found: str = self.about["operationId"]
        return found


def documented(document: dict[str, Any]) -> dict[str, Documented]:
    """Every operation of a document, by its id."""
    found = [
        Documented(method.upper(), path, about)
        for path, methods in document["paths"].items()
        for method, about in methods.items()
    ]
    assert len({each.id for each in found}) == len(found), "operation ids are unique"
    return {each.id: each for each in found}
