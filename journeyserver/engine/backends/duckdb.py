"""DuckDB: one file, one process that owns it, one writer and as many readers as there are threads."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
from duckdb.func import PythonUDFType

from journeyadmin.contract.metrics import FACT_KINDS
from journeyserver.engine.backends.base import Busy, QueryStopped, Sample, WarehouseError, Words
from journeyserver.engine.backends.duckdb_sample import DuckSample
from journeyserver.engine.backends.duckdb_words import TYPES, DuckWords
from journeyserver.engine.backends.turns import Turns
from journeyserver.engine.columns import TABLES, Table

# Grows when an older warehouse needs more than new tables and new, empty columns, which are added by themselves.
SCHEMA_VERSION = 1
# How many readers' connections are kept for the next question.
_IDLE = 16


def _is_full(error: duckdb.Error) -> bool:
    return "No space left" in str(error) or "disk is full" in str(error).lower()


def _sentence(error: duckdb.Error, path: str) -> WarehouseError:
    text = str(error).splitlines()[0]
    if "lock" in text.lower() and ("conflicting" in text.lower() or "could not set" in text.lower()):
        return Busy(f"{path} is in use by another process, which owns it. Stop it, or work through it.")
    if isinstance(error, duckdb.InterruptException):
        return QueryStopped("The query was stopped.")
    if _is_full(error):
        return WarehouseError(f"{path} cannot grow: the disk is full. Nothing was lost; free some space.")
    if "not a valid DuckDB" in text or "storage version" in text.lower() or "Is a directory" in text:
        return WarehouseError(f"{path} is not a warehouse of the Journey server and was left as it is.")
    # A block that was changed, and a file that ends too early.
    if "corrupt" in text.lower() or "Could not read enough bytes" in text:
        return WarehouseError(f"{path} is damaged and was left as it is. Restore a backup.")
    if "Permission denied" in text or "Read-only" in text or "Cannot open file" in text:
        return WarehouseError(f"{path} cannot be written. Make its folder writable.")
    return WarehouseError(f"The warehouse {path} answered: {text}")


class DuckCursor:
    """A reader of its own connection, with casefold known to it."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: str,
        give_back: Callable[[duckdb.DuckDBPyConnection], None] = duckdb.DuckDBPyConnection.close,
    ) -> None:
        self._connection = connection
        self._path = path
        self._give_back = give_back

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> dict[str, list[Any]]:
        try:
            table: Any = self._connection.sql(sql, params=list(parameters)).to_arrow_table()
            answer: dict[str, list[Any]] = table.to_pydict()
        except duckdb.Error as error:
            raise _sentence(error, self._path) from error
        return answer

    def tables(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Any]:
        try:
            reader: Any = self._connection.sql(sql, params=list(parameters)).to_arrow_reader(200_000)
            for batch in reader:
                yield pyarrow.Table.from_batches([batch])
        except duckdb.Error as error:
            raise _sentence(error, self._path) from error

    def cancel(self) -> None:
        self._connection.interrupt()

    def close(self) -> None:
        self._give_back(self._connection)


