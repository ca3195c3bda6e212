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


def _field(body: object = None) -> _Make:
    """The path of a profile field, made for it, and a body."""

    def make(house: House) -> Sample:
        field = {"name": f"Field {secrets.token_hex(4)}", "kind": "text"}
        made = house.officer.post("/api/roster/fields/", json=field).json()
        return Sample({"field_id": made["id"]}, body)

    return make


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
    "export_guild": _plain(),
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
    "list_imports": _plain("?page_size=5"),
    "show_import": lambda house: Sample({"import_id": house.moved_in()}),
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
    "change_main": _with(lambda _: {"reason": "reroll"}, character_id="alt"),
    "list_main_changes": _member(),
    "list_profile_fields": _plain(),
    "create_profile_field": _with(
        lambda house: {"name": f"Trade {house.mark}", "kind": "choice", "choices": ["Baker", "Smith"]}
    ),
    "change_profile_field": _field({"required": True, "shown_to": "everyone"}),
    "put_profile_field": _field({"order": 3}),
    "remove_profile_field": _field(),
    # No name tells the guild it is of: another guild's officer may well import the same file into their own.
    "import_roster": _with(lambda _: {"text": "name\nNewcomer\nLatecomer\n", "file_name": "roster.csv"}),
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
    "show_policies": _in(pool_id="pool"),
    "set_policies": _with(lambda _: {"policies": {"cap": "500", "alt_percent": "50"}}, pool_id="pool"),
    "put_policies": _with(lambda _: {"policies": {"floor": "-10"}}, pool_id="pool"),
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
    "explain_entry": lambda house: Sample({"user_id": house.member_id, "entry_id": entry_of(house, house.member_id)}),
    "explain_balance": lambda house: Sample(
        {"user_id": house.member_id, "pool_id": house.things["pool"]}, query="?as_of=2026-11-02T00:00:00Z"
    ),
    "simulate": _with(
        lambda house: {
            "policies": {"cap": "4", "decay": {"percent": "10"}},
            "prices": "50%",
            "points": {str(house.things["event_type"]): "150%"},
            "months": 1,
        },
        pool_id="pool",
    ),
    "list_disputes": _plain("?status=open"),
    "dispute_entry": lambda house: Sample(
        body={"user": house.officer_id, "entry": new_entry(house, house.officer_id), "text": "I was late."}
    ),
    "show_dispute": lambda house: Sample({"dispute_id": dispute(house)}),
    "withdraw_dispute": lambda house: Sample({"dispute_id": dispute(house)}),
    "uphold_dispute": lambda house: Sample({"dispute_id": dispute(house)}, {"reason": "You are right."}),
    "reject_dispute": lambda house: Sample({"dispute_id": dispute(house)}, {"reason": "You were there."}),
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
    "list_batches": _plain("?kind=decay&reversed=false"),
    "show_batch": lambda house: Sample({"batch_id": batch(house)}),
    "list_batch_lines": lambda house: Sample({"batch_id": batch(house)}, query="?page_size=5"),
    "preview_batch": lambda house: Sample(body=decaying(house)),
    "run_batch": lambda house: Sample(body=decaying(house)),
    "reverse_batch": lambda house: Sample({"batch_id": batch(house)}, {"reason": "mistake"}),
    "preview_bonus": lambda house: Sample(
        body={"title": "First kill", "raid": house.things["raid"], "tick": 1, "amount": 5}
    ),
    "give_bonus": lambda house: Sample(
        body={"title": "Race", "lines": [{"user": house.member_id, "amount": "25"}], "key": "race 1"}
    ),
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
    "change_attendance": _with(
        lambda house: {"characters": [{"name": f"Main{house.mark}", "status": "late"}], "tick": 1},
        raid_id="raid",
    ),
    "put_attendance": _with(
        lambda house: {"characters": [{"name": f"Main{house.mark}", "status": "standby"}], "dry_run": True},
        raid_id="raid",
    ),
    "remove_attendance": _with(lambda house: {"characters": ["Never there", "Nor there"], "tick": 1}, raid_id="raid"),
    "list_disagreements": _in(raid_id="raid"),
    "decide_disagreements": lambda house: Sample(
        {"raid_id": disagreeing(house)}, {"characters": [f"Main{house.mark}"], "absent": True}
    ),
    "claim_standby": lambda house: Sample({"raid_id": (claim := standby(house))["raid"]}, claim["body"]),
    "withdraw_standby": lambda house: Sample(
        {"raid_id": (claim := standby(house, claimed=True))["raid"]}, query=f"?character={claim['body']['character']}"
    ),
    "change_tick": lambda house: Sample({"raid_id": house.things["raid"], "tick": 1}, {"name": "Pull", "points": "2"}),
    "put_tick": lambda house: Sample({"raid_id": house.things["raid"], "tick": 1}, {"at": "2026-11-01T20:05:00Z"}),
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
    "list_award_drafts": lambda house: Sample({"raid_id": house.things["raid"]}, query="?status=open&page_size=5"),
    "draft_awards": _with(
        lambda house: {
            "text": f"45472;2026-11-01 21:16;Main{house.mark}\nwhat is this\n",
            "format": "gargul",
            "zone": "Europe/Berlin",
            "apply": True,
        },
        raid_id="raid",
    ),
    "show_award_draft": _in(raid_id="raid", draft_id="award_draft"),
    "confirm_award_draft": _with(
        lambda house: {"user": house.member_id, "item": "Rod", "amount": "1.50", "reason": "won the roll"},
        raid_id="raid",
        draft_id="award_draft",
    ),
    "dismiss_award_draft": _with(lambda _: {"reason": "a test"}, raid_id="raid", draft_id="award_draft"),
    "list_awards": lambda house: Sample(
        query=f"?user_id={house.member_id}&status=standing&search=gem&ordering=-awarded_at"
    ),
    "show_award": _in(award_id="award"),
    "reshare_awards": _with(lambda _: {"reason": "attendance was wrong"}, raid_id="raid"),
    "show_priorities": lambda house: Sample({"pool_id": house.things["pool"]}, query="?everyone=true&search=main"),
    "shuffle_start_list": _in(pool_id="pool"),
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


