"""`python -m journeyserver import`, as it is typed: what it says, what it leaves behind, how it ends."""

import io
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import requests

from journeyserver.ingest import report
from journeyserver.ingest.importer import Progress, Result
from journeyserver.ingest.incoming import Refused
from tests import cast, programs
from tests.journeyserver.ingest.samples import ACCESS_LOG, CSV, GA4, NDJSON, zipped
from tests.programs import Program


def typed(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return programs.run_journeyserver(folder, "import", *(str(argument) for argument in arguments))


def stored(folder: Path, question: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "journeyserver.duckdb"), read_only=True) as connection:
        return list(connection.execute(question).fetchall())


def test_all_formats_in_one_go_and_nothing_the_second_time(tmp_path: Path) -> None:
    first = typed(tmp_path, ACCESS_LOG, NDJSON, CSV, GA4)
    assert first.returncode == 0, first.stderr
    assert "access.log (combined): 5 added, 0 repeated, 8 skipped (" in first.stdout
    assert "2 robots" in first.stdout
    assert "Its pages are those of https://www.shop.test." in first.stdout
    assert "  1 × Two records run together in this line.\n      line 16: [address] " in first.stdout
    assert "203.0.113" not in first.stdout + first.stderr
    assert "ga4.ndjson (ga4): 7 added, 0 repeated, 3 refused" in first.stdout
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    for address in (b"203.0.113.", b"198.51.100.9", b"2001:db8"):
        assert address not in kept
    before = stored(tmp_path, "SELECT count(*) FROM events UNION ALL SELECT count(*) FROM facts")
    again = typed(tmp_path, ACCESS_LOG, GA4)
    assert again.returncode == 0
    assert "access.log (combined): 0 added. It was taken in on " in again.stdout
    assert stored(tmp_path, "SELECT count(*) FROM events UNION ALL SELECT count(*) FROM facts") == before


def test_problems_are_told_before_anything_is_taken_in(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("Some words.\n")
    empty = tmp_path / "empty.log"
    empty.touch()
    done = typed(tmp_path / "data", ACCESS_LOG, tmp_path / "gone.log", tmp_path, other, empty)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"journeyserver: There is no file {tmp_path / 'gone.log'}.",
        f"journeyserver: {tmp_path} is a folder; name the files in it.",
        f"journeyserver: {other} is in no format that is known here (combined: access log of Apache or nginx, combined; ga4: "
        "export of Google Analytics 4, Parquet or NDJSON; journey: events in our own format, NDJSON, CSV or Parquet).",
        f"journeyserver: {empty} is empty.",
        "journeyserver: Nothing was taken in.",
    ]
    assert not (tmp_path / "data" / "journeyserver.duckdb").exists()


def test_a_command_that_makes_no_sense(tmp_path: Path) -> None:
    done = typed(tmp_path, "--site", "www.example.com", ACCESS_LOG)
    assert done.returncode == 2
    assert "'www.example.com' is no address such as https://www.example.com" in done.stderr


def test_a_dry_run_shows_lines_and_takes_nothing_in(tmp_path: Path) -> None:
    done = typed(tmp_path, "--dry-run", ACCESS_LOG, GA4)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "access.log (combined), pages of https://www.shop.test"
    assert lines[1].startswith(
        "  2026-11-24 08:00:01  page_viewed  https://www.shop.test/?utm_source=News%20Letter&utm_medium=email  desktop, Chrome 120  visitor "
    )
    assert "Refused among the first lines:" in lines
    assert (
        "  2021-01-01 00:00:00  page_viewed  https://shop.test/  mobile, Safari 14, paid, US  visitor 1.1"
        in lines
    )
    assert lines[-1] == "Nothing was taken in."
    assert not (tmp_path / "journeyserver.duckdb").exists()


def test_times_move_together_until_the_newest_is_now(tmp_path: Path) -> None:
    assert typed(tmp_path, "--shift-to-now", ACCESS_LOG, GA4).returncode == 0
    ((oldest, newest),) = stored(tmp_path, "SELECT min(ts), max(ts) FROM events")
    now = datetime.now(UTC).replace(tzinfo=None)
    assert isinstance(newest, datetime)
    assert isinstance(oldest, datetime)
    assert abs(now - newest) < timedelta(minutes=2)
    assert newest - oldest == datetime(2026, 11, 24, 8, 30) - datetime(2021, 1, 1)


