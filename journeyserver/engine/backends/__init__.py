"""Where the warehouse's data lies: one file per engine, each knowing the words of `base.Backend`."""

from pathlib import Path

from journeyserver.engine.backends.base import Backend, WarehouseError


def open_engine(address: str, path: Path) -> Backend:
    """Opens the warehouse of an engine: `duckdb` (the file at `path`), `duckdb:FILE`, `clickhouse://…`, `clickhouses://…`,
    `chdb:FOLDER`. Raises Busy, WarehouseError."""
    # An engine is imported where it is used: each takes a while, and nobody needs both.
    scheme, _, rest = address.partition(":")
    if scheme == "duckdb":
        from journeyserver.engine.backends import duckdb

        return duckdb.open_backend(rest or path)
    if scheme in ("clickhouse", "clickhouses", "chdb"):
        from journeyserver.engine.backends import clickhouse

        return clickhouse.open_backend(address)
    raise WarehouseError(
        f"There is no engine {scheme[:40]}: write duckdb, clickhouse://user:password@host:8123/database, "
        "or chdb:/path/to/a/folder."
    )
