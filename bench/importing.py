"""How fast files are taken in, with visits and the assignments of a dozen segments, beside DuckDB's bare load of the same file.

Real files (../shared/data): exports of Google Analytics 4 as Parquet, access logs packed by gzip. `small` takes a quarter of the
export and the shorter half of the logs, `full` everything.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import requests

from bench import ROOT, Arguments, Row
from tests import programs

EVENTS_A_SECOND, LINES_A_SECOND = 150_000, 30_000
# The file may grow fourfold, memory by what a fuller warehouse needs for its own caches.
MEMORY_GROWTH = 1.5

# A process of its own per file: nothing is warm, and its peak of memory is its alone.
_IMPORT = """
import json, os, sys, time
import django
django.setup()
from pathlib import Path
from journeyserver.ingest.importer import run_import
begun = time.perf_counter()
told = run_import(Path(sys.argv[1])).progress
seconds = time.perf_counter() - begun
assert told.state == "done", told
from bench import peak_memory_mb
peak = peak_memory_mb(os.getpid())
print(json.dumps({"rows": told.position, "seconds": seconds, "peak": peak, "added": told.added}))
"""
_BARE = """
import json, sys, time
import duckdb
begun = time.perf_counter()
with duckdb.connect(sys.argv[1], config={"threads": 2}) as connection:
    connection.execute(f"CREATE TABLE loaded AS {sys.argv[2]}")
    (rows,) = connection.execute("SELECT count(*) FROM loaded").fetchone()
