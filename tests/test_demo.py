"""What somebody meets who types `make demo`: it starts, it stops, and what is wrong is said in one sentence."""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

import demo
from tests import programs

SESSIONS = "250"


class Running:
    """A started demo.py: what it says, how it ends."""

    def __init__(self, folder: Path, *files: str, **variables: str) -> None:
        self.port, self.server_port = programs.free_port(), programs.free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEY")}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        environment = {
            **kept,
            "PORT": str(self.port),
            "JOURNEYSERVER_PORT": str(self.server_port),
            "JOURNEYADMIN_DATA_DIR": str(folder),
            "SESSIONS": SESSIONS,
            **variables,
        }
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "demo.py", *files],
            cwd=programs.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._said: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._said.put(line.rstrip())

    def wait_for(self, wanted: str, seconds: float = 90) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        while True:
            assert time.monotonic() < deadline, self.lines
            try:
                line = self._said.get(timeout=0.2)
            except queue.Empty:
                assert self.process.poll() is None, self.lines
                continue
            if match := re.search(wanted, line):
                return match

    def ready(self) -> float:
        """Waits for the line that says so; how many seconds that took."""
        assert self.wait_for(r"^ready (.*)$")[1] == f"http://127.0.0.1:{self.port}"
        return time.monotonic() - self.begun

    def end(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join(10)
        if self.process.stdout and not self.process.stdout.closed:
            self.process.stdout.close()
        return code


@contextmanager
def running(folder: Path, *files: str, **variables: str) -> Iterator[Running]:
    started = Running(folder, *files, **variables)
    try:
        yield started
    finally:
        started.end(signal.SIGKILL)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def signed_in(started: Running, username: str) -> tuple[requests.Session, str]:
    """A browser without JavaScript: from the door of the dashboard through the server's sign-in page and back."""
    session = requests.Session()
    field = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
    door = session.get(f"http://127.0.0.1:{started.port}/", timeout=20)
    button = re.search(r'name="connection" value="(\d+)"', door.text)
    assert button, door.text
    form = {"csrfmiddlewaretoken": field.search(door.text)[1], "connection": button[1]}  # type: ignore[index]
    login = session.post(door.url, data=form, headers={"Referer": door.url}, timeout=20)
    assert login.url.startswith(f"http://127.0.0.1:{started.server_port}/oauth/authorize"), login.url
    form = {
        "csrfmiddlewaretoken": field.search(login.text)[1],  # type: ignore[index]
        "username": username,
        "password": "demo",
    }
    inside = session.post(login.url, data=form, headers={"Referer": login.url}, timeout=20)
    assert inside.url.startswith(f"http://127.0.0.1:{started.port}/"), inside.url
    return session, inside.text


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


def test_the_second_start_is_quick_and_may_be_at_other_ports(shop):
    with running(shop) as second:
        # Five seconds on a machine of its own; tests share theirs.
        assert second.ready() < 15
        assert not [line for line in second.lines if line.startswith("Filling")]
        _, page = signed_in(second, "analyst")
        assert "Aiko Tanaka" in page
        assert second.end(signal.SIGTERM) == 0


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
    with running(tmp_path, SESSIONS="3000") as first:
        first.wait_for("^Filling")
        time.sleep(1)
        assert first.end(signal.SIGTERM) == 0
        assert first.lines[-1].startswith("Filling")
    with running(tmp_path, SESSIONS="3000") as second:
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
