"""Statements: written once in SQLAlchemy Core, compiled once per dialect, run on the bare driver.

A repository keeps its statements as module constants. What differs between databases is written with `PerDialect`;
lists travel as one JSON parameter (`json_rows`, `json_values`), so that a statement's text never depends on how many
there are, but for very many rows, which go as the driver takes them quickest (`filling`). Columns are integers, text or
bytes, so that rows need no conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import msgspec
from attrs import Factory, define, field, frozen
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Cast,
    Column,
    ColumnElement,
    Dialect,
    Executable,
    FromClause,
    Insert,
    Integer,
    Select,
    String,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement, KeyedColumnElement, TextClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

DialectName = Literal["sqlite", "postgresql", "mysql"]
DIALECTS: Final[tuple[DialectName, ...]] = ("sqlite", "postgresql", "mysql")
"""`mysql` is MariaDB as well: one spelling serves both."""

Params = dict[str, Any]
Violations = Mapping[str, Callable[[Params], Exception]]
Columns = Mapping[str, ColumnElement[Any]]
Query = TypeVar("Query", bound=Select[Any])
Chosen = TypeVar("Chosen", bound=Insert)


class _NotingTables(SQLCompiler):
    """Notes which tables a statement reads, however deep inside."""

    tables_read: set[Table]

    def visit_table(self, table: Table, *args: Any, **kw: Any) -> str:
        self.__dict__.setdefault("tables_read", set()).add(table)
        text_of: str = super().visit_table(table, *args, **kw)  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
        return text_of


@cache
def _speaker(name: DialectName) -> Dialect:
    # Importing a dialect is dear, and a program speaks one.
    dialect: Dialect
    if name == "sqlite":
        from sqlalchemy.dialects.sqlite import pysqlite

        dialect = pysqlite.dialect(paramstyle="qmark")
    elif name == "postgresql":
        from sqlalchemy.dialects.postgresql import psycopg

        dialect = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
    else:
        from sqlalchemy.dialects.mysql import pymysql

        dialect = pymysql.dialect(paramstyle="format")
    compiler = dialect.statement_compiler
    noting = type(f"Noting{compiler.__name__}", (_NotingTables, compiler), {})
    dialect.statement_compiler = noting  # type: ignore[assignment]  # it is a subclass of what was there
    return dialect


_encode: Final = msgspec.json.Encoder().encode


def to_json(value: object) -> str:
    """Compact JSON, as it is stored and as lists travel."""
    return _encode(value).decode()


# --- what differs between databases -----------------------------------------------------------------------------------


@frozen(kw_only=True)
class PerDialect:
    """One statement in three spellings, where SQLAlchemy has no common one."""

    sqlite: ClauseElement
    postgresql: ClauseElement
    mysql: ClauseElement

    def __getitem__(self, dialect: DialectName) -> ClauseElement:
        spelling: ClauseElement = getattr(self, dialect)
        return spelling


def locking(query: Query, *, of: Table | None = None) -> Query:
    """The same query, holding the rows it finds against other writers until the transaction ends.

    PostgreSQL: FOR NO KEY UPDATE; MariaDB: FOR UPDATE; SQLite: nothing, since one writer holds the whole file.
    `of` names the table to lock when the query joins several.
    """
    return query.with_for_update(key_share=True, of=of)


def int_sum(column: ColumnElement[int]) -> Cast[int]:
    """The sum as an integer, 0 for no rows; PostgreSQL and MariaDB would answer a Decimal, or nothing."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def binds(table: FromClause, *columns: str) -> Columns:
    """A parameter of its own name and type for each column: `update(t).values(binds(t, "name", "points"))`."""
    return {name: bindparam(name, type_=table.c[name].type) for name in columns}


def in_guild(table: FromClause) -> ColumnElement[bool]:
    """Only rows of the guild at work: the session itself fills in `:guild_id`."""
    return table.c.guild_id == bindparam("guild_id", type_=BigInteger)


GUILD: Final[BindParameter[int]] = bindparam("guild_id", type_=BigInteger)
"""The guild at work, for the select list of an `insert_rows`."""


# --- lists as one parameter -------------------------------------------------------------------------------------------


class _JsonText(Text):
    """The type of a parameter that travels as JSON."""


