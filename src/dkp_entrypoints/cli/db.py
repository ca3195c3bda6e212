"""`dkp db`: the schema of the database."""

from __future__ import annotations

from attrs import AttrsInstance

from dkp_core.accounts import ResealSecrets
from dkp_core.kernel.actor import operator
from dkp_entrypoints.cli.call import ENTRYPOINT, Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.printing import note, print_json

app = family("db", "The database: make it, bring it up to date, look where it stands, encrypt anew what is secret.")


@command(app, "upgrade", "Make the database, or bring it to this program's revision, telling each step.", guild=False)
def upgrade(call: Call) -> None:
    from dkp_adapters.sql import schema

    status = schema.upgrade(call.settings().database_url, note)
    _answer(call, status, f"The database is at revision {status.revision}.")


@command(app, "current", "The revision that the database is at.", guild=False)
def current(call: Call) -> None:
    from dkp_adapters.sql import schema

    status = schema.check(call.settings().database_url)
    _answer(call, status, status.revision or "none")


@command(app, "check", "Whether this program can work on the database; the exit code tells, too.", guild=False)
def check(call: Call) -> None:
    from dkp_adapters.sql import schema

    status = schema.check(call.settings().database_url)
    if status.state is schema.SchemaState.CURRENT:
        _answer(call, status, f"The database is at revision {status.revision}, as it should be.")
        return
    if call.as_json:
        print_json(status)
    raise schema.SchemaUnfit(status)


@command(app, "make-key", "A new key for the setting encryption_keys; put it before those that are set.", guild=False)
def make_key(call: Call) -> None:
    from dkp_adapters.sealing import make_key as made

    key = made()
    if call.as_json:
        print_json({"key": key})
    else:
        print(key)


@command(app, "reseal", ResealSecrets, guild=False)
def reseal(call: Call) -> None:
    count = call.use_cases().reseal_secrets()(by=operator(ENTRYPOINT))
    if call.as_json:
        print_json({"secrets": count})
    else:
        print(f"{count} secret{' is' if count == 1 else 's are'} encrypted with the newest key.")


def _answer(call: Call, status: AttrsInstance, sentence: str) -> None:
    if call.as_json:
        print_json(status)
    else:
        print(sentence)
