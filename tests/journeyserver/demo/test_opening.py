"""The generated shop goes on by itself, whatever stood in its way for a moment."""

import subprocess
import sys
from pathlib import Path

from tests import programs

# In a process of its own, with the server's settings: the first two rounds meet a store that is busy.
_ROUNDS = """
import threading, time, django
django.setup()
from django.db import OperationalError
from journeyserver.demo import opening
from journeyserver.demo.fill import Shop

begun = []
def round_of(shop, since, until):
    begun.append(since)
    if len(begun) < 3:
        raise OperationalError("database is locked")

opening.SECONDS, opening.take_in_between = 0.01, round_of
shop, hour = opening.Opening(), int(time.time()) // 3600
passing = threading.Thread(target=shop._run, args=(Shop(7, 10.0, hour - 2, hour, hour, hour - 1, 0.0),))
passing.start()
while passing.is_alive() and len(begun) < 4:
    time.sleep(0.01)
shop.stop()
passing.join()
print(len(begun) >= 4 and begun[0] == begun[1] == begun[2] < begun[3])
"""


def test_a_store_that_is_busy_does_not_close_the_shop_for_good(tmp_path: Path) -> None:
    assert programs.run_journeyserver(tmp_path, "seed").returncode == 0
    env = programs.environment(tmp_path, DJANGO_SETTINGS_MODULE="journeyserver.settings")
    told = subprocess.run(
        [sys.executable, "-c", _ROUNDS],
        cwd=programs.ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (told.returncode, told.stdout) == (0, "True\n"), told.stderr