class _JsonRows(FunctionElement[Any]):
    inherit_cache = False
    name = "json_rows"

    def __init__(self, parameter: str, columns: Sequence[KeyedColumnElement[Any]], *, flat: bool) -> None:
        for each in columns:
            assert isinstance(each.type, Integer | String), f"{parameter}.{each.key} is neither integer nor text"
        self.parameter = bindparam(parameter, type_=_JsonText())
        self.columns_read = tuple(columns)
        self.flat = flat
        super().__init__(self.parameter)


def json_rows(parameter: str, *columns: KeyedColumnElement[Any]) -> TableValuedAlias:
    """Rows given as one parameter: a list of lists, each with a value or None for each of `columns`, in order.

    Columns are those of a table (`t.c.id`), or `column("name", BigInteger)`, `column("name", Text)`. Use it like a
    table: join it, select from it (`insert_rows`, `upsert`), or ask `exists` of it.
    """
    read = [column(each.key, BigInteger() if isinstance(each.type, Integer) else Text()) for each in columns]
    given = _JsonRows(parameter, columns, flat=False)
    return given.table_valued(*read, name=f"given_{parameter}", joins_implicitly=True)


def json_values(parameter: str, type_: BigInteger | Text | None = None) -> Select[tuple[Any]]:
    """A list of values given as one parameter, for `column.in_(json_values("ids"))`; of BigInteger unless told."""
    value = column("value", type_ or BigInteger())
    given = _JsonRows(parameter, [value], flat=True).table_valued(value, name=f"given_{parameter}")
    return select(given.c.value)


def _quoted(compiler: SQLCompiler, element: _JsonRows) -> list[tuple[int, str, bool]]:
    return [
        (position, compiler.preparer.quote(column.key), isinstance(column.type, Integer))
        for position, column in enumerate(element.columns_read)
    ]


