"""Applications over HTTP: from the first word to the decision, and what is refused on the way (V-1 to V-12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import pytest
from attrs import frozen

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import GuildId, UserId
from tests.integration.http.house import Api, Caller, House

APPLICATIONS: Final = "/api/applications/"
QUESTIONS: Final[Sequence[Mapping[str, object]]] = [
    {"id": "why", "text": "Why us?", "required": True, "length_max": 200},
    {"id": "role", "text": "What do you play?", "kind": "choice", "choices": ["tank", "healer"]},
    {"id": "age", "text": "How old are you?", "private": True},
]
# Whatever the day on which this runs: the one raid of the house is not of the last thirty days for ever.
EVERY_VOTE_COUNTS: Final = {"counts_from_percent": 0}


def taken(answer: httpx.Response) -> Any:
    """What is answered to something that works."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def refused(answer: httpx.Response) -> tuple[int, str]:
    """How something was refused."""
    return answer.status_code, answer.json()["code"]


def asks(house: House, questions: Sequence[Mapping[str, object]] = QUESTIONS) -> int:
    """Have the guild ask its applicants something; the version of the form."""
    body = {"form": {"questions": questions}}
    version: int = taken(house.officer("PUT", f"{APPLICATIONS}form/", json=body))["version"]
    return version


def rules(house: House, **values: object) -> None:
    """Set rules."""
    taken(house.officer("PATCH", f"{APPLICATIONS}rules/", json={"rules": values}))


def applies(applicant: Caller, name: str, **more: object) -> dict[str, Any]:
    """Somebody applies for themselves."""
    found: dict[str, Any] = taken(applicant.post(APPLICATIONS, json={"character_name": name, **more}))
    return found


def id_of(person: Caller) -> int:
    """A person's user id."""
    user_id: int = person.get("/api/users/me/").json()["id"]
    return user_id


def role_group(house: House, person: Caller) -> str:
    """A person's role group in the guild, as its officer sees it."""
    rows = house.officer.get("/api/memberships/?page_size=500").json()["results"]
    (found,) = [row["role_group"] for row in rows if row["user_id"] == id_of(person)]
    return str(found)


@pytest.fixture
def stranger(house: House, other_house: House) -> Caller:
    """Somebody who has signed in, and has no place in the guild."""
    return other_house.member.within(house.mark)


# --- the whole story --------------------------------------------------------------------------------------------------


