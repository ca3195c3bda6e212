"""Settings are checked at start, by name."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from attrs import fields

from dkp_entrypoints.settings import InvalidSetting, Settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory without a dkp.toml."""
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_the_defaults_hold() -> None:
    """O-10: one process on SQLite is the default."""
    assert Settings.load({}) == Settings()
    assert Settings().database_url == "sqlite:///dkp.db"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """O-10: environment variables and a TOML file."""
    file = tmp_path / "other.toml"
    file.write_text(
        'port = 9000\nhost = "0.0.0.0"\ncors_origins = ["https://a.example", "https://b.example"]\nworker = false\n'
    )
    settings = Settings.load({"DKP_CONFIG": str(file), "DKP_PORT": "9001", "PATH": "/bin"})
    assert (settings.port, settings.host, settings.worker) == (9001, "0.0.0.0", False)
    assert settings.cors_origins == ("https://a.example", "https://b.example")


def test_a_file_in_the_working_directory_is_found(tmp_path: Path) -> None:
    """O-10: dkp.toml, where it is there."""
    (tmp_path / "dkp.toml").write_text('database_url = "postgresql://dkp@db/dkp"\n')
    assert Settings.load({}).database_url == "postgresql://dkp@db/dkp"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("DKP_PORT", "eighty"),
        ("DKP_PORT", "65536"),
        ("DKP_PORT", "-1"),
        ("DKP_WORKER", "maybe"),
        ("DKP_DATABASE_URL", "oracle://x"),
        ("DKP_REDIS_URL", "http://cache"),
        ("DKP_LOG_LEVEL", "loud"),
        ("DKP_TRUSTED_PROXIES", "the proxy"),
        ("DKP_ENCRYPTION_KEYS", "too short"),
        ("DKP_ENCRYPTION_KEYS", "ü" * 44),
        ("DKP_DISCORD_API_URL", "discord.com/api"),
        ("DKP_DISCORD_API_URL", "http://discord.com/api"),
        ("DKP_SESSION_IDLE_HOURS", "0"),
        ("DKP_BACKUP_EVERY_HOURS", "0"),
        ("DKP_KEEP_BACKUPS", "0"),
        ("DKP_SESSION_HOURS_MAX", "a month"),
        ("DKP_UPLOAD_BYTES_MAX", "12"),
        ("DKP_DATABSE_URL", "sqlite:///x"),
        ("DKP_PLAIN_HTTP", "sometimes"),
        ("DKP_WEBHOOK_HOSTS", "https://discord.com"),
        ("DKP_WEBHOOK_HOSTS", "discord.com/api"),
        ("DKP_WEBHOOK_HOSTS", "discord.com,localhost"),
        ("DKP_WEBHOOK_HOSTS", "http://discord.com"),
        ("DKP_WEBHOOK_HOSTS", "http://[::1"),
        ("DKP_SMTP_URL", "mail.example.org"),
        ("DKP_SMTP_URL", "smtp://mail.example.org"),
        ("DKP_SMTP_URL", "smtp://user:password@127.0.0.1"),
        ("DKP_SMTP_URL", "smtps://user@mail.example.org"),
        ("DKP_SMTP_URL", "smtps://mail.example.org:mail"),
        ("DKP_SMTP_URL", "smtps://[mail"),
        ("DKP_SMTP_URL", "smtps://user:pässword@mail.example.org"),
        ("DKP_SMTP_URL", "smtps://us%C3%A9r:password@mail.example.org"),
        ("DKP_KEEP_NOTICES_DAYS", "0"),
        ("DKP_RATE_ANONYMOUS", "often"),
        ("DKP_RATE_SIGN_IN", "20"),
    ],
)
def test_a_setting_that_is_not_accepted_is_named(variable: str, text: str) -> None:
    """O-10: validated at start with an error that names the setting, where it was found and what is accepted."""
    with pytest.raises(InvalidSetting) as refused:
        Settings.load({variable: text})
    sentence = str(refused.value)
    assert variable in sentence
    assert "the environment" in sentence
    assert "accepted: " in sentence


@pytest.mark.parametrize(
    "content", ["port = 'x'", "port = true", "no_such = 1", "not toml at all", "host = 5", "cors_origins = [1]", "\xff"]
)
def test_a_file_that_is_not_accepted_is_named(tmp_path: Path, content: str) -> None:
    """O-10: the file is named too."""
    file = tmp_path / "dkp.toml"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidSetting) as refused:
        Settings.load({})
    assert "dkp.toml" in str(refused.value)


def test_a_missing_file_that_was_named_is_an_error(tmp_path: Path) -> None:
    """O-10: what was asked for is there, or it is said."""
    with pytest.raises(InvalidSetting):
        Settings.load({"DKP_CONFIG": str(tmp_path / "missing.toml")})


