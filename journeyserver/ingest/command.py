"""`python -m journeyserver import FILE…`: takes files of events in, and says how it goes."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from journeyserver import imports, store
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.ingest import report
from journeyserver.ingest.importer import Result, run_import
from journeyserver.ingest.incoming import Options, Unreadable, is_site
from journeyserver.ingest.readers import Reader, open_file
from journeyserver.ingest.readers.detect import FORMATS


def main(argv: Sequence[str]) -> int:
    """Exit code 0 when every file was taken in (refused lines are told, and are no failure), 1 when one was not, 2 for a
    command that makes no sense."""
    asked = _parser().parse_args(argv)
    options = Options(with_robots=asked.with_bots, site=asked.site or "")
    readers = _opened(asked.file, asked.format, options)
    if readers is None:
        return 1
    if asked.dry_run:
        for path, reader in readers.items():
            print(report.preview(path.name, reader))
        print("Nothing was taken in.")
        return 0
    store.prepare()
    shift = _shift(readers) if asked.shift_to_now else 0
    options = Options(shift=shift, with_robots=asked.with_bots, site=asked.site or "")
    server = imports.server_url()
    if server:
        report.say(f"The Journey server at {server} takes the files in.")
    failed = [path for path, reader in readers.items() if not _taken_in(path, reader, options)]
    return 1 if failed else 0


def _opened(paths: Sequence[Path], format_name: str | None, options: Options) -> dict[Path, Reader] | None:
    """All files, or None after each problem was told: nothing is begun that cannot be finished."""
    readers: dict[Path, Reader] = {}
    wrong = False
    for path in paths:
        try:
            readers[path] = open_file(path, format_name, options)
        except Unreadable as error:
            wrong = True
            report.complain(str(error))
    if wrong and readers:
        report.complain("Nothing was taken in.")
    return None if wrong else readers


def _shift(readers: dict[Path, Reader]) -> int:
    """How many seconds make the newest event of all files happen now."""
    newest = max((moment for reader in readers.values() if (moment := reader.newest())), default=None)
    return 0 if newest is None else int((datetime.now(UTC).replace(tzinfo=None) - newest).total_seconds())


def _taken_in(path: Path, reader: Reader, options: Options) -> bool:
    """Whether a file was taken in to its end; its problems, progress and summary are told."""
    bar = report.bar(path.name, sys.stderr)
    try:
        result = run_import(path, reader.format, options, bar.show)
    except (Unreadable, WarehouseError) as error:
        bar.clear()
        report.complain(str(error))
        return False
    except KeyboardInterrupt:
        bar.clear()
        report.complain(
            "Stopped. What was taken in so far stays, and the same command goes on with the rest."
        )
        raise
    bar.clear()
    _tell(path, reader, result)
    return result.ok


def _tell(path: Path, reader: Reader, result: Result) -> None:
    print(report.summary(result, getattr(reader, "site", "")))
    if not result.ok:
        report.complain(f"{path.name}: {result.progress.message}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m journeyserver import",
        description="Takes files of events in. A file that was taken in before adds nothing; one that was interrupted goes on.",
        epilog="Formats, seen from the content: "
        + "; ".join(f"{name} ({text})" for name, text in FORMATS.items())
        + ". See docs/importing.md.",
    )
    parser.add_argument("file", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=list(FORMATS), help="refuse files of another format")
    parser.add_argument(
        "--with-bots", action="store_true", help="take the visits of robots in as well (logs)"
    )
    parser.add_argument(
        "--shift-to-now", action="store_true", help="move all times so that the newest event is now"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what ten lines become, take nothing in")
    parser.add_argument(
        "--site",
        type=_site,
        metavar="https://…",
        help="the site's address, for logs, whose lines hold only the path",
    )
    return parser


def _site(text: str) -> str:
    if not is_site(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as https://www.example.com")
    return text