def test_a_guest_applies_is_reviewed_tried_voted_on_and_passes(house: House, stranger: Caller) -> None:
    """V-1 to V-8: everybody sees what is theirs to see, all the way."""
    version = asks(house)
    rules(house, **EVERY_VOTE_COUNTS)
    recruiter, name = house.person(RoleGroup.RECRUITER), f"Novice{house.mark}"

    asked = taken(stranger.get(f"{APPLICATIONS}form/"))
    assert (asked["version"], [each["id"] for each in asked["form"]["questions"]]) == (version, ["why", "role", "age"])
    answers = {"why": "Fun", "role": "healer", "age": "33"}
    told = {"character_class": "Cleric", "level": 60, "email": "novice@example.org", "timezone": "Europe/Berlin"}
    application = applies(stranger, name, **told, form_version=version, answers=answers, referees=[house.member_id])
    path = f"{APPLICATIONS}{application['id']}/"
    assert (application["status"], application["email"]) == ("submitted", "novice@example.org")
    assert [(each["question"], each["text"], each["answer"], each["private"]) for each in application["answers"]] == [
        ("why", "Why us?", "Fun", False),
        ("role", "What do you play?", "healer", False),
        ("age", "How old are you?", "33", True),
    ]
    assert application["referees"] == [{"user_id": house.member_id, "username": f"member-{house.mark}"}]
    assert role_group(house, stranger) == "applicant"
    assert taken(stranger.get(f"{APPLICATIONS}own/"))["count"] == 1
    changed = taken(stranger("PATCH", path, json={"availability": "Weekends"}))
    assert (changed["availability"], changed["answers"]) == ("Weekends", application["answers"])
    assert taken(stranger("PUT", path, json={"email": None}))["email"] is None

    assert [row["id"] for row in taken(recruiter.get(f"{APPLICATIONS}pending/"))["results"]] == [application["id"]]
    assert house.member.get(path).status_code == 404
    assert taken(house.member.get(APPLICATIONS))["count"] == 0
    taken(recruiter.post(f"{path}comments/", json={"text": "Knows Aldric."}))
    comment = taken(recruiter.post(f"{path}comments/", json={"text": "Which server?", "visible": True}))
    assert (comment["author_id"], comment["kind"], comment["text"]) == (id_of(recruiter), "visible", "Which server?")
    assert [each["text"] for each in taken(stranger.get(path))["comments"]] == ["Which server?"]

    trial = taken(recruiter.post(f"{path}trial-accept/", json={"reason": "We need clerics."}))
    assert (trial["status"], trial["overdue"]) == ("trial_accepted", False)
    seen = taken(house.member.get(path))
    assert (seen["email"], [each["question"] for each in seen["answers"]]) == (None, ["why", "role"])
    assert [each["text"] for each in seen["comments"]] == ["Which server?"]
    assert [row["id"] for row in taken(house.member.get(f"{APPLICATIONS}trial-members/"))["results"]] == [trial["id"]]
    assert house.member.post(f"{path}feedback/", json={"text": "Friendly."}).status_code == 204
    assert "Friendly" not in stranger.get(path).text + house.member.get(path).text
    page = taken(recruiter.get(f"{path}performance/"))
    assert page["application"]["id"] == application["id"]
    assert [each["text"] for each in page["comments"]] == ["Knows Aldric.", "Which server?", "Friendly."]

    assert taken(recruiter.post(f"{path}start-voting/", json={}))["status"] == "voting_active"
    cast = taken(house.member("PUT", f"{path}vote/", json={"option": "fail"}))
    assert (cast["own"]["option"], cast["votes"], cast["is_open"]) == ("fail", 1, True)
    cast = taken(house.member.post(f"{path}vote/", json={"option": "pass"}))
    assert (cast["own"]["option"], cast["own"]["changes"], cast["votes"]) == ("pass", 1, 1)
    taken(recruiter("PUT", f"{path}vote/", json={"option": "fail"}))
    assert recruiter("DELETE", f"{path}vote/").status_code == 204
    shown = taken(stranger.get(path))
    assert (shown["status"], shown["round"], shown["closes_at"], shown["polls"]) == ("voting_active", 0, None, [])
    for tail in ("votes/summary/", "votes/member-view/"):
        assert taken(house.member.get(f"{path}{tail}"))["totals"][0] == {"option": "pass", "votes": 1, "counted": 1}
    for tail in ("votes/details/", "votes/officer-view/"):
        voters = taken(recruiter.get(f"{path}{tail}"))["voters"]
        assert [(each["user_id"], each["option"]) for each in voters] == [
            (house.member_id, "pass"),
            (id_of(recruiter), None),
        ]
    eligible = {row["user_id"]: row["voted"] for row in taken(recruiter.get(f"{path}voting-eligibility/"))}
    assert eligible == {house.member_id: True, house.officer_id: False, id_of(recruiter): False}
    lines = taken(recruiter.get(f"{path}vote-changes/"))["results"]
    assert [(each["before"], each["after"]) for each in lines] == [
        ("fail", None),
        (None, "fail"),
        ("fail", "pass"),
        (None, "fail"),
    ]

    house.decide(application["id"])
    ended = taken(recruiter.get(path))
    assert (ended["status"], ended["outcome"], ended["task"]) == ("voting_complete", "pass", None)
    assert [(each["before"], each["after"], each["reason"], each["user_id"]) for each in ended["transitions"]] == [
        (None, "submitted", "", id_of(stranger)),
        ("submitted", "trial_accepted", "We need clerics.", id_of(recruiter)),
        ("trial_accepted", "voting_active", "", id_of(recruiter)),
        ("voting_active", "voting_complete", "", None),
    ]
    assert role_group(house, stranger) == "member"
    character = taken(house.member.get(f"/api/characters/by-name/{name}/"))
    assert (character["id"], character["status"]) == (ended["character_id"], "active")
    assert taken(stranger.get(path))["outcome"] == "pass"
    assert refused(stranger.get(f"{path}votes/summary/")) == (403, "not_permitted")
    statistics = taken(recruiter.get("/api/admin/application-statistics/"))
    assert (statistics["applications"], statistics["passed"], statistics["pass_rate"]) == (1, 1, "100.00")
    (by_recruiter,) = statistics["recruiters"]
    assert (by_recruiter["user_id"], by_recruiter["accepted"], by_recruiter["passed"]) == (id_of(recruiter), 1, 1)

    assert recruiter("DELETE", path).status_code == 204
    assert recruiter("DELETE", path).status_code == 204
    assert taken(recruiter.get(APPLICATIONS))["count"] == 0
    assert taken(recruiter.get(f"{APPLICATIONS}?archived=true"))["count"] == 1
    assert taken(stranger.get(path))["archived"] is True


