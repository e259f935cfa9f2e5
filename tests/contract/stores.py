"""Reaching into a server's stores for what no operation does: letting time pass, taking a role away, visits of 2024."""

import subprocess
import sys
import uuid
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from journeyserver.engine.backends.duckdb import open_backend
from tests.programs import ROOT, Program

SEGMENT_A, SEGMENT_B = str(uuid.UUID(int=10)), str(uuid.UUID(int=11))


def add_visits(folder: Path) -> None:
    """Four visits around the night of 2024 when London's clocks go forward, the first of which holds two segments."""
    with closing(open_backend(folder / "journeyserver.duckdb")) as backend, backend.transaction() as writer:
        for day, hour, held in ((30, 12, [SEGMENT_A, SEGMENT_B]), (31, 12, []), (32, 12, []), (32, 23, [])):
            started = datetime(2024, 2, 29) + timedelta(days=day, hours=hour)
            row = ["session_started", started, str(uuid.uuid4()), held]
            columns = "kind, ts, journey_session_id, journey_session_segment_id"
            writer.execute(f"INSERT INTO facts ({columns}) VALUES (?, ?, ?, ?)", row)


_CHANGE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "journeyserver.settings"
import django
django.setup()
from datetime import timedelta
from django.db.models import F
from django.utils.timezone import now
from journeyserver.models import ActionTarget, AuthorizationCode, Person, Token
newest = Token.objects.filter(pk=Token.objects.latest("pk").pk) if Token.objects.exists() else Token.objects.none()
changed = eval(sys.argv[1])
sys.exit(0 if (changed[0] if isinstance(changed, tuple) else changed) else "nothing was changed")
"""


def change(server: Program, update: str) -> None:
    """Evaluates one line over the server's models, an `update` or `delete` that must change something, in whatever database
    the running server has. `newest` is the newest token; `F`, `now`, `timedelta` are Django's and Python's."""
    told = Path(f"/proc/{server.process.pid}/environ").read_bytes().decode().split("\0")
    environment = dict(line.split("=", 1) for line in told if "=" in line)
    done = subprocess.run(
        [sys.executable, "-c", _CHANGE, update],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
