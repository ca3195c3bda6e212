"""`dkp init`, `guild`, `user`, `key`: founding, settings, members and keys."""

from __future__ import annotations

import pytest
from attrs import fields

from dkp_core.accounts import KeyRow, MembershipRow, NotAuthenticated, ProfileRow, UserRow
from dkp_core.guilds import GuildRow
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.cli.command_line import OFFICER, CommandLine


def names(kind: type) -> set[str]:
    """The fields of a row, as the API has them."""
    return {each.name for each in fields(kind)}


def who(dkp: CommandLine, key: str) -> str:
    """The user that a key is of."""
    cases = UseCases(settings=Settings(database_url=dkp.url))
    actor = cases.authenticate()(key, entrypoint="test")
    cases.database().close()
    return str(actor.user_id or actor.kind)


# --- init -------------------------------------------------------------------------------------------------------------


def test_init_makes_database_guild_officer_and_key(nothing: CommandLine) -> None:
    """A-11, I-3: from nothing to an officer with a key, shown once."""
    made = nothing.json("init", "--guild", "Ætherwing", "--officer", OFFICER, "--username", "Alma", "--timezone", "UTC")
    assert made["guild"]["slug"] == "therwing"
    assert made["officer"]["role_group"] == "officer"
    assert who(nothing, made["key"]) == "1"
    assert [row["name"] for row in nothing.json("pool", "list")] == ["DKP"]
    assert len(nothing.json("rank", "list")) == 6


def test_init_tells_people_what_to_do_next(nothing: CommandLine) -> None:
    """A-11: the key is the last line of the answer, the advice is not part of it."""
    outcome = nothing.run("init", "--guild", "Glut", "--officer", OFFICER)
    assert outcome.stdout.splitlines()[-1].startswith("dkp_")
    assert "dkp raid import" in outcome.stderr


def test_another_guild_can_be_founded_beside_the_first(dkp: CommandLine) -> None:
    """G-1, A-11: one installation serves many; the same person may be an officer of both."""
    dkp.run("init", "--guild", "Other", "--officer", OFFICER)
    assert [row["slug"] for row in dkp.json("guild", "list")] == ["freyas-chariot", "other"]
    assert len(dkp.json("user", "list", "--guild", "other")) == 1
    assert len(dkp.json("user", "list", "--guild", "freyas-chariot")) == 3


def test_a_guilds_name_is_taken_in_any_case(dkp: CommandLine) -> None:
    """G-9: `freya's chariot` is the same guild."""
    said = dkp.refused("init", "--guild", "FREYA'S  CHARIOT", "--officer", OFFICER, code=6)
    assert "already" in said
    assert len(dkp.json("guild", "list")) == 1


def test_what_cannot_be_founded_leaves_no_database(nothing: CommandLine) -> None:
    """G-8: a wrong Discord id, name or zone is refused before anything is made."""
    assert "officer" in nothing.refused("init", "--guild", "Glut", "--officer", "alma#1234", code=3)
    assert "guild" in nothing.refused("init", "--guild", "  ", "--officer", OFFICER, code=3)
    nothing.refused("init", "--guild", "Glut", "--officer", OFFICER, "--timezone", "Europe/Nowhere", code=3)
    assert not nothing.path.exists()


def test_with_several_guilds_one_must_be_named(dkp: CommandLine) -> None:
    """I-3: ambiguous is an error that names them; slug, id and name are all understood."""
    dkp.run("init", "--guild", "Other", "--officer", OFFICER)
    assert "freyas-chariot, other" in dkp.refused("standings", code=3)
    for named in ("other", "2", "OTHER"):
        assert dkp.json("guild", "show", "--guild", named)["slug"] == "other"
    assert "There is no guild 'third'" in dkp.refused("standings", "--guild", "third", code=4)


# --- guild ------------------------------------------------------------------------------------------------------------


