"""A request for every operation, that a guild's officer may make."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from attrs import field, frozen

from dkp_adapters.sql.notice_queue import SqlNoticeQueue
from dkp_core.accounts import DiscordIdentity, challenge_of
from dkp_core.notices import Never
from tests.integration.http.house import Caller, House


@frozen
class Sample:
    """What is sent: the parts of the path, the query and the body."""

    path: Mapping[str, object] = field(factory=dict)
    body: object = None
    query: str = ""

    by_bot: bool = False
    """Whether a bot asks for it, and no person may."""

    def send(self, caller: Caller, method: str, template: str) -> httpx.Response:
        """Ask the operation for it."""
        path = template.format(**self.path)
        more: dict[str, Any] = {} if self.body is None else {"json": self.body}
        return caller(method, f"{path}{self.query}", **more)


WEBHOOK: Final = "https://discord.com/api/webhooks/1190000000000000002/sample-token"

_Make = Callable[[House], Sample]


def _in(**things: str) -> _Make:
    """Just the path, from the names of things."""
    return lambda house: Sample({part: house.things[thing] for part, thing in things.items()})


def _with(body: Callable[[House], object], **things: str) -> _Make:
    """A path and a body."""
    return lambda house: Sample({part: house.things[thing] for part, thing in things.items()}, body(house))


def _plain(query: str = "") -> _Make:
    return lambda _: Sample(query=query)


def _guild(body: object = None) -> _Make:
    return lambda house: Sample({"guild": house.mark}, body)


def _member(**more: str) -> _Make:
    return lambda house: Sample(
        {"user_id": house.member_id, **{part: house.things[thing] for part, thing in more.items()}}
    )


def _application(status: str, body: object = None, query: str = "") -> _Make:
    """The path of an application of that status, and a body."""
    return lambda house: Sample({"application_id": house.application(status)}, body, query)


def _submit(house: House) -> Sample:
    """A bot applies for somebody."""
    told = {"character_name": f"Eager{house.mark}", "discord_id": 10**16 + house.guild_id, "username": "eager"}
    return Sample(
        body={**told, "server": "Rathe", "level": 60, "email": "eager@example.org", "answers": {}}, by_bot=True
    )


def _changed(body: Mapping[str, object]) -> _Make:
    """What a bot changes about somebody's application."""

    def make(house: House) -> Sample:
        application_id = house.application()
        shown = house.officer.get(f"/api/applications/{application_id}/").json()
        return Sample({"application_id": application_id}, {**body, "discord_id": shown["discord_id"]}, by_bot=True)

    return make


def _feedback(house: House) -> Sample:
    return Sample({"application_id": house.application("trial_accepted")}, {"text": "Friendly."})


def _recast(house: House) -> Sample:
    application_id = house.application("voting_active")
    house.officer("POST", f"/api/applications/{application_id}/vote/", json={"option": "pass"})
    return Sample({"application_id": application_id}, {"option": "fail"})


def _to_withdraw(house: House) -> Sample:
    return Sample(_recast(house).path)


def _finished(house: House) -> Sample:
    application_id = house.application()
    house.officer.post(f"/api/applications/{application_id}/reject/", json={"reason": "no"})
    return Sample({"application_id": application_id})


def _allowed(house: House) -> Mapping[str, str]:
    """What a program brings back from Discord, on the machine of the guild's member."""
    verifier, back = "v" * 43, "http://127.0.0.1:49152/back"
    person = DiscordIdentity.of(house.things["discord_id"], f"member-{house.mark}")
    code = house.api.discord.allow(person, challenge=challenge_of(verifier), redirect_uri=back)
    return {"code": code, "code_verifier": verifier, "redirect_uri": back, "name": "overlay"}


def _signed_in(house: House) -> Sample:
    """Just the request, of an officer who has come by way of Discord."""
    house.api.sign_in_at_discord(house.officer_id)
    return Sample()