def test_a_damaged_file_gives_what_can_be_read_and_a_held_warehouse_nothing(tmp_path: Path) -> None:
    packed = zipped(NDJSON, tmp_path)
    packed.write_bytes(packed.read_bytes()[:-10])
    folder = tmp_path / "data"
    done = typed(folder, packed)
    assert done.returncode == 0, done.stderr
    assert "1 × The compressed data breaks off here; what follows cannot be read." in done.stdout
    with duckdb.connect(str(folder / "journeyserver.duckdb")):
        done = typed(folder, CSV)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "is in use by another process" in done.stderr


def test_a_running_server_does_the_work(own_server: Program) -> None:
    done = typed(own_server.folder, NDJSON)
    assert done.returncode == 0, done.stderr
    assert f"The Journey server at {own_server.url} takes the files in." in done.stdout
    assert "events.ndjson (journey): 7 added, 0 repeated, 8 refused" in done.stdout
    assert "line 9: " in done.stdout
    query = {
        "interval": "2026-11-24T00:00:00Z/2026-11-25T00:00:00Z",
        "metrics": ["nJourneySessions", "oJourneyOutcomeValue"],
    }
    answer = cast.api(own_server.url, "analyst").post(
        f"{own_server.url}/api/v2/analytics/journeys/aggregates/query", json=query
    )
    metrics = {row["metric"]: row["stats"] for row in answer.json()["results"][0]["data"][0]["metrics"]}
    assert metrics["nJourneySessions"] == {"count": 2}
    assert metrics["oJourneyOutcomeValue"]["sum"] == 79.9
    assert requests.get(f"{own_server.url}/api/local/v1/imports", timeout=10).status_code in (401, 404, 405)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(report.time, "monotonic", lambda: float(next(clock)))
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        bar = report.bar("a.log", stream)
        bar.show(Progress("1", "a.log", "combined", position=6_000, total=24_000, seconds=6))
        bar.show(Progress("1", "a.log", "combined", position=24_000, total=24_000, seconds=12))
        bar.clear()
    assert "\r\x1b[2Ka.log  ██████░░░░░░░░░░░░░░░░░░  25%  1,000 rows/s  18 s left" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[2K")
    assert "█" * 24 + " 100%" in terminal.getvalue()
    assert pipe.getvalue().splitlines()[0] == "a.log: 25%  1,000 rows/s  18 s left"
    assert "\r" not in pipe.getvalue()


def test_speed_counts_from_where_an_import_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 1.0, 2.0))
    monkeypatch.setattr(report.time, "monotonic", lambda: next(clock))
    terminal = Terminal()
    bar = report.bar("a.log", terminal)
    bar.show(Progress("1", "a.log", "combined", position=50_000, total=100_000))
    bar.show(Progress("1", "a.log", "combined", position=60_000, total=100_000, seconds=1))
    assert "60%  5,000 rows/s  8.0 s left" in terminal.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.2, "9.2 s"), (9.6, "10 s"), (75, "1 min 15 s"), (7_500, "2 h 5 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert report.duration(seconds) == text


def test_refused_lines_are_told_by_reason_with_ten_examples_at_most() -> None:
    refused = tuple(Refused(at, f"Reason {at % 3}.", f"line{at}") for at in range(50))
    lines = report.refusals(refused, 80)
    assert lines[0] == "  17 × Reason 0."
    assert len([line for line in lines if line.startswith("      line")]) == 9
    assert lines[-1] == "  30 more are counted but not shown"
    assert report.refusals((), 0) == []


def test_an_import_that_was_done_before_says_when() -> None:
    told = report.summary(
        Result(Progress("1", "a", "ga4", "already", "It was taken in on 2026-11-24 at 08:00 UTC.", added=5))
    )
    assert told == "a (ga4): 0 added. It was taken in on 2026-11-24 at 08:00 UTC."


def test_a_full_disk_loses_nothing_and_is_said_in_one_sentence(tmp_path: Path) -> None:
    """On a file system of six megabytes; skipped where none may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("A small file system cannot be mounted here.")
    log = tmp_path / "big.log"
    line = ACCESS_LOG.read_text().splitlines()[0]
    log.write_text("".join(f"{line.replace('/?', f'/{at:x}{at * 7919:x}?')}\n" for at in range(40_000)))
    try:
        done = typed(folder, log)
        assert done.returncode == 1
        assert "the disk is full. Nothing was lost; free some space." in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1
        subprocess.run(["mount", "-o", "remount,size=600m", str(folder)], check=True)
        again = typed(folder, log)
        assert again.returncode == 0, again.stderr
        assert "40,000 added, 0 repeated, 0 refused" in again.stdout
    finally:
        subprocess.run(["umount", str(folder)], check=True)
