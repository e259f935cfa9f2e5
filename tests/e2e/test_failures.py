"""Pages in states that only failures, conflicts and narrow or turned windows bring about: access, waiting, what bars cover."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e import axe, steps
from tests.e2e.steps import Pair, fail

pytestmark = pytest.mark.browser

OWN_FAILURE = '<h1>Something went wrong here</h1><details class="support"><summary>Details for support</summary></details>'
TARGET = "7a6e0000-0000-4000-8000-000000000001"
# What is covered by a bar that stays in sight, of what has the focus: neither its top nor its bottom may be.
COVERED = """() => {
  const box = document.activeElement.getBoundingClientRect();
  if (!box.width || box.height > innerHeight / 2 || document.activeElement === document.body) return "";
  const x = box.left + Math.min(box.width / 2, 40);
  const covers = [box.top + 2, box.bottom - 2].some(y => {
    const there = document.elementFromPoint(x, y);
    return there && there.closest(".top, .save-bar, .rail, .band") && !there.contains(document.activeElement)
      && !document.activeElement.closest(".top, .save-bar, .rail, .band");
  });
  return covers ? document.activeElement.outerHTML.slice(0, 160) : "";
}"""


@pytest.fixture
def segment(rehearsal: Pair, api: requests.Session) -> Iterator[str]:
    place = f"{rehearsal[0].url}/api/v2/journey/segments"
    criterion = {"key": "browser.family", "values": ["Chrome"], "entityType": "visit"}
    body = {"displayName": "Meets failures", "context": {"patterns": [{"criteria": [criterion]}]}}
    made = api.post(place, json=body, timeout=30).json()
    yield str(made["id"])
    api.delete(f"{place}/{made['id']}", timeout=30)


def test_a_page_that_must_wait_counts_down_and_asks_again(
    seen: Page, rehearsal: Pair, api: requests.Session, segment: str
) -> None:
    # Longer than the dashboard waits by itself.
    fault = {"operation": "getJourneySegment", "fault": "429", "retryAfter": 21}
    fail(rehearsal, api, **fault, count=1)
    seen.clock.install()
    seen.goto(f"/segments/{segment}/")
    expect(seen.get_by_text("The service asks us to wait 21 s")).to_be_visible()
    seen.clock.run_for(5_000)
    expect(seen.get_by_text("asks again by itself in 16 s")).to_be_visible()
    with seen.expect_request(f"**/segments/{segment}/") as asked:
        seen.clock.run_for(17_000)
    expect(seen.get_by_role("heading", name="Meets failures")).to_be_visible()
    # Nobody is there for all we know: it does not put off the end of an idle session.
    assert "unasked=1" in asked.value.all_headers()["cookie"]
    # Cancel leaves it to the person.
    fail(rehearsal, api, **fault, count=1)
    seen.goto(f"/segments/{segment}/")
    seen.get_by_role("button", name="Cancel").click()
    seen.clock.run_for(60_000)
    expect(seen.get_by_role("heading", name="Please wait")).to_be_visible()
    expect(seen.get_by_text("asks again by itself")).to_have_count(0)


@pytest.mark.parametrize("place", ["[data-tile]", "#answer"])
def test_a_part_that_must_wait_counts_down_and_asks_for_itself(
    seen: Page, rehearsal: Pair, api: requests.Session, place: str
) -> None:
    seen.clock.install()
    if place == "#answer":
        seen.goto("/analytics/?range=yesterday&m=nJourneySessions")
    fail(rehearsal, api, operation="postAnalyticsJourneysAggregatesQuery", fault="429", retryAfter=21)
    if place == "#answer":
        seen.get_by_role("link", name="Earlier").click()
    else:
        seen.goto("/dashboards/sessions/?range=last-7-days")
    part = seen.locator(place).first
    expect(part.get_by_text("The service asks us to wait 21 s")).to_be_visible()
    seen.clock.run_for(5_000)
    expect(part.get_by_text("asked again by itself in")).to_contain_text(re.compile(r"in 1\d s"))
    # The part asks for itself: the page is not loaded anew.
    seen.evaluate("window.stays = 1")
    with seen.expect_response(re.compile("/dashboards/tile|/analytics/")):
        seen.clock.run_for(20_000)
    assert seen.evaluate("window.stays") == 1


@pytest.mark.parametrize("address", ["/action-targets/", f"/action-targets/{TARGET}/"])
def test_a_target_that_must_wait_counts_down_and_is_saved(
    seen: Page, rehearsal: Pair, api: requests.Session, address: str
) -> None:
    place = f"{rehearsal[0].url}/api/v2/journey/actiontargets/{TARGET}"
    known = {"serviceLevel": {"percentage": 0.8, "durationMs": 20_000}}
    assert api.patch(place, json=known, timeout=30).ok
    fault = {"operation": "patchJourneyActiontarget", "fault": "429", "retryAfter": 240}
    share, counted = seen.locator(f'[name="{TARGET}-share"]'), seen.locator("[data-countdown]")

    def stored() -> float:
        return float(api.get(place, timeout=30).json()["serviceLevel"]["percentage"])

    def save(text: str) -> None:
        share.fill(text)
        # What was typed is looked at before it is saved, as people are slower than this test.
        expect(seen.locator(f"#note-{TARGET}")).to_contain_text("was ")
        seen.locator("[data-save]").click()
        expect(counted).to_contain_text("It is saved by itself in 240 s")

    seen.clock.install()
    seen.goto(address)
    fail(rehearsal, api, **fault)
    save("82")
    complaints = axe.complaints(seen)
    assert not complaints, "\n".join(complaints)
    # Cancel leaves it to the person, and so does typing on.
    counted.get_by_role("button", name="Cancel").click()
    expect(counted).to_have_count(0)
    expect(seen.locator("[data-save]")).to_be_focused()
    save("83")
    share.press_sequentially("4")
    expect(counted).to_have_count(0)
    save("83")
    fail(rehearsal, api)
    seen.clock.run_for(200_000)
    expect(counted).to_contain_text("in 40 s")
    expect(share).to_have_value("83")
    assert stored() == 0.8
    seen.clock.run_for(41_000)
    expect(seen.get_by_text("83 % in 20 s").first).to_be_visible()
    assert stored() == 0.83


def test_the_palette_hands_on_what_it_could_not_read(
    seen: Page, rehearsal: Pair, api: requests.Session
) -> None:
    fail(rehearsal, api, fault="500")
    seen.goto("/files/")
    seen.keyboard.press("Control+k")
    palette = seen.locator("#palette")
    expect(palette.get_by_role("option", name="History", exact=True)).to_be_visible()
    expect(palette.get_by_text("The service failed to answer this.")).to_be_visible()
    steps.enter(seen, "#palette summary", most=5)
    expect(palette.locator("pre").first).to_contain_text(re.compile(r"Correlation id: \S+\nRequest id: \S+"))
    expect(palette.get_by_role("button", name="Copy details")).to_be_visible()
    complaints = axe.complaints(seen)
    assert not complaints, "\n".join(complaints)
    # Typing filters the list; what failed stays.
    palette.get_by_role("combobox").fill("hist")
    expect(palette.get_by_role("option")).to_have_count(1)
    expect(palette.get_by_text("The service failed to answer this.")).to_be_visible()
    # The dashboard itself gave no answer worth a list: its own ids.
    seen.keyboard.press("Escape")
    seen.route("**/search/", lambda route: route.fulfill(status=500, body=OWN_FAILURE))
    seen.reload()
    seen.keyboard.press("Control+k")
    expect(palette.get_by_text("The list could not be read.")).to_be_visible()
    expect(palette.locator(".support summary")).to_be_visible()


@pytest.mark.parametrize("address", ["/live/", "/live/segments/{id}/"])
def test_the_live_pages_hand_on_what_failed(
    seen: Page, rehearsal: Pair, api: requests.Session, segment: str, address: str
) -> None:
    seen.goto(address.replace("{id}", segment))
    told, age = seen.locator("[data-live-failed]"), seen.locator("[data-live-age] time")
    expect(age).to_have_text(re.compile(r"^[0-3] s ago$"))
    fail(rehearsal, api, fault="500")
    expect(told).to_contain_text("The service failed to answer this.", timeout=30_000)
    told.locator("summary").click()
    details = told.locator("pre")
    expect(details).to_contain_text(re.compile(r"Correlation id: \S+\nRequest id: \S+"))
    # Whoever looks at the ids keeps them while it is asked again.
    kept = details.text_content()
    with seen.expect_response(re.compile("/feed"), timeout=60_000):
        pass
    assert details.text_content() == kept
    # Nothing came meanwhile: the age counts on.
    expect(age).to_have_text(re.compile(r"^([4-9]|\d\d) s ago$"))
    complaints = axe.complaints(seen)
    assert not complaints, "\n".join(complaints)
    fail(rehearsal, api)
    expect(told).to_be_hidden(timeout=60_000)
    expect(age).to_have_text(re.compile(r"^[0-3] s ago$"))


def test_axe_finds_nothing_where_something_failed(
    seen: Page, rehearsal: Pair, api: requests.Session, segment: str
) -> None:
    complaints: list[str] = []
    seen.goto("/dashboards/offers/")
    for fault, address in (
        ({"fault": "403"}, f"/segments/{segment}/edit"),
        ({"fault": "404"}, f"/segments/{segment}/"),
        ({"fault": "429", "retryAfter": 240}, "/segments/?fresh=1"),
        ({"fault": "501"}, "/action-targets/"),
        ({"fault": "cut"}, "/segments/?fresh=1"),
        ({"fault": "garbled"}, "/analytics/?zone=UTC&m=nJourneySessions&range=last-28-days"),
        ({"fault": "garbled"}, "/dashboards/offers/"),
        ({"fault": "413"}, "/dashboards/offers/"),
    ):
        fail(rehearsal, api, **fault)
        seen.goto(address)
        complaints += [f"{address} {fault['fault']} {line}" for line in axe.complaints(seen)]
    fail(rehearsal, api)
    assert not complaints, "\n".join(complaints)


def test_axe_finds_nothing_on_the_conflict_pages(
    seen: Page, rehearsal: Pair, api: requests.Session, segment: str
) -> None:
    complaints: list[str] = []
    seen.goto(f"/segments/{segment}/edit")
    seen.get_by_label("Name", exact=True).fill("Mine")
    place = f"{rehearsal[0].url}/api/v2/journey/segments/{segment}"
    theirs = {"displayName": "Theirs", "version": api.get(place, timeout=30).json()["version"]}
    assert api.patch(place, json=theirs, timeout=30).ok
    seen.locator("[data-save]").click()
    expect(seen.get_by_text("Theirs").first).to_be_visible()
    complaints += [f"segment {line}" for line in axe.complaints(seen)]
    seen.on("dialog", lambda dialog: dialog.accept())
    # Deleted by someone else, and the form sent again.
    seen.goto(f"/segments/{segment}/edit")
    seen.get_by_label("Name", exact=True).fill("")
    seen.locator("[data-save]").click()
    seen.wait_for_load_state("networkidle")
    complaints += [f"refused {line}" for line in axe.complaints(seen)]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("size", [(1280, 640), (390, 700), (320, 640)], ids=["desk", "phone", "zoomed"])
def test_no_bar_covers_what_has_the_focus(seen: Page, segment: str, size: tuple[int, int]) -> None:
    """KEY6: walked forwards and backwards through long pages with a save bar."""
    seen.set_viewport_size({"width": size[0], "height": size[1]})
    covered = []
    for address in (f"/segments/{segment}/edit", "/action-targets/", f"/action-targets/{TARGET}/"):
        seen.goto(address)
        seen.wait_for_load_state("networkidle")
        for key in ("Tab",) * 45 + ("Shift+Tab",) * 25:
            seen.keyboard.press(key)
            if found := seen.evaluate(COVERED):
                covered.append(f"{address} {key}: {found}")
    assert not covered, "\n".join(covered)


def test_turned_from_right_to_left_nothing_leaves_the_window(seen: Page, segment: str) -> None:
    wide = []
    for size in ((1280, 800), (390, 844)):
        seen.set_viewport_size({"width": size[0], "height": size[1]})
        for address in (
            "/segments/",
            f"/segments/{segment}/edit",
            "/action-targets/",
            "/analytics/",
            "/history/",
        ):
            seen.goto(address)
            seen.evaluate("document.documentElement.dir = 'rtl'")
            over = seen.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            rail = seen.evaluate("document.querySelector('.rail').getBoundingClientRect().right")
            if over > 0 or (size[0] > 700 and rail != size[0]):
                wide.append(f"{address} at {size[0]} px: {over} px too wide, rail ends at {rail}")
    assert not wide, "\n".join(wide)
