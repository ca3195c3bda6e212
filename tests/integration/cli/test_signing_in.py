"""One-time links, sessions and keys for secrets, from the command line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dkp_adapters.sealing import FernetSealing
from dkp_core.accounts import DiscordGrant, NotAuthenticated, SignInLinkNotValid, UserTokens
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.ids import UserId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.cli.command_line import CommandLine

NOBODY = Actor(kind=ActorKind.USER, id="anonymous", entrypoint="http")
LINK = re.compile(r"http://127\.0\.0\.1:8000/accounts/link/[a-z2-7]{52}/")


def cases(dkp: CommandLine, file: Path | None = None) -> UseCases:
    """The use cases on the same database."""
    if file is None:
        return UseCases(settings=Settings(database_url=dkp.url))
    return UseCases(settings=Settings.load({"DKP_DATABASE_URL": dkp.url}, file=file))


def works(dkp: CommandLine, session: str) -> bool:
    """Whether somebody could call within that session."""
    use_cases = cases(dkp)
    try:
        use_cases.authenticate_session()(session, entrypoint="test")
    except NotAuthenticated:
        return False
    finally:
        use_cases.database().close()
    return True


def test_a_link_is_shown_once_and_is_the_last_line(dkp: CommandLine) -> None:
    """A-11: so that it can be passed on; the rest is told beside it."""
    outcome = dkp.run("user", "sign-in-link", "Björn")
    assert LINK.fullmatch(outcome.stdout.splitlines()[-1])
    assert "once" in outcome.stderr
    made = dkp.json("user", "sign-in-link", "Björn", "--minutes", "60")
    assert LINK.fullmatch(made["url"])
    assert made["user_id"] == 2
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now().astimezone()
    assert timedelta(minutes=59) < left <= timedelta(minutes=60)


def test_a_link_leads_to_where_the_outside_finds_it(dkp: CommandLine, tmp_path: Path) -> None:
    """A-11: on the public address, where there is one."""
    file = tmp_path / "dkp.toml"
    file.write_text('public_url = "https://dkp.example.org/"\n')
    url = dkp.json("user", "sign-in-link", "Björn", "--config", file)["url"]
    assert url.startswith("https://dkp.example.org/accounts/link/")


def test_a_link_is_for_somebody_and_for_a_while(dkp: CommandLine) -> None:
    """G-8: refused in one line."""
    assert "minutes" in dkp.refused("user", "sign-in-link", "Björn", "--minutes", "0", code=3)
    dkp.refused("user", "sign-in-link", "99", code=4)
    dkp.run("user", "deactivate", "Björn", "--everywhere")
    assert "shut out" in dkp.refused("user", "sign-in-link", "2", code=5)


def test_sessions_are_seen_and_ended_by_the_operator(dkp: CommandLine) -> None:
    """A-1: one, or all; a session's secret is nowhere to be seen."""
    first, second, third = (dkp.sign_in("Björn") for _ in range(3))
    others = dkp.sign_in("Alma")
    rows = dkp.json("user", "sessions", "Björn")
    assert {row["id"] for row in rows} == {each.partition(".")[0] for each in (first, second, third)}
    assert rows[0]["device"] == "Firefox on Linux"
    assert first.partition(".")[2] not in dkp.run("user", "sessions", "Björn").stdout
    assert dkp.json("user", "end-sessions", "Björn", "--session", first.partition(".")[0])["ended"] == 1
    assert [works(dkp, each) for each in (first, second, others)] == [False, True, True]
    dkp.refused("user", "end-sessions", "Björn", "--session", others.partition(".")[0], code=4)
    assert "2 sessions ended" in dkp.run("user", "end-sessions", "Björn").stdout
    assert [works(dkp, each) for each in (second, third, others)] == [False, False, True]
    assert "No session" in dkp.run("user", "sessions", "Björn").stdout


def test_a_link_signs_in_once(dkp: CommandLine) -> None:
    """A-11: from whatever process."""
    code = dkp.json("user", "sign-in-link", "Björn")["url"].rstrip("/").rpartition("/")[2]
    use_cases = cases(dkp)
    sign_in = use_cases.sign_in_with_link()
    assert sign_in(code, device="", brought=None, by=NOBODY).user.username == "Björn"
    with pytest.raises(SignInLinkNotValid):
        sign_in(code, device="", brought=None, by=NOBODY)
    use_cases.database().close()


def test_a_profile_is_refreshed_where_discord_is_set_up(dkp: CommandLine) -> None:
    """A-1: it says what is missing."""
    assert "sign in with Discord first" in dkp.refused("user", "refresh", "Björn", code=6)


def test_secrets_are_sealed_anew(dkp: CommandLine, tmp_path: Path) -> None:
    """O-13: a new key before the old one, `dkp db reseal`, and the old one can go."""
    old, new = dkp.run("db", "make-key").stdout.strip(), dkp.json("db", "make-key")["key"]
    assert old != new
    grant = DiscordGrant(access_token="a", refresh_token="r", lasts=timedelta(days=7), scopes=("identify",))
    use_cases = cases(dkp)
    with use_cases.begin_installation()(operator("test")) as work:
        now = datetime.now().astimezone()
        work.discord_tokens.save(UserTokens.of(UserId(2), grant, FernetSealing.of([old]), now))
    both = tmp_path / "both.toml"
    both.write_text(f'encryption_keys = ["{new}", "{old}"]\n')
    assert "2 secrets are" in dkp.run("db", "reseal", "--config", both).stdout
    assert dkp.json("db", "reseal", "--config", both) == {"secrets": 2}
    with use_cases.begin_installation()(operator("test")) as work:
        kept = work.discord_tokens.find(UserId(2))
    use_cases.database().close()
    assert kept is not None
    assert FernetSealing.of([new]).open(kept.sealed_access) == "a"
    alone = tmp_path / "alone.toml"
    alone.write_text(f'encryption_keys = "{old}"\n')
    assert "encryption_keys" in dkp.refused("db", "reseal", "--config", alone, code=6)
    assert "make-key" in dkp.refused("db", "reseal", code=6)