def test_a_secret_is_never_shown() -> None:
    """O-11: no secret in an error."""
    with pytest.raises(InvalidSetting) as refused:
        Settings.load({"DKP_SECRET_KEI": "hunter2"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("sender", ["", "nobody", "A <a@b.org> B", "a@b.org\nBcc: x@y.org"])
def test_who_mails_needs_a_sender(sender: str) -> None:
    """O-10: told at the start, and not when the first letter is to be sent."""
    with pytest.raises(InvalidSetting) as refused:
        Settings.load({"DKP_SMTP_URL": "smtps://u:hunter2@mail.example.org", "DKP_MAIL_FROM": sender})
    assert refused.value.setting == "mail_from"
    assert "hunter2" not in str(refused.value)


def test_a_mail_server_and_hosts_of_webhooks_may_be_set() -> None:
    """O-10, O-13: over TLS, or on this machine; an origin of one's own for trying things out."""
    for url in ("smtps://u:p%2Fw@mail.example.org", "smtp+starttls://mail.example.org:2525", "smtp://127.0.0.1:25"):
        settings = Settings.load({"DKP_SMTP_URL": url, "DKP_MAIL_FROM": "Night Watch <dkp@example.org>"})
        assert settings.smtp_url == url
    hosts = Settings.load({"DKP_WEBHOOK_HOSTS": "discord.com, http://127.0.0.1:8080"}).webhook_hosts
    assert hosts == ("discord.com", "http://127.0.0.1:8080")


def test_a_password_in_an_address_is_never_shown() -> None:
    """O-11."""
    with pytest.raises(InvalidSetting) as refused:
        Settings.load({"DKP_SMTP_URL": "smtp://u:hunter2@mail.example.org"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"), [("1", True), ("TRUE", True), (" yes ", True), ("off", False), ("0", False)]
)
def test_a_switch_has_the_usual_words(text: str, expected: bool) -> None:
    """O-10."""
    assert Settings.load({"DKP_WORKER": text}).worker is expected


def test_networks_and_lists_come_with_commas() -> None:
    """O-10."""
    settings = Settings.load({"DKP_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8", "DKP_CORS_ORIGINS": "https://a.example,"})
    assert settings.trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8")
    assert settings.cors_origins == ("https://a.example",)


def test_variables_of_tests_and_of_the_client_are_no_settings() -> None:
    """O-10: they may be there."""
    others = {"DKP_TEST_POSTGRESQL_URL": "x", "DKP_BENCH_X": "x", "DKP_REQUIRE_SERVICES": "all", "DKP_KEY": "k"}
    assert Settings.load(others) == Settings()


def test_redis_is_off_unless_it_is_named() -> None:
    """L-11: one process needs none; an empty value says so too."""
    assert Settings.load({"DKP_REDIS_URL": ""}).redis_url == Settings().redis_url == ""
    assert Settings.load({"DKP_REDIS_URL": "redis://cache/1"}).redis_url == "redis://cache/1"


def test_every_setting_is_explained() -> None:
    """O-10: the table in the docs is made from these."""
    assert all(each.metadata["help"] for each in fields(Settings))


KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"DKP_DISCORD_CLIENT_ID": "1", "DKP_ENCRYPTION_KEYS": KEY}, "discord_client_secret"),
        ({"DKP_DISCORD_CLIENT_ID": "1", "DKP_DISCORD_CLIENT_SECRET": "s"}, "encryption_keys"),
        ({"DKP_DISCORD_CLIENT_SECRET": "s"}, "discord_client_id"),
        ({"DKP_DISCORD_SCOPES": "email"}, "discord_scopes"),
    ],
)
def test_settings_that_need_each_other_are_named(given: dict[str, str], named: str) -> None:
    """O-10, O-13: tokens of Discord's are never kept in the open."""
    with pytest.raises(InvalidSetting) as refused:
        Settings.load(given)
    assert refused.value.setting == named
    whole = {"DKP_DISCORD_CLIENT_ID": "1", "DKP_DISCORD_CLIENT_SECRET": "s", "DKP_ENCRYPTION_KEYS": f"{KEY},{KEY}"}
    assert Settings.load(whole).encryption_keys == (KEY, KEY)


@pytest.mark.parametrize("name", ["ENCRYPTION_KEYS", "ENCRYPTION_KEY"])
def test_no_error_shows_a_key_for_secrets(name: str) -> None:
    """O-11: not even one that is not accepted."""
    with pytest.raises(InvalidSetting) as refused:
        Settings.load({f"DKP_{name}": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_this_machine_may_stand_for_discord() -> None:
    """O-10: for tests; everywhere else it is HTTPS."""
    for url in ("http://127.0.0.1:8123/api", "http://[::1]:1/api/", "http://localhost/api", "https://discord.com/api/"):
        assert Settings.load({"DKP_DISCORD_API_URL": url}).discord_api_url == url.rstrip("/")
