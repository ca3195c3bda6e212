"""People who come in at the same moment, on every database: one user, one first key, no lost tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import pytest
from attrs import define

from dkp_adapters.memory.discord import MemoryDiscord
from dkp_adapters.sealing import make_key
from dkp_core.accounts import DiscordIdentity, DiscordIsBeingAsked, SignedIn, UserShutOut
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.ids import UserId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

NOBODY = Actor(kind=ActorKind.USER, id="anonymous", entrypoint="http")
BACK = "https://dkp.example.org/accounts/discord/login/callback/"
TOGETHER = 4
_numbers = count(5 * 10**17)


@define
class Gate:
    """Where people come in, on a database that others use too."""

    use_cases: UseCases
    discord: MemoryDiscord

    def signs_in(self, person: DiscordIdentity) -> SignedIn:
        """The whole way, as the server goes it."""
        begun = self.use_cases.begin_sign_in()(next_path="/", redirect_uri=BACK, by=NOBODY)
        state, code = self.discord.allow_at(begun.url, person)
        return self.use_cases.sign_in_with_discord()(
            state=state, code=code, browser=begun.browser, device="", brought=None, by=NOBODY
        )


@pytest.fixture
def gate(schema_url: str) -> Iterator[Gate]:
    """On the shared database of each engine in turn."""
    discord = MemoryDiscord()
    use_cases = UseCases(settings=Settings(database_url=schema_url, encryption_keys=(make_key(),)), discord=discord)
    yield Gate(use_cases, discord)
    use_cases.database().close()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each of these comes to, or the error that it ends with."""
    start = threading.Barrier(len(acts))
    outcomes: list[object] = [None] * len(acts)

    def run(number: int) -> None:
        start.wait(20)
        try:
            outcomes[number] = acts[number]()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def test_first_sign_ins_at_once_make_one_user_and_one_key(gate: Gate) -> None:
    """A-1, A-6: however close they are, each browser is signed in."""
    for _ in range(3):
        person = DiscordIdentity.of(str(next(_numbers)), "racer")
        outcomes = at_once(*[partial(gate.signs_in, person)] * TOGETHER)
        came_in = [each for each in outcomes if isinstance(each, SignedIn)]
        assert len(came_in) == TOGETHER, outcomes
        assert len({each.user.id for each in came_in}) == 1
        assert sum(each.first_key is not None for each in came_in) == 1
        owner = came_in[0].user.id
        assert len(gate.use_cases.list_own_keys()(owner=owner, by=operator("test"))) == 1
        assert len(gate.use_cases.list_sessions()(owner=owner, by=operator("test"))) == TOGETHER


def test_refreshing_at_once_loses_no_tokens(gate: Gate) -> None:
    """A-1: a refresh token is good once; one asks, the others are told, and nobody has to sign in again."""
    user = gate.signs_in(DiscordIdentity.of(str(next(_numbers)), "racer")).user
    gate.discord.expire()
    by = operator("test")
    refresh = gate.use_cases.refresh_profile()
    outcomes = at_once(*[partial(refresh, owner=user.id, by=by)] * TOGETHER)
    assert all(each is None or isinstance(each, DiscordIsBeingAsked) for each in outcomes), outcomes
    assert None in outcomes
    refresh(owner=user.id, by=by)


def test_whoever_is_shut_out_while_they_come_in_is_out(gate: Gate) -> None:
    """A-10: either they do not get in, or the session that they got has ended."""
    for _ in range(3):
        person = DiscordIdentity.of(str(next(_numbers)), "racer")
        user_id: UserId = gate.signs_in(person).user.id
        shut_out = partial(gate.use_cases.set_user_active(), user_id, active=False, by=operator("test"))
        outcomes = at_once(partial(gate.signs_in, person), shut_out)
        assert isinstance(outcomes[0], SignedIn | UserShutOut), outcomes
        with gate.use_cases.begin_installation()(operator("test")) as work:
            assert work.sessions.of_user(user_id) == ()
