"""`python -m bench [NAME…] [--size small|full] [--keep FOLDER [--prepare]]`: runs benchmarks and prints one table."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from bench import ROOT, SIZES, Arguments, Row

HEADINGS = ("benchmark", "what", "ours", "reference", "", "ratio", "target", "met")


def names() -> list[str]:
    """Every benchmark there is, by the file it lies in."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))


def shown(number: float | None, unit: str = "") -> str:
    """A number with at most four digits before the unit: `1 234 567 events/s`, `0.0821 s`."""
    if number is None:
        return ""
    digits = f"{number:,.0f}".replace(",", " ") if abs(number) >= 1000 else f"{number:.4g}"
    return f"{digits} {unit}".strip()


def line(name: str, row: Row) -> tuple[str, ...]:
    met = {True: "yes", False: "NO", None: ""}[row.met]
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}×"
    return (
        name,
        row.name,
        shown(row.ours, row.unit),
        row.reference_name,
        shown(row.reference, row.unit if row.reference is not None else ""),
        ratio,
        row.target,
        met,
    )


def table(lines: Sequence[tuple[str, ...]]) -> str:
    """The lines under their headings, aligned; numbers to the right."""
    rows = [HEADINGS, *lines]
    widths = [max(len(row[index]) for row in rows) for index in range(len(HEADINGS))]
    right = {2, 4, 5}
    drawn = [
        "  ".join(
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    drawn.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(drawn)


def main(argv: list[str]) -> int:
    """Runs what was named, or all. Exit code 1 when one broke or missed its target, 2 when there is no such one, 130 when
    it was interrupted; what was measured until then is printed."""
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which ones: {', '.join(names()) or 'none yet'}")
    parser.add_argument("--size", choices=SIZES, default="small", help="full takes many minutes")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="what is prepared stays there for next time"
    )
    parser.add_argument("--prepare", action="store_true", help="prepare what is kept, and measure nothing")
    asked = parser.parse_args(argv)
    if unknown := [name for name in asked.name if name not in names()]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    if asked.prepare and asked.keep is None:
        parser.error("--prepare needs --keep FOLDER")
    data = ROOT.parent / "shared" / "data"
    rows: list[tuple[str, Row]] = []
    notes: list[str] = []
    interrupted = False
    for name in asked.name or names():
        begun = time.perf_counter()
        print(f"{name} …", file=sys.stderr, end=" ", flush=True)
        with tempfile.TemporaryDirectory(prefix=f"journeyadmin-bench-{name}-") as folder:
            kept = asked.keep and asked.keep.absolute() / name
            arguments = Arguments(asked.size, Path(folder), data if data.is_dir() else None, kept)
            try:
                module = import_module(f"bench.{name}")
                if not asked.prepare:
                    for row in module.run(arguments):
                        rows.append((name, row))
                elif hasattr(module, "prepare"):
                    module.prepare(arguments)
            except KeyboardInterrupt:
                interrupted = True
                notes.append(f"{name} was interrupted")
            except Exception as error:
                # One that breaks does not take the others' numbers with it.
                notes.append(f"{name} broke: {type(error).__name__}: {error}")
        print(f"{time.perf_counter() - begun:.0f} s", file=sys.stderr)
        if interrupted:
            break
    failed = bool(notes) or any(row.met is False for _, row in rows)
    if not asked.prepare:
        print(table([line(name, row) for name, row in rows]))
    notes += [f"{name}, {row.name}: {row.note}" for name, row in rows if row.note]
    if notes:
        print("\n" + "\n".join(notes))
    return 130 if interrupted else int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
