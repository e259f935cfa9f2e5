"""What the browser tests share: the server without the dashboard between, a name of one's own, a browser without scripts."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Page

from tests import cast, programs
from tests.e2e import steps
from tests.e2e.steps import Held, Pair, fail

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium


@pytest.fixture
def held(server: programs.Program) -> Held:
    return Held(server.url)


@pytest.fixture
def name() -> str:
    return f"Product views on mobile {uuid.uuid4().hex[:6]}"


@pytest.fixture
def plain_page(chromium: "Chromium", dashboard: programs.Program) -> Iterator[Page]:
    """A browser without scripts."""
    context = chromium.new_context(base_url=dashboard.url, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A server that fails when it is told to, and a dashboard on it."""
    folder, port = tmp_path_factory.mktemp("rehearsal"), programs.free_port()
    with (
        programs.journeyserver(folder / "server", dashboard_port=port, JOURNEYSERVER_FAULTS="1") as server,
        programs.dashboard(folder / "dashboard", server, port) as dashboard,
    ):
        yield server, dashboard


@pytest.fixture
def api(rehearsal: Pair) -> requests.Session:
    return cast.api(rehearsal[0].url)


@pytest.fixture
def seen(chromium: "Chromium", rehearsal: Pair, api: requests.Session) -> Iterator[Page]:
    """The administrator, signed in there; afterwards nothing fails any more."""
    context = chromium.new_context(base_url=rehearsal[1].url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    page = context.new_page()
    steps.sign_in(page, "admin")
    yield page
    context.close()
    fail(rehearsal, api)