def test_settings_of_a_guild_are_changed_by_name(dkp: CommandLine) -> None:
    """A-3, D-9, O-9: settings are true, false or a number, and the answer shows them all."""
    changed = dkp.json(
        *("guild", "set", "--name", "Freyas Wagen", "--first-weekday", "wednesday"),
        *("--setting", "public_roster=yes", "--setting", "keep_uploads_days=90"),
    )
    assert set(changed) == names(GuildRow)
    assert changed["name"] == "Freyas Wagen"
    assert changed["settings"]["public_roster"] is True
    assert changed["settings"]["keep_uploads_days"] == 90
    assert dkp.json("guild", "show") == changed


def test_a_setting_that_is_none_is_named(dkp: CommandLine) -> None:
    """G-8: the error names the setting and what there is."""
    assert "settings.colour" in dkp.refused("guild", "set", "--setting", "colour=red", code=3)
    assert "true or false" in dkp.refused("guild", "set", "--setting", "public_roster=maybe", code=3)
    assert "NAME=VALUE" in dkp.refused("guild", "set", "--setting", "public_roster", code=3)
    assert "Europe/Berlin" in dkp.refused("guild", "set", "--timezone", "Berlin", code=3)


# --- users ------------------------------------------------------------------------------------------------------------


def test_users_are_named_by_id_discord_id_character_or_username(dkp: CommandLine) -> None:
    """I-3: whatever a person has at hand."""
    for named in ("2", "#2", "223456789012345678", "björnulf", "ZWEITULF", "björn", "Bjo\u0308rnulf"):
        assert dkp.json("user", "show", named)["username"] == "Björn", named
    for nobody in ("99", "999999999999999999", "Niemand"):
        dkp.refused("user", "show", nobody, code=4)


def test_a_character_of_nobody_names_no_user(dkp: CommandLine) -> None:
    """I-3: the error says why."""
    dkp.run("character", "add", "Verwaist")
    assert "belongs to nobody" in dkp.refused("user", "show", "Verwaist", code=3)


def test_the_list_of_users_has_the_apis_fields(dkp: CommandLine) -> None:
    """I-3: `--json` is what the API answers."""
    rows = dkp.json("user", "list", "--order", "-username")
    assert [row["username"] for row in rows] == ["Chloé", "Björn", "Alma"]
    assert set(rows[0]) == names(MembershipRow)
    assert [row["username"] for row in dkp.json("user", "list", "--role-group", "officer")] == ["Alma"]
    assert [row["username"] for row in dkp.json("user", "list", "--search", "BJÖ")] == ["Björn"]
    assert len(dkp.json("user", "list", "--limit", "2")) == 2


def test_a_list_that_is_cut_says_so(dkp: CommandLine) -> None:
    """G-9: nothing is cut silently."""
    assert "2 of 3" in dkp.run("user", "list", "--limit", "2").stderr
    assert dkp.run("user", "list", "--limit", "3").stderr == ""


def test_people_come_go_and_come_back(dkp: CommandLine) -> None:
    """A-2, A-10: role group, ending, resuming, deactivating; each with its reason."""
    added = dkp.json("user", "add", "423456789012345678", "--username", "Dora", "--role-group", "applicant")
    assert set(added) == names(UserRow)
    assert added["role_group"] == "applicant"
    assert (
        dkp.json("user", "set", "Dora", "--role-group", "member", "--reason", "trial passed")["role_group"] == "member"
    )
    assert dkp.json("user", "end", "Dora", "--reason", "moved")["status"] == "ended"
    assert dkp.json("user", "list", "--status", "ended")[0]["reason"] == "moved"
    assert dkp.json("user", "resume", "Dora")["status"] == "in_force"
    assert dkp.json("user", "deactivate", "Dora")["status"] == "deactivated"
    assert dkp.json("user", "set", "Dora", "--status", "in_force", "--role-group", "officer")["role_group"] == "officer"
    dkp.refused("user", "add", "423456789012345678", code=6)
    dkp.refused("user", "set", "Dora", code=3)


def test_the_last_officer_stays(dkp: CommandLine) -> None:
    """A-2: neither demoted, ended nor deactivated."""
    for change in (("set", "Alma", "--role-group", "member"), ("end", "Alma"), ("deactivate", "Alma")):
        assert "last officer" in dkp.refused("user", *change, code=6)


