"""The requests that the guides to recruitment show are requests, and work in the order in which they are shown."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from attrs import frozen

from dkp_core.accounts import RoleGroup
from tests.integration.http.house import Caller, House
from tests.unit.docs.markdown_pages import ROOT, Page

GUIDES: Final = ROOT / "docs" / "guides"
ABOUT: Final = re.compile(r"/api/(?:applications|admin/application-statistics)/")
ASKED: Final = {"form": {"questions": [{"id": "why", "text": "Why us?", "required": True}]}}


@frozen(kw_only=True)
class Curl:
    """A request as `curl` would send it: where it stands, and what it says."""

    line: int
    method: str
    path: str
    body: Any
    guild: str | None

    @classmethod
    def of(cls, words: list[str], line: int) -> Curl:
        """The request of these words, of which the first is curl."""
        method, path, data, headers = "", "", None, {}
        rest = iter(words[1:])
        for word in rest:
            match word:
                case "-X":
                    method = next(rest)
                case "-H":
                    name, _, value = next(rest).partition(": ")
                    headers[name] = value
                case "-d":
                    data = next(rest)
                case _:
                    assert not path, f"line {line}: {word}"
                    path = word.removeprefix("$URL")
        assert headers["Authorization"] == "Bearer $KEY"
        assert (headers.get("Content-Type") == "application/json") is (data is not None), f"line {line}"
        body = None if data is None else json.loads(data)
        return cls(line=line, method=method or "GET", path=path, body=body, guild=headers.get("X-Guild"))

    def at(self, ids: Mapping[str, int]) -> str:
        """Its path, with these ids in place of those that the page has."""
        return re.sub(r"(?<=/applications/)\d+", lambda match: str(ids[match[0]]), self.path)


def shown(page: Page) -> Iterator[Curl]:
    """The requests about applications that a page shows, in order."""
    for block in page.blocks:
        if block.language != "console":
            continue
        starts = [match.start() for match in re.finditer(r"^curl ", block.text, re.MULTILINE)]
        for start, end in zip(starts, [*starts[1:], len(block.text)], strict=True):
            line = block.line + block.text[:start].count("\n")
            found = Curl.of(shlex.split(block.text[start:end].replace("\\\n", " ")), line)
            if ABOUT.match(found.path):
                yield found


def for_applicants(house: House) -> tuple[Caller, Mapping[str, int]]:
    house.officer("PUT", "/api/applications/form/", json=ASKED)
    stranger = house.api.house().member.within(house.mark)
    return stranger, {"7": house.application(form_version=1, answers={"why": "x"})}


def for_recruiters(house: House) -> tuple[Caller, Mapping[str, int]]:
    return house.person(RoleGroup.RECRUITER), {"7": house.application(), "8": house.application()}


def for_members(house: House) -> tuple[Caller, Mapping[str, int]]:
    return house.member, {"7": house.application("trial_accepted"), "8": house.application("voting_active")}


def for_officers(house: House) -> tuple[Caller, Mapping[str, int]]:
    return house.officer, {"9": house.application("passed")}


@pytest.mark.parametrize(
    ("name", "there", "least"),
    [
        ("applicants", for_applicants, 6),
        ("recruiters", for_recruiters, 14),
        ("members", for_members, 7),
        ("recruitment", for_officers, 3),
    ],
)
def test_requests_in_the_guides_work(
    name: str, there: Callable[[House], tuple[Caller, Mapping[str, int]]], least: int, house: House
) -> None:
    """I-1: each is answered well; the ids are those of applications as the page has them."""
    caller, ids = there(house)
    requests = list(shown(Page.read(GUIDES / f"{name}.md")))
    assert len(requests) >= least
    for each in requests:
        assert (each.guild is not None) is (caller.guild is not None), f"line {each.line}: strangers name the guild"
        path = each.at(ids)
        answer = caller(each.method, path, **({} if each.body is None else {"json": each.body}))
        assert answer.is_success, f"line {each.line}: {answer.text}"
        if (each.method, path) == ("POST", "/api/applications/"):
            ids = {**ids, "7": answer.json()["id"]}
