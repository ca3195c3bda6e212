"""The HTTP API: every use case as an operation, with one set of conventions for all of them."""

from dkp_entrypoints.http.app import create_app

__all__ = ["create_app"]
