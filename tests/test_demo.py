"""What somebody meets who types `make demo`: it starts, it stops, and what is wrong is said in one sentence."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

import demo
from tests import cast, programs
from tests.launched import is_free, running, signed_in


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that was started once, looked at, and stopped by Ctrl-C."""
    folder = tmp_path_factory.mktemp("demo") / "not there yet"
    with running(folder) as first:
        first.ready()
        assert "Sign in as marketer, supervisor, analyst or admin; the password is demo." in first.lines
        _, page = signed_in(first, "marketer")
        assert "Maya Lindqvist" in page
        assert "Second thoughts at the checkout" in page
        assert first.end(signal.SIGINT) == 0
        assert is_free(first.port)
        assert is_free(first.server_port)
        assert not [line for line in first.lines if "Traceback" in line or "Error" in line]
    return folder


def test_the_second_start_finds_all_there(shop):
    with running(shop) as second:
        # How long it takes is for bench/demo.py to say.
        second.ready()
        assert not [line for line in second.lines if line.startswith("Filling")]
        assert second.end(signal.SIGTERM) == 0


def test_it_may_move_to_other_ports_and_signs_the_first_visitor_in(shop):
    with running(shop, elsewhere=True) as moved:
        moved.ready()
        # CON1: one address to open, nothing to type. It works once.
        [line] = [line for line in moved.lines if line.startswith("Signed in as admin at once")]
        address = line.rpartition(" ")[2]
        assert address.startswith(f"http://127.0.0.1:{moved.port}/accounts/demo/")
        first, later = (requests.get(address, timeout=20) for _ in range(2))
        assert first.url == f"http://127.0.0.1:{moved.port}/segments/"
        assert "Ada Okafor" in first.text
        assert "Local data · generated" in first.text
        assert later.url.startswith(f"http://127.0.0.1:{moved.server_port}/oauth/authorize")
        _, page = signed_in(moved, "analyst")
        assert "Aiko Tanaka" in page
        assert moved.end(signal.SIGTERM) == 0


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv of util-linux")
def test_killed_it_leaves_nothing_running(shop):
    with running(shop) as started:
        started.ready()
        assert started.end(signal.SIGKILL) == -signal.SIGKILL
        deadline = time.monotonic() + 40
        while not (is_free(started.port) and is_free(started.server_port)):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_stopped_while_it_fills_it_goes_on_next_time(tmp_path):
    with running(tmp_path, SESSIONS="1500") as first:
        first.wait_for("^Filling")
        time.sleep(1)
        assert first.end(signal.SIGTERM) == 0
        assert first.lines[-1].startswith("Filling")
    with running(tmp_path, SESSIONS="1500") as second:
        second.ready()
        assert second.end(signal.SIGINT) == 0


def test_a_program_that_ends_by_itself_is_named(shop):
    with running(shop) as started:
        started.ready()
        listening = subprocess.run(
            ["pgrep", "-f", f"journeyserver runserver --host 127.0.0.1 --port {started.server_port}"],
            capture_output=True,
            text=True,
            check=True,
        )
        for number in listening.stdout.split():
            os.kill(int(number), signal.SIGKILL)
        assert started.process.wait(60) == 1
    assert started.lines[-1] == "make demo: The Journey server ended by itself (code -9), so the demo stops."


AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"


def test_own_events_are_moved_to_now_and_kept_apart(shop, tmp_path):
    log = tmp_path / "access.log"
    lines = [
        f'192.0.2.{number} - - [17/May/2015:10:0{number}:00 +0000] "GET /{number} HTTP/1.1" 200 9 "-" "{AGENT}"\n'
        for number in range(1, 6)
    ]
    log.write_text("".join(lines))
    with running(shop, str(log)) as started:
        started.ready()
        assert any(line.startswith("access.log (combined): 5 added") for line in started.lines)
        _, page = signed_in(started, "marketer")
        assert "Your events" in page
        assert "generated" not in page
        url = f"http://127.0.0.1:{started.server_port}"
        announced = requests.get(f"{url}/api/local/v1/capabilities", timeout=10).json()
        assert announced["data"] == {"generated": False}
        now = datetime.now(UTC)
        interval = (
            f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}/{now + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
        )
        answer = cast.api(url).post(
            f"{url}/api/v2/analytics/journeys/aggregates/query",
            json={"interval": interval, "metrics": ["nJourneySessions"]},
            timeout=10,
        )
        counted = answer.json()["results"][0]["data"][0]["metrics"]
        assert counted == [{"metric": "nJourneySessions", "stats": {"count": 5}}]
        assert started.end(signal.SIGTERM) == 0


