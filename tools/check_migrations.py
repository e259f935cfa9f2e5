"""Checks that no migration is missing, in either program."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for settings in ("journeyadmin.settings", "journeyserver.settings"):
            done = subprocess.run(
                [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": settings,
                    "JOURNEYADMIN_DATA_DIR": folder,
                    "PYTHONPATH": str(ROOT),
                },
                check=False,
            )
            failed = failed or done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
