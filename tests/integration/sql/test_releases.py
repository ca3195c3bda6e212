"""A database of every released revision comes to this program's without losing a row (O-8).

Until the first release there is one revision, which is drawn anew with the tables; from then on a revision that is
added is tested by these tests as it is.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_adapters.sql import schema
from dkp_adapters.sql.schema import SchemaState, SchemaUnfit
from tests import services
from tests.integration.sql.releases import ROWS, fill, history_up_to, kept, must_be_kept

RELEASED = schema.known_revisions()
# What the next revision may well do, on a table that others point to: SQLite copies it for that.
NEXT = """with op.batch_alter_table("guilds") as guilds:
        guilds.add_column(sa.Column("made_up", sa.BigInteger()))
        guilds.alter_column("slug", existing_type=sa.String(64), type_=sa.String(65), existing_nullable=False)
    op.create_table("made_up", sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False))"""


@pytest.mark.parametrize("revision", RELEASED)
def test_a_database_of_every_release_comes_here_without_losing_a_row(
    revision: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-8: counts and checksums of every table are what they were, here and one revision further, on every database."""
    ours = schema.VERSIONS
    with monkeypatch.context() as then:
        then.setattr(schema, "VERSIONS", history_up_to(revision, tmp_path))
        assert schema.upgrade(database_url).revision == revision
    fill(database_url)
    before = kept(database_url)
    assert all(each.rows >= 1 for each in before.values())
    assert sum(each.rows == ROWS for each in before.values()) >= len(before) - 1
    told: list[str] = []
    assert schema.upgrade(database_url, told.append).state is SchemaState.CURRENT
    assert len(told) == max(1, len([each for each in RELEASED if each > revision]))
    must_be_kept(database_url, before)
    assert ours == schema.VERSIONS
    with monkeypatch.context() as later:
        later.setattr(schema, "VERSIONS", history_up_to(RELEASED[-1], tmp_path / "later", NEXT))
        told.clear()
        assert schema.upgrade(database_url, told.append).revision == f"{int(RELEASED[-1]) + 1:04d}"
        assert told == [f"{int(RELEASED[-1]) + 1:04d}: Made up."]
        must_be_kept(database_url, before)
    with pytest.raises(SchemaUnfit, match="newer program"):
        schema.upgrade(database_url)
    must_be_kept(database_url, before)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('op.execute("DELETE FROM audited WHERE id = 2")', "audited"),
        ("op.execute(\"UPDATE audited SET note = 'x' WHERE id = 1\")", "audited"),
        ('op.drop_table("audited")', "audited"),
        ('op.drop_column("audited", "note")', "note"),
        ('op.execute("INSERT INTO audited (id) VALUES (99)")', "audited"),
    ],
)
def test_what_an_upgrade_loses_is_noticed(
    body: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-8: the proof itself: a row, a value, a table, a column, and a row that nobody asked for."""
    first = tmp_path / "first" / "versions"
    first.mkdir(parents=True)
    (first / "0001_first.py").write_text(
        '"""First."""\nimport sqlalchemy as sa\nfrom alembic import op\nrevision = "0001"\ndown_revision = None\n'
        'def upgrade():\n    op.create_table("audited", sa.Column("id", sa.BigInteger(), primary_key=True), '
        'sa.Column("note", sa.Text()))\n',
        "utf-8",
    )
    monkeypatch.setattr(schema, "VERSIONS", first)
    url = services.make_database("sqlite", directory=tmp_path)
    schema.upgrade(url)
    fill(url)
    before = kept(url)
    must_be_kept(url, before)
    monkeypatch.setattr(schema, "VERSIONS", history_up_to("0001", tmp_path, body))
    schema.upgrade(url)
    with pytest.raises(AssertionError, match=named):
        must_be_kept(url, before)