def test_who_was_rejected_is_a_guest_and_waits_before_applying_again(house: House, stranger: Caller) -> None:
    """V-1, V-2: the reason is told; the next application after a time that the guild sets."""
    first = applies(stranger, "First")
    assert refused(stranger.post(APPLICATIONS, json={"character_name": "Second"})) == (409, "already_applied")
    rejected = f"{APPLICATIONS}{first['id']}/reject/"
    taken(house.officer.post(rejected, json={"reason": "No room."}))
    assert refused(house.officer.post(rejected, json={"reason": "No room."})) == (409, "wrong_application_status")
    assert role_group(house, stranger) == "guest"
    shown = taken(stranger.get(f"{APPLICATIONS}{first['id']}/"))
    assert (shown["status"], shown["transitions"][-1]["reason"]) == ("rejected", "No room.")
    answer = stranger.post(APPLICATIONS, json={"character_name": "Second"})
    assert refused(answer) == (409, "too_soon_to_apply")
    rules(house, reapply_days=0)
    assert applies(stranger, "Second")["status"] == "submitted"
    assert taken(stranger.get(f"{APPLICATIONS}own/"))["count"] == 2


def test_applicants_withdraw_and_recruiters_only_with_a_reason(house: House, stranger: Caller) -> None:
    """V-2: at any time before the decision; so a vote is called off."""
    own = applies(stranger, "Mine")["id"]
    other = house.application("voting_active")
    assert refused(stranger.post(f"{APPLICATIONS}{other}/withdraw/", json={})) == (403, "not_permitted")
    assert taken(stranger.post(f"{APPLICATIONS}{own}/withdraw/"))["status"] == "withdrawn"
    answer = house.officer.post(f"{APPLICATIONS}{other}/withdraw/", json={})
    assert answer.json()["errors"][0]["field"] == "reason"
    taken(house.officer.post(f"{APPLICATIONS}{other}/withdraw/", json={"reason": "They asked us to."}))
    assert refused(house.member.post(f"{APPLICATIONS}{other}/vote/", json={"option": "pass"})) == (409, "vote_not_open")


def test_a_fail_makes_a_guest_and_a_recycle_a_longer_trial(house: House, stranger: Caller) -> None:
    """V-8: nobody voted, so there is another round; the trial goes on."""
    rules(house, **EVERY_VOTE_COUNTS)
    path = f"{APPLICATIONS}{applies(stranger, 'Again')['id']}/"
    before = taken(house.officer.post(f"{path}trial-accept/"))["trial_ends_at"]
    taken(house.officer.post(f"{path}start-voting/"))
    house.decide(int(path.split("/")[3]))
    shown = taken(stranger.get(path))
    assert (shown["status"], shown["transitions"][-2]["outcome"]) == ("trial_accepted", "recycle")
    assert shown["trial_ends_at"] > before
    taken(house.officer.post(f"{path}start-voting/"))
    taken(house.member.post(f"{path}vote/", json={"option": "fail"}))
    assert taken(house.member.get(f"{path}votes/summary/"))["votes"] == 1
    assert taken(house.member.get(f"{path}votes/summary/?round=1"))["votes"] == 0
    house.decide(int(path.split("/")[3]), days=62)
    assert (taken(stranger.get(path))["outcome"], role_group(house, stranger)) == ("fail", "guest")