@compiles(_JsonRows, "sqlite")
def _json_rows_sqlite(element: _JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    given = compiler.process(element.parameter, **kw)
    read = "value" if element.flat else "json_extract(value, '$[{}]')"
    columns = ", ".join(f"{read.format(i)} AS {name}" for i, name, _ in _quoted(compiler, element))
    return f"(SELECT {columns} FROM json_each({given}))"  # noqa: S608  # column names of ours, quoted


@compiles(_JsonRows, "postgresql")
def _json_rows_postgresql(element: _JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    given = compiler.process(element.parameter, **kw)
    # jsonb: with json, each column of each row would parse its row again (40 rows of 13 columns: 413 µs, 146 this way).
    read = "(value #>> '{{}}')" if element.flat else "(value ->> {})"
    columns = ", ".join(
        f"{read.format(i)}{'::BIGINT' if number else ''} AS {name}" for i, name, number in _quoted(compiler, element)
    )
    return f"(SELECT {columns} FROM jsonb_array_elements({given}::jsonb))"  # noqa: S608  # column names of ours, quoted


@compiles(_JsonRows, "mysql")
def _json_rows_mysql(element: _JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    given = compiler.process(element.parameter, **kw)
    path = "'$'" if element.flat else "'$[{}]'"
    # TEXT, never VARCHAR(n): MariaDB cuts what is too long here without a word.
    columns = ", ".join(
        f"{name} {'BIGINT' if number else 'TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'} "
        f"PATH {path.format(i)} ERROR ON ERROR"
        for i, name, number in _quoted(compiler, element)
    )
    return f"JSON_TABLE({given}, '$[*]' COLUMNS ({columns}))"


class _NumberIn(FunctionElement[int]):
    inherit_cache = True
    name = "number_in"
    type = BigInteger()


def number_in(json: ColumnElement[Any], key: ColumnElement[int]) -> ColumnElement[int]:
    """The whole number under a key (an id) of a column that is a JSON object or NULL; NULL where there is none."""
    return _NumberIn(json, key)


@compiles(_NumberIn, "sqlite")
def _number_in_sqlite(element: _NumberIn, compiler: SQLCompiler, **kw: Any) -> str:
    json, key = (compiler.process(each, **kw) for each in element.clauses)
    return f"json_extract({json}, '$.\"' || {key} || '\"')"


@compiles(_NumberIn, "postgresql")
def _number_in_postgresql(element: _NumberIn, compiler: SQLCompiler, **kw: Any) -> str:
    json, key = (compiler.process(each, **kw) for each in element.clauses)
    return f"({json}::jsonb ->> {key}::TEXT)::BIGINT"


@compiles(_NumberIn, "mysql")
def _number_in_mysql(element: _NumberIn, compiler: SQLCompiler, **kw: Any) -> str:
    json, key = (compiler.process(each, **kw) for each in element.clauses)
    return f"CAST(JSON_EXTRACT({json}, CONCAT('$.\"', {key}, '\"')) AS SIGNED)"


def insert_rows(table: Table, rows: Select[Any]) -> Insert:
    """Insert what a query answers; its columns are named like the table's."""
    return table.insert().from_select(list(rows.selected_columns.keys()), rows, include_defaults=False)


class _Filling(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, columns: Sequence[Column[Any]]) -> None:
        for each in columns:
            assert isinstance(each.type, Integer | String), f"{each} is neither integer nor text"
        self.table = columns[0].table
        self.names = [each.key for each in columns]


@compiles(_Filling, "sqlite")
def _filling_sqlite(element: _Filling, compiler: SQLCompiler, **_: Any) -> str:
    marks = ", ".join("?" * len(element.names))
    return f"INSERT INTO {_filled(element, compiler)} VALUES ({marks})"  # noqa: S608  # names of ours, quoted


@compiles(_Filling, "postgresql")
def _filling_postgresql(element: _Filling, compiler: SQLCompiler, **_: Any) -> str:
    return f"COPY {_filled(element, compiler)} FROM STDIN"


@compiles(_Filling, "mysql")
def _filling_mysql(element: _Filling, compiler: SQLCompiler, **_: Any) -> str:
    return f"INSERT INTO {_filled(element, compiler)} VALUES "  # noqa: S608  # as above; the rows themselves follow


def _filled(element: _Filling, compiler: SQLCompiler) -> str:
    names = ", ".join(map(compiler.preparer.quote, element.names))
    return f"{compiler.preparer.format_table(element.table)} ({names})"


Update = Callable[[Any, Any], Mapping[str, Any]]


@frozen
class Upsert:
    """An insert that does something else where the key exists already, spelt for one dialect when it is needed."""

    table: Table
    source: Select[Any] | Mapping[str, ColumnElement[Any]]
    key: tuple[str, ...]
    update: Update | None

    def __getitem__(self, dialect: DialectName) -> ClauseElement:
        table, key = self.table, self.key
        if dialect == "mysql":
            from sqlalchemy.dialects.mysql import insert as mysql_insert

            replacing = self._filled(mysql_insert(table))
            if self.update is None:
                # INSERT IGNORE would swallow every other fault as well.
                return replacing.on_duplicate_key_update({key[0]: table.c[key[0]]})
            return replacing.on_duplicate_key_update(dict(self.update(table.c, replacing.inserted)))
        if dialect == "postgresql":
            from sqlalchemy.dialects.postgresql import insert as postgresql_insert

            return self._on_conflict(self._filled(postgresql_insert(table)))
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        # Without a WHERE, SQLite takes ON CONFLICT for the ON of a join.
        return self._on_conflict(self._filled(sqlite_insert(table), text("1 = 1")))

    def _filled(self, insert: Chosen, *where: TextClause) -> Chosen:
        source = self.source
        if isinstance(source, Select):
            return insert.from_select(
                list(source.selected_columns.keys()), source.where(*where), include_defaults=False
            )
        return insert.values(source)

    def _on_conflict(self, insert: PostgresqlInsert | SqliteInsert) -> ClauseElement:
        if self.update is None:
            return insert.on_conflict_do_nothing(index_elements=self.key)
        changed = dict(self.update(self.table.c, insert.excluded))
        return insert.on_conflict_do_update(index_elements=self.key, set_=changed)


def upsert(
    table: Table,
    source: Select[Any] | Mapping[str, ColumnElement[Any]],
    *,
    key: Sequence[str],
    update: Update | None = None,
) -> Upsert:
    """Insert rows, and where the key exists already update that row, or with `update=None` leave it as it is.

    `source` is a query (columns named like the table's) or one row of parameters (`binds(table, ...)`). `update` gets
    the row that is there and the one that would have come: `lambda old, new: {"earned": old.earned + new.earned}`
    (deltas), `{"name": new.name}` (replacement). Each expression may use its own column and `new` only, since MariaDB
    assigns from left to right. No key twice within one call (PostgreSQL refuses). Its rowcount means nothing.
    """
    return Upsert(table, source, tuple(key), update)


# --- statements -------------------------------------------------------------------------------------------------------


@define(eq=False)
class Compiled:
    """A statement's text for one dialect, and how its positional arguments come from named ones."""

    sql: str
    args: Callable[[Params], Sequence[Any]]
    target: Table | None
    names: frozenset[str]


@define(eq=False, init=False)
class Statement:
    """A statement of a repository, kept as a module constant and compiled when a dialect first needs it.

    `violations` says which error of the core a broken constraint means, by the constraint's name; what is not named
    surfaces as `ConstraintViolated`. A statement over a guild's tables must name `:guild_id`, which the session fills
    in by itself; `across_guilds=True` is for the few that look at all guilds on purpose.
    """

    expression: ClauseElement | PerDialect | Upsert
    violations: Violations
    across_guilds: bool
    by_dialect: dict[DialectName, Compiled] = field(default=Factory(dict), repr=False)

    def __init__(
        self,
        expression: ClauseElement | PerDialect | Upsert,
        *,
        violations: Violations | None = None,
        across_guilds: bool = False,
    ) -> None:
        self.expression = expression
        self.violations = violations or {}
        self.across_guilds = across_guilds
        self.by_dialect = {}

    def compiled(self, dialect: DialectName) -> Compiled:
        """The statement in that dialect. Raises: AssertionError when it would see other guilds' rows."""
        found = self.by_dialect.get(dialect)
        if found is None:
            # Two threads may both compile it: they come to the same.
            found = self.by_dialect[dialect] = self._compile(dialect)
        return found

    def _compile(self, dialect: DialectName) -> Compiled:
        expression = self.expression
        if isinstance(expression, PerDialect | Upsert):
            expression = expression[dialect]
        compiled = expression.compile(dialect=_speaker(dialect))
        assert isinstance(compiled, SQLCompiler), f"not a statement: {expression}"
        sql = str(compiled)
        order = tuple(compiled.positiontup or ())
        assert not compiled.post_compile_params, f"lists travel as json_values or json_rows: {sql}"
        filled = expression.table if isinstance(expression, _Filling) else None
        written = getattr(compiled.compile_state, "dml_table", filled)
        target = written if isinstance(written, Table) else None
        touched = {*compiled.__dict__.get("tables_read", ()), *([] if target is None else [target])}
        of_guilds = sorted(each.name for each in touched if "guild_id" in each.c)
        assert self.across_guilds or not of_guilds or "guild_id" in order, (
            f"it names no :guild_id, though {', '.join(of_guilds)} belong to guilds: {sql}"
        )
        constants = {name: compiled.binds[name].value for name in order if not compiled.binds[name].required}
        lists = {name for name in order if isinstance(compiled.binds[name].type, _JsonText)}
        return Compiled(
            sql,
            _arguments(order, constants, lists),
            target,
            frozenset(order) - constants.keys(),
        )


def filling(*columns: Column[Any], violations: Violations | None = None) -> Statement:
    """What `Session.fill` fills a guild's table with: very many rows, with a value or None for each column, in order.

    The session itself puts the guild before them.
    """
    filled = _Filling([columns[0].table.c.guild_id, *columns])
    return Statement(filled, violations=violations, across_guilds=True)


def _arguments(
    order: Sequence[str], constants: Mapping[str, Any], lists: Iterable[str]
) -> Callable[[Params], Sequence[Any]]:
    """How named parameters become positional ones, at the least cost."""
    pick: Callable[[Params], Sequence[Any]]
    if not order:
        pick = _none
    elif len(order) == 1:
        name = order[0]

        def pick(params: Params) -> Sequence[Any]:
            return (params[name],)
    else:
        pick = itemgetter(*order)
    known, given = dict(constants), tuple(lists)
    if not known and not given:
        return pick

    def prepared(params: Params) -> Sequence[Any]:
        for name in given:
            params[name] = to_json(params[name])
        return pick({**known, **params} if known else params)

    return prepared


def _none(_: Params) -> Sequence[Any]:
    return ()
