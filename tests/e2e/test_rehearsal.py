"""The service fails on purpose, in every way it knows, while a form is open: nothing typed is lost, nothing is doubled."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests import programs
from tests.e2e import steps
from tests.e2e.steps import Held, Pair
from tests.segments.definitions import visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: "Chromium", rehearsal: Pair) -> Iterator[Page]:
    """The marketer, signed in where the service can be made to fail."""
    context = chromium.new_context(base_url=rehearsal[1].url)
    context.set_default_timeout(20_000)
    tab = context.new_page()
    steps.sign_in(tab, "marketer")
    yield tab
    context.close()


# The fault, and in which of the two forms it strikes once.
FAULTS = [
    ("edit", {"fault": "delay", "delayMs": 700}),
    ("edit", {"fault": "400"}),
    ("edit", {"fault": "401"}),
    ("edit", {"fault": "404"}),
    ("edit", {"fault": "408"}),
    ("edit", {"fault": "409"}),
    ("edit", {"fault": "413"}),
    ("edit", {"fault": "429", "retryAfter": 1}),
    ("edit", {"fault": "500"}),
    ("edit", {"fault": "500", "when": "after"}),
    ("edit", {"fault": "503"}),
    ("edit", {"fault": "504", "when": "after"}),
    ("edit", {"fault": "cut"}),
    ("edit", {"fault": "cut", "when": "after"}),
    ("edit", {"fault": "garbled", "when": "after"}),
    ("edit", {"fault": "501"}),
    ("edit", {"fault": "403"}),
    ("new", {"fault": "429", "retryAfter": 1}),
    ("new", {"fault": "500"}),
    ("new", {"fault": "504", "when": "after"}),
    ("new", {"fault": "cut"}),
    ("new", {"fault": "cut", "when": "after"}),
    ("new", {"fault": "garbled", "when": "after"}),
]


def test_every_fault_is_rehearsed() -> None:
    told = (programs.ROOT / "journeyserver/local/openapi.yaml").read_text()
    kinds = re.search(r"fault: \{type: string, enum: \[(.*?)\]\}", told)
    assert kinds
    assert {fault["fault"] for _form, fault in FAULTS} == {one.strip(" '") for one in kinds[1].split(",")}


def test_nothing_typed_is_lost_and_nothing_doubled_whatever_fails(rehearsal: Pair, page: Page) -> None:
    server, _dashboard = rehearsal
    held = Held(server.url)
    for number, (form, fault) in enumerate(FAULTS):
        name = f"Rehearsal {number}"
        told = f"{form} {fault}"
        if form == "edit":
            made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
            page.goto(f"/segments/{made['id']}/edit")
            page.locator("summary", has_text="Description").click()
            operation = "patchJourneySegment"
        else:
            page.goto("/segments/new?template=help-seekers")
            page.get_by_label("Name", exact=True).fill(name)
            page.locator("summary", has_text="Description").click()
            operation = "postJourneySegments"
        page.get_by_label("Description").fill(f"typed {number}")
        _fail(held, server, {**fault, "operation": operation, "count": 1})
        page.locator("[data-save]").click()
        _until_saved(page, f"typed {number}", told)
        _fail(held, server)
        found = held.named(name)
        assert [row.get("description") for row in found if row["displayName"] == name] == [
            f"typed {number}"
        ], told


def _describe(page: Page, form: str, words: str) -> None:
    page.goto(form)
    page.locator("summary", has_text="Description").click()
    page.get_by_label("Description").fill(words)


def _fail(held: Held, server: programs.Program, *faults: dict[str, Any]) -> None:
    answer = held.session.put(f"{server.url}/api/local/v1/faults", json={"faults": list(faults)}, timeout=30)
    assert answer.ok, answer.text


def _until_saved(page: Page, typed: str, told: str) -> None:
    """Presses on as a person would: what was typed must be there at every stop."""
    for _ in range(4):
        page.wait_for_function(
            "() => !document.getElementById('segment-form') || document.querySelector('#editor [data-focus]')"
        )
        if page.locator("#segment-form").count() == 0:
            assert page.locator("#conflict-form").count() == 0, told
            return
        assert page.get_by_label("Description").input_value() == typed, told
        expect(page.locator("#editor [data-focus]")).to_be_focused()
        # What follows is told from what is there now.
        page.eval_on_selector_all(
            "#editor [data-focus]", "all => all.forEach(one => delete one.dataset.focus)"
        )
        check = page.get_by_role("button", name="Check now")
        (check if check.count() else page.locator("[data-save]")).click()
    pytest.fail(f"never saved: {told}")


def _saved_later(rehearsal: Pair, page: Page, name: str, typed: str) -> tuple[Held, dict[str, Any]]:
    """A segment whose save the service asks to wait for, longer than the dashboard waits by itself."""
    server, _dashboard = rehearsal
    held = Held(server.url)
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    page.set_default_timeout(30_000)
    _describe(page, f"/segments/{made['id']}/edit", typed)
    _fail(held, server, {"operation": "patchJourneySegment", "fault": "429", "retryAfter": 21, "count": 1})
    page.clock.install()
    page.locator("[data-save]").click()
    return held, made


def test_a_service_that_asks_to_wait_is_counted_down_and_then_saved(rehearsal: Pair, page: Page) -> None:
    _saved_later(rehearsal, page, "Waiting", "typed and waited for")
    expect(page.get_by_text("The service asks us to wait 21 s")).to_be_visible()
    page.clock.run_for(5_000)
    expect(page.get_by_text("It is saved by itself in 16 s")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("typed and waited for")
    page.clock.run_for(17_000)
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()


def test_typing_on_while_a_save_waits_leaves_it_to_the_person(rehearsal: Pair, page: Page) -> None:
    """Nothing half typed is saved."""
    held, made = _saved_later(rehearsal, page, "Typing", "typed")
    expect(page.get_by_text("It is saved by itself in")).to_be_visible()
    page.get_by_label("Description").fill("typed and ha")
    expect(page.get_by_text("It is saved by itself in")).to_have_count(0)
    page.clock.run_for(30_000)
    expect(page.get_by_label("Description")).to_have_value("typed and ha")
    assert held.named(made["displayName"])[0]["version"] == made["version"]


def test_a_sign_in_that_ends_mid_form_gives_the_form_back(rehearsal: Pair, page: Page) -> None:
    server, _dashboard = rehearsal
    held = Held(server.url)
    made = held.make("Ended", context=[[visit("geolocation.country", "equal", "DE")]])
    _describe(page, f"/segments/{made['id']}/edit", "typed before it ended")
    # The token is refused, and so is the renewed one.
    _fail(held, server, {"operation": "patchJourneySegment", "fault": "401"})
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("[data-save]").click()
    page.get_by_role("button", name="Test shop").wait_for()
    _fail(held, server)
    page.get_by_role("button", name="Test shop").click()
    if page.get_by_label("Password").count():
        page.get_by_label("Name").fill("marketer")
        page.get_by_label("Password").fill(steps.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This is what you had typed.")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("typed before it ended")
    page.locator("[data-save]").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