SAMPLES: Final[Mapping[str, _Make]] = {
    "show_profile": _plain(),
    "change_preferences": _with(lambda _: {"timezone": "Europe/Berlin", "locale": "de", "muted": ["votes"]}),
    "put_preferences": _with(lambda house: {"default_guild": house.mark}),
    "export_person": _plain(),
    "erase_user": _with(lambda _: {"confirm": "not my name"}),
    "list_consents": _plain(),
    "give_consent": _with(lambda _: {"kind": "email"}),
    "withdraw_consent": _plain("?kind=privacy"),
    "show_user": _member(),
    "find_user": _in(discord_id="discord_id"),
    "show_session": _plain(),
    "list_sessions": _plain(),
    "end_sessions": _plain(),
    "end_session": lambda house: Sample({"session": house.api.session_of(house.officer_id).partition(".")[0]}),
    "issue_key": _with(lambda _: {"name": "script"}),
    "issue_key_with_discord": lambda house: Sample(body=_allowed(house)),
    "refresh_profile": lambda house: _signed_in(house),
    "list_own_keys": _plain(),
    "issue_personal_key": _with(lambda _: {"name": "laptop"}),
    "revoke_key": _in(key="own_key"),
    "rotate_key": _with(lambda _: {"grace_seconds": 60}, key="own_key"),
    "list_bot_keys": _plain(),
    "issue_bot_key": _with(lambda _: {"name": "bot", "scopes": ["points:read"]}),
    "revoke_bot_key": _in(key="bot_key"),
    "rotate_bot_key": _with(lambda _: {}, key="bot_key"),
    "change_bot_key_scopes": _with(lambda _: {"scopes": ["roster:read"]}, key="bot_key"),
    "list_guilds": _plain(),
    "found_guild": _with(lambda house: {"name": f"Second {house.mark}"}),
    "show_guild": _guild(),
    "change_guild": _guild({"name": "Renamed", "first_weekday": "sunday"}),
    "put_guild": _guild({"settings": {"trials_are_active": True}}),
    "show_guild_settings": _guild(),
    "change_guild_settings": _guild({"keep_uploads_days": 30}),
    "put_guild_settings": _guild({"approve_own_characters": True}),
    "show_audit_log": _plain("?page_size=5&aggregate=character"),
    "list_memberships": _plain("?role_group=member&ordering=-username"),
    "add_member": _with(lambda house: {"discord_id": 10**16 + house.guild_id, "username": "newcomer"}),
    "change_membership": lambda house: Sample({"user_id": house.member_id}, {"role_group": "recruiter", "reason": "x"}),
    "put_membership": lambda house: Sample({"user_id": house.member_id}, {"status": "ended", "reason": "left"}),
    "list_characters": _plain("?status=active&ordering=-level,name&level_min=1&is_main=true&search=main"),
    "enter_character": _with(lambda house: {"name": f"New{house.mark}", "owner": house.member_id, "level": 12}),
    "show_character": _in(character_id="character"),
    "change_character": _with(lambda house: {"level": 61, "rank_id": house.things["rank"]}, character_id="character"),
    "put_character": _with(lambda _: {"is_main": True, "notes": "was an alt"}, character_id="alt"),
    "remove_character": _in(character_id="alt"),
    "approve_character": lambda house: Sample({"character_id": pending(house)}),
    "reassign_character": _with(lambda house: {"owner": house.officer_id, "reason": "sold"}, character_id="alt"),
    "add_alias": _with(lambda house: {"name": f"Mein{house.mark}"}, character_id="character"),
    "show_ownership_history": _in(character_id="character"),
    "show_rank_history": _in(character_id="character"),
    "find_character": lambda house: Sample({"name": f"MAIN{house.mark}"}),
    "list_members": _plain(),
    "attribute_character": lambda house: Sample({"name": f"Main{house.mark}"}, query="?at=2026-11-01T21:00:00%2B01:00"),
    "list_ranks": _plain(),
    "create_rank": _with(lambda _: {"name": "Veteran", "order": 2}),
    "change_rank": _with(lambda _: {"name": "Core"}, rank_id="rank"),
    "put_rank": _with(lambda _: {"is_hidden": True}, rank_id="other_rank"),
    "remove_rank": lambda house: Sample({"rank_id": house.things["other_rank"]}, query=f"?into={house.things['rank']}"),
    "update_ranks": _with(
        lambda house: {"updates": [{"character": f"Main{house.mark}", "rank": house.things["rank"]}], "reason": "up"}
    ),
    "update_statuses": _with(lambda house: {"characters": [house.things["alt"]], "status": "inactive"}),
    "audit_roster": _plain(),
    "list_claims": lambda house: Sample(query=f"?status=pending&claimant_id={house.officer_id}&page_size=5"),
    "make_claim": _with(lambda house: {"character": house.unlinked().character}),
    "show_claim": lambda house: Sample({"claim_id": house.claim()}),
    "withdraw_claim": lambda house: Sample({"claim_id": house.own_claim()}),
    "approve_claim": lambda house: Sample({"claim_id": house.claim()}, {"reason": "I know them"}),
    "refuse_claim": lambda house: Sample({"claim_id": house.claim()}, {"reason": "never heard"}),
    "merge_users": lambda house: Sample(
        {"user_id": house.unlinked().user_id}, {"into": house.newcomer(), "reason": "the same", "dry_run": False}
    ),
    "list_merges": lambda house: Sample(query=f"?user_id={house.member_id}&undone=false"),
    "show_merge": lambda house: Sample({"merge_id": house.merged()}),
    "undo_merge": lambda house: Sample({"merge_id": house.merged()}, {"reason": "two people"}),
    "link_user": _with(lambda house: {"character": house.unlinked().character, "discord_id": new_discord_id()}),
    "unlink_user": lambda house: Sample({"user_id": house.newcomer()}, query="?reason=wrong"),
    "list_pools": _plain(),
    "create_pool": _with(lambda _: {"name": "Alts", "unit": "AP", "decimals": 1}),
    "show_pool": _in(pool_id="pool"),
    "change_pool": _with(lambda _: {"unit": "points"}, pool_id="pool"),
    "put_pool": _with(lambda _: {"decimals": 0}, pool_id="pool"),
    "list_item_pools": _plain(),
    "create_item_pool": _with(lambda house: {"name": "Rings", "pool": house.things["pool"]}),
    "change_item_pool": _with(lambda _: {"name": "Amulets"}, item_pool_id="item_pool"),
    "put_item_pool": _with(lambda house: {"pool": house.things["pool"]}, item_pool_id="item_pool"),
    "show_balances": lambda house: Sample({"user_id": house.member_id}, query="?as_of=2026-11-19T00:00:00Z"),
    "show_balance": _member(pool_id="pool"),
    "show_balances_of_discord_id": _in(discord_id="discord_id"),
    "show_history": lambda house: Sample({"user_id": house.member_id}, query="?kind=attendance&ordering=occurred_at"),
    "show_standings": lambda house: Sample(
        {"pool_id": house.things["pool"]}, query="?ordering=-current,username&current_min=0&attendance_30_max=100"
    ),
    "list_adjustments": _plain("?reversed=false"),
    "adjust_points": _with(
        lambda house: {
            "reason": "bonus",
            "adjustments": [
                {"user": house.member_id, "amount": "1.25"},
                {"character": f"Main{house.mark}", "amount": -1},
            ],
        }
    ),
    "reverse_adjustment": _with(lambda _: {"reason": "mistake"}, adjustment_id="adjustment"),
    "list_event_types": _plain("?active=true"),
    "create_event_type": _with(lambda house: {"name": "Hate", "pools": [house.things["pool"]], "modifier": "1.5"}),
    "show_event_type": _in(event_type_id="event_type"),
    "change_event_type": _with(lambda _: {"default_points": 7}, event_type_id="event_type"),
    "put_event_type": _with(lambda _: {"metadata": {"zone": "fearplane"}}, event_type_id="event_type"),
    "remove_event_type": _in(event_type_id="event_type"),
    "list_raids": lambda house: Sample(
        query=f"?since=2026-10-01T00:00:00Z&user_id={house.member_id}&ordering=-starts_at"
    ),
    "record_raid": _with(
        lambda house: {"event": house.things["event_type"], "starts_at": "2026-11-03T20:00:00+01:00", "points": "3"}
    ),
    "show_raid": _in(raid_id="raid"),
    "change_raid": _with(lambda _: {"note": "went well", "closed": True}, raid_id="raid"),
    "put_raid": _with(lambda house: {"leader": house.member_id}, raid_id="raid"),
    "cancel_raid": lambda house: Sample({"raid_id": house.things["raid"]}, query="?reason=twice"),
    "show_attendance": _in(raid_id="raid"),
    "record_attendance": _with(
        lambda house: {"characters": [{"name": f"Alt{house.mark}", "status": "late"}, "Nobody"], "tick": 1},
        raid_id="raid",
    ),
    "list_ticks": _in(raid_id="raid"),
    "add_tick": _with(lambda _: {"name": "Hour 2", "at": "2026-11-01T21:00:00Z", "points": 1}, raid_id="raid"),
    "list_unresolved_of_raid": _in(raid_id="raid"),
    "list_attendance_shares": _plain("?everyone=true&ordering=-attendance_30"),
    "list_unresolved": _plain(),
    "resolve_name": _with(
        lambda house: {
            "name": f"Stranger{house.mark}",
            "character": house.things["character"],
            "raid": house.things["raid"],
        }
    ),
    "import_dump": _with(
        lambda house: {
            "text": f"Main{house.mark}\nUnheard\n",
            "event_type": house.things["event_type"],
            "at": "2026-11-04T20:00:00",
            "zone": "Europe/Berlin",
            "apply": True,
        }
    ),
    "list_items": lambda house: Sample(query=f"?search=cloak&ordering=-name&item_pool_id={house.things['item_pool']}"),
    "enter_item": _with(
        lambda house: {
            "name": f"Ring {house.mark}",
            "item_pool": house.things["item_pool"],
            "metadata": {"slot": "ear"},
        }
    ),
    "show_item": _in(item_id="item"),
    "find_item": lambda house: Sample({"name": f"CLOAK {house.mark}"}),
    "change_item": _with(lambda _: {"rarity": "epic", "link": "https://items.example/7"}, item_id="item"),
    "put_item": _with(lambda _: {"active": False}, item_id="item"),
    "remove_item": _in(item_id="item"),
    "show_bid_history": _in(item_id="item"),
    "leave_bid": _with(lambda house: {"ceiling": "7.50", "discord_id": house.things["discord_id"]}, item_id="item"),
    "take_bid_back": lambda house: Sample(
        {"item_id": house.things["item"]}, query=f"?discord_id={house.things['discord_id']}"
    ),
    "start_auction": _with(
        lambda house: {
            "item": f"Bow {secrets.token_hex(8)}",
            "quantity": 2,
            "raid": house.things["raid"],
            "pool": house.things["pool"],
            "rules": {"mode": "sealed_second_price", "minimum": "1.50", "limits": [{"items": 1, "per": "night"}]},
            "closes_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        }
    ),
    "list_running_auctions": _plain(),
    "list_active_bids": _plain(),
    "list_auctions": _plain("?status=open&running=true&search=sword&ordering=-opens_at"),
    "show_auction": _in(auction_id="auction"),
    "list_bids": _in(auction_id="auction"),
    "close_auction": _with(lambda house: {"auction": house.things["auction"]}),
    "freeze_auction": _with(lambda _: {"reason": "the raid wiped"}, auction_id="auction"),
    "resume_auction": lambda house: Sample({"auction_id": frozen_auction(house)}),
    "extend_auction": _with(lambda _: {"closes_at": None}, auction_id="auction"),
    "cancel_auction": _with(lambda _: {"reason": "it dropped by mistake"}, auction_id="auction"),
    "follow_auctions": _plain("?once=true"),
    "follow_auction": lambda house: Sample({"auction_id": house.things["auction"]}, query="?once=true"),
    "show_rules": _in(pool_id="pool"),
    "set_rules": _with(lambda _: {"rules": {"increment": "0.50", "ties": ["roll"]}}, pool_id="pool"),
    "put_rules": _with(lambda _: {"rules": {"seconds": None, "anti_snipe_seconds": 10}}, pool_id="pool"),
    "place_bid": _with(
        lambda house: {
            "auction": house.things["auction"],
            "discord_id": house.things["discord_id"],
            "amount": "2.00",
            "ceiling": 4,
            "character": f"Main{house.mark}",
        }
    ),
    "withdraw_bid": lambda house: Sample(
        body={"auction": sealed_auction(house), "discord_id": house.things["discord_id"]}
    ),
    "validate_bid": _with(
        lambda house: {
            "auction": house.things["auction"],
            "discord_id": house.things["discord_id"],
            "amount": "5000.00",
        }
    ),
    "show_max_bid": lambda house: Sample(
        {"discord_id": house.things["discord_id"]}, query=f"?auction={house.things['auction']}"
    ),
    "show_own_loot": _plain(),
    "list_own_bids": _plain("?page_size=5"),
    "read_chat": _with(
        lambda house: {
            "lines": ["[Sun Nov 01 21:15:00 2026] You tell your raid, '3'", "[Sun Nov 01 21:15:02 2026] Welcome!"],
            "owner": f"Main{house.mark}",
        }
    ),
    "preview_chat": _with(
        lambda house: {
            "lines": ["[Sun Nov 01 21:15:00 2026] You tell your raid, '3'"],
            "owner": f"Main{house.mark}",
        }
    ),
    "show_chat_grammar": _plain(),
    "set_chat_grammar": _with(lambda _: {"grammar": {"nobody_words": ["rot", "bank"]}}),
    "put_chat_grammar": _with(lambda _: {"grammar": {"amount_words": {"high": "50"}}}),
    "award_auction": _with(lambda house: {"auction": house.things["auction"], "to_nobody": True, "reason": "rots"}),
    "award_item": _with(
        lambda house: {
            "item": "Amulet",
            "discord_id": house.things["discord_id"],
            "character": f"Main{house.mark}",
            "amount": "1.50",
            "bids": [{"discord_id": house.things["discord_id"], "amount": 2}, {"character": "Nobody", "amount": 1}],
        }
    ),
    "list_loot_of_raid": _in(raid_id="raid"),
    "award_loot": _with(
        lambda house: {"item": "Belt", "user": house.member_id, "amount": 1, "reason": "only one bid"}, raid_id="raid"
    ),
    "list_awards": lambda house: Sample(
        query=f"?user_id={house.member_id}&status=standing&search=gem&ordering=-awarded_at"
    ),
    "show_award": _in(award_id="award"),
    "revoke_award": _with(lambda _: {"reason": "a mistake"}, award_id="award"),
    "move_award": _with(lambda house: {"user": house.officer_id, "amount": 0, "reason": "swapped"}, award_id="award"),
    "return_item": _with(lambda _: {"reason": "not needed"}, award_id="award"),
    "show_channels": _guild(),
    "set_channel_webhook": lambda house: Sample({"guild": house.mark, "channel": "members"}, {"webhook": WEBHOOK}),
    "send_test_notice": lambda house: Sample({"guild": house.mark, "channel": set_channel(house)}),
    "list_notices": _plain("?status=parked&recipient_kind=channel&recipient=members&page_size=5"),
    "resend_notice": lambda house: Sample({"notice_id": parked_notice(house)}),
    "drop_notice": lambda house: Sample({"notice_id": parked_notice(house)}),
    "list_own_notices": _plain("?page_size=5"),
    "show_liveness": _plain(),
    "show_readiness": _plain(),
    "show_system_health": _plain(),
    "submit_application": _submit,
    "list_own_applications": _plain("?page_size=5"),
    "show_application": _application("voting_active"),
    "change_application": _changed({"availability": "Weekends", "level": 60}),
    "put_application": _changed({"email": None, "timezone": "Europe/Berlin"}),
    "withdraw_application": _application("submitted", {"reason": "They said so."}),
    "list_applications": _plain("?status=submitted&search=hope&ordering=-submitted_at,id"),
    "list_pending_applications": _plain("?page_size=5"),
    "list_applications_in_vote": _plain("?search=hope"),
    "list_trials": _plain("?ordering=trial_ends_at"),
    "accept_to_trial": _application("submitted", {"reason": "We need clerics."}),
    "reject_application": _application("submitted", {"reason": "No room."}),
    "extend_trial": _application("trial_accepted", {"days": 7}),
    "promote_trial": _application("passed", {"character_name": ""}),
    "post_trial_summary": _application("trial_accepted"),
    "comment_on_application": _application("submitted", {"text": "Good logs.", "visible": True}),
    "leave_feedback": _feedback,
    "show_trial_performance": _application("trial_accepted"),
    "remove_application": _finished,
    "show_application_form": _plain("?version=0"),
    "set_application_form": _with(
        lambda _: {"form": {"questions": [{"id": "why", "text": "Why us?", "private": True}]}}
    ),
    "show_recruitment_rules": _plain(),
    "set_recruitment_rules": _with(lambda _: {"rules": {"vote_hours": 72, "quorum": 3}}),
    "put_recruitment_rules": _with(lambda _: {"rules": {"trial_days": 14}}),
    "show_application_statistics": _plain("?since=2026-01-01T00:00:00Z"),
    "start_voting": _application("trial_accepted", {"reason": "Ready."}),
    "cast_vote": _application("voting_active", {"option": "recycle"}),
    "put_vote": _recast,
    "withdraw_vote": _to_withdraw,
    "recuse_from_vote": _application("voting_active"),
    "show_vote_summary": _application("voting_active", query="?round=1"),
    "show_member_view": _application("voting_active", query="?stage=members"),
    "show_vote_details": _application("voting_active"),
    "show_officer_view": _application("voting_active"),
    "show_voting_eligibility": _application("voting_active"),
    "show_vote_changes": _application("voting_active", query="?page_size=5"),
}


def new_discord_id() -> str:
    """A Discord id that nobody has."""
    return str(2 * 10**17 + secrets.randbelow(10**17))


def pending(house: House) -> int:
    """A character that waits for its approval."""
    entered = house.member.post("/api/characters/", json={"name": f"Pending {secrets.token_hex(8)} {house.mark}"})
    assert entered.json()["status"] == "pending", entered.text
    character_id: int = entered.json()["id"]
    return character_id


def set_channel(house: House) -> str:
    """A channel with a webhook."""
    path = f"/api/guilds/{house.mark}/channels/recruiters/"
    assert house.officer("PUT", path, json={"webhook": WEBHOOK}).status_code == 200
    return "recruiters"


def parked_notice(house: House) -> int:
    """A notice that was given up on."""
    set_channel(house)
    assert house.officer.post(f"/api/guilds/{house.mark}/channels/recruiters/test/").status_code == 202
    queue = SqlNoticeQueue(house.api.database)
    while due := queue.claim(500):
        for each in due:
            queue.settle(each, Never("Discord answered 400"))
    notice_id: int = house.officer.get("/api/notices/?status=parked").json()["results"][0]["id"]
    return notice_id


def sealed_auction(house: House) -> int:
    """An auction with sealed bids, of which the member has made one."""
    auction_id = house.auction(rules={"mode": "sealed_first_price"})
    # What earlier samples bid is held still.
    house.officer.post("/api/points/adjustments/", json={"user": house.member_id, "amount": 2, "reason": "to bid with"})
    assert house.bid(auction_id).status_code == 201
    return auction_id


def frozen_auction(house: House) -> int:
    """An auction whose clock stands still."""
    auction_id = house.auction()
    assert house.officer.post(f"/api/bidding/{auction_id}/freeze/", json={}).status_code == 200
    return auction_id
