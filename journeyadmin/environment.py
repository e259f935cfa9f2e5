"""What the environment and the data folder say, read once by the settings."""

import importlib.util
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.fernet import Fernet

from journeyadmin.accounts.hosts import origin
from journeyadmin.contract.buckets import BucketError, parse_zone

PREFIX = "JOURNEYADMIN_"


class SetupError(Exception):
    """The dashboard cannot start; the text is one sentence for the person who starts it."""


class Environment:
    """The JOURNEYADMIN_* variables, by the part of the name after the prefix."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables

    def text(self, name: str, default: str = "") -> str:
        return self.variables.get(PREFIX + name, "").strip() or default

    def listed(self, name: str) -> list[str]:
        """A comma-separated value as a list without blanks."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name).lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        if value:
            raise SetupError(f"{PREFIX}{name} is “{value}”; it takes 1 or 0.")
        return default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of a few words, whatever their letter case."""
        value = self.text(name, default)
        for word in allowed:
            if value.lower() == word.lower():
                return word
        raise SetupError(f"{PREFIX}{name} is “{value}”; it takes {', '.join(allowed)}.")

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number of at least 1."""
        value = self.text(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            number = 0
        if not 1 <= number <= most:
            raise SetupError(f"{PREFIX}{name} is “{value}”; it takes a whole number of 1 to {most:,}.")
        return number

    def zone(self, name: str, default: str) -> str:
        """The name of a time zone."""
        value = self.text(name, default)
        try:
            parse_zone(value)
        except BucketError:
            raise SetupError(
                f"{PREFIX}{name} is “{value}”; it takes the name of a time zone, such as Europe/Berlin."
            ) from None
        return value

    def origin(self, name: str) -> str:
        """An address of scheme, host and port alone; empty where none is set."""
        value = self.text(name)
        if not value:
            return ""
        if found := origin(value):
            return found
        raise SetupError(
            f"{PREFIX}{name} is “{value}”; it takes a scheme and a host and no more, such as https://journeys.company.example."
        )

    def hosts(self, name: str) -> list[str]:
        """Hosts, each with its port where that is not 443."""
        found = []
        for value in self.listed(name):
            own = origin(f"https://{value}")
            if not own:
                raise SetupError(f"{PREFIX}{name} names “{value}”; it takes host or host:port, with commas.")
            found.append(own.removeprefix("https://"))
        return found

    def keys(self, name: str) -> list[str]:
        """Fernet keys, each of which can be used."""
        found = self.listed(name)
        for value in found:
            try:
                Fernet(value)
            except ValueError:
                # A key is not said, a wrong one neither.
                raise SetupError(
                    f"{PREFIX}{name} takes Fernet keys with commas, and one of them is none."
                ) from None
        return found


def data_folder(path: Path) -> Path:
    """The folder the dashboard keeps its database and keys in, made if absent and proven writable."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        raise SetupError(
            f"The data folder {path} cannot be written to ({error.strerror}). "
            f"Make room or change its permissions, or name another one in {PREFIX}DATA_DIR."
        ) from error
    return path


def kept_key(path: Path, make: str | None = None) -> str:
    """The text of a key file; made with `make` and readable by its owner alone when there is none yet."""
    try:
        if not path.exists():
            # Written whole, then linked: of two processes that start together one key wins, and neither reads half of it.
            written = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
            with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write((make or secrets.token_urlsafe(48)) + "\n")
            with suppress(FileExistsError):
                os.link(written, path)
            written.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SetupError(f"The key file {path} cannot be made or read ({error.strerror}).") from error


def database(url: str, folder: Path) -> dict[str, object]:
    """Django's database entry for `postgres://user:password@host:port/name?sslmode=…`, or SQLite in the data folder."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "dashboard.sqlite3",
            # Opening it for each request would cost as much as three of its questions.
            "CONN_MAX_AGE": 60,
            # Writers take their turn at the start of a transaction instead of failing in the middle of one.
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
            "TEST": {"NAME": folder / "test-dashboard.sqlite3"},
        }
    misread = SetupError(
        f"{PREFIX}DATABASE takes postgres://user:password@host:5432/name, or nothing for SQLite."
    )
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError:
        raise misread from None
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise misread
    if not importlib.util.find_spec("psycopg"):
        raise SetupError(
            f"{PREFIX}DATABASE names PostgreSQL, whose driver is not installed. "
            'Install it with: .venv/bin/uv pip install "psycopg[binary]"'
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


class Mail(NamedTuple):
    """A mail server; `host` is empty where none was named."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    encryption: Literal["", "starttls", "tls"] = ""


# The usual port of each scheme, and how it is encrypted.
_MAIL: dict[str, tuple[int, Literal["", "starttls", "tls"]]] = {
    "smtp": (587, "starttls"),
    "smtps": (465, "tls"),
    "smtp+plain": (25, ""),
}


def mail(url: str) -> Mail:
    """`smtp://user:password@host:587` (with STARTTLS), `smtps://…:465`, or `smtp+plain://…` without encryption."""
    if not url:
        return Mail()
    parts = urlsplit(url)
    try:
        usual, encryption = _MAIL[parts.scheme]
        port = parts.port or usual
    except (KeyError, ValueError):
        port = 0
    if not port or not parts.hostname:
        raise SetupError(
            f"{PREFIX}MAIL takes smtp://user:password@host:587 or smtps://user:password@host:465, or nothing."
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Mail(parts.hostname, port, user, password, encryption)


def stop(error: SetupError) -> None:
    """End the process with the sentence instead of a traceback."""
    print(f"journeyadmin: {error}", file=sys.stderr)
    raise SystemExit(78)
