"""A guild with people and things in it, and the API as they call it."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from attrs import define, evolve, field, frozen
from litestar.testing import TestClient

from dkp_adapters.memory.discord import MemoryDiscord
from dkp_adapters.sealing import make_key
from dkp_adapters.sql.database import SqlDatabase
from dkp_core.accounts import SCOPES, DiscordIdentity, DiscordSignedIn, Membership, RoleGroup, unlinked_user
from dkp_core.kernel.actor import Actor, ActorKind, job, operator
from dkp_core.kernel.ids import ApplicationId, GuildId, ImportId
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import Clock
from dkp_core.moving import GuildImported, Import
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http import create_app
from dkp_entrypoints.http.front import Api as HttpApi
from dkp_entrypoints.http.key_uses import KeyUses
from dkp_entrypoints.http.streaming import Streams
from dkp_entrypoints.settings import Settings
from tests.integration.http.searching import Request, answers

PEPPER: Final = "of the tests"
KINDS: Final = ("anonymous", "session", "personal_key", "bot_key", "sign_in")
# The client of the tests has no address at all, and is in a hurry.
UNHINDERED: Final = {"plain_http": True, **{f"rate_{kind}": "0" for kind in KINDS}}
NOBODY: Final = Actor(kind=ActorKind.USER, id="anonymous", entrypoint="test")
ENCRYPTION_KEY: Final = make_key()
_numbers: Final = itertools.count(int.from_bytes(secrets.token_bytes(5)) << 12)


@frozen
class Caller:
    """Somebody with a key, or nobody without one."""

    client: TestClient[HttpApi]
    token: str | None
    guild: str | None = None

    def __call__(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Send a request."""
        sent: dict[str, str] = {}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.guild is not None:
            sent["X-Guild"] = self.guild
        return self.client.request(method, path, headers={**sent, **(headers or {})}, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        """GET it."""
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """POST to it."""
        return self("POST", path, **more)

    def within(self, guild: str) -> Caller:
        """The same caller, naming a guild."""
        return Caller(self.client, self.token, guild)


class PatientDiscord(MemoryDiscord):
    """Discord in memory, whose codes stay good: the same request is made by many."""

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> DiscordSignedIn:
        found = self._codes.get(code)
        try:
            return super().redeem(code, verifier=verifier, redirect_uri=redirect_uri)
        finally:
            if found is not None:
                self._codes[code] = found


@define(eq=False)
class Api:
    """The application, running, on a database."""

    app: HttpApi
    client: TestClient[HttpApi]
    use_cases: UseCases
    settings: Settings
    _document: dict[str, Any] = field(init=False, factory=dict)

    @property
    def database(self) -> SqlDatabase:
        """What it runs on."""
        database: SqlDatabase = self.use_cases.database()
        return database

    @property
    def discord(self) -> MemoryDiscord:
        """Where people sign in."""
        discord = self.use_cases.discord()
        assert isinstance(discord, MemoryDiscord)
        return discord

    def session_of(self, user_id: Any) -> str:
        """What a user's browser keeps of a new session."""
        link = self.use_cases.make_sign_in_link()(user_id, by=operator("test"))
        signed_in = self.use_cases.sign_in_with_link()(link.code, device="Firefox", brought=None, by=NOBODY)
        return str(signed_in.token)

    def sign_in_at_discord(self, user_id: Any) -> None:
        """Let a user come by way of Discord."""
        discord_id = self.use_cases.show_profile()(by=evolve(operator("test"), user_id=user_id)).discord_id
        assert discord_id is not None
        begun = self.use_cases.begin_sign_in()(next_path="/", redirect_uri="https://dkp.example.org/", by=NOBODY)
        state, code = self.discord.allow_at(begun.url, DiscordIdentity.of(discord_id, f"discord-{discord_id}"))
        self.use_cases.sign_in_with_discord()(
            state=state, code=code, browser=begun.browser, device="Firefox", brought=None, by=NOBODY
        )

    @property
    def key_uses(self) -> KeyUses:
        """What it has counted."""
        return self.app.front.key_uses

    @property
    def streams(self) -> Streams:
        """What is followed."""
        return self.app.streams

    @property
    def document(self) -> dict[str, Any]:
        """Its OpenAPI document."""
        if not self._document:
            self._document = self.client.get("/schema/openapi.json").json()
        return self._document

    @property
    def nobody(self) -> Caller:
        """Who has no key."""
        return Caller(self.client, None)

    def by(self, token: str) -> Caller:
        """Who has that key."""
        return Caller(self.client, token)

    def key_of(self, user_id: Any) -> Caller:
        """A user, with a key of their own."""
        issued = self.use_cases.issue_personal_key()(name="test", owner=user_id, by=operator("test"))
        return self.by(issued.token)

    def house(self) -> House:
        """A new guild."""
        mark = f"zq{next(_numbers):x}"
        founded = self.use_cases.found_guild()(
            name=f"Guild {mark}",
            slug=mark,
            officer_discord_id=str(10**17 + next(_numbers)),
            officer_username=f"officer-{mark}",
            by=operator("test"),
        )
        by = operator("test", founded.guild.id)
        member = self.use_cases.add_member()(
            discord_id=str(10**17 + next(_numbers)), username=f"member-{mark}", role_group=RoleGroup.MEMBER, by=by
        )
        house = House(
            api=self,
            mark=mark,
            guild_id=founded.guild.id,
            officer_id=founded.officer.id,
            member_id=member.user_id,
            officer=self.key_of(founded.officer.id),
            member=self.key_of(member.user_id),
        )
        house.fill()
        return house


@frozen
class _Later(Clock):
    """A clock that is some days ahead."""

    days: int

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


@frozen
class Unlinked:
    """Somebody whose Discord account nobody knows, and what their main is called."""

    user_id: int
    character: str


@define(eq=False)
class House:
    """A guild, its people with their keys, and what they have; everything in it bears its mark."""

    api: Api
    mark: str
    guild_id: int
    officer_id: int
    member_id: int
    officer: Caller
    member: Caller
    things: dict[str, Any] = field(init=False, factory=dict)

    def fill(self) -> None:
        """Characters, an event type, a raid with attendance, an adjustment, an item, an auction, an award, keys."""
        make = self._made
        self.things["pool"] = self.officer.get("/api/pools/").json()[0]["id"]
        ranks = self.officer.get("/api/ranks/").json()
        self.things["rank"], self.things["other_rank"] = ranks[2]["id"], ranks[5]["id"]
        main = {"name": f"Main{self.mark}", "owner": self.member_id, "character_class": "Cleric", "level": 60}
        self.things["character"] = make("/api/characters/", main)["id"]
        self.things["alt"] = make("/api/characters/", {"name": f"Alt{self.mark}", "owner": self.member_id})["id"]
        self.things["event_type"] = make("/api/events/", {"name": f"Fear {self.mark}", "default_points": "5.50"})["id"]
        raid = {"event_type": self.things["event_type"], "starts_at": "2026-11-01T20:00:00Z", "note": self.mark}
        self.things["raid"] = make("/api/raids/", raid)["id"]
        attendance = {"characters": [f"Main{self.mark}", f"Stranger{self.mark}"]}
        make(f"/api/raids/{self.things['raid']}/attendance/", attendance)
        adjustment = {"user": self.member_id, "amount": "10", "reason": f"Helped {self.mark}"}
        self.things["adjustment"] = make("/api/points/adjustments/", adjustment)["adjustments"][0]["id"]
        self.things["item_pool"] = make("/api/item-pools/", {"name": f"Items {self.mark}"})["id"]
        self.things["discord_id"] = self.member.get("/api/users/me/").json()["discord_id"]
        self.things["item"] = make("/api/items/", {"name": f"Cloak {self.mark}"})["id"]
        wanted = f"/api/items/{self.things['item']}/standing-bid/"
        assert self.member("PUT", wanted, json={"ceiling": 3}).status_code == 200
        self.things["auction"] = self.auction(item=f"Sword {self.mark}", closes_at=None)
        given = {"item": f"Gem {self.mark}", "user": self.member_id, "reason": f"for {self.mark}"}
        self.things["award"] = make(f"/api/raids/{self.things['raid']}/loot/", given)["id"]
        told = {"text": f"45471;2026-11-01 21:15;Main{self.mark}\n", "zone": "UTC", "apply": True}
        drafted = make(f"/api/raids/{self.things['raid']}/award-drafts/", told)
        self.things["award_draft"] = drafted["lines"][0]["draft_id"]
        bot = make("/api/auth/bot-keys/", {"name": f"bot {self.mark}", "scopes": ["points:read"]})
        self.things["bot_key"], self.things["bot_token"] = bot["id"], bot["token"]
        own = make("/api/auth/api-keys/", {"name": f"own {self.mark}"})
        self.things["own_key"] = own["id"]

    def _made(self, path: str, body: Mapping[str, object]) -> Any:
        answer = self.officer.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def bot(self, *scopes: str) -> Caller:
        """A bot of this guild with these scopes."""
        return self.api.by(self._made("/api/auth/bot-keys/", {"name": "bot", "scopes": list(scopes)})["token"])

    def person(self, role_group: RoleGroup = RoleGroup.MEMBER, *, points: str = "0") -> Caller:
        """Somebody else in the guild, with a main and these points."""
        number = next(_numbers)
        added = self.api.use_cases.add_member()(
            discord_id=str(10**17 + number),
            username=f"person-{number:x}",
            role_group=role_group,
            by=operator("test", GuildId(self.guild_id)),
        )
        self._made("/api/characters/", {"name": f"Main{number:x}", "owner": added.user_id})
        if Points.of(points):
            self._made("/api/points/adjustments/", {"user": added.user_id, "amount": points, "reason": "x"})
        return self.api.key_of(added.user_id)

    def unlinked(self, role_group: RoleGroup = RoleGroup.MEMBER) -> Unlinked:
        """A member without a Discord account, as an import leaves them, with a main and points."""
        name, by = f"Old{next(_numbers):x}", operator("test", GuildId(self.guild_id))
        with self.api.database.begin(by) as work:
            user = unlinked_user(work.users, self.api.database.ids, f"was-{name}", datetime.now(UTC))
            work.memberships.save(Membership.begin(work.guild_id, user.id, role_group, datetime.now(UTC)))
        self._made("/api/characters/", {"name": name, "owner": user.id})
        self._made("/api/points/adjustments/", {"user": user.id, "amount": "5", "reason": "from before"})
        return Unlinked(user.id, name)

    def newcomer(self, role_group: RoleGroup = RoleGroup.MEMBER) -> int:
        """The id of somebody else in the guild, who has nothing yet."""
        added = self.api.use_cases.add_member()(
            discord_id=str(10**17 + next(_numbers)), role_group=role_group, by=operator("test", GuildId(self.guild_id))
        )
        return added.user_id

    def claim(self, caller: Caller | None = None) -> int:
        """A claim that waits: of that caller, or of somebody new."""
        claimant = caller or self.api.key_of(self.newcomer(RoleGroup.GUEST))
        made = claimant.post("/api/claims/", json={"character": self.unlinked().character})
        assert made.status_code == 201, made.text
        claim_id: int = made.json()["id"]
        return claim_id

    def own_claim(self) -> int:
        """A claim of the officer's that waits, the same until it is decided."""
        waiting = self.officer.get(f"/api/claims/?status=pending&claimant_id={self.officer_id}").json()["results"]
        claim_id: int = waiting[0]["id"] if waiting else self.claim(self.officer)
        return claim_id

    def merged(self) -> int:
        """A merge that stands."""
        body = {"into": self.newcomer(), "reason": self.mark}
        made = self.officer.post(f"/api/users/{self.unlinked().user_id}/merge/", json=body)
        assert made.status_code == 200, made.text
        merge_id: int = made.json()["merge_id"]
        return merge_id

    def moved_in(self) -> int:
        """An import, as it is kept, of nothing."""
        by = operator("test", GuildId(self.guild_id))
        import_id = ImportId(self.api.database.ids.next("import"))
        record = Import(
            id=import_id,
            guild_id=by.guild,
            program="EQdkp Plus",
            version="2.3",
            source="old.sql",
            fingerprint=self.mark,
            at=datetime.now(UTC),
            actor_kind=by.kind,
            actor_id=by.id,
            spans=(),
            counts={"members": 3},
        )
        told = GuildImported(
            import_id=import_id, program=record.program, source=record.source, fingerprint=record.fingerprint
        )
        with self.api.database.begin(by) as work:
            work.imports.save(record, told)
        return import_id

    def raid(self, **more: object) -> int:
        """Another raid."""
        body = {"event_type": self.things["event_type"], "starts_at": "2026-11-02T20:00:00Z", **more}
        raid_id: int = self._made("/api/raids/", body)["id"]
        return raid_id

    def auction(self, *, item: str = "", rules: Mapping[str, object] | None = None, **more: object) -> int:
        """An auction of something that nobody knew before."""
        body = {"item": item or f"Thing {next(_numbers)} {self.mark}", "rules": rules or {}, **more}
        auction_id: int = self._made("/api/bidding/start-bid/", body)["id"]
        return auction_id

    def bid(self, auction_id: int, amount: str = "2", **more: object) -> httpx.Response:
        """The member's bid on an auction."""
        return self.member.post("/api/bidding/place-bid/", json={"auction": auction_id, "amount": amount, **more})

    @property
    def recruiting_bot(self) -> Caller:
        """The guild's bot that applies for whom it names; no person may."""
        if "recruiting_bot" not in self.things:
            key = {"name": f"recruiting {self.mark}", "scopes": ["applications:write"]}
            self.things["recruiting_bot"] = self._made("/api/auth/bot-keys/", key)["token"]
        return self.api.by(self.things["recruiting_bot"])

    def application(self, status: str = "submitted", **more: object) -> int:
        """An application of somebody new, as far as that status; `passed` is voted on and waits to be carried out."""
        number = next(_numbers)
        told = {
            "character_name": f"Hopeful{number:x}",
            "discord_id": 10**17 + number,
            "username": f"hopeful-{number:x}",
        }
        made = self.recruiting_bot.post("/api/applications/", json={**told, **more})
        assert made.status_code == 201, made.text
        application_id: int = made.json()["id"]
        steps = {"submitted": 0, "trial_accepted": 1, "voting_active": 2, "passed": 2}[status]
        path = f"/api/applications/{application_id}"
        if status == "passed":
            rules = {"counts_from_percent": 0, "promote_by_hand": True}
            assert self.officer("PATCH", "/api/applications/rules/", json={"rules": rules}).status_code == 200
        for step in ("trial-accept", "start-voting")[:steps]:
            assert self.officer.post(f"{path}/{step}/", json={}).status_code == 200
        if status == "passed":
            assert self.member("PUT", f"{path}/vote/", json={"option": "pass"}).status_code == 200
            self.decide(application_id)
        return application_id

    def decide(self, application_id: int, *, days: int = 31) -> None:
        """Let the vote on an application be over, so many days from now, and decided."""
        decide = evolve(self.api.use_cases.decide_vote(), clock=_Later(days))
        decide(ApplicationId(application_id), by=job("test", GuildId(self.guild_id)))

    def state(self) -> Any:
        """What it has, as far as its officer can see."""
        raid = f"/api/raids/{self.things['raid']}"
        paths = [
            "/api/characters/",
            "/api/ranks/",
            "/api/pools/",
            "/api/item-pools/",
            "/api/events/",
            "/api/raids/",
            f"{raid}/attendance/",
            f"{raid}/ticks/",
            "/api/unresolved-names/",
            "/api/points/adjustments/",
            "/api/memberships/",
            f"/api/guilds/{self.mark}/",
            "/api/users/me/",
            "/api/attendance/",
            "/api/items/",
            "/api/bidding/",
            f"/api/bidding/{self.things['auction']}/bids/",
            f"/api/bidding/rules/{self.things['pool']}/",
            "/api/bidding/chat-grammar/",
            "/api/awards/",
            "/api/notices/",
            f"/api/guilds/{self.mark}/channels/",
            "/api/applications/",
            "/api/applications/form/",
            "/api/applications/rules/",
            f"/api/points/leaderboard/{self.things['pool']}/?everyone=true",
            "/api/auth/bot-keys/",
        ]
        found = answers(self.api, self.officer.token, [Request("GET", path) for path in paths])
        *state, keys = [json.loads(each.body) for each in found]
        return state, [{**row, "use_count": 0, "last_used_at": None} for row in keys]

    def standings(self) -> Any:
        """Who has what, as its officer sees it, fresh from the database."""
        return self.officer.get(f"/api/points/leaderboard/{self.things['pool']}/?everyone=true").json()


@contextmanager
def serving(url: str, more: Callable[[UseCases], dict[str, Any]] | None = None, **settings: Any) -> Iterator[Api]:
    """The API on that database, as long as the block lasts; `more` is what it is made with besides."""
    kept = {**UNHINDERED, "secret_key": PEPPER, "encryption_keys": (ENCRYPTION_KEY,)}
    found = Settings(database_url=url, **{**kept, **settings})
    use_cases = UseCases(settings=found)
    if not found.discord_client_id:
        use_cases.discord.override(PatientDiscord())
    app = create_app(found, use_cases=use_cases, **(more(use_cases) if more else {}))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(app, client, use_cases, found)
    use_cases.database().close()


ALL_SCOPES: Final = SCOPES
