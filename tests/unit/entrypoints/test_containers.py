"""The container gives every use case what it asks for; a misspelt keyword would pass the type checker."""

from __future__ import annotations

import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import pytest
from dependency_injector import providers

from dkp_adapters.memory import MemoryInstallation
from dkp_adapters.sql.database import SqlDatabase
from dkp_core.kernel.ports import Begin, BeginInstallation, Chance, Clock, Hashing, Ids, Read
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

CONTEXTS = ("guilds", "accounts", "notices", "roster", "points", "raids", "loot", "recruitment", "moving")


@cache
def use_cases() -> dict[str, type]:
    """Every use case of the core: a frozen class that is called with an actor."""
    found: dict[str, type] = {}
    for context in CONTEXTS:
        for name, value in vars(import_module(f"dkp_core.{context}")).items():
            called = vars(value).get("__call__") if inspect.isclass(value) else None
            if called is not None and attrs.has(value):
                found[name] = value
    return found


@cache
def made() -> dict[str, Any]:
    """Every use case that the container makes, by its class name."""
    container = UseCases(settings=Settings())
    container.database.override(MemoryInstallation())
    singletons = {name: each for name, each in container.providers.items() if isinstance(each, providers.Singleton)}
    instances = {name: each() for name, each in singletons.items() if name not in ("database", "clock", "chance")}
    return {type(each).__name__: each for each in instances.values()}


def test_the_container_makes_every_use_case_there_is() -> None:
    """I-3: every use case is reachable; a new one that nobody wires fails here."""
    assert set(use_cases()) - set(made()) == set()


@pytest.mark.parametrize("name", sorted(use_cases()))
def test_each_field_of_a_use_case_holds_the_port_it_asks_for(name: str) -> None:
    """G-6: `begin` opens the guild's work, `begin_installation` the installation's; they are easily confused."""
    instance = made()[name]
    memory = MemoryInstallation()
    for field, hint in get_type_hints(type(instance)).items():
        value = getattr(instance, field)
        port = get_origin(hint) or hint
        if port in (Begin, BeginInstallation, Read):
            read = memory.read_steadily if name == "Simulate" else memory.read
            expected = {Begin: memory.begin, BeginInstallation: memory.begin_installation, Read: read}[port]
            assert value.__func__ is expected.__func__, f"{name}.{field} is not {port.__name__}"  # type: ignore[attr-defined]  # a bound method
            assert get_args(hint), f"{name}.{field} does not say which work it opens"
        elif port in (Clock, Chance, Hashing, Ids):
            assert callable(getattr(value, {Clock: "now", Chance: "token", Hashing: "digest", Ids: "next"}[port]))
        elif inspect.isclass(port) and not getattr(port, "_is_protocol", False):
            assert isinstance(value, port), f"{name}.{field} is a {type(value).__name__}"


def test_what_use_cases_share_is_one_and_of_its_container() -> None:
    """G-6: whatever is asked for first, also by many threads at once; another container has its own."""
    one, other = UseCases(settings=Settings()), UseCases(settings=Settings(secret_key="another"))
    names = [name for name, each in UseCases.providers.items() if isinstance(each, providers.BaseSingleton)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda name: getattr(one, name), names * 8))
    assert {id(each) for each in found} == {id(getattr(one, name)) for name in names}
    assert len({id(each) for each in found}) == len(names)
    assert one.hashing() is one.authenticate().hashing is one.minting().hashing
    assert one.settings().secret_key == "" != other.settings().secret_key
    memory = MemoryInstallation()
    one.database.override(memory)
    assert one.ids() is one.record_raid().ids is memory.ids
    assert other.ids() is not memory.ids
    other.database().close()


def test_many_who_need_the_database_at_once_have_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """G-6: nobody would close another one."""
    cases, start, opened = UseCases(settings=Settings()), threading.Barrier(8), SqlDatabase.open

    def slowly(url: str, **more: Any) -> SqlDatabase:
        time.sleep(0.01)
        return opened(url, **more)

    def database(_: int) -> SqlDatabase:
        start.wait(30)
        found: SqlDatabase = cases.database()
        return found

    monkeypatch.setattr(SqlDatabase, "open", slowly)
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(database, range(8)))) == 1
    cases.database().close()
