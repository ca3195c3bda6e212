"""Log lines: one each, without secrets, whatever is in them (O-11, O-13)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from dkp_entrypoints.observability import SECRETS, configure_logging
from dkp_entrypoints.settings import Settings


@contextmanager
def logging_in_earnest() -> Iterator[None]:
    """Log as a server does, and as before afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging(Settings(log_format="json", log_level="info"))
    try:
        yield
    finally:
        root.handlers[:], root.level = before[0], before[1]
        structlog.reset_defaults()


def test_a_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """O-13: who sends line breaks writes no line of their own."""
    forged = 'x\n{"event": "signed in"}\r\x1b[2J\u2028'
    with logging_in_earnest():
        structlog.get_logger("dkp.test").warning(forged, route=forged)
        logging.getLogger("elsewhere").warning("%s", forged)
    lines = capsys.readouterr().err.split("\n")[:-1]
    told = [json.loads(line) for line in lines]
    assert len(told) == 2
    assert not any(char in line for line in lines for char in "\r\x1b")
    assert told[0]["event"] == told[0]["route"] == told[1]["event"] == forged


def test_what_is_called_like_a_secret_is_blanked(capsys: pytest.CaptureFixture[str]) -> None:
    """O-11: whoever logs it, and times are told in UTC."""
    with logging_in_earnest():
        structlog.get_logger("dkp.test").warning("told", **dict.fromkeys(SECRETS, "hunter2"))
    line = capsys.readouterr().err
    assert "hunter2" not in line
    assert json.loads(line)["timestamp"].endswith("Z")
