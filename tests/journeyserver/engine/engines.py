"""Every engine in memory, for tests that run on all of them."""

import importlib.util
from typing import Any

import pytest

from journeyserver.engine.backends import duckdb

HAS_CHDB = importlib.util.find_spec("chdb") is not None
OTHERS = [
    pytest.param(
        "clickhouse",
        marks=pytest.mark.skipif(not HAS_CHDB, reason="chdb, ClickHouse in process, is not installed"),
    ),
]
NAMES = ["duckdb", *OTHERS]


def memory(name: str) -> Any:
    """A new, empty warehouse."""
    if name == "duckdb":
        return duckdb.open_backend(":memory:", threads=1)
    from journeyserver.engine.backends import clickhouse

    return clickhouse.open_backend("chdb:")