class DuckWriter:
    """The writer inside its transaction: the desk is the warehouse itself, so nothing is carried about."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.desk = connection
        self.words: Words = DuckWords()

    def collect(self, into: str, sql: str, parameters: Sequence[Any] = (), keys: Sequence[str] = ()) -> None:
        self.desk.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS {sql}", list(parameters))

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        answer = self.desk.execute(sql, list(parameters))
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def as_written(self) -> AbstractContextManager[None]:
        return joined_as_written(self.desk)

    def append(self, table: str, sql: str) -> int:
        (number,) = self.desk.execute(f"INSERT INTO {table} BY NAME {sql}").fetchall()[0]
        return int(number)

    def add(self, table: str, written: Any) -> None:
        # DuckDB finds the argument by its name; to register it first would cost as much as to insert a few rows.
        self.desk.execute(f"INSERT INTO {table} BY NAME SELECT * FROM written")

    def replace(self, table: str, key: str, columns: Sequence[str], rows: Any) -> None:
        new = ", ".join(f"{column} = new.{column}" for column in columns)
        source = rows if isinstance(rows, str) else '"rows"'
        self.desk.execute(f"UPDATE {table} SET {new} FROM {source} AS new WHERE {table}.{key} = new.{key}")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        return self.desk.execute(sql, list(parameters))


class DuckBackend:
    """An open DuckDB warehouse: one connection writes, inside `transaction()`; every reader has one of its own."""

    name = "duckdb"
    keeps_order = False

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: str) -> None:
        self.words: Words = DuckWords()
        self.path = path
        self.commits = 0
        # Never asked anything itself, so that a reader can be made while the writer works.
        self._root = connection
        self._writer = connection.cursor()
        _teach(self._writer)
        self._lock = Turns()
        self._making = threading.Lock()
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._closed = False
        self._sample = DuckSample(self._connection)
        self.sample: Sample = self._sample

    def cursor(self) -> DuckCursor:
        with self._making:
            idle = self._idle.pop() if self._idle else None
        return DuckCursor(idle or self._connection(), self.path, self._keep)

    def _keep(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Keeps a reader's connection for the next one: making one and teaching it takes longer than a small question."""
        with self._making:
            if len(self._idle) < _IDLE and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _connection(self) -> duckdb.DuckDBPyConnection:
        with self._making:
            connection = self._root.cursor()
        _teach(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[DuckWriter]:
        with self._lock:
            try:
                self._writer.execute("BEGIN")
                try:
                    yield DuckWriter(self._writer)
                except BaseException:
                    self._writer.execute("ROLLBACK")
                    raise
                self._writer.execute("COMMIT")
                self.commits += 1
            except duckdb.Error as error:
                raise _sentence(error, self.path) from error

    def copy_to(self, path: Path) -> None:
        with self._making:
            connection = self._root.cursor()
        try:
            (own,) = connection.execute("SELECT current_database()").fetchall()[0]
            place = str(path).replace("'", "''")
            connection.execute(f"ATTACH '{place}' AS copied")
            try:
                connection.execute(f'COPY FROM DATABASE "{own}" TO copied')
            finally:
                # Brings what was written from its log into the file.
                connection.execute("DETACH copied")
        except duckdb.Error as error:
            # What cannot grow is the copy; what cannot be read is ours.
            raise _sentence(error, str(path) if _is_full(error) else str(self.path)) from error
        finally:
            connection.close()

    def tidy(self) -> bool:
        return False

    def size(self) -> int:
        place = Path(self.path)
        beside = (place, place.with_name(place.name + ".wal"))
        return sum(file.stat().st_size for file in beside if file.is_file())

    def close(self) -> None:
        self._sample.close()
        with self._making:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
        with self._lock:
            self._writer.close()
            close_desk(self._root)


def _casefold(texts: Any) -> Any:
    return pyarrow.array(
        [text if text is None else text.casefold() for text in texts.to_pylist()], pyarrow.string()
    )


# What Python's str.strip takes away.
_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())