def test_a_pass_may_wait_for_an_officers_hand(house: House) -> None:
    """V-4, V-8: promote-trial; another name where the one applied with is somebody else's."""
    application_id = house.application("passed", character_name=f"Main{house.mark}")
    path = f"{APPLICATIONS}{application_id}/promote-trial/"
    recruiter = house.person(RoleGroup.RECRUITER)
    assert refused(recruiter.post(path, json={})) == (403, "not_permitted")
    promoter = house.bot("memberships:write")
    first = taken(promoter.post(path, json={}))
    assert (first["task"], first["character_id"]) == ("name_held", None)
    promoted = taken(promoter.post(path, json={"character_name": "Anew"}))
    assert (promoted["application_id"], promoted["task"]) == (application_id, None)
    assert set(promoted) == {"application_id", "user_id", "character_id", "task"}, "no more than it may know"
    character = taken(house.officer.get("/api/characters/by-name/Anew/"))
    assert (character["id"], character["user_id"]) == (promoted["character_id"], promoted["user_id"])
    assert refused(promoter.post(path, json={})) == (409, "wrong_application_status")


def test_voters_keep_out_of_it_where_they_want_to(house: House) -> None:
    """V-11: a vote that is open goes, and recruiters see who keeps out."""
    path = f"{APPLICATIONS}{house.application('voting_active')}/"
    taken(house.member.post(f"{path}vote/", json={"option": "pass"}))
    assert house.member.post(f"{path}recuse/").status_code == 204
    assert refused(house.member.post(f"{path}vote/", json={"option": "pass"})) == (409, "is_recused")
    details = taken(house.officer.get(f"{path}votes/details/"))
    assert [each["user_id"] for each in details["recusals"]] == [house.member_id]
    assert details["summary"]["votes"] == 0


def test_the_officers_vote_after_the_members_where_the_guild_has_it_so(house: House) -> None:
    """V-11: each stage has totals of its own."""
    rules(house, **EVERY_VOTE_COUNTS, officers_vote_too=True)
    application_id = house.application("voting_active")
    path = f"{APPLICATIONS}{application_id}/"
    taken(house.member.post(f"{path}vote/", json={"option": "pass"}))
    house.decide(application_id)
    assert refused(house.member.post(f"{path}vote/", json={"option": "fail"})) == (403, "officers_vote_now")
    summary = taken(house.member.get(f"{path}votes/summary/"))
    assert (summary["stage"], summary["votes"]) == ("officers", 0)
    assert taken(house.member.get(f"{path}votes/summary/?stage=members"))["result"] == "pass"


# --- programs ---------------------------------------------------------------------------------------------------------


