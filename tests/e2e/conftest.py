"""What the browser tests share: the server without the dashboard between, a name of one's own, a browser without scripts."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import Page

from tests import cast, programs
from tests.analytics import shop
from tests.complaints import noted
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


@pytest.fixture(scope="session")
def known_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[programs.Program]:
    """A dashboard whose only connection is a shop with known facts."""
    port = programs.free_port()
    folder = tmp_path_factory.mktemp("analytics")
    with (
        shop.running(folder / "journeyserver", dashboard_port=port) as server,
        programs.dashboard(folder / "dashboard", server, port) as dashboard,
    ):
        yield dashboard


@pytest.fixture
def ana(chromium: "Chromium", known_shop: programs.Program) -> Iterator[Page]:
    yield from _page(chromium, known_shop)


@pytest.fixture
def plain(chromium: "Chromium", known_shop: programs.Program) -> Iterator[Page]:
    """The same analyst in a browser without scripts."""
    yield from _page(chromium, known_shop, java_script_enabled=False)


def _page(chromium: "Chromium", dashboard: programs.Program, **extra: Any) -> Iterator[Page]:
    context = chromium.new_context(base_url=dashboard.url, viewport={"width": 1440, "height": 900}, **extra)
    context.set_default_timeout(30_000)
    page = context.new_page()
    complaints = noted(page)
    steps.sign_in(page, "analyst")
    yield page
    context.close()
    assert not complaints, complaints
