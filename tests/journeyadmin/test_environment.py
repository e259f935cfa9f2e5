"""What stops the dashboard from starting is one sentence, and two processes that start together agree."""

import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from journeyadmin.environment import Environment, SetupError, database, kept_key
from tests.programs import ROOT, environment


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    for round_ in range(20):
        place = tmp_path / f"{round_}.key"
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _, place=place: kept_key(place), range(8)))
        assert len(keys) == 1
        assert keys != {""}
        assert place.stat().st_mode & 0o777 == 0o600
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".key"] * 20


def test_postgresql_without_its_driver_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SetupError, match=r'uv pip install "psycopg\[binary\]"'):
        database("postgres://a:b@127.0.0.1/c", tmp_path)


def run(folder: Path, *command: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(folder, **extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


SHOW_HOSTS = (
    "from django.conf import settings; import journeyadmin.settings as s; print(','.join(s.ALLOWED_HOSTS))"
)


def test_further_host_names_are_further_ones(tmp_path: Path) -> None:
    told = run(
        tmp_path,
        "-c",
        SHOW_HOSTS,
        JOURNEYADMIN_PUBLIC_URL="https://journeys.company.example",
        JOURNEYADMIN_ALLOWED_HOSTS="10.0.0.7",
    )
    assert told.stdout.strip() == "10.0.0.7,journeys.company.example,127.0.0.1,localhost,[::1]"


def test_a_store_of_another_version_is_not_served(tmp_path: Path) -> None:
    early = run(tmp_path, "-c", "import journeyadmin.wsgi")
    assert (early.returncode, early.stderr.strip()) == (
        78,
        "journeyadmin: The database is of an earlier version. Run manage.py migrate with the same settings.",
    )
    assert run(tmp_path, "manage.py", "migrate", "--verbosity", "0").returncode == 0
    assert run(tmp_path, "-c", "import journeyadmin.wsgi").returncode == 0
    newer = (
        "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'journeyadmin.settings'; django.setup();"
        "from django.db.migrations.recorder import MigrationRecorder as M; from django.db import connection as c;"
        "M(c).record_applied('segments', '0999_x'); M(c).record_applied('history', '0999_of_tomorrow')"
    )
    assert run(tmp_path, "-c", newer).returncode == 0
    late = run(tmp_path, "-c", "import journeyadmin.wsgi")
    assert late.returncode == 78
    assert "made by a newer version" in late.stderr
    assert late.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_IDLE_MINUTES", "0"),
        ("SESSION_HOURS", "99999999999"),
        ("SERVICE_READ_SECONDS", "-1"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "Europe"),
        ("PUBLIC_URL", "journeys.company.example"),
        ("PUBLIC_URL", "https://company.example/journeys"),
        ("EMBEDDED_SERVER", "127.0.0.1:8100"),
        ("TYPED_HOSTS", "journeyserver.company.example,https://other.example"),
        ("ENCRYPTION_KEYS", "no-key"),
        ("DATABASE", "postgres://a:b@db.company.example:port/c"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv("JOURNEYADMIN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setenv(f"JOURNEYADMIN_{name}", value)
    with pytest.raises(SystemExit, match="78"):
        runpy.run_path(str(ROOT / "journeyadmin/settings.py"))
    assert re.fullmatch(rf"journeyadmin: JOURNEYADMIN_{name} .+\.\n", capsys.readouterr().err)


def test_addresses_and_hosts_are_taken_however_they_are_spelt() -> None:
    told = Environment(
        {
            "JOURNEYADMIN_PUBLIC_URL": "https://Journeys.company.example/",
            "JOURNEYADMIN_TYPED_HOSTS": "A.example:443, b.example:8443,[2001:db8::1]",
        }
    )
    assert told.origin("PUBLIC_URL") == "https://journeys.company.example"
    assert told.hosts("TYPED_HOSTS") == ["a.example", "b.example:8443", "[2001:db8::1]"]