def test_a_file_of_another_format_is_said_in_one_sentence(tmp_path):
    text = tmp_path / "letter.txt"
    text.write_text("Dear reader,\n")
    started = demo.Demo({**os.environ, "JOURNEYADMIN_DATA_DIR": str(tmp_path / "data")}, [str(text)])
    started.check()
    with pytest.raises(demo.CannotStart, match=rf"^{text} is in no format that is known here"):
        started._run("journeyserver", "import", str(text))


def sentence(folder: Path, *files: str, **variables: str) -> str:
    """What is said when the demo cannot start."""
    with pytest.raises(demo.CannotStart) as refused:
        demo.Demo({"JOURNEYADMIN_DATA_DIR": str(folder), **variables}, list(files)).check()
    return str(refused.value)


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80 80", "8000.5", "٨٠٠٠", "9" * 30])
def test_a_port_that_is_none(tmp_path, port):
    said = sentence(tmp_path, PORT=port)
    assert said == f"PORT must be a port number from 1 to 65535, but it is “{port}”."


def test_both_programs_at_one_port(tmp_path):
    said = sentence(tmp_path, PORT="18000", JOURNEYSERVER_PORT="18000")
    assert said == "PORT and JOURNEYSERVER_PORT are both 18000; choose two different ports."


@pytest.mark.parametrize("name", ["PORT", "JOURNEYSERVER_PORT"])
def test_a_port_in_use(tmp_path, name):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ports = {
            "PORT": str(programs.free_port()),
            "JOURNEYSERVER_PORT": str(programs.free_port()),
            name: str(port),
        }
        said = sentence(tmp_path, **ports)
    assert said.startswith(f"Port {port} cannot be used (Address already in use); stop what listens there")
    assert said.endswith(f"make demo {name}={port + 10}")


def test_a_data_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    said = sentence(tmp_path / "file" / "data")
    assert said.startswith(f"The data folder {tmp_path}/file/data cannot be written to (Not a directory)")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte. Only root may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
        )
        if os.geteuid() == 0 and shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(small_disk):
    said = sentence(small_disk / "data")
    assert said.startswith(f"The disk that holds {small_disk}/data is full: the demo needs 200 MB free")
    (small_disk / "ballast").write_bytes(b"x" * (1024 * 1024 - 4096 * 2))
    assert "cannot be written to (No space left on device)" in sentence(small_disk / "data")


def test_a_read_only_disk(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert "cannot be written to (Read-only file system)" in sentence(small_disk / "data")


@pytest.mark.parametrize(
    ("name", "reason"), [("nothing.parquet", "No such file or directory"), (".", "Is a directory")]
)
def test_a_file_that_cannot_be_read(tmp_path, monkeypatch, name, reason):
    monkeypatch.chdir(tmp_path)
    assert sentence(tmp_path, name) == f"{name} cannot be read ({reason})."


def test_other_files_are_not_mixed_in(tmp_path):
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.touch(), second.touch()
    started = demo.Demo({"JOURNEYADMIN_DATA_DIR": str(tmp_path)}, [str(first)])
    started.folder.mkdir()
    started.note(files=started._files_note())
    said = sentence(tmp_path, str(second))
    assert said.startswith(f"{tmp_path}/own-data already holds a.log, moved to now; remove that folder")
    assert "already holds a.log" in sentence(tmp_path, str(first), KEEP_DATES="1")


def test_a_damaged_note_is_named(tmp_path):
    (tmp_path / "demo.json").write_text("{")
    started = demo.Demo({"JOURNEYADMIN_DATA_DIR": str(tmp_path)}, [])
    with pytest.raises(demo.CannotStart, match=r"demo\.json cannot be read; remove it and start again"):
        started.notes()


def test_the_sentence_reaches_the_terminal_without_a_traceback(tmp_path):
    with running(tmp_path, PORT="none") as started:
        assert started.process.wait(30) == 1
        started.end(signal.SIGKILL)
    assert started.lines == ["make demo: PORT must be a port number from 1 to 65535, but it is “none”."]
