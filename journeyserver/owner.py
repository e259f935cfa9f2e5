"""The process that serves a data folder owns what lies in it; commands on the same machine have it do their work.

A running server leaves its address and a key, which only its owner can read, in the data folder: `journeyserver.running`.
A command that finds it asks the server; one that does not opens the stores itself.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

import requests
from django.conf import settings
from django.http import HttpRequest

from journeyserver.errors import ApiError, method_not_allowed

KEY_HEADER: Final = "Journeyserver-Key"
_BASE = "/api/local/v1/"


class NoAnswer(Exception):
    """The server stopped answering."""


class Refused(Exception):
    """The server refused; the text is its sentence."""


def _place() -> Path:
    return Path(settings.DATA_DIR) / "journeyserver.running"


def announce(url: str) -> None:
    """Leaves this server's address and a new key in the data folder."""
    place = _place()
    place.unlink(missing_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": url, "key": secrets.token_urlsafe(32)}, file)


def withdraw() -> None:
    """Takes the announcement back."""
    _place().unlink(missing_ok=True)


def _announced() -> tuple[str, str] | None:
    try:
        told = json.loads(_place().read_text())
        return str(told["url"]), str(told["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Server:
    """The server that runs on this data folder."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._session = requests.Session()
        # By this name, which is always served: the address it listens on may be a name of the machine, or any (0.0.0.0).
        self._session.headers.update({KEY_HEADER: key, "Host": "localhost"})
        # Loopback: whatever proxy the environment names is not meant.
        self._session.trust_env = False

    def answers(self) -> bool:
        """Whether it is there and knows the key: an announcement may be left over."""
        try:
            # No import has this id: whoever knows the key is told so.
            return self._session.get(f"{self.url}{_BASE}imports/none", timeout=10).status_code == 404
        except requests.RequestException:
            return False

    def ask(self, method: str, path: str, body: Any = None, seconds: float | None = 300) -> Any:
        """The JSON answer to a request below /api/local/v1/. Raises NoAnswer, Refused."""
        try:
            answer = self._session.request(method, self.url + _BASE + path, json=body, timeout=seconds)
            told = answer.json()
        except (requests.RequestException, ValueError):
            raise NoAnswer from None
        if not answer.ok:
            raise Refused(str(told.get("message", "The Journey server refused.")))
        return told


def server() -> Server | None:
    """The server that runs on this data folder, if one does."""
    announced = _announced()
    if announced is None:
        return None
    found = Server(*announced)
    return found if found.answers() else None


def check(request: HttpRequest, methods: tuple[str, ...]) -> None:
    """Lets a request through that only who can read the data folder can make: on this machine, the server's owner."""
    announced = _announced()
    given = request.headers.get(KEY_HEADER, "")
    if announced is None or not secrets.compare_digest(given.encode(), announced[1].encode()):
        raise ApiError(401, "authentication.required", "The key of this server's owner is needed here.")
    if request.method not in methods:
        raise method_not_allowed(*methods)
