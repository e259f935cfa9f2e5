"""What every test may ask for: a running Journey server, a running dashboard, the demo's people, a browser."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before Django reads its settings: tests keep their state to themselves.
_FOLDER = tempfile.TemporaryDirectory(prefix="journeyadmin-tests-")
os.environ["JOURNEYADMIN_DATA_DIR"] = _FOLDER.name
for _name in [name for name in os.environ if name.startswith("JOURNEY") and name != "JOURNEYADMIN_DATA_DIR"]:
    del os.environ[_name]
# Not in pyproject.toml: pytest-django would read the settings before the lines above.
os.environ["DJANGO_SETTINGS_MODULE"] = "journeyadmin.settings"

import django
import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, settings

django.setup()

# No test judges time: a busy machine is no failure. In CI the same examples are tried each time, so that a failure
# there is one of the change and can be repeated.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("house")

from tests import cast, programs
from tests.complaints import noted
from tests.programs import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

# The headless shell is the same engine for less work (tools/chromium.sh); where there is none, the whole browser will do.
CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
SHARED_DATA = programs.ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """What one test kept (of a connection that has the same number in the next) is not the next one's."""
    from django.core.cache import cache

    from segments import catalogue

    yield
    cache.clear()
    catalogue.forget()


@pytest.fixture(scope="session")
def dashboard_port() -> int:
    return programs.free_port()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, dashboard_port: int) -> Iterator[Program]:
    """A Journey server shared by the whole run: name what you create so that it is yours alone."""
    with programs.journeyserver(
        tmp_path_factory.mktemp("journeyserver"), dashboard_port=dashboard_port
    ) as running:
        _allow_default_port(running)
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Program]:
    """A Journey server for one test alone, empty but for the demo's people, client and targets."""
    with programs.journeyserver(tmp_path / "journeyserver") as running:
        yield running


def _allow_default_port(running: Program) -> None:
    """Tokens of the cast come back to port 8000, the browser tests to a free port: both are registered."""
    done = programs.run_journeyserver(running.folder, "seed", "--dashboard-port", "8000")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def sign_in(db: None, server: Program) -> Callable[..., Browser]:
    """`sign_in("marketer")`: a Django test browser with that person's session at the dashboard."""

    def as_(username: str, **connection: Any) -> Browser:
        return cast.signed_in(server.url, username, **connection)

    return as_


@pytest.fixture
def marketer(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("marketer")


@pytest.fixture
def supervisor(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("supervisor")


@pytest.fixture
def analyst(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("analyst")


@pytest.fixture
def admin(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("admin")


@pytest.fixture(scope="session")
def dashboard(
    tmp_path_factory: pytest.TempPathFactory, server: Program, dashboard_port: int
) -> Iterator[Program]:
    """The dashboard as a program of its own, for browser tests; its only connection is `server`."""
    with programs.dashboard(tmp_path_factory.mktemp("dashboard"), server, dashboard_port) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator["Chromium"]:
    found = next((place for place in CHROMIUMS if place.exists()), None)
    if found is None:
        pytest.skip("there is no /usr/bin/chromium: install Debian's chromium package to run browser tests")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(found),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: "Chromium", dashboard: Program) -> Iterator["Page"]:
    """A page of a new browser profile. The test fails on any console error and on any policy violation."""
    context = chromium.new_context(base_url=dashboard.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    tab = context.new_page()
    complaints = noted(tab)
    yield tab
    context.close()
    assert not complaints, complaints


@pytest.fixture
def shared_data() -> Path:
    """The folder of real public data; tests that need it are skipped where it is not."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data sets are not beside this checkout (../shared/data)")
    return SHARED_DATA
