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
    failed = False
    for settings, packages in PROGRAMS.items():
        present = [name for name in packages if (ROOT / name).exists()]
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--cache-dir", f".mypy_cache/{settings}", *present],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": settings},
            check=False,
        )
        failed = failed or done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
