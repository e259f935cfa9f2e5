"""Starts the demo: both programs, filled, on one machine. `make demo` runs it; it only starts processes.

The environment says where: PORT, JOURNEYSERVER_PORT, JOURNEYADMIN_DATA_DIR. Files given as arguments are shown
instead of the generated shop, moved in time so that the newest event is now (KEEP_DATES=1 leaves them). SESSIONS is
how many visits are generated (20000).
"""

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent
HOST = "127.0.0.1"
DATABASE_SPACE = 200 * 1024 * 1024
READY_SECONDS = 60
STOP_SECONDS = 35
# A generated shop that was filled longer ago is brought up to now.
STALE_SECONDS = 2 * 3600
PROGRAMS = ("The Journey server", "The dashboard")
# util-linux: the processes below end with this one even if it is killed.
_DIES_WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
DEMO_SECRET_VARIABLE = "DEMO_CLIENT_SECRET"  # noqa: S105 — the name of a variable


class CannotStart(Exception):
    """The demo cannot start; the text is one sentence for the person who typed the command."""


class Stopped(Exception):
    """Ctrl-C, or SIGTERM."""


class Demo:
    """One run of the demo: where it is, what it has been told, and the processes it started."""

    def __init__(self, variables: dict[str, str], files: list[str]) -> None:
        self.port = _number(variables, "PORT", 8000, most=65535, what="a port number")
        self.server_port = _number(variables, "JOURNEYSERVER_PORT", 8001, most=65535, what="a port number")
        if self.port == self.server_port:
            raise CannotStart(
                f"PORT and JOURNEYSERVER_PORT are both {self.port}; choose two different ports."
            )
        self.sessions = _number(variables, "SESSIONS", 20_000, most=1_000_000, what="a number of visits")
        self.files = [_readable(name) for name in files]
        self.connection = "Your events" if files else "Demo shop"
        self.keep_dates = variables.get("KEEP_DATES", "") not in ("", "0")
        folder = Path(variables.get("JOURNEYADMIN_DATA_DIR") or ROOT / "var").expanduser().absolute()
        # Somebody's own events and the generated shop never share a folder.
        self.folder = folder / "own-data" if self.files else folder
        self.variables = {
            # One person clicks faster than the limit of a token allows, and shares it with every tab.
            "JOURNEYSERVER_RATE_LIMIT": "3000",
            "JOURNEYADMIN_LOG_LEVEL": "WARNING",
            # Visitors keep coming, so that what is live shows something.
            "JOURNEYSERVER_SHOP_OPEN": "0" if files else "1",
            **variables,
            "JOURNEYADMIN_DATA_DIR": str(self.folder),
            "JOURNEYADMIN_EMBEDDED_SERVER": self.server_url,
            "JOURNEYSERVER_HOST": HOST,
            "JOURNEYSERVER_PORT": str(self.server_port),
            "JOURNEYSERVER_DEMO_TICKET": secrets.token_urlsafe(32),
            DEMO_SECRET_VARIABLE: "demo-secret",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        self._starting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def open_url(self) -> str:
        """Signs the first browser that opens it in as the administrator; worth nothing afterwards, or elsewhere."""
        return f"{self.url}/accounts/demo/{self.variables['JOURNEYSERVER_DEMO_TICKET']}"

    @property
    def server_url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    # What was done before, so that the second start does not do it again.
    @property
    def _notes_file(self) -> Path:
        return self.folder / "demo.json"

    def notes(self) -> dict[str, Any]:
        try:
            found = json.loads(self._notes_file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            raise CannotStart(f"{self._notes_file} cannot be read; remove it and start again.") from None
        return found if isinstance(found, dict) else {}

    def note(self, **facts: Any) -> None:
        self._notes_file.write_text(json.dumps({**self.notes(), **facts}))

    def check(self) -> None:
        """Refuses what would fail later, before anything is started."""
        for name, port in (("PORT", self.port), ("JOURNEYSERVER_PORT", self.server_port)):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError as error:
                    raise CannotStart(
                        f"Port {port} cannot be used ({error.strerror}); stop what listens there or choose another, "
                        f"for example: make demo {name}={port + 10}"
                    ) from None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder) as probe_file:
                probe_file.write(b"x" * 65536)
                probe_file.flush()
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.folder} cannot be written to ({error.strerror}); make room, change its "
                "permissions or name another one in JOURNEYADMIN_DATA_DIR."
            ) from None
        if shutil.disk_usage(self.folder).free < DATABASE_SPACE:
            raise CannotStart(
                f"The disk that holds {self.folder} is full: the demo needs {DATABASE_SPACE // 2**20} MB free; "
                "make room or name another folder in JOURNEYADMIN_DATA_DIR."
            )
        held = self.notes().get("files")
        if self.files and held not in (None, self._files_note()):
            dates = " with their own dates" if held["keep_dates"] else ", moved to now"
            raise CannotStart(
                f"{self.folder} already holds {', '.join(Path(name).name for name in held['names'])}{dates}; "
                "remove that folder to show something else, or name another one in JOURNEYADMIN_DATA_DIR."
            )

    def _files_note(self) -> dict[str, Any]:
        return {"names": [str(file) for file in self.files], "keep_dates": self.keep_dates}

    def prepare(self) -> None:
        """Brings both stores up to date and fills the server; the two programs side by side."""
        failures: list[CannotStart] = []

        def guarded(work: Callable[[], None]) -> None:
            try:
                work()
            except CannotStart as failure:
                failures.append(failure)

        beside = threading.Thread(target=guarded, args=(self._prepare_dashboard,))
        beside.start()
        guarded(self._prepare_server)
        beside.join()
        if failures:
            raise failures[0]

    def _prepare_server(self) -> None:
        seeded = {"seeded": [self.port, _fingerprint(ROOT / "journeyserver")]}
        if self.notes().get("seeded") != seeded["seeded"]:
            self._run("journeyserver", "seed", "--dashboard-port", str(self.port), "--origin", self.url)
            self.note(**seeded)
        filled = self.notes().get("filled")
        if filled and (self.files or time.time() - filled < STALE_SECONDS):
            return
        if self.files:
            print(f"Importing {', '.join(file.name for file in self.files)} …", flush=True)
            shift = [] if self.keep_dates else ["--shift-to-now"]
            self.note(files=self._files_note())
            self._run("journeyserver", "import", *shift, *(str(file) for file in self.files), shown=True)
        else:
            print(
                "Adding to the demo shop what has happened since …"
                if filled
                else "Filling the demo shop with a month of generated visits …",
                flush=True,
            )
            self._run("journeyserver", "generate", "--sessions", str(self.sessions), shown=True)
        self.note(filled=time.time())

    def _prepare_dashboard(self) -> None:
        code = _fingerprint(
            *(ROOT / name for name in ("journeyadmin", "segments", "actiontargets", "analytics"))
        )
        static = _fingerprint(ROOT / "static", ROOT / "package-lock.json")
        connections = [self.server_url, code]
        known = self.notes_of_dashboard()
        if known.get("connections") != connections or not (self.folder / "dashboard.sqlite3").exists():
            self._manage("migrate", "--skip-checks", "--verbosity", "0")
            same = ("--url", self.server_url)
            person = ("--client-id", "journey-admin-dashboard", "--mode", "person")
            self._manage("connection", self.connection, *same, *person, "--admin", "ada@shop.example")
            client = ("--client-id", "demo-service", "--mode", "client")
            self._manage(
                "connection",
                f"{self.connection} as a client",
                *same,
                *client,
                "--client-secret-env",
                DEMO_SECRET_VARIABLE,
                "--colour",
                "#0f766e",
            )
            # For `manage.py alerts`, which nobody is signed in for.
            self._manage("connection", self.connection, "--unattended", f"{self.connection} as a client")
            if not self.files:
                # What the shop's ids stand for: no operation of the API says it.
                names = str(ROOT / "journeyserver" / "demo" / "names.json")
                self._manage("names", self.connection, f"{self.connection} as a client", names)
        if known.get("static") != [static, code] or not (self.folder / "static").exists():
            self._manage("collectstatic", "--noinput", "--verbosity", "0")
        (self.folder / "demo-dashboard.json").write_text(
            json.dumps({"connections": connections, "static": [static, code]})
        )

    def notes_of_dashboard(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / "demo-dashboard.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _manage(self, *arguments: str) -> None:
        self._finish([sys.executable, "manage.py", *arguments])

    def _run(self, module: str, *arguments: str, shown: bool = False) -> None:
        self._finish([sys.executable, "-m", module, *arguments], shown)

    def _finish(self, command: list[str], shown: bool = False) -> None:
        """Runs a command to its end; what it complained of last is the sentence when it fails."""
        name = " ".join(command[1:4])
        process = self._begin(
            name, command, stdout=None if shown else subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        complaint = process.communicate()[1].decode(errors="replace").strip()
        if process.returncode:
            lines = complaint.splitlines() or [f"{name} ended with code {process.returncode}."]
            raise CannotStart(lines[-1].removeprefix("journeyserver: ").removeprefix("journeyadmin: "))

    def _begin(self, name: str, command: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        """Starts a process that `stop` will end, and that ends when this one is killed, where the system can do that."""
        with self._starting:
            if self.stopping:
                raise CannotStart("The demo is being stopped.")
            process = subprocess.Popen(
                [*_DIES_WITH_US, *command], cwd=ROOT, env=self.variables, start_new_session=True, **streams
            )
            self.processes[name] = process
        return process

    def start(self) -> None:
        """Starts both programs and waits until both answer."""
        server = [
            sys.executable,
            "-m",
            "journeyserver",
            "runserver",
            "--host",
            HOST,
            "--port",
            str(self.server_port),
        ]
        dashboard = [sys.executable, "-m", "gunicorn", "journeyadmin.wsgi", "--bind", f"{HOST}:{self.port}"]
        dashboard += [
            "--workers",
            "2",
            "--threads",
            "4",
            "--log-level",
            "warning",
        ]
        # Each worker listens by itself (docs/running.md says why).
        dashboard += ["--reuse-port", "--preload", "--no-control-socket"]
        for name, command in zip(PROGRAMS, (server, dashboard), strict=True):
            self._begin(name, command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_SECONDS
        for address in (f"{self.server_url}/api/local/v1/capabilities", f"{self.url}/healthz"):
            while not _answers(address):
                self.raise_if_ended()
                if time.monotonic() > deadline:
                    raise CannotStart(f"{address} did not answer within {READY_SECONDS} seconds.")
                time.sleep(0.05)

    def raise_if_ended(self) -> None:
        for name in PROGRAMS:
            code = self.processes[name].poll()
            if code is not None:
                raise CannotStart(f"{name} ended by itself (code {code}), so the demo stops.")

    def stop(self) -> None:
        with self._starting:
            self.stopping = True
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _number(variables: dict[str, str], name: str, default: int, most: int, what: str) -> int:
    text = variables.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 0 < int(text) <= most:
        raise CannotStart(f"{name} must be {what} from 1 to {most}, but it is “{text}”.")
    return int(text)


def _readable(name: str) -> Path:
    file = Path(name).expanduser().absolute()
    try:
        with file.open("rb"):
            return file
    except OSError as error:
        raise CannotStart(f"{name} cannot be read ({error.strerror}).") from None


def _fingerprint(*places: Path) -> str:
    """Changes when a file below these places does."""
    digest = hashlib.sha256()
    for place in places:
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                state = file.stat()
                digest.update(f"{file}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 — our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise Stopped


def main(variables: dict[str, str], files: list[str]) -> int:
    # A closed terminal stops it as Ctrl-C does.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    demo = None
    try:
        demo = Demo(variables, files)
        demo.check()
        demo.prepare()
        demo.start()
        print(
            "Sign in as marketer, supervisor, analyst or admin; the password is demo.\n"
            f"Signed in as admin at once, the first time it is opened: {demo.open_url}\n"
            f"ready {demo.url}",
            flush=True,
        )
        while True:
            demo.raise_if_ended()
            time.sleep(0.3)
    except Stopped:
        return 0
    except CannotStart as reason:
        print(f"make demo: {reason}", file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if demo is not None:
            demo.stop()


if __name__ == "__main__":
    sys.exit(main(dict(os.environ), sys.argv[1:]))