def _teach(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes our own functions known: casefold(text), as_number(text), version_key(text).

    Macros belong to one connection; python_casefold, below them, to the whole warehouse.
    DuckDB's lower() is not Unicode case folding (ß stays, İ differs), which the contract asks for: text beyond ASCII
    goes through Python's str.casefold.
    """
    for macro in (
        "casefold(t) AS CASE WHEN strlen(t) = length(t) THEN lower(t) ELSE python_casefold(t) END",
        # A cast also takes inf, nan and 1_000, which are no numbers here. Blanks around a number are none of it.
        f"number_in(t) AS coalesce(TRY_CAST(t AS DOUBLE), TRY_CAST(trim(t, '{_BLANKS}') AS DOUBLE))",
        "as_number(t) AS CASE WHEN isfinite(number_in(t)) AND NOT contains(t, '_') THEN number_in(t) END",
        # Filled up to one length, so that missing parts are noughts and lists compare part by part.
        r"version_key(t) AS CASE WHEN regexp_full_match(t, '[0-9]{1,18}(\.[0-9]{1,18})*') "
        "THEN list_resize(CAST(string_split(t, '.') AS BIGINT[]), 16, 0) END",
    ):
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")


def open_backend(path: Path | str, memory_limit: str = "4GB", threads: int | None = None) -> DuckBackend:
    """Opens the warehouse at this path, making it where there is none. `:memory:` is for tests.

    Raises Busy when another process owns it, WarehouseError for a foreign, damaged or unwritable file.
    """
    place = str(path)
    foreign = WarehouseError(f"{place} is not a warehouse of the Journey server and was left as it is.")
    if place != ":memory:" and Path(path).is_file() and Path(path).stat().st_size:
        with Path(path).open("rb") as file:
            if file.read(12)[8:12] != b"DUCK":
                raise foreign
    config: dict[str, Any] = {
        "memory_limit": memory_limit,
        "preserve_insertion_order": False,
        # Every checkpoint packs half-filled row groups anew; a log of this size is read again in a second or two.
        "checkpoint_threshold": "256MB",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if threads:
        config["threads"] = threads
    try:
        connection = duckdb.connect(place, config=config)
    except duckdb.Error as error:
        raise _sentence(error, place) from error
    try:
        connection.execute("SET TimeZone = 'UTC'")
        tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        if tables and "settings" not in tables:
            connection.close()
            raise foreign
        if not tables:
            _create(connection)
        found = connection.execute("SELECT value FROM settings WHERE name = 'schema'").fetchall()
        if not found or not str(found[0][0]).isdecimal():
            connection.close()
            raise foreign
        if int(found[0][0]) > SCHEMA_VERSION:
            connection.close()
            raise WarehouseError(
                f"{place} was made by a newer version of the Journey server. Install that version to use it."
            )
        _upgrade(connection)
        _furnish(connection)
    except duckdb.Error as error:
        raise _sentence(error, place) from error
    return DuckBackend(connection, place)


def _furnish(connection: duckdb.DuckDBPyConnection) -> None:
    """What all connections of this process find: our own function."""
    text = duckdb.sqltype("VARCHAR")
    connection.create_function("python_casefold", _casefold, [text], text, type=PythonUDFType.ARROW)


def open_desk(memory_limit: str = "4GB") -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that knows our functions, for the writers of other engines (base.Writer)."""
    connection = duckdb.connect(
        ":memory:", config={"memory_limit": memory_limit, "preserve_insertion_order": False}
    )
    connection.execute("SET TimeZone = 'UTC'")
    _furnish(connection)
    return connection


def desk_of(root: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection to such a desk for its writer."""
    connection = root.cursor()
    _teach(connection)
    return connection


@contextmanager
def joined_as_written(desk: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """While this lasts, the desk joins in the order in which a statement says it."""
    desk.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        yield
    finally:
        desk.execute("RESET disabled_optimizers")


def close_desk(root: duckdb.DuckDBPyConnection) -> None:
    """Closes a desk; a function that is still known when the interpreter ends is reported as a leak."""
    root.remove_function("python_casefold")
    root.close()


def _create_table(table: Table) -> str:
    columns = ", ".join(f"{column.name} {TYPES[column.type]}" for column in table.columns)
    return f"CREATE TABLE {table.name} ({columns})"


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("BEGIN")
    kinds = ", ".join(f"'{name}'" for name in FACT_KINDS)
    connection.execute(f"CREATE TYPE fact_kind AS ENUM ({kinds})")
    for table in TABLES:
        connection.execute(_create_table(table))
    connection.execute("INSERT INTO settings VALUES ('schema', ?)", [str(SCHEMA_VERSION)])
    connection.execute("COMMIT")


def _new_kinds(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """How the type of facts learns kinds that are new here: DuckDB cannot add values to a type that columns have."""
    known = connection.execute("SELECT enum_range(NULL::fact_kind)").fetchall()[0][0]
    new = [name for name in FACT_KINDS if name not in known]
    if not new:
        return []
    kept = [
        (table.name, column.name) for table in TABLES for column in table.columns if column.type == "kind"
    ]
    kinds = ", ".join(f"'{name}'" for name in (*known, *new))
    return [
        *(f"ALTER TABLE {table} ALTER {column} TYPE VARCHAR" for table, column in kept),
        "DROP TYPE fact_kind",
        f"CREATE TYPE fact_kind AS ENUM ({kinds})",
        *(f"ALTER TABLE {table} ALTER {column} TYPE fact_kind" for table, column in kept),
    ]


def _upgrade(connection: duckdb.DuckDBPyConnection) -> None:
    """Adds what an older warehouse lacks, all of it or nothing, and notes that it is of this version now."""
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns()"
    ).fetchall():
        found.setdefault(table, set()).add(column)
    missing = []
    for table in TABLES:
        if table.name not in found:
            missing.append(_create_table(table))
            continue
        missing += [
            f"ALTER TABLE {table.name} ADD COLUMN {column.name} {TYPES[column.type]}"
            for column in table.columns
            if column.name not in found[table.name]
        ]
    missing += _new_kinds(connection)
    if missing:
        missing.append(f"UPDATE settings SET value = '{SCHEMA_VERSION}' WHERE name = 'schema'")
        connection.execute("BEGIN")
        for statement in missing:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