def test_a_bot_applies_changes_and_withdraws_for_whom_it_names(house: House) -> None:
    """A-7: by Discord id, as text or number; somebody unknown becomes a user by that."""
    bot, discord_id = house.bot("applications:write"), 10**16 + house.guild_id
    answer = bot.post(APPLICATIONS, json={"character_name": "Nobody's"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "discord_id")
    body = {"character_name": f"Bot{house.mark}", "discord_id": discord_id, "username": "new"}
    application = taken(bot.post(APPLICATIONS, json=body))
    path = f"{APPLICATIONS}{application['id']}/"
    assert (application["username"], application["discord_id"]) == ("new", str(discord_id))
    assert refused(bot("PATCH", path, json={"level": 3})) == (403, "not_permitted")
    assert bot("PATCH", path, json={"level": 3, "discord_id": house.things["discord_id"]}).status_code == 404
    assert taken(bot("PATCH", path, json={"level": 3, "discord_id": str(discord_id)}))["level"] == 3
    assert taken(bot.post(f"{path}withdraw/", json={"discord_id": discord_id}))["status"] == "withdrawn"


def test_of_votes_a_bot_is_told_totals_with_the_scope_for_it_and_casts_none(house: House) -> None:
    """A-7, V-7: there is no scope for more."""
    path = f"{APPLICATIONS}{house.application('voting_active')}/"
    taken(house.member.post(f"{path}vote/", json={"option": "pass"}))
    bot = house.bot("tallies:read", "applications:write", "memberships:write", "audit:read")
    shown = taken(bot.get(f"{path}votes/summary/"))
    assert (shown["votes"], shown["own"]) == (1, None)
    for tail in ("votes/details/", "votes/officer-view/", "voting-eligibility/", "vote-changes/"):
        assert refused(bot.get(f"{path}{tail}")) == (403, "not_permitted")
    for method in ("POST", "PUT", "DELETE"):
        answer = bot(method, f"{path}vote/", json=None if method == "DELETE" else {"option": "pass"})
        assert refused(answer) == (403, "not_permitted")


def test_feedback_that_is_sent_again_with_its_key_is_left_once(house: House) -> None:
    """G-7: as the command line does when it got no answer; with another body it is refused."""
    path = f"{APPLICATIONS}{house.application('trial_accepted')}/"

    def sent(text: str) -> httpx.Response:
        return house.member.post(f"{path}feedback/", json={"text": text}, headers={"Idempotency-Key": "one"})

    first, again = sent("Friendly."), sent("Friendly.")
    assert first.status_code == again.status_code == 204
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert refused(sent("Rude.")) == (422, "idempotency_key_reused")
    assert [each["text"] for each in taken(house.officer.get(path))["comments"]] == ["Friendly."]


# --- lists ------------------------------------------------------------------------------------------------------------


def test_lists_come_in_pages_sorted_searched_and_filtered(house: House) -> None:
    """I-1: as lists do everywhere; members get no further than those on trial or in a vote."""
    names = [f"Ap{letter}{house.mark}" for letter in "cab"]
    ids = [house.application(character_name=name) for name in names]
    trial, voting = house.application("trial_accepted"), house.application("voting_active")
    shown = taken(house.officer.get(f"{APPLICATIONS}?search=AP&ordering=character_name&page_size=2"))
    assert (shown["count"], [row["id"] for row in shown["results"]]) == (3, [ids[1], ids[2]])
    assert shown["next"].endswith(f"{APPLICATIONS}?search=AP&ordering=character_name&page_size=2&page=2")
    assert [row["id"] for row in taken(house.officer.get(APPLICATIONS))["results"]] == [voting, trial, *reversed(ids)]
    assert taken(house.officer.get(f"{APPLICATIONS}?status=voting_active"))["count"] == 1
    assert [row["id"] for row in taken(house.member.get(APPLICATIONS))["results"]] == [voting, trial]
    assert [row["id"] for row in taken(house.member.get(f"{APPLICATIONS}voting-active/"))["results"]] == [voting]
    for query in ("?status=submitted", "?archived=true"):
        assert refused(house.member.get(f"{APPLICATIONS}{query}")) == (403, "not_permitted")
    assert refused(house.member.get(f"{APPLICATIONS}pending/")) == (403, "not_permitted")


def test_a_list_that_is_polled_has_a_new_tag_when_an_application_moves(house: House) -> None:
    """I-1: ETag and If-None-Match."""
    application_id = house.application()
    path = f"{APPLICATIONS}pending/"
    tag = house.officer.get(path).headers["etag"]
    assert house.officer.get(path, headers={"If-None-Match": tag}).status_code == 304
    taken(house.officer.post(f"{APPLICATIONS}{application_id}/trial-accept/"))
    assert house.officer.get(path, headers={"If-None-Match": tag}).status_code == 200


# --- the form ---------------------------------------------------------------------------------------------------------


def test_a_form_whose_questions_changed_meanwhile_is_refused_whole(house: House, stranger: Caller) -> None:
    """V-1: nothing is kept, and the newest version is told; sent again with that it is taken."""
    shown = asks(house)
    answers = {"why": "Fun"}
    newest = asks(house, [*QUESTIONS, {"id": "logs", "text": "Your logs?"}])
    assert newest == shown + 1
    body = {"character_name": "Slow", "form_version": shown, "answers": answers}
    answer = stranger.post(APPLICATIONS, json=body)
    assert refused(answer) == (409, "form_outdated")
    assert f"those of {newest} now" in answer.json()["detail"]
    assert taken(stranger.get(f"{APPLICATIONS}own/"))["count"] == 0
    path = f"{APPLICATIONS}{taken(stranger.post(APPLICATIONS, json={**body, 'form_version': newest}))['id']}/"
    asks(house, [{"id": "who", "text": "Who are you?"}])
    assert taken(stranger("PATCH", path, json={"level": 5}))["form_version"] == newest, "what was answered stays"
    assert refused(stranger("PATCH", path, json={"answers": answers, "form_version": newest})) == (409, "form_outdated")
    assert taken(stranger.get(f"{APPLICATIONS}form/?version={shown}"))["form"]["questions"][0]["text"] == "Why us?"
    shown_now = taken(house.officer.get(f"{APPLICATIONS}form/"))
    again = house.officer("PUT", f"{APPLICATIONS}form/", json={"form": shown_now["form"]})
    assert taken(again)["version"] == shown_now["version"], "what is shown can be sent back, and changes nothing"


# --- bad input --------------------------------------------------------------------------------------------------------


@frozen
class Bad:
    """A request that is refused, and what the refusal names: a field, or a code where no field is at fault."""

    name: str
    method: str
    path: str
    body: dict[str, Any] | None
    field: str
    accepted: str = ""


def _told(name: str, body: dict[str, Any], field: str, accepted: str = "") -> Bad:
    """An application with something wrong in it."""
    full = {"character_name": "New", "form_version": 1, "answers": {"why": "Fun"}, **body}
    given = {each: value for each, value in full.items() if value is not ...}
    return Bad(name, "POST", APPLICATIONS, given, field, accepted)


_APPLICATION, _TRIAL, _VOTE = "{submitted}", "{trial_accepted}", "{voting_active}"
BAD: Final = (
    _told("no character", {"character_name": ...}, "character_name", "a text"),
    _told("an empty character", {"character_name": " "}, "character_name", "1 to 64"),
    _told("a character with too long a name", {"character_name": "x" * 65}, "character_name", "64"),
    _told("a level out of range", {"level": 10_001}, "level", "10000"),
    _told("a level with a fraction", {"level": 59.5}, "level", "a whole number"),
    _told("a zone that is none", {"timezone": "Mars/Olympus"}, "timezone", "IANA"),
    _told("no address", {"email": "me"}, "email"),
    _told("eleven referees", {"referees": list(range(1, 12))}, "referees", "at most 10"),
    _told("a referee that is no id", {"referees": [0]}, "referees[0]"),
    _told("an essay", {"previous_guilds": "x" * 4001}, "previous_guilds", "4000"),
    _told("a hundred thousand characters", {"availability": "x" * 100_000}, "availability", "4000"),
    _told("an answer of 100 kB", {"answers": {"why": "x" * 100_000}}, "answers.why", "200 characters"),
    _told("an answer that is too long", {"answers": {"why": "x" * 201}}, "answers.why", "200 characters"),
    _told("an answer that is no text", {"answers": {"why": 7}}, "answers.why", "text"),
    _told("an answer to nothing", {"answers": {"why": "Fun", "shoe": "9"}}, "answers.shoe", "why, role, age"),
    _told("no choice", {"answers": {"why": "Fun", "role": "bard"}}, "answers.role", "tank, healer"),
    _told("no answer", {"answers": {}}, "answers.why", "an answer"),
    _told("no answers at all", {"answers": ...}, "answers.why"),
    _told("answers that are a list", {"answers": ["Fun"]}, "answers", "an object"),
    _told("an empty Discord id", {"discord_id": ""}, "discord_id", "a text"),
    _told("a Discord id that is none", {"discord_id": "me"}, "discord_id", "19 digits"),
    _told("too long a name", {"discord_id": 10**16 - 1, "username": "x" * 65}, "username", "64"),
    _told("NUL", {"references": "a\x00b"}, "references"),
    _told("a field that there is not", {"guild": "mine"}, "guild", "character_name"),
    _told("the questions of another version", {"form_version": 0}, "form_outdated"),
    Bad("a change of nothing known", "PATCH", _APPLICATION, {"status": "passed"}, "status", "availability"),
    Bad("a rejection without a reason", "POST", f"{_APPLICATION}reject/", {}, "reason", "a text"),
    Bad("a rejection with an empty one", "POST", f"{_APPLICATION}reject/", {"reason": " "}, "reason", "why"),
    Bad("a trial that is over", "POST", f"{_VOTE}reject/", {"reason": "x"}, "wrong_application_status"),
    Bad("an extension by nothing", "POST", f"{_TRIAL}extend-trial/", {"days": 0}, "days", "1 to 366"),
    Bad("an extension without days", "POST", f"{_TRIAL}extend-trial/", {}, "days", "a whole number"),
    Bad("an extension of no trial", "POST", f"{_APPLICATION}extend-trial/", {"days": 1}, "wrong_application_status"),
    Bad("accepted twice", "POST", f"{_TRIAL}trial-accept/", {}, "wrong_application_status"),
    Bad("a vote on who is not on trial", "POST", f"{_APPLICATION}start-voting/", {}, "wrong_application_status"),
    Bad("a second vote", "POST", f"{_VOTE}start-voting/", {}, "wrong_application_status"),
    Bad("promoted without a vote", "POST", f"{_TRIAL}promote-trial/", {}, "wrong_application_status"),
    Bad("a summary of nobody on trial", "POST", f"{_APPLICATION}discord-webhook/", None, "wrong_application_status"),
    Bad("an open one archived", "DELETE", _APPLICATION, None, "still_open"),
    Bad("an empty comment", "POST", f"{_APPLICATION}comments/", {"text": " "}, "text", "4000"),
    Bad("a comment that is too long", "POST", f"{_APPLICATION}comments/", {"text": "x" * 4001}, "text", "4000"),
    Bad("feedback on nobody on trial", "POST", f"{_APPLICATION}feedback/", {"text": "x"}, "wrong_application_status"),
    Bad("no performance without a trial", "GET", f"{_APPLICATION}performance/", None, "not_found"),
    Bad("an option that there is not", "PUT", f"{_VOTE}vote/", {"option": "abstain"}, "option", "pass, fail, recycle"),
    Bad("an option in capitals", "POST", f"{_VOTE}vote/", {"option": "PASS"}, "option", "pass, fail, recycle"),
    Bad("no option", "POST", f"{_VOTE}vote/", {}, "option", "pass, fail, recycle"),
    Bad("somebody else's vote", "POST", f"{_VOTE}vote/", {"option": "pass", "user": 1}, "user", "option"),
    Bad("a vote before there is one", "POST", f"{_TRIAL}vote/", {"option": "pass"}, "vote_not_open"),
    Bad("a withdrawal of no vote", "DELETE", f"{_VOTE}vote/", None, "no_vote_to_withdraw"),
    Bad("no summary without a vote", "GET", f"{_TRIAL}votes/summary/", None, "not_found"),
    Bad("a round that there is not", "GET", f"{_VOTE}votes/details/?round=9", None, "not_found"),
    Bad("a round beyond numbers", "GET", f"{_VOTE}votes/summary/?round={9**30}", None, "round"),
    Bad("a round that is a word", "GET", f"{_VOTE}votes/summary/?round=last", None, "round", "a whole number"),
    Bad("a stage that there is not", "GET", f"{_VOTE}votes/summary/?stage=guests", None, "stage", "members, officers"),
    Bad("a form of no version", "GET", f"{APPLICATIONS}form/?version=99", None, "not_found"),
    Bad("a version beyond numbers", "GET", f"{APPLICATIONS}form/?version={9**30}", None, "version"),
    Bad("a status that there is not", "GET", f"{APPLICATIONS}?status=open", None, "status", "voting_active"),
    Bad("an order that there is not", "GET", f"{APPLICATIONS}?ordering=email", None, "ordering", "submitted_at"),
    Bad("a page that there is not", "GET", f"{APPLICATIONS}own/?page=0", None, "page"),
    Bad("a filter that there is not", "GET", f"{APPLICATIONS}pending/?status=submitted", None, "status", "search"),
    Bad("statistics since a naive time", "GET", "/api/admin/application-statistics/?since=2026-11-01T00:00:00", None,
        "since", "offset"),
    Bad("statistics until the end of time", "GET", "/api/admin/application-statistics/?until=9999-12-31T23:59:59-14:00",
        None, "until", "9998"),
    Bad("questions of no form", "PUT", f"{APPLICATIONS}form/", {"questions": []}, "questions", "form"),
    Bad("a form that is a list", "PUT", f"{APPLICATIONS}form/", {"form": []}, "form", "an object"),
    Bad("a question without a text", "PUT", f"{APPLICATIONS}form/", {"form": {"questions": [{"id": "a"}]}},
        "form.questions.0.text", "text"),
    Bad("a question twice", "PUT", f"{APPLICATIONS}form/",
        {"form": {"questions": [{"id": "a", "text": "A?"}, {"id": "a", "text": "B?"}]}}, "form.questions.1.id",
        "another"),
    Bad("a choice of one", "PUT", f"{APPLICATIONS}form/",
        {"form": {"questions": [{"id": "a", "text": "A?", "kind": "choice", "choices": ["yes"]}]}},
        "form.questions.0.choices", "two"),
    Bad("a rule that is none", "PATCH", f"{APPLICATIONS}rules/", {"rules": {"haste": True}}, "rules.haste", "quorum"),
    Bad("a rule that is no number", "PATCH", f"{APPLICATIONS}rules/", {"rules": {"vote_hours": 1.5}},
        "rules.vote_hours"),
    Bad("points that are a float", "PATCH", f"{APPLICATIONS}rules/", {"rules": {"trial_points": 1.5}},
        "rules.trial_points"),
    Bad("no rules", "PUT", f"{APPLICATIONS}rules/", {}, "rules", "an object"),
    Bad("a pool that there is not", "PATCH", f"{APPLICATIONS}rules/", {"rules": {"trial_points_pool": 2**53}},
        "not_found"),
)  # fmt: skip


@pytest.fixture(scope="module")
def recruiting(api: Api) -> tuple[House, Mapping[str, str]]:
    """A guild that asks questions, and the path of an application in each open status."""
    house = api.house()
    asks(house)
    answered = {"form_version": 1, "answers": {"why": "Fun"}}
    statuses = ("submitted", "trial_accepted", "voting_active")
    return house, {status: f"{APPLICATIONS}{house.application(status, **answered)}/" for status in statuses}


@pytest.mark.parametrize("bad", BAD, ids=[each.name for each in BAD])
def test_bad_input_is_named_and_changes_nothing(bad: Bad, recruiting: tuple[House, Mapping[str, str]]) -> None:
    """G-8: 422 with the field, what is wrong and what is accepted; 404 and 409 where it is the state of things."""
    house, paths = recruiting
    before = _everything(house)
    for_another = isinstance(bad.body, dict) and "discord_id" in bad.body
    by = house.recruiting_bot if for_another else house.officer
    answer = by(bad.method, bad.path.format(**paths), json=bad.body)
    problem = answer.json()
    if answer.status_code == 422:
        (error, *_) = problem["errors"]
        assert (error["field"], bool(error["fault"])) == (bad.field, True), error
        assert bad.accepted in (error["accepted"] or ""), error
    else:
        assert answer.status_code in (404, 409), answer.text
        assert problem["code"] == bad.field
    assert _everything(house) == before


def _everything(house: House) -> list[str]:
    """Whatever changes leaves an event, but for votes, of which there are none."""
    (voting,) = house.officer.get(f"{APPLICATIONS}voting-active/").json()["results"]
    paths = (f"{APPLICATIONS}{voting['id']}/votes/details/", "/api/audit-log/?page_size=1")
    return [house.officer.get(path).text for path in paths]


def test_who_can_not_apply_is_told_why(house: House, stranger: Caller) -> None:
    """V-1, A-10: members need not, who was deactivated may not, and unlinked users have nobody to be told."""
    body = {"character_name": "Again"}
    assert refused(house.member.post(APPLICATIONS, json=body)) == (403, "not_permitted")
    recruiter = house.person(RoleGroup.RECRUITER)
    assert refused(recruiter.post(APPLICATIONS, json=body)) == (409, "members_do_not_apply")
    applies(stranger, "Angry")
    deactivated = {"status": "deactivated", "reason": "left in anger"}
    assert house.officer("PATCH", f"/api/memberships/{id_of(stranger)}/", json=deactivated).status_code == 200
    assert refused(stranger.post(APPLICATIONS, json=body)) == (403, "membership_deactivated")
    assert refused(stranger.get(f"{APPLICATIONS}own/")) == (403, "membership_deactivated")


def test_nobody_votes_on_themselves_nor_reads_what_is_said_of_them(house: House, stranger: Caller) -> None:
    """V-5, V-7: not as an applicant, and not as whatever an officer makes of them meanwhile."""
    application_id = applies(stranger, f"Self{house.mark}")["id"]
    path = f"{APPLICATIONS}{application_id}/"
    for step in ("trial-accept", "start-voting"):
        taken(house.officer.post(f"{path}{step}/"))
    body = {"option": "pass"}
    assert refused(stranger.post(f"{path}vote/", json=body)) == (403, "not_permitted")
    with house.api.database.begin(operator("test", GuildId(house.guild_id))) as work:
        membership = work.memberships.get(UserId(id_of(stranger)))
        work.memberships.save(membership.move_to(RoleGroup.RECRUITER, reason="too early"))
    assert refused(stranger.post(f"{path}vote/", json=body)) == (403, "own_application")
    assert refused(stranger.post(f"{path}comments/", json={"text": "Me!"})) == (403, "own_application")
    for tail in ("votes/summary/", "votes/details/", "voting-eligibility/", "vote-changes/", "performance/"):
        assert refused(stranger.get(f"{path}{tail}")) == (403, "not_permitted")
