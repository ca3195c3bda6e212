"""How a revision is drafted from the difference between the tables and the history."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations.ops import CreateIndexOp, CreateTableOp, MigrateOperation
from alembic.runtime.migration import MigrationContext
from sqlalchemy import LargeBinary, String, Text

from dkp_adapters.sql.schema import DIFFERENCES, VERSIONS, connected, known_revisions, upgrade
from dkp_adapters.sql.tables import all_tables

_TEMPLATE: Final = '''"""{message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dkp_adapters.sql.migrations.spelling import BYTES, LONG_TEXT, TABLE, letters

revision = "{revision}"
down_revision = {down_revision}


def upgrade() -> None:
    """{message}."""
    {body}
'''

_OPTIONS: Final = re.compile(r"^ *(?:mysql|mariadb)_(?:engine|charset|collate)='\w+',?\n", re.MULTILINE)
_COMMENTS: Final = re.compile(r"^ *# ### .*\n", re.MULTILINE)

_again = Rewriter()


@_again.rewrites(CreateTableOp)
def _table_again(_: Any, __: Any, operation: CreateTableOp) -> MigrateOperation:
    operation.if_not_exists = True
    return operation


@_again.rewrites(CreateIndexOp)
def _index_again(_: Any, __: Any, operation: CreateIndexOp) -> MigrateOperation:
    operation.if_not_exists = True
    return operation


def _spelt(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """The types that all tables share, by the names that revisions have for them."""
    if kind == "type" and isinstance(item, LargeBinary):
        return "BYTES"
    if kind == "type" and isinstance(item, Text):
        return "LONG_TEXT"
    if kind == "type" and isinstance(item, String):
        return f"letters({item.length})"
    return False


def draft(message: str, directory: Path = VERSIONS) -> Path | None:
    """Write the next revision into `directory`; None when there is nothing to write."""
    revisions = known_revisions()
    number = f"{len(revisions) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/history.db"
        upgrade(url)
        with connected(url) as connection:
            context = MigrationContext.configure(connection, opts={**DIFFERENCES, "render_as_batch": True})
            script = produce_migrations(context, all_tables())
            assert script.upgrade_ops is not None
            if script.upgrade_ops.is_empty():
                return None
            _again.process_revision_directives(context, number, [script])
            body = render_python_code(
                script.upgrade_ops, render_as_batch=True, render_item=_spelt, migration_context=context
            )
    name = re.sub(r"\W+", "_", message.lower()).strip("_")
    path = directory / f"{number}_{name}.py"
    text = _TEMPLATE.format(
        message=message[:1].upper() + message[1:],
        revision=number,
        down_revision=f'"{revisions[-1]}"' if revisions else "None",
        body=_COMMENTS.sub(
            "", _OPTIONS.sub("", body).replace("if_not_exists=True\n", "if_not_exists=True, **TABLE\n")
        ).strip(),
    )
    path.write_text(text, "utf-8")
    return path
