"""A marketer's whole task in a real browser: by mouse, by keyboard alone, without scripts, and while the service fails."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests import programs
from tests.e2e import axe, steps
from tests.e2e.steps import Held
from tests.segments.definitions import criterion, segment, step, visit

pytestmark = pytest.mark.browser

# The demo's deployment (journeyserver/seeds.py).
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"

SENTENCE = "Visits where device category is mobile (case ignored); then at least 3 × product_viewed."
# What all three ways of typing it come to.
WANTED = segment(
    context=[[visit("device.category", "equal", "mobile")]],
    journey=[step(3, criterion("eventName", "equal", "product_viewed", ignore=False))],
)


def is_wanted(held: Held, name: str) -> None:
    (made,) = held.named(name)
    assert (made["context"], made["journey"]) == (WANTED["context"], WANTED["journey"])


def test_by_mouse(page: Page, held: Held, name: str) -> None:
    steps.sign_in(page, "marketer")
    page.get_by_role("link", name="New segment").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add visit conditions").click()
    page.get_by_role("button", name="What is tested: choose what to test").click()
    page.get_by_role("option", name="device category").click()
    page.locator("#conditions").get_by_text("mobile", exact=True).click()
    page.get_by_role("button", name="Add a step").click()
    page.get_by_label("How many times").fill("3")
    page.get_by_label("Event name, exactly").fill("product_viewed")
    expect(page.locator("#sentence")).to_have_text(SENTENCE)
    page.get_by_role("button", name=f"Create “{name[:20]}").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text(f"“{name}” is created.")).to_be_visible()
    is_wanted(held, name)


def test_by_keyboard_alone(page: Page, held: Held, name: str) -> None:
    """Every key pressed goes to whatever has the focus; nothing is clicked or focused by the test."""
    steps.sign_in(page, "marketer")
    keys = page.keyboard
    page.locator("body").press("c")
    page.wait_for_url("**/segments/new")
    steps.until_focus(page, "#id_name")
    keys.type(name)
    steps.enter(page, "#add-context")
    steps.focused(page, "#context-0-criteria-0 .key-button")
    keys.type("categ")
    keys.press("Enter")
    steps.focused(page, "#context-0-criteria-0 .key-button")
    expect(page.get_by_label("mobile", exact=True)).to_be_attached()
    steps.until_focus(page, "#id_context-0-criteria-0-values_1")
    keys.press("Space")
    steps.enter(page, "#add-journey")
    steps.focused(page, "#id_journey-0-count")
    keys.type("3")
    keys.press("Tab")
    keys.type("product_viewed")
    expect(page.locator("#sentence")).to_have_text(SENTENCE)
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    is_wanted(held, name)


def test_without_scripts(plain_page: Page, held: Held, name: str) -> None:
    page = plain_page
    steps.sign_in(page, "marketer")
    page.get_by_role("link", name="New segment").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add visit conditions").click()
    page.get_by_label("What is tested").select_option("device.category")
    page.get_by_label("Values, one a line").fill("mobile")
    page.get_by_role("button", name="Add a step").click()
    expect(page.get_by_role("checkbox", name="mobile")).to_be_checked()
    page.get_by_label("How many times").fill("3")
    page.get_by_label("Event name, exactly").fill("product_viewed")
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.locator("#sentence")).to_have_text(SENTENCE)
    page.get_by_role("button", name=f"Create “{name[:20]}").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    is_wanted(held, name)
    # And change it, wrongly first.
    page.get_by_role("link", name="Edit").click()
    # Nothing counts without scripts, and nothing says that it does.
    expect(page.locator("#audience")).not_to_be_visible()
    expect(page.get_by_role("button", name="Overlap with other segments")).to_be_visible()
    expect(page.locator(".skeleton").locator("visible=true")).to_have_count(0)
    page.get_by_label("How many times").fill("none")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Say a whole number of times.").first).to_be_visible()
    page.get_by_label("How many times").fill("4")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()


def test_what_is_typed_while_an_answer_is_on_its_way_stays(page: Page, held: Held, name: str) -> None:
    made = held.make(name, journey=[step(1, criterion("page.url", "containsAny", "/a"), event="page_viewed")])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    held_back: list[Any] = []

    def slow(route: Any) -> None:
        if "row=add%3Acontext" in (route.request.post_data or "") and not held_back:
            held_back.append(route)
        else:
            route.continue_()

    page.route("**/edit", slow)
    page.get_by_role("button", name="Add visit conditions").click()
    event = page.get_by_label("Event name, exactly")
    event.fill("typed meanwhile")
    assert held_back
    held_back[0].continue_()
    expect(page.locator("#context-0")).to_be_visible()
    expect(event).to_have_value("typed meanwhile")


def test_rows_move_by_keys_and_the_focus_follows(page: Page, held: Held, name: str) -> None:
    first, second = (step(1, criterion("page.url", "containsAny", path)) for path in ("/a", "/b"))
    made = held.make(name, journey=[first, second])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    page.locator("#journey-1 [data-movable]").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#journey-0 .chip-edit")).to_have_text("/b")
    steps.focused(page, "#journey-0 [data-movable]")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    assert held.get(made["id"])["journey"]["patterns"] == [second, first]


def test_save_is_off_until_something_differs_and_leaving_asks(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("authenticated", "equal", "true")]], shouldDisplayToAgent=False)
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    save = page.get_by_role("button", name="Save “")
    expect(save).to_have_attribute("aria-disabled", "true")
    save.click(force=True)
    expect(page).to_have_url(re.compile("/edit$"))
    page.get_by_label("Name", exact=True).fill(f"{name} x")
    expect(save).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#save-note")).to_contain_text("1 change: Name")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Name", exact=True)).to_have_value(f"{name} x")
    save.click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible(timeout=15_000)
    assert asked == ["beforeunload"]


def test_two_people_meet_on_the_conflict_page(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    page.get_by_label("Name", exact=True).fill(f"{name} mine")
    held.session.patch(
        f"{held.url}/{made['id']}",
        json={"description": "theirs", "displayName": f"{name} theirs"},
        timeout=30,
    )
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("Someone saved version 2 while you were editing.")).to_be_visible()
    page.get_by_role("button", name="Save merged").click()
    expect(page.get_by_text("1 difference has to be chosen.")).to_be_visible()
    page.get_by_role("group", name="Name").get_by_text("Yours").click()
    expect(page.locator("#result")).to_contain_text("Name:")
    page.get_by_role("button", name="Save merged").click()
    expect(page.get_by_text("is saved, version 3.")).to_be_visible()
    now = held.get(made["id"])
    assert (now["displayName"], now["description"]) == (f"{name} mine", "theirs")
    steps.forgive(page, 409, 422)


def test_two_people_meet_by_keyboard_alone(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    keys = page.keyboard
    page.goto(f"/segments/{made['id']}/edit")
    steps.until_focus(page, "#id_name")
    keys.press("Control+a")
    keys.type(f"{name} mine")
    theirs = {"displayName": f"{name} theirs", "isActive": False}
    held.session.patch(f"{held.url}/{made['id']}", json=theirs, timeout=30)
    keys.press("Control+Enter")
    expect(page.get_by_text("Someone saved version 2 while you were editing.")).to_be_visible()
    steps.focused(page, "#editor [data-focus]")
    # A group of which nothing is chosen is entered at its first: was, theirs, yours.
    steps.until_focus(page, '[name="pick-displayName"]')
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(page.locator('[name="pick-displayName"][value="yours"]')).to_be_checked()
    steps.enter(page, 'button[value="merge:save"]')
    expect(page.get_by_text("is saved, version 3.")).to_be_visible()
    now = held.get(made["id"])
    assert (now["displayName"], now["isActive"]) == (f"{name} mine", False)
    steps.forgive(page, 409)


def test_a_warning_is_repaired_and_a_visit_tried(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "Germany")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    expect(page.locator('[data-code="W06"]')).to_be_visible()
    page.get_by_role("button", name="Write Germany → DE").click()
    expect(page.locator("#sentence")).to_have_text("Visits where country is DE (case ignored).")
    expect(page.locator('[data-code="W06"]')).to_have_count(0)
    page.locator("summary", has_text="Try it").click()
    page.get_by_label("Addresses, one a line").fill("https://shop.example/cart")
    page.get_by_role("button", name="Try it", exact=True).click()
    # The answer lies below what was seen; it comes into view.
    expect(page.locator("#tried")).to_contain_text("No match: it stops at “country is DE")
    expect(page.locator(".tried-end")).to_be_in_viewport()
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()


def test_a_warning_is_repaired_and_a_visit_tried_by_keyboard_alone(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "Germany")]])
    steps.sign_in(page, "marketer")
    keys = page.keyboard
    page.goto(f"/segments/{made['id']}/edit")
    steps.enter(page, '[data-code="W06"] button', most=90)
    expect(page.locator("#sentence")).to_have_text("Visits where country is DE (case ignored).")
    # Nothing is left to repair, so saving is next; back to trying it first.
    steps.focused(page, "[data-save]")
    steps.enter(page, ".try-it > summary", key="Shift+Tab")
    keys.press("Tab")
    keys.type("https://shop.example/cart")
    steps.enter(page, 'button[value="try:"]')
    expect(page.locator("#tried")).to_contain_text("No match: it stops at “country is DE")
    keys.press("Control+Enter")
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()


def test_a_warning_is_repaired_and_a_visit_tried_without_scripts(
    plain_page: Page, held: Held, name: str
) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "Germany")]])
    page = plain_page
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    page.get_by_role("button", name="Write Germany → DE").click()
    expect(page.locator("#sentence")).to_have_text("Visits where country is DE (case ignored).")
    page.locator("summary", has_text="Try it").click()
    page.get_by_label("Addresses, one a line").fill("https://shop.example/cart")
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("No match: it stops at “country is DE")
    expect(page.get_by_label("Addresses, one a line")).to_have_value("https://shop.example/cart")
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()


@pytest.mark.parametrize("by", ["Cancel", "Escape"])
def test_counting_can_be_seen_and_stopped(page: Page, held: Held, name: str, by: str) -> None:
    """AUD1: while it counts the panel says so; Cancel and Escape end it here and at the server, and nothing waits on."""
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    counts: list[Any] = []
    stopped: list[bool] = []

    def hold(route: Any) -> None:
        sent = route.request.post_data or ""
        if "row=audience%3A" in sent:
            counts.append(route)
            return
        stopped.extend([True] if "row=stop" in sent else [])
        route.continue_()

    page.route("**/edit", hold)
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    cancel = page.locator("[data-count-stop]")
    expect(cancel).to_be_visible()
    if by == "Cancel":
        cancel.click()
    else:
        page.keyboard.press(by)
    expect(cancel).to_be_hidden()
    expect(page.locator("#audience")).to_have_text("Not counted. It is counted again with the next change.")
    assert counts
    assert stopped
    page.unroute("**/edit")
    page.get_by_label("Window of the count").or_(page.get_by_label("Name", exact=True)).first.fill(name + "x")
    # Whether other tests sent events decides which of the two it says.
    expect(page.locator("#audience")).to_contain_text(re.compile(r"No events in this window|\d visits? · "))


def test_a_count_says_its_age_and_is_repeated_by_a_button(
    page: Page, held: Held, name: str, server: programs.Program
) -> None:
    body = {
        "customerCookieId": str(uuid.uuid4()),
        "eventName": "page_viewed",
        "page": {"url": "https://shop.example/cart", "title": "Cart"},
        "createdDate": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    place = f"{server.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents"
    assert requests.post(place, json=body, timeout=30).ok
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    expect(page.locator("#audience")).to_contain_text(re.compile(r"counted \d+ s ago"))
    with page.expect_response(lambda answer: "row=audience%3A" in (answer.request.post_data or "")):
        steps.enter(page, "[data-count-again]", most=120)
    expect(page.locator("#audience")).to_contain_text(re.compile(r"counted [0-3] s ago"))
    steps.focused(page, "[data-count-again]")
    # Where there is no number this time, one goes on where another way is.
    stopped = '<p>Not finished in 2 s</p><button type="button" data-count-estimate>Estimate</button>'
    page.evaluate("(text) => { window.fetch = async () => new Response(text); }", stopped)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Estimate")).to_be_focused()


def test_the_overlap_is_counted_on_demand_and_says_when_it_is_of_before(
    page: Page, held: Held, name: str
) -> None:
    """AUD8: by keyboard, the focus stays on the button; a change afterwards is told."""
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    steps.enter(page, "#overlap-count", most=120)
    told = page.locator("#overlap")
    # Whether other tests sent events decides which of the two it says.
    expect(told).to_contain_text(re.compile(r"No events in this window|\d people match"))
    expect(page.locator("#live")).to_have_text(re.compile(r"Not counted|other segment"))
    steps.focused(page, "#overlap-count")
    expect(page.locator(".overlap-old")).to_be_hidden()
    page.get_by_label("Name", exact=True).fill(name + "x")
    expect(page.locator(".overlap-old")).to_be_visible()
    page.locator("#overlap-count").click()
    expect(page.locator(".overlap-old")).to_be_hidden()
    # From the segment's page, in its place there; without scripts it is a page.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/segments/{made['id']}/")
    steps.enter(page, "#overlap-count", most=120)
    expect(told.get_by_label("Window")).to_have_value("30")
    steps.focused(page, "#overlap-count")


def test_a_double_click_creates_one(page: Page, held: Held, name: str) -> None:
    steps.sign_in(page, "marketer")
    page.goto("/segments/new?template=help-seekers")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create “").dblclick()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert len(held.named(name)) == 1


def test_the_list_keeps_filter_place_and_focus(page: Page, held: Held, name: str) -> None:
    made = [
        held.make(f"{letter} {name}", context=[[visit("authenticated", "equal", "true")]]) for letter in "ABC"
    ]
    steps.sign_in(page, "marketer")
    page.get_by_role("searchbox").fill(name)
    expect(page.locator(".list-table tbody tr")).to_have_count(3)
    expect(page).to_have_url(re.compile("q="))
    page.get_by_role("searchbox").blur()
    page.locator("body").press("j")
    page.keyboard.press("j")
    steps.focused(page, f"#s-{made[1]['id']} .row-link")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"B {name}")).to_be_visible()
    page.get_by_role("navigation", name="You are here").get_by_role("link", name="Segments").click()
    steps.focused(page, f"#s-{made[1]['id']} .row-link")
    expect(page.locator(".list-table tbody tr")).to_have_count(3)
    # Switch one off in its row, and take it back.
    switch = page.get_by_role("switch", name=f"C {name}: active")
    switch.click()
    expect(page.get_by_text(f"“C {name}” is inactive now.").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(switch).to_have_attribute("aria-checked", "true")
    steps.focused(page, f"#sw-{made[2]['id']}")
    assert held.get(made[2]["id"])["version"] == 3


def test_the_dashboard_itself_does_not_answer(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    page.get_by_label("Name", exact=True).fill(f"{name} typed")
    page.route("**/edit", lambda route: route.abort())
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("The dashboard did not answer, or not as it should.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value(f"{name} typed")
    page.unroute("**/edit")
    # An answer that is not the form does not take its place.
    page.route(
        "**/edit", lambda route: route.fulfill(status=500, content_type="text/html", body="<h1>Oops</h1>")
    )
    page.get_by_role("button", name="Add visit conditions").or_(
        page.get_by_role("button", name="And another")
    ).click()
    page.get_by_role("button", name="Save “").click()
    page.wait_for_timeout(300)
    expect(page.get_by_text("Oops")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value(f"{name} typed")
    page.unroute("**/edit")
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    page.complaints.clear()  # type: ignore[attr-defined]  # the aborted requests are what the console notes


def test_axe_finds_nothing_in_the_states_of_the_editor(page: Page, held: Held, name: str) -> None:
    """Pages are checked elsewhere; here is what only appears as one works: the picker, a pasted list, errors, a conflict."""
    made = held.make(
        name,
        context=[[visit("geolocation.country", "equal", "DE"), visit("geolocation.country", "equal", "FR")]],
    )
    found: list[str] = []

    def check(state: str) -> None:
        found.extend(f"{state}, {line}" for line in axe.complaints(page))

    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    expect(page.locator('[data-code="W01"]')).to_be_visible()
    check("with a warning")
    page.get_by_role("button", name="What is tested: country").first.click()
    check("picker open")
    page.keyboard.press("Escape")
    page.evaluate(
        """() => { const data = new DataTransfer(); data.setData('text/plain', 'a, b, a');
        document.querySelector('.chips-box input').dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }"""
    )
    check("pasted values")
    page.get_by_role("button", name="Cancel", exact=True).first.click()
    page.locator("summary", has_text="Try it").click()
    page.get_by_label("Addresses, one a line").fill("https://shop.example/cart")
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("No match")
    check("tried")
    page.get_by_role("button", name="JSON", exact=True).click()
    expect(page.get_by_label("Definition as JSON")).to_be_visible()
    check("JSON")
    page.get_by_role("button", name="Form", exact=True).click()
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Save segment").click()
    expect(page.locator("#error-summary")).to_be_focused()
    check("errors")
    page.get_by_label("Name", exact=True).fill(f"{name} mine")
    held.session.patch(f"{held.url}/{made['id']}", json={"displayName": f"{name} theirs"}, timeout=30)
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_role("button", name="Save merged")).to_be_visible()
    check("conflict")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/segments/{made['id']}/delete")
    check("delete")
    steps.forgive(page, 409, 422)
    assert not found, "\n".join(found)


def test_two_people_know_of_each_other_before_either_saves(
    page: Page, chromium: Browser, dashboard: programs.Program, held: Held, name: str
) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    expect(page.locator("#also-open")).to_be_hidden()
    other = chromium.new_context(base_url=dashboard.url, java_script_enabled=False).new_page()
    steps.sign_in(other, "admin")
    other.goto(f"/segments/{made['id']}/edit")
    expect(other.locator("#also-open")).to_contain_text("opened this just now.")
    # She is told with what her form asks for anyway, and keeps her place.
    page.get_by_label("Name", exact=True).press_sequentially(" x")
    expect(page.locator("#also-open")).to_contain_text("opened this just now.")
    steps.focused(page, "#id_name")
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    other.reload()
    expect(other.locator("#also-open")).to_be_hidden()
    other.context.close()


def test_enter_that_ends_a_composition_is_no_enter(page: Page) -> None:
    """What is typed in kana becomes kanji by it; it neither adds a value nor picks a key."""
    steps.sign_in(page, "marketer")
    page.goto("/segments/new")
    page.get_by_role("button", name="Add visit conditions").click()
    search = page.locator(".picker input")
    page.get_by_role("button", name="What is tested: choose what to test").click()
    search.fill("city")
    composed = "one => one.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true, isComposing: true}))"
    search.evaluate(composed)
    expect(search).to_be_visible()
    search.press("Enter")
    # The box that came for the key: what is typed into the one before becomes a chip.
    value = page.locator(".chips-box input[data-suggest='geolocation.locality']")
    value.fill("とうきょう")
    value.evaluate(composed)
    expect(value).to_have_value("とうきょう")
    value.press("Enter")
    expect(page.locator(".chip-edit")).to_have_text("とうきょう")


def test_throwing_a_draft_away_leaves_what_was_typed_beside_it(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    address = f"/segments/{made['id']}/edit"
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(address)
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "check" in (answer.request.post_data or "")
    ):
        page.locator("#id_name").fill(f"{name} old")
    page.goto(address)
    expect(page.get_by_text("Draft from")).to_be_visible()
    page.locator("#id_name").fill(f"{name} new")
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_text("Draft from")).to_have_count(0)
    expect(page.locator("#id_name")).to_have_value(f"{name} new")
    expect(page.locator("#id_name")).to_be_focused()


def test_what_somebody_deleted_is_created_again_from_what_is_typed(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    page.locator("#id_name").fill(f"{name} again")
    held.session.delete(f"{held.url}/{made['id']}", timeout=30)
    page.locator("[data-save]").click()
    page.get_by_role("button", name="Create again from what you see").click()
    expect(page.get_by_text(f"“{name} again” is created.")).to_be_visible()
    steps.forgive(page, 404)
