"""Checks the types of both programs, each under its own settings."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = {
    "journeyadmin.settings": [
        "journeyadmin",
        "segments",
        "actiontargets",
        "analytics",
        "demo.py",
        "tools",
    ],
    "journeyserver.settings": ["journeyserver", "bench"],
}


def main() -> int:
    # At the same time: each reads the whole of Django's types, on a core of its own.
    running = [_started(settings, packages) for settings, packages in PROGRAMS.items()]
    told = [process.communicate()[0] for process in running]
    print("".join(told), end="")
    return int(any(process.returncode for process in running))


def _started(settings: str, packages: list[str]) -> subprocess.Popen[str]:
    present = [name for name in packages if (ROOT / name).exists()]
    return subprocess.Popen(
        [sys.executable, "-m", "mypy", "--cache-dir", f".mypy_cache/{settings}", *present],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


if __name__ == "__main__":
    sys.exit(main())