print(json.dumps({"rows": rows, "seconds": time.perf_counter() - begun}))
"""


def run(arguments: Arguments) -> list[Row]:
    if arguments.data is None:
        return []
    everything = exports = sorted((arguments.data / "ga4-store").glob("*.parquet"))
    logs = sorted((arguments.data / "weblogs").glob("*.gz"))
    if arguments.size == "small":
        exports, logs = exports[:1], logs[-1:]
    folder = arguments.folder
    made = _prepared(folder / "prepared")
    events = _imported(made, folder / "ga4", exports)
    bare_events = _loaded(
        folder / "bare.duckdb", f"SELECT * FROM read_parquet({[str(file) for file in exports]})"
    )
    lines = _imported(made, folder / "logs", logs)
    as_lines = "columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false, ignore_errors = true"
    bare_lines = _loaded(
        folder / "lines.duckdb", f"SELECT * FROM read_csv({[str(file) for file in logs]}, {as_lines})"
    )
    return [
        _speed("GA4 Parquet", "events/s", events, bare_events, EVENTS_A_SECOND),
        _speed("access logs", "lines/s", lines, bare_lines, LINES_A_SECOND),
        _memory(made, folder, everything),
    ]


def _speed(name: str, unit: str, ours: Sequence[dict[str, Any]], bare: dict[str, Any], target: int) -> Row:
    rows, seconds = sum(part["rows"] for part in ours), sum(part["seconds"] for part in ours)
    peak = max(part["peak"] for part in ours)
    return Row(
        name,
        rows / seconds,
        unit,
        "DuckDB's bare load",
        bare["rows"] / bare["seconds"],
        f"at least {target:,}".replace(",", " "),
        rows / seconds >= target,
        f"{rows:,} rows in {len(ours)} files, {sum(part['added'] for part in ours):,} of them added, {len(SEGMENTS)} segments "
        f"active; {seconds / (bare['seconds']):.1f} times the bare load; peak {peak:.0f} MB",
    )


def _memory(made: Path, folder: Path, exports: Sequence[Path]) -> Row:
    """The peak for all rows in one file beside that for a quarter of them, which is more than one piece."""
    quarter, whole = folder / "quarter.parquet", folder / "whole.parquet"
    with duckdb.connect() as connection:
        files = [str(file) for file in exports]
        connection.execute(f"COPY (FROM read_parquet({files})) TO '{whole}'")
        (rows,) = connection.execute(f"SELECT count(*) FROM '{whole}'").fetchall()[0]
        connection.execute(f"COPY (FROM '{whole}' LIMIT {rows // 4}) TO '{quarter}'")
    small, large = (_imported(made, folder / file.stem, [file])[0]["peak"] for file in (quarter, whole))
    return Row(
        "memory, four times the file",
        large,
        "MB",
        "a quarter of it",
        small,
        f"at most {MEMORY_GROWTH}×",
        large / small <= MEMORY_GROWTH,
    )


def _prepared(folder: Path) -> Path:
    """A data folder with the segments and without events."""
    with programs.journeyserver(folder) as server:
        session = requests.Session()
        token = programs.run_journeyserver(folder, "token", "demo-service").stdout.strip()
        session.headers["Authorization"] = f"Bearer {token}"
        for body in SEGMENTS:
            answer = session.post(f"{server.url}/api/v2/journey/segments", json=body)
            assert answer.status_code == 200, answer.text
    for left in folder.glob("journeyserver.duckdb*"):
        left.unlink()
    return folder


def _imported(made: Path, folder: Path, files: Sequence[Path]) -> list[dict[str, Any]]:
    """What became of each file, one after the other into one warehouse."""
    folder.mkdir()
    for file in made.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    environment = programs.environment(folder, DJANGO_SETTINGS_MODULE="journeyserver.settings")
    return [_told([_IMPORT, str(file)], environment) for file in files]


def _loaded(place: Path, select: str) -> dict[str, Any]:
    return _told([_BARE, str(place), select], None)


def _told(code: Sequence[str], environment: dict[str, str] | None) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", *code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _visit(key: str, *values: str, operator: str = "equal") -> dict[str, Any]:
    return {
        "key": key,
        "values": list(values),
        "operator": operator,
        "shouldIgnoreCase": True,
        "entityType": "visit",
    }


def _steps(*steps: tuple[int, str, str, str]) -> dict[str, Any]:
    """Patterns in order: how often, of which key, how compared, with what."""
    return {
        "patterns": [
            {
                "criteria": [{"key": key, "values": [value], "operator": operator, "shouldIgnoreCase": True}],
                "count": count,
                "streamType": "Web",
                "sessionType": "web",
            }
            for count, key, operator, value in steps
        ]
    }


def _segment(
    name: str,
    context: Sequence[dict[str, Any]] = (),
    journey: dict[str, Any] | None = None,
    scope: str = "Session",
) -> dict[str, Any]:
    return {
        "displayName": name,
        "scope": scope,
        "context": {"patterns": [{"criteria": list(context)}] if context else []},
        "journey": journey or {"patterns": []},
    }


# A dozen as a team would have them, for shop and for pages; each finds some visits in one of the data sets at least.
SEGMENTS = (
    _segment("On a phone", [_visit("device.category", "mobile")]),
    _segment("From a search engine, not signed in", [_visit("referrer.medium", "search"), _visit("authenticated", "false")]),
    _segment("Through a paid click", [_visit("mktCampaign.network", "google")]),
    _segment("From North America", [_visit("geolocation.country", "US", "CA")]),
    _segment("Old browsers", [_visit("browser.version", "60", operator="lessThan")]),
    _segment("Three product views on a phone", [_visit("device.category", "mobile")], _steps((3, "eventName", "equal", "view_item"))),
    _segment("Read several pages", [], _steps((3, "eventName", "equal", "page_viewed"))),
    _segment("Basket, then checkout", [], _steps((1, "page.url", "containsAny", "basket"), (1, "eventName", "equal", "begin_checkout"))),
    _segment("Looked at apparel twice", [], _steps((2, "page.pathname", "containsAny", "apparel"))),
    _segment("Bought something", [], _steps((1, "eventName", "equal", "purchase")), "Customer"),
    _segment("Long readers", [], _steps((2, "attributes.engagement_time_msec.value", "greaterThan", "30000")), "Customer"),
    _segment("Blog or rates", [], _steps((1, "page.pathname", "startsWith", "/blog"), (1, "page.pathname", "notEqual", "/")), "Customer"),
)  # fmt: skip
