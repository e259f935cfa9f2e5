"""What the browser tests share: the server without the dashboard between, a name of one's own, a browser without scripts."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from tests import programs
from tests.e2e.steps import Held

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