def batch(house: House) -> int:
    """Points of two that moved together."""
    both = [{"user": user_id, "amount": 1} for user_id in (house.member_id, house.officer_id)]
    made = house.officer.post("/api/points/adjustments/", json={"reason": "both", "adjustments": both})
    assert made.status_code == 201, made.text
    batch_id: int = made.json()["batch_id"]
    return batch_id


def decaying(house: House) -> Mapping[str, object]:
    """A run of decay in a pool that decays."""
    policies = {"policies": {"decay": {"percent": "10"}}}
    decays = house.officer("PATCH", f"/api/pools/{house.things['pool']}/policies/", json=policies)
    assert decays.status_code == 200, decays.text
    return {"kind": "decay", "pool": house.things["pool"], "now": True}


def disagreeing(house: House) -> int:
    """A raid that two files tell of, one of which lacks the member's main."""
    raid = house.raid()
    for names in (f"Main{house.mark}\n{_a_name()}", _a_name()):
        body = {"text": names, "format": "name_list", "raid": raid, "at": "2026-11-01T20:00:00Z", "apply": True}
        answer = house.officer.post("/api/points/parse-attendance/", json=body)
        assert answer.status_code == 201, answer.text
    return raid


def _a_name() -> str:
    """A name that nothing bears yet."""
    return "Bench" + "".join(secrets.choice("bcdfghjk") for _ in range(8))


def standby(house: House, *, claimed: bool = False) -> dict[str, Any]:
    """A raid at which members claim standby, and the officer's character who is to claim it, or has."""
    policies = f"/api/pools/{house.things['pool']}/policies/"
    assert house.officer("PATCH", policies, json={"policies": {"standby_claim": "members"}}).status_code == 200
    name = _a_name()
    owner = house.officer.get("/api/users/me/").json()["id"]
    character = house.officer.post("/api/characters/", json={"name": name, "owner": owner}).json()["id"]
    tonight = datetime.now(UTC).isoformat()
    raid, body = house.raid(starts_at=tonight), {"character": character, "tick": 1}
    if claimed:
        assert house.officer.post(f"/api/raids/{raid}/standby/", json=body).status_code == 201
    return {"raid": raid, "body": body}


def entry_of(house: House, user_id: int) -> int:
    """A user's oldest entry."""
    listed = house.officer.get(f"/api/points/history/user/{user_id}/?ordering=occurred_at&page_size=1").json()
    entry_id: int = listed["results"][0]["id"]
    return entry_id


def new_entry(house: House, user_id: int) -> int:
    """An entry that nobody has disputed yet."""
    body = {"user": user_id, "amount": "1", "reason": "to be disputed"}
    made = house.officer.post("/api/points/adjustments/", json=body).json()
    entry_id: int = made["adjustments"][0]["entry_id"]
    return entry_id


def dispute(house: House, *, by_member: bool = False) -> int:
    """A dispute that waits, of the officer's or of the member's, about an entry of their own."""
    user_id, caller = (house.member_id, house.member) if by_member else (house.officer_id, house.officer)
    body = {"user": user_id, "entry": new_entry(house, user_id), "text": "I was late."}
    made = caller.post("/api/points/disputes/", json=body)
    assert made.status_code == 201, made.text
    dispute_id: int = made.json()["id"]
    return dispute_id
