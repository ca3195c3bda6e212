"""A client of the HTTP API as a careful program would be: it asks again until it knows."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, Protocol

from attrs import define, field, frozen

from tests.integration.whole.busy_guild import FIRST_NIGHT

ANSWER_SECONDS_MAX: Final = 60.0
"""How long it goes on asking."""


class Address(Protocol):
    """Where a server listens; it may move when it is started anew."""

    @property
    def port(self) -> int | None:
        """The port on this machine; None while it is being started."""


class Refused(AssertionError):
    """An answer that no client would expect."""


@frozen
class Answer:
    """What the API answered."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """What kind of problem it is."""
        return str(self.body["code"]) if isinstance(self.body, dict) and "code" in self.body else ""


@define(eq=False)
class ApiDoer:
    """One writer's connection: to its own server, and to the next one where that does not answer.

    Requests are sent again, under the same Idempotency-Key, when the connection ends or when the server asks for it
    (503, and 409 for a key that is still at work).
    """

    addresses: Sequence[Address]
    token: str
    at: int
    sent_again: int = field(default=0, init=False)
    replayed: int = field(default=0, init=False)
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # --- deeds --------------------------------------------------------------------------------------------------------

    def adjust(self, key: str, amounts: tuple[tuple[int, int], ...]) -> list[int]:
        """A POST of several adjustments."""
        lines = [{"user": user, "amount": _amount(hundredths)} for user, hundredths in amounts]
        answer = self.ask("POST", "/api/points/adjustments/", {"adjustments": lines, "reason": key, "note": key}, key)
        return [int(made["id"]) for made in self._expected(answer, 201).body["adjustments"]]

    def take_back(self, key: str, adjustment: int) -> bool:
        """A POST to its reversal."""
        answer = self.ask("POST", f"/api/points/adjustments/{adjustment}/reverse/", {"reason": key}, key)
        return self._expected(answer, 201, "already_reversed").status == 201

    def attend(self, key: str, raid: int, tick: int, names: tuple[str, ...]) -> bool:
        """A POST of names, written as they come."""
        answer = self.ask("POST", f"/api/raids/{raid}/attendance/", {"characters": names, "tick": tick}, key)
        return self._expected(answer, 201, "raid_cancelled").status == 201

    def hold(self, key: str, event_type: int, day: int) -> int:
        """A POST of a raid."""
        starts_at = (FIRST_NIGHT + timedelta(days=day)).isoformat()
        answer = self.ask("POST", "/api/raids/", {"event_type": event_type, "starts_at": starts_at, "note": key}, key)
        return int(self._expected(answer, 201).body["id"])

    def call_off(self, key: str, raid: int) -> bool:
        """A DELETE of the raid."""
        answer = self.ask("DELETE", f"/api/raids/{raid}/?reason={key}")
        return self._expected(answer, 204, "raid_cancelled").status == 204

    def enter(self, key: str, name: str, owner: int) -> bool:
        """A POST of a character."""
        answer = self.ask("POST", "/api/characters/", {"name": name, "owner": owner, "notes": key})
        return self._expected(answer, 201, "name_taken").status == 201

    def approve(self, key: str, character: int) -> bool:
        """A POST to its approval."""
        answer = self.ask("POST", f"/api/characters/{character}/approve/", {})
        return self._expected(answer, 200, "not_pending").status == 200

    # --- asking -------------------------------------------------------------------------------------------------------

    def _expected(self, answer: Answer, status: int, *codes: str) -> Answer:
        if answer.status == status or (answer.status == 409 and answer.code in codes):
            return answer
        raise Refused(f"{answer.status} instead of {status}: {answer.body}")

    def ask(self, method: str, path: str, body: object = None, key: str | None = None) -> Answer:
        """The answer, however often it has to be asked for. Raises: Refused when none comes."""
        headers = {"Authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        give_up = time.monotonic() + ANSWER_SECONDS_MAX
        while True:
            try:
                answer = self._once(method, path, data, headers)
                if answer.status != 503 and answer.code != "request_in_progress":
                    return answer
                fault = f"{answer.status} {answer.code}"
            except (OSError, http.client.HTTPException) as ended:
                fault = repr(ended)
                self.close()
                self.at += 1  # the next server, as a load balancer would have it
            self.sent_again += 1
            if time.monotonic() > give_up:
                raise Refused(f"{method} {path} found no answer in {ANSWER_SECONDS_MAX} s; the last was {fault}")
            time.sleep(random.uniform(0.01, 0.1))

    def _once(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            port = self.addresses[self.at % len(self.addresses)].port
            if port is None:
                raise ConnectionRefusedError("it is being started")
            self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
        self._connection.request(method, path, data, headers)
        response = self._connection.getresponse()
        text = response.read()
        self.replayed += response.headers.get("Idempotency-Replayed") == "true"
        return Answer(response.status, json.loads(text) if text else None)


def _amount(hundredths: int) -> str:
    sign, (whole, rest) = "-" if hundredths < 0 else "", divmod(abs(hundredths), 100)
    return f"{sign}{whole}.{rest:02}"


@define(eq=False)
class Pairs:
    """Where the two of a pair meet, to send something at once."""

    _meetings: list[threading.Barrier]

    @classmethod
    def of(cls, pairs: int) -> Pairs:
        """So many pairs."""
        return cls([threading.Barrier(2) for _ in range(pairs)])

    def meet(self, pair: int) -> None:
        """Wait for the other one. Raises: Refused when it does not come."""
        try:
            self._meetings[pair].wait(ANSWER_SECONDS_MAX * 2)
        except threading.BrokenBarrierError as alone:
            raise Refused("the other one of the pair does not come") from alone

    def give_up(self) -> None:
        """Let nobody wait any more."""
        for meeting in self._meetings:
            with suppress(threading.BrokenBarrierError):
                meeting.abort()
