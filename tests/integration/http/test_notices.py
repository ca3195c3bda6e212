"""Channels and notices over HTTP: set up by officers, shown without secrets, and one's own list for oneself."""

from __future__ import annotations

from typing import Final

import pytest
from attrs import evolve

from dkp_adapters.sql.notice_queue import SqlNoticeQueue
from dkp_core.accounts import NotificationKind
from dkp_core.kernel.actor import job, operator
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.notices import Never, Notice, Recipient
from tests.integration.http.house import Caller, House
from tests.integration.http.samples import WEBHOOK, parked_notice, set_channel

TOKEN: Final = "sample-token"


def told(house: House, to: Recipient) -> None:
    """The guild tells something."""
    with house.api.database.begin(operator("test", GuildId(house.guild_id))) as work:
        work.notices.post(Notice(kind=NotificationKind.VOTES, to=to, text="test"))


def test_a_channel_is_set_shown_and_unset_without_its_address(house: House) -> None:
    """V-9, O-13: the answer warns of what nobody can check from here; nowhere is the token."""
    channels = f"/api/guilds/{house.mark}/channels/"
    answer = house.officer("PUT", f"{channels}members/", json={"webhook": WEBHOOK})
    assert answer.status_code == 200, answer.text
    row = answer.json()
    assert (row["channel"], row["is_set"], row["webhook_id"]) == ("members", True, "1190000000000000002")
    assert "guests and applicants" in row["warning"]
    listed = house.officer.get(channels)
    assert [(each["channel"], each["is_set"]) for each in listed.json()] == [
        ("recruiters", False),
        ("members", True),
        ("officers", False),
    ]
    log = house.officer.get("/api/audit-log/?aggregate=channel")
    assert TOKEN not in answer.text + listed.text + log.text
    gone = house.officer("PUT", f"{channels}members/", json={"webhook": None})
    assert (gone.json()["is_set"], gone.json()["warning"]) == (False, None)


@pytest.mark.parametrize(
    ("channel", "body", "field"),
    [
        ("members", {"webhook": f"https://evil.example/api/webhooks/1/{TOKEN}"}, "webhook"),
        ("members", {"webhook": f"http://discord.com/api/webhooks/1/{TOKEN}"}, "webhook"),
        ("members", {"webhook": ""}, "webhook"),
        ("members", {"webhook": 7}, "webhook"),
        ("members", {}, "webhook"),
        ("general", {"webhook": WEBHOOK}, "channel"),
    ],
)
def test_what_can_not_be_a_channel_is_refused_by_name(
    house: House, channel: str, body: dict[str, object], field: str
) -> None:
    """G-8, O-13: without repeating the secret."""
    answer = house.officer("PUT", f"/api/guilds/{house.mark}/channels/{channel}/", json=body)
    assert answer.status_code == 422, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert TOKEN not in answer.text
    assert not any(each["is_set"] for each in house.officer.get(f"/api/guilds/{house.mark}/channels/").json())


def test_a_channel_without_a_webhook_is_not_tested(house: House) -> None:
    """G-8."""
    answer = house.officer.post(f"/api/guilds/{house.mark}/channels/officers/test/")
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_not_set")


def test_what_did_not_arrive_is_shown_sent_again_and_dropped(house: House) -> None:
    """G-6: with why; only once it was given up on."""
    notice_id = parked_notice(house)
    (row,) = house.officer.get("/api/notices/?status=parked").json()["results"]
    assert (row["id"], row["fault"], row["recipient"]) == (notice_id, "Discord answered 400", "recruiters")
    assert house.officer.post(f"/api/notices/{notice_id}/resend/").status_code == 204
    again = house.officer.post(f"/api/notices/{notice_id}/resend/")
    assert (again.status_code, again.json()["code"]) == (409, "notice_not_parked")
    assert house.officer("DELETE", f"/api/notices/{notice_id}/").status_code == 409
    second = parked_notice(house)
    assert house.officer("DELETE", f"/api/notices/{second}/").status_code == 204
    shown = {each["id"]: each["status"] for each in house.officer.get("/api/notices/").json()["results"]}
    assert shown[second] == "unsent"
    assert house.officer.post("/api/notices/999999999/resend/").status_code == 404


def test_people_find_what_they_were_told_and_nobody_elses(house: House, other_house: House) -> None:
    """A-5: what other guilds told them, too, and not whether it reached them."""
    told(house, Recipient.user(UserId(house.member_id)))
    told(other_house, Recipient.user(UserId(house.member_id)))
    told(house, Recipient.user(UserId(house.officer_id)))
    page = house.member.get("/api/users/me/notices/?page_size=1").json()
    assert (page["count"], page["results"][0]["guild_slug"]) == (2, other_house.mark)
    assert page["results"][0]["subject"] == f"Notices of Guild {other_house.mark} arrive here"
    assert "status" not in page["results"][0]
    assert house.officer.get("/api/users/me/notices/").json()["count"] == 1
    bot = house.bot("notices:read")
    assert bot.get("/api/users/me/notices/").status_code == 403


def test_bots_and_members_see_no_more_than_is_theirs(house: House) -> None:
    """A-3, A-7: programs nothing of what people are told; members no list of the guild's."""
    told(house, Recipient.user(UserId(house.member_id)))
    told(house, Recipient.email(f"{house.mark}@example.org"))
    set_channel(house)
    rows = house.bot("notices:read").get("/api/notices/")
    assert rows.json()["count"] == 3
    assert {(each["recipient"], each["subject"], each["body"]) for each in rows.json()["results"]} == {
        (None, None, None)
    }
    assert f"{house.mark}@example.org" not in rows.text
    assert f"{house.mark}@example.org" in house.officer.get("/api/notices/?recipient_kind=email").text
    members: Caller = house.member
    for path in ("/api/notices/", f"/api/guilds/{house.mark}/channels/"):
        assert members.get(path).status_code == 403


def test_a_channels_death_is_shown(house: House) -> None:
    """U-8: since when, and what Discord said."""
    set_channel(house)
    queue = SqlNoticeQueue(house.api.database)
    queue.claim(500)  # what other tests left

    class Gone:
        """Discord knows the webhook no more."""

        def send(self, _: object) -> Never:
            return Never("Discord answered 404: Unknown Webhook (code 10015)", gone=True)

    house.officer.post(f"/api/guilds/{house.mark}/channels/recruiters/test/")
    send = evolve(house.api.use_cases.send_notice(), notifier=Gone())
    due = next(each for each in queue.claim(500) if each.guild_id == house.guild_id)
    send(due.id, due.notice, posted_at=due.posted_at, by=job("send_notice", due.guild_id))
    row = house.officer.get(f"/api/guilds/{house.mark}/channels/").json()[0]
    assert row["is_set"]
    assert row["dead_at"] is not None
    assert row["fault"] == "Discord answered 404: Unknown Webhook (code 10015)"
