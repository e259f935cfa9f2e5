"""A person's own account at the embedded server, as a browser uses it, and the operator's commands about people."""

import subprocess
import sys

import requests

from tests import programs
from tests.contract.signing import SignIn, csrf_token
from tests.programs import Program


def page(signing: SignIn, **params: str) -> requests.Response:
    return signing.browser.get(f"{signing.url}/account", params=params, timeout=30)


def send(signing: SignIn, action: str, **form: object) -> requests.Response:
    shown = page(signing)
    sent = {"csrfmiddlewaretoken": csrf_token(shown), "action": action, **form}
    return signing.browser.post(shown.url, data=sent, timeout=30)


def command(server: Program, *arguments: str, typed: str = "") -> None:
    """A command of the operator's, on the store of a running server."""
    subprocess.run(
        [sys.executable, "-m", "journeyserver", *arguments],
        cwd=programs.ROOT,
        env=programs.environment(server.folder),
        input=typed,
        text=True,
        check=True,
        capture_output=True,
    )


def added(server: Program, username: str) -> str:
    """A new person's password."""
    named = ("--name", "Kim Vale", "--email", "kim@shop.example", "--role", "analyst")
    command(server, "person", "add", username, *named, typed="first own secret\n")
    return "first own secret"


def entered(server: Program, username: str, password: str) -> SignIn:
    """A browser in which this person signed in to the dashboard."""
    signing = SignIn(server.url)
    assert signing.submit(signing.open(), username, password).status_code == 302
    return signing
