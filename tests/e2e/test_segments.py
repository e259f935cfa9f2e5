"""A marketer's whole task in a real browser: by mouse, by keyboard alone, without scripts, and while the service fails."""

import re
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests import cast, programs
from tests.e2e import steps
from tests.e2e.test_access import AXE, complaints
from tests.segments.definitions import criterion, segment, step, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = pytest.mark.browser

SENTENCE = "Visits where device category is mobile (case ignored); then at least 3 × `product_viewed`."
# What all three ways of typing it come to.
WANTED = segment(
    context=[[visit("device.category", "equal", "mobile")]],
    journey=[step(3, criterion("eventName", "equal", "product_viewed", ignore=False))],
)


class Held:
    """What the server holds, asked without the dashboard between."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/api/v2/journey/segments"
        self.session: requests.Session = cast.api(url)

    def named(self, name: str) -> list[dict[str, Any]]:
        asked = {"queryFields": "displayName", "queryValue": name, "pageSize": "200"}
        found: list[dict[str, Any]] = self.session.get(self.url, params=asked, timeout=30).json()["entities"]
        return found

    def make(self, name: str, **parts: Any) -> dict[str, Any]:
        answer = self.session.post(self.url, json=segment(name, **parts), timeout=30)
        assert answer.ok, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def get(self, segment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.session.get(f"{self.url}/{segment_id}", timeout=30).json()
        return found


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
    until_focus(page, "#id_name")
    keys.type(name)
    until_focus(page, "#add-context")
    keys.press("Enter")
    focused(page, "#context-0-criteria-0 .key-button")
    keys.type("categ")
    keys.press("Enter")
    focused(page, "#context-0-criteria-0 .key-button")
    expect(page.get_by_label("mobile", exact=True)).to_be_attached()
    until_focus(page, "#id_context-0-criteria-0-values_1")
    keys.press("Space")
    until_focus(page, "#add-journey")
    keys.press("Enter")
    focused(page, "#id_journey-0-count")
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
    page.get_by_label("How many times").fill("none")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("Say a whole number of times.").first).to_be_visible()
    page.get_by_label("How many times").fill("4")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()


def focused(page: Page, selector: str) -> None:
    page.wait_for_function("selector => document.activeElement?.matches(selector)", arg=selector)


def until_focus(page: Page, selector: str, most: int = 60) -> None:
    """Tab until this has the focus."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reached {selector}")


def test_values_are_chips_that_take_a_pasted_column(page: Page, held: Held, name: str) -> None:
    made = held.make(name, context=[[visit("geolocation.country", "equal", "DE")]])
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    box = page.get_by_label("Value", exact=True)
    box.click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('FR\\nIT\\nFR\\nES, PT')")
    page.keyboard.press("Control+V")
    expect(page.get_by_text("4 values, 1 repeated")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    # Backspace in the empty box takes the last one back for editing.
    page.keyboard.press("Backspace")
    expect(box).to_have_value("ES, PT")
    box.fill("ES")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove IT").click()
    page.get_by_role("button", name="Save “").click()
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    values = held.get(made["id"])["context"]["patterns"][0]["criteria"][0]["values"]
    assert values == ["DE", "FR", "ES"]


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
    focused(page, "#journey-0 [data-movable]")
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
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
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
    page.complaints.clear()  # type: ignore[attr-defined]  # the 409 and the 422 are what the console notes


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
    focused(page, f"#s-{made[1]['id']} .row-link")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"B {name}")).to_be_visible()
    page.get_by_role("navigation", name="You are here").get_by_role("link", name="Segments").click()
    focused(page, f"#s-{made[1]['id']} .row-link")
    expect(page.locator(".list-table tbody tr")).to_have_count(3)
    # Switch one off in its row, and take it back.
    switch = page.get_by_role("switch", name=f"C {name}: active")
    switch.click()
    expect(page.get_by_text(f"“C {name}” is inactive now.").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(switch).to_have_attribute("aria-checked", "true")
    assert held.get(made[2]["id"])["version"] == 3


@pytest.fixture(scope="module")
def rehearsal(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[programs.Program, programs.Program]]:
    """A server that fails when it is told to, and a dashboard on it."""
    folder, port = tmp_path_factory.mktemp("rehearsal"), programs.free_port()
    with (
        programs.journeyserver(folder / "server", dashboard_port=port, JOURNEYSERVER_FAULTS="1") as server,
        programs.dashboard(folder / "dashboard", server, port) as dashboard,
    ):
        yield server, dashboard


# The fault, how often it strikes, and for which of the two forms.
FAULTS = [
    ("edit", {"fault": "delay", "delayMs": 700}),
    ("edit", {"fault": "401"}),
    ("edit", {"fault": "408"}),
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


def test_nothing_typed_is_lost_and_nothing_doubled_whatever_fails(
    chromium: "Chromium", rehearsal: tuple[programs.Program, programs.Program]
) -> None:
    server, dashboard = rehearsal
    held = Held(server.url)
    context = chromium.new_context(base_url=dashboard.url)
    context.set_default_timeout(20_000)
    page = context.new_page()
    steps.sign_in(page, "marketer")
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
    context.close()


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
        check = page.get_by_role("button", name="Check now")
        (check if check.count() else page.locator("[data-save]")).click()
        page.wait_for_timeout(400)
    pytest.fail(f"never saved: {told}")


def test_a_service_that_asks_to_wait_is_counted_down_and_then_saved(
    chromium: "Chromium", rehearsal: tuple[programs.Program, programs.Program]
) -> None:
    server, dashboard = rehearsal
    held = Held(server.url)
    made = held.make("Waiting", context=[[visit("geolocation.country", "equal", "DE")]])
    context = chromium.new_context(base_url=dashboard.url)
    context.set_default_timeout(30_000)
    page = context.new_page()
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    page.locator("summary", has_text="Description").click()
    page.get_by_label("Description").fill("typed and waited for")
    # Longer than the dashboard waits by itself.
    fault = {"operation": "patchJourneySegment", "fault": "429", "retryAfter": 21, "count": 1}
    _fail(held, server, fault)
    page.clock.install()
    page.locator("[data-save]").click()
    expect(page.get_by_text("The service asks us to wait 21 s")).to_be_visible()
    page.clock.run_for(5_000)
    expect(page.get_by_text("It is saved by itself in 16 s")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("typed and waited for")
    page.clock.run_for(17_000)
    expect(page.get_by_text("is saved, version 2.")).to_be_visible()
    context.close()


def test_a_sign_in_that_ends_mid_form_gives_the_form_back(
    chromium: "Chromium", rehearsal: tuple[programs.Program, programs.Program]
) -> None:
    server, dashboard = rehearsal
    held = Held(server.url)
    made = held.make("Ended", context=[[visit("geolocation.country", "equal", "DE")]])
    context = chromium.new_context(base_url=dashboard.url)
    context.set_default_timeout(20_000)
    page = context.new_page()
    steps.sign_in(page, "marketer")
    page.goto(f"/segments/{made['id']}/edit")
    page.locator("summary", has_text="Description").click()
    page.get_by_label("Description").fill("typed before it ended")
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
    context.close()


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
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text())
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            found.extend(f"{state}, {theme}: {line}" for line in complaints(page))

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
    page.complaints.clear()  # type: ignore[attr-defined]  # the 422 and the 409 are what the console notes
    assert not found, "\n".join(found)
