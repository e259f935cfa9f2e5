"""Asks the public lists of known holes about everything that is locked, for Python and for the browser.

    python tools/audit.py                       by pip-audit at PyPI, and by npm at its registry
    OSV_URL=http://… python tools/audit.py      by another place that speaks OSV's query, such as a company's mirror

Exit code 0: no hole is known. 1: there are holes, each on a line of its own. 2: a list could not be read, so nothing is known.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


class CannotTell(Exception):
    """A list could not be read; the text is one sentence."""


def python_holes(output: str, complaint: str) -> list[str]:
    """A line for each hole that `pip-audit --format json` told; `complaint` is what it said besides. Raises CannotTell."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        raise CannotTell(f"The list for Python could not be read ({_last_line(complaint)}).") from None
    unknown = [one["name"] for one in packages if "vulns" not in one]
    if unknown:
        raise CannotTell(f"The list for Python knows nothing of {', '.join(unknown[:5])}.")
    return [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in packages
        for hole in one["vulns"]
    ]


def browser_holes(output: str) -> list[str]:
    """A line for each package with holes that `npm audit --json` told. Raises CannotTell."""
    try:
        told: dict[str, Any] = json.loads(output)
        found: dict[str, Any] = told["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        raise CannotTell("The list for the browser's packages could not be read (npm audit).") from None
    return [f"{name}: {one['severity']}, {one['range']}" for name, one in found.items()]


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR:pip_audit._cli:")[:200] if lines else "it said nothing"


def ask_python() -> list[str]:
    place = os.environ.get("OSV_URL")
    command = [str(ROOT / ".venv/bin/uvx"), "pip-audit", "--disable-pip", "--require-hashes", "--strict"]
    command += ["--format", "json", "--progress-spinner", "off"]
    command += ["--vulnerability-service", "osv", "--osv-url", place] if place else []
    command += [part for lock in LOCKS for part in ("-r", lock)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return python_holes(done.stdout, done.stderr)


def ask_browser() -> list[str]:
    done = subprocess.run(["npm", "audit", "--json"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    return browser_holes(done.stdout)


def main(ask: tuple[Callable[[], list[str]], ...] = (ask_python, ask_browser)) -> int:
    code = 0
    for one in ask:
        try:
            holes = one()
        except CannotTell as reason:
            print(
                f"make audit: {reason} Nothing is known about these packages; try again where it can be reached.",
                file=sys.stderr,
            )
            code = 2
            continue
        for hole in holes:
            print(hole)
        code = max(code, 1 if holes else 0)
    if code == 0:
        print("No hole is known in anything that is locked.")
    return code


if __name__ == "__main__":
    sys.exit(main())