def test_the_operator_shuts_a_person_out_everywhere(dkp: CommandLine) -> None:
    """A-10: a user as such is deactivated by the operator; the membership stays as it is."""
    key = dkp.json("key", "issue", "--user", "Björn")["key"]
    assert who(dkp, key) == "2"
    assert dkp.json("user", "deactivate", "Björn", "--everywhere")["status"] == "in_force"
    with pytest.raises(NotAuthenticated):
        who(dkp, key)
    dkp.run("user", "resume", "Björn", "--everywhere")
    assert who(dkp, key) == "2"


def test_preferences_are_the_users_own(dkp: CommandLine) -> None:
    """A-5: the operator sees and sets them in the user's stead."""
    changed = dkp.json("user", "prefer", "Chloé", "--timezone", "Asia/Tokyo", "--locale", "ja", "--default-guild", "1")
    assert set(changed) == names(ProfileRow)
    assert (changed["timezone"], changed["locale"], changed["default_guild"]) == ("Asia/Tokyo", "ja", 1)
    assert dkp.json("user", "profile", "Chloé") == changed
    assert dkp.json("user", "prefer", "Chloé", "--no-default-guild")["default_guild"] is None
    assert dkp.json("user", "prefer", "Chloé", "--muted", "votes", "--muted", "points")["muted"] == ["points", "votes"]
    assert dkp.json("user", "prefer", "Chloé", "--locale", "fr")["muted"] == ["points", "votes"]
    assert "auctions" in dkp.refused("user", "prefer", "Chloé", "--muted", "everything", code=2)
    assert dkp.json("user", "prefer", "Chloé", "--nothing-muted")["muted"] == []


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_personal_key_works_until_it_is_revoked(dkp: CommandLine) -> None:
    """A-6, A-8: issued, rotated with a grace time, revoked; lists never show a secret."""
    made = dkp.json("key", "issue", "--user", "Björn", "--name", "overlay", "--expires-at", "2099-01-01")
    assert set(made) == names(KeyRow) | {"key"}
    assert "digest" not in made
    assert made["expires_at"] == "2098-12-31T23:00:00Z"
    assert who(dkp, made["key"]) == "2"
    rotated = dkp.json("key", "rotate", made["prefix"], "--grace", "600")
    assert rotated["key"] != made["key"]
    assert who(dkp, rotated["key"]) == who(dkp, made["key"]) == "2"
    listed = dkp.json("key", "list", "--user", "Björn")
    assert [row["name"] for row in listed] == ["overlay"]
    assert "key" not in listed[0]
    assert dkp.json("key", "revoke", made["id"])["revoked_at"] is not None
    dkp.refused("key", "rotate", made["id"], code=6)
    dkp.refused("key", "revoke", "nothinglikeit", code=4)


def test_a_bot_key_has_the_scopes_it_is_given(dkp: CommandLine) -> None:
    """A-7: explicit scopes, which can be changed; lists of them are understood."""
    made = dkp.json("key", "bot", "--name", "overlay", "--scope", "points:read,roster:read", "--scope", "raids:read")
    assert made["scopes"] == ["points:read", "raids:read", "roster:read"]
    assert who(dkp, made["key"]) == "bot"
    assert dkp.json("key", "scopes", made["prefix"], "points:read")["scopes"] == ["points:read"]
    assert [row["name"] for row in dkp.json("key", "list")] == ["overlay"]
    assert "points:write" in dkp.json("key", "scopes")
    assert "is no scope" in dkp.refused("key", "bot", "--scope", "everything", code=3)
    dkp.refused("key", "scopes", made["prefix"], code=3)
    assert "points:read" in dkp.run("key", "scopes").stdout


def test_people_see_the_key_once(dkp: CommandLine) -> None:
    """A-8: it is the last line of the answer, for `$(dkp key issue … | tail -1)`."""
    outcome = dkp.run("key", "issue", "--user", "Alma")
    key = outcome.stdout.splitlines()[-1]
    assert who(dkp, key) == "1"
    assert key not in dkp.run("key", "list", "--user", "Alma").stdout
    dkp.refused("key", "issue", "--user", "Alma", "--expires-at", "2020-01-01", code=3)
