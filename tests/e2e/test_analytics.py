"""An analyst's whole task in a browser: by mouse, by keyboard alone, and without scripts. The page fails on any console
error and any violation of the content policy, so each test is also one of CHT* under the strict policy (SEC3, KEY1, KEY2)."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from analytics import labels, measures
from tests.analytics import shop
from tests.e2e import steps
from tests.e2e.steps import drawn

pytestmark = pytest.mark.browser

WEEK = "range=2026-05-04..2026-05-10&zone=Europe/London"
FUNNEL = (
    "nWebActionsQualified",
    "nWebActionsOffered",
    "nWebActionsAccepted",
    "nWebActionsStarted",
    "nWebActionsEngaged",
)
# A star of a glob stops at the slash of a zone.
TILES = re.compile("/dashboards/tile[?]")
FORTNIGHT = "range=2026-05-01..2026-05-14&zone=Europe/London"


def _written(page: Page, numbers: list[float], percent: bool) -> list[str]:
    """How the box beside the pointer writes numbers."""
    said: list[str] = page.evaluate(
        """async ([numbers, percent]) => {
            const script = performance.getEntriesByType("resource").find(({ name }) => name.includes("chart-points"));
            const { written } = await import(script.name);
            return numbers.map((number) => written(number, { percent, places: 2, thin: "\u202f", decimal: "." }));
        }""",
        [numbers, percent],
    )
    return said


def test_by_mouse_from_a_question_to_a_file(ana: Page) -> None:
    ana.get_by_role("link", name="Analytics").click()
    ana.locator("#part-range").click()
    ana.get_by_label("First day").fill("2026-05-04")
    ana.get_by_label("Last day").fill("2026-05-10")
    ana.get_by_role("button", name="Run").last.click()
    expect(ana).to_have_url(re.compile(r"range=2026-05-04\.\.2026-05-10"))
    # What else is being built is told before it is asked.
    ana.locator("#part-metrics").click()
    # Down to the rates it scrolls down and never to the side, where nobody looks.
    sideways = "node => node.scrollWidth - node.clientWidth"
    assert ana.locator("#part-metrics + .part-body").evaluate(sideways) == 0
    ana.get_by_label("Outcomes achieved").check()
    ana.locator("#part-metrics").click()
    ana.locator("#part-groups").click()
    ana.get_by_label("Group by", exact=True).select_option("journeyActionMapId")
    expect(ana.get_by_text("Action map is not recorded on sessions, outcomes achieved")).to_be_visible()
    ana.get_by_label("Group by", exact=True).select_option("journeyDeviceCategory")
    ana.get_by_role("button", name="Run").last.click()
    expect(ana.locator("#answer-sentence")).to_contain_text("leads with")
    drawn(ana)
    # Two measures by group: a panel each, and the lines are named at their ends.
    expect(ana.locator("#answer .plot .main-svg").nth(2)).to_be_attached()
    # Hovering shows all series of a bucket, sorted.
    ana.locator("#answer .plot").first.hover(position={"x": 500, "y": 120})
    box = ana.locator(".hover-box").first
    expect(box).to_be_visible()
    values = [int(text) for text in box.locator("tr:not(.hover-total) td.num:nth-child(3)").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    # Shares as they stand in the table.
    assert "\u202f%" in box.locator("td.hover-quiet").first.inner_text()
    shares = [0, 0.125, 0.0004, 0.00004, 0.0000002, 0.035, 12.5]
    assert _written(ana, shares, percent=True) == [labels.percent(share) for share in shares]
    numbers = [0, 0.125, 0.004, 2.5, 9999.995, 12345.5]
    made = measures.measure("oJourneyOutcomeValue")
    assert made is not None
    assert _written(ana, numbers, percent=False) == [labels.number(number, made) for number in numbers]
    # A point offers what can be done with it; the trail and Back lead back.
    ana.locator("#answer .plot").first.click(position={"x": 500, "y": 120})
    ana.get_by_role("link", name="Only this").click()
    expect(ana.locator(".trail")).to_contain_text("Sessions, Outcomes achieved by device category")
    narrowed = ana.url
    ana.go_back()
    expect(ana.locator(".trail")).to_have_count(0)
    ana.go_forward()
    expect(ana).to_have_url(narrowed)
    expect(ana.locator(".trail")).to_be_visible()
    drawn(ana)
    ana.get_by_text("Export", exact=True).click()
    with ana.expect_download() as download:
        ana.get_by_role("link", name=re.compile("^CSV")).click()
    assert download.value.suggested_filename.startswith("sessions-outcomes-achieved_2026-05-04_2026-05-10_")


def test_by_keyboard_alone(ana: Page) -> None:
    ana.keyboard.press("g")
    ana.keyboard.press("a")
    expect(ana).to_have_url(re.compile("/analytics/"))
    ana.goto(f"/analytics/?{WEEK}&m=nJourneySessions&g=journeyDeviceCategory")
    drawn(ana)
    ana.locator(".plot").first.focus()
    ana.keyboard.press("Home")
    box = ana.locator(".hover-box").first
    expect(box).to_contain_text("Mon 4 May 2026")
    ana.keyboard.press("ArrowRight")
    expect(box).to_contain_text("Tue 5 May 2026")
    expect(ana.locator("#live")).to_contain_text("Tue 5 May 2026")
    # Down walks the series, Enter opens the point, Escape closes it and the focus is back on the chart.
    ana.keyboard.press("ArrowDown")
    ana.keyboard.press("Enter")
    dialog = ana.get_by_role("dialog").filter(has=ana.get_by_role("link", name="Only this"))
    expect(dialog).to_be_visible()
    ana.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert ana.evaluate("document.activeElement.matches('.plot')")
    # Shift marks a narrower range, Enter looks into it; "t" then "z" doubles it again.
    ana.keyboard.press("Home")
    ana.keyboard.press("Shift+ArrowRight")
    ana.keyboard.press("Shift+ArrowRight")
    ana.keyboard.press("Enter")
    expect(ana).to_have_url(re.compile(r"range=2026-05-04\.\.2026-05-06"))
    drawn(ana)
    ana.locator("body").press("t")
    ana.keyboard.press("z")
    expect(ana).to_have_url(re.compile(r"range=2026-05-0[1-3]\.\.2026-05-0[6-8]"))
    # "v" is table and chart; Ctrl Enter runs the builder from anywhere in it.
    drawn(ana)
    ana.locator("body").press("v")
    expect(ana).to_have_url(re.compile("chart=table"))
    expect(ana.locator("#numbers table")).to_be_visible()
    ana.locator("body").press("v")
    expect(ana).not_to_have_url(re.compile("chart=table"))
    ana.locator("#part-range").focus()
    ana.keyboard.press("Enter")
    ana.get_by_label("Range in words").fill("2026-05-01..2026-05-02")
    ana.keyboard.press("Control+Enter")
    expect(ana).to_have_url(re.compile(r"range=2026-05-01\.\.2026-05-02"))


def test_without_scripts_there_is_the_table(plain: Page) -> None:
    plain.goto(f"/analytics/?{WEEK}&m=nJourneySessions")
    expect(plain.locator("#numbers table")).to_be_visible()
    expect(plain.locator("#numbers tfoot")).to_contain_text(
        str(sum(shop.count("session_started", on=f"2026-05-{day:02d}") for day in range(4, 11)))
    )
    plain.get_by_role("button", name="Filter").click()
    plain.locator("#f-0-0-d").select_option("journeyDeviceCategory")
    plain.locator("#f-0-0-v").fill("mobile")
    plain.get_by_role("button", name="Run").last.click()
    expect(plain.get_by_text("Only where device category is Mobile.")).to_be_visible()
    # A point is chosen in the table.
    plain.get_by_role("link", name="Mon 4 May 2026").click()
    plain.get_by_role("link", name="Look into this time").click()
    expect(plain).to_have_url(re.compile(r"range=2026-05-04&"))
    plain.goto(f"/dashboards/sessions/?{FORTNIGHT}")
    expect(plain).to_have_url(re.compile("whole=1"))
    expect(plain.get_by_text(f"{shop.count('session_started')}").first).to_be_visible()


@pytest.mark.parametrize(
    "query",
    [
        "m=nJourneySessions&g=journeyDeviceCategory&compare=previous",
        "m=nJourneySessions&g=journeyIpGeolocationCountry&chart=area",
        "m=nJourneySessions&g=journeyDeviceCategory&chart=bar",
        "by=all&m=nJourneySegmentsAssigned&g=journeySegmentId",
        "by=PT1H&m=nJourneySessions&chart=heat",
        "by=all&" + "&".join(f"m={name}" for name in FUNNEL),
    ],
)
def test_every_chart_is_drawn_in_light_and_dark_at_three_widths(ana: Page, query: str) -> None:
    ana.goto(f"/analytics/?{FORTNIGHT}&{query}")
    drawn(ana)
    plot = ana.locator("#answer .plot").first
    for width in (1440, 768, 390):
        ana.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            ana.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            expect(plot.locator(".main-svg").first).to_have_attribute(
                "width", re.compile(rf"^{plot.evaluate('plot => plot.clientWidth')}$")
            )
        assert ana.evaluate("document.documentElement.scrollWidth") <= width


def test_one_number_is_shown_large(ana: Page) -> None:
    ana.goto(f"/analytics/?{FORTNIGHT}&m=nJourneySessions&compare=weekdays&chart=number")
    expect(ana.locator(".stat-big")).to_have_text(str(shop.count("session_started")))


def test_light_and_dark_change_the_chart_at_once(ana: Page) -> None:
    ana.goto(f"/analytics/?{WEEK}&m=nJourneySessions&g=journeySegmentId&m=nJourneySegmentsAssigned")
    drawn(ana)
    colour = "document.querySelector('.plot .xtick text').style.fill"
    before = ana.evaluate(colour)
    ana.emulate_media(color_scheme="dark")
    ana.wait_for_function(f"() => ({colour}) !== {before!r}")


def test_fifty_series_stay_usable(ana: Page) -> None:
    ana.goto(f"/analytics/?{FORTNIGHT}&m=nJourneySessions&g=journeyIpGeolocationCountry&top=50")
    drawn(ana)
    entries = ana.locator(".legend-entry")
    assert entries.count() > 10
    ana.get_by_placeholder("Find a series").fill("日本")
    expect(entries.locator("visible=true")).to_have_count(1)
    entry = ana.get_by_role("button", name="日本")
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "true")
    ana.wait_for_function(
        "() => [...document.querySelectorAll('.plot .scatterlayer .trace')].some(one => one.style.opacity === '0.12')"
    )
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "false")


def test_dragging_over_the_chart_changes_the_range(ana: Page) -> None:
    ana.goto(f"/analytics/?{WEEK}&m=nJourneySessions")
    drawn(ana)
    box = ana.locator(".plot").first.bounding_box()
    assert box
    ana.mouse.move(box["x"] + 300, box["y"] + 100)
    ana.mouse.down()
    ana.mouse.move(box["x"] + 700, box["y"] + 110, steps=5)
    # Let go of above the chart.
    ana.mouse.move(box["x"] + 700, box["y"] - 30)
    ana.mouse.up()
    expect(ana).to_have_url(re.compile(r"range=2026-05-05\.\.2026-05-0[78]"))


def test_a_picture_has_its_words(ana: Page) -> None:
    ana.goto(f"/analytics/?{WEEK}&m=nJourneySegmentsAssigned&g=journeySegmentId")
    drawn(ana)
    ana.get_by_text("Export", exact=True).click()
    with ana.expect_download() as download:
        ana.get_by_role("button", name="SVG").click()
    picture = download.value.path().read_text()
    assert (
        download.value.suggested_filename
        == "segments-assigned-by-segment_2026-05-04_2026-05-10_Europe-London.svg"
    )
    assert "4–10 May 2026, 7 days, Europe/London" in picture
    assert "Data of" in picture
    assert "Cart leavers &#60;b&#62;" in picture
    ana.get_by_text("Export", exact=True).click()
    with ana.expect_download() as download:
        ana.get_by_role("button", name="PNG").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_printing_gives_sentence_chart_and_table_on_a_page(ana: Page) -> None:
    ana.emulate_media(color_scheme="dark")
    ana.goto(f"/analytics/?{WEEK}&m=nWebActionsOffered&compare=previous")
    drawn(ana)
    label = ana.locator(".plot .xtick text").first
    before = label.evaluate("text => getComputedStyle(text).fill")
    ana.evaluate("addEventListener('beforeprint', () => { window.printed = 1; })")
    sheet = ana.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
    # The browser tells the page before it prints, and that is all the page needs: it is drawn for paper by then.
    assert ana.evaluate("window.printed") == 1
    expect(ana.locator("html")).not_to_have_class("is-printed")
    ana.emulate_media(media="print", color_scheme="dark")
    ana.evaluate("dispatchEvent(new Event('beforeprint'))")
    for part in ("#answer-sentence", ".answer-meta", ".plot .main-svg >> nth=0", ".numbers-table"):
        expect(ana.locator(part)).to_be_visible()
    for part in ("#builder", ".toolbar", ".rail", ".top", ".request"):
        expect(ana.locator(part).first).to_be_hidden()
    assert ana.locator(".plot .main-svg").first.evaluate("svg => svg.clientWidth") <= 700
    dark_on_white = label.evaluate("text => getComputedStyle(text).fill")
    assert dark_on_white != before
    ana.evaluate("dispatchEvent(new Event('afterprint'))")
    assert label.evaluate("text => getComputedStyle(text).fill") == before


def test_a_printed_dashboard_says_of_what_time_and_where(ana: Page) -> None:
    ana.goto(f"/dashboards/sessions/?{WEEK}&where=journeyDeviceCategory:is:mobile")
    ana.emulate_media(media="print")
    scope = ana.locator(".board-scope")
    expect(scope.get_by_text("4–10 May 2026, 7 days, Europe/London")).to_be_visible()
    expect(scope.get_by_text("Only where device category is Mobile.")).to_be_visible()
    expect(scope.locator("button:visible, select:visible, input:visible, a:visible")).to_have_count(0)


def test_copying_and_sharing_announce_their_success(ana: Page) -> None:
    ana.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ana.goto("/analytics/?range=last-7-days&zone=Asia/Kolkata&m=nJourneySessions")
    ana.get_by_text("Share", exact=True).click()
    ana.locator(".share-line .button").first.click()
    expect(ana.locator("#live")).to_have_text("Copied")
    copied = ana.evaluate("navigator.clipboard.readText()")
    assert re.search(r"/analytics/\?range=\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d&zone=Asia/Kolkata", copied)


def test_cancelling_stops_waiting_and_keeps_the_answer(ana: Page) -> None:
    ana.goto(f"/analytics/?{WEEK}&m=nJourneySessions")
    drawn(ana)
    held: list[Any] = []
    ana.route("**/analytics/?form=1*", lambda route: held.append(route))
    ana.get_by_role("button", name="Run").last.click()
    expect(ana.get_by_role("button", name="Cancel")).to_be_visible()
    ana.keyboard.press("Escape")
    expect(ana.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(ana.locator("#answer-sentence")).to_contain_text("Sessions")
    assert ana.locator("#answer").get_attribute("aria-busy") == "false"
    for route in held:
        route.abort()


def test_a_newer_question_ends_the_older_one_whatever_asked_it(ana: Page) -> None:
    ana.goto(f"/analytics/?{WEEK}&m=nJourneySessions")
    held: list[Route] = []
    ana.route("**/*fresh=1*", lambda route: held.append(route))
    ana.locator("#ask-again").click()
    expect(ana.locator("[data-cancel]")).to_be_visible()
    ana.locator("#part-groups").click()
    ana.get_by_label("Group by", exact=True).select_option("journeyDeviceCategory")
    ana.get_by_role("button", name="Run").last.click()
    expect(ana.locator("#answer-sentence")).to_contain_text("leads with")
    held[0].continue_()
    ana.wait_for_timeout(500)
    expect(ana.locator("#answer-sentence")).to_contain_text("leads with")
    # Where an error took the builder's place, Escape stops waiting as well.
    ana.locator("[data-cancel]").evaluate("button => button.remove()")
    ana.locator("#ask-again").click()
    expect(ana.locator("#answer")).to_have_attribute("aria-busy", "true")
    ana.keyboard.press("Escape")
    expect(ana.locator("#answer")).to_have_attribute("aria-busy", "false")


def test_what_somebody_else_answers_takes_the_place_of_nothing(ana: Page) -> None:
    """A cut connection, and the page of a proxy in between, while tiles load and while a question is asked."""

    def fail(route: Any) -> None:
        if "chart=number" in route.request.url:
            route.abort()
        else:
            route.fulfill(status=502, body="<h1>Bad gateway</h1>")

    ana.route(TILES, fail)
    ana.goto(f"/dashboards/offers/?{FORTNIGHT}")
    expect(ana.get_by_text("No answer came. “Refresh” asks again.")).to_have_count(8)
    expect(ana.get_by_text("Bad gateway")).to_have_count(0)
    ana.unroute(TILES)
    ana.get_by_role("button", name="Refresh").click()
    expect(ana.get_by_text("No answer came.")).to_have_count(0)
    expect(ana.locator(".tile .main-svg").first).to_be_visible()
    ana.goto(f"/analytics/?{WEEK}&m=nJourneySessions")
    drawn(ana)
    for answer in (fail, lambda route: route.abort()):
        ana.route("**/analytics/?form=1*", answer)
        ana.get_by_role("button", name="Run").last.click()
        expect(ana.get_by_text("No answer came. What is shown is as it was")).to_have_count(1)
        expect(ana.locator("#answer-sentence")).to_contain_text("Sessions")
        ana.unroute("**/analytics/?form=1*")
    ana.get_by_role("button", name="Run").last.click()
    expect(ana.get_by_text("No answer came.")).to_have_count(0)
    drawn(ana)
    # The browser and htmx note each failure; nothing else was noted.
    noted = ("Failed to load resource", "Response Status Error Code 502", "htmx:")
    ana.complaints[:] = [one for one in ana.complaints if not one.startswith(noted)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [1440, 1024, 768, 390])
def test_what_opens_stays_within_the_window(ana: Page, width: int) -> None:
    ana.set_viewport_size({"width": width, "height": 900})
    for query in (
        "m=nJourneySessions&g=journeyDeviceCategory",
        "by=all&" + "&".join(f"m={name}" for name in FUNNEL),
    ):
        ana.goto(f"/analytics/?{FORTNIGHT}&{query}")
        outside = ana.evaluate(
            """() => [...document.querySelectorAll(".builder details.menu, .toolbar details.menu")].filter((menu) => {
              menu.open = true;
              const { left, right } = menu.querySelector(".menu-list").getBoundingClientRect();
              menu.open = false;
              return left < 0 || right > innerWidth;
            }).map((menu) => menu.textContent.trim().slice(0, 20))"""
        )
        assert outside == []


def test_a_refresh_moves_nothing_and_a_failed_one_keeps_the_numbers(ana: Page) -> None:
    ana.goto(f"/dashboards/sessions/?{FORTNIGHT}")
    expect(ana.locator(".tile .main-svg").first).to_be_visible()
    ana.wait_for_load_state("networkidle")
    summary = ana.locator(".tile-table summary").nth(2)
    summary.click()
    summary.focus()
    ana.mouse.wheel(0, 300)
    ana.wait_for_timeout(200)
    state = "[scrollY, document.activeElement.tagName, document.querySelectorAll('.tile-table[open]').length]"
    before = ana.evaluate(state)
    with ana.expect_response(re.compile("/dashboards/tile")):
        ana.get_by_role("button", name="Refresh").dispatch_event("click")
    ana.wait_for_load_state("networkidle")
    assert ana.evaluate(state) == before
    # Nobody answers: the numbers stay, and the tile is marked as old.
    sentence = ana.locator(".tile-sentence").nth(2).inner_text()
    ana.route(TILES, lambda route: route.abort())
    ana.get_by_role("button", name="Refresh").dispatch_event("click")
    expect(ana.locator("[data-tile].is-stale")).to_have_count(ana.locator("[data-tile]").count())
    assert ana.locator(".tile-sentence").nth(2).inner_text() == sentence
    ana.unroute(TILES)
    ana.get_by_role("button", name="Refresh").dispatch_event("click")
    expect(ana.locator("[data-tile].is-stale")).to_have_count(0)
    ana.complaints[:] = [one for one in ana.complaints if not one.startswith("Failed to load resource")]  # type: ignore[attr-defined]


def test_a_tile_without_numbers_gets_its_chart_when_there_are_some(ana: Page) -> None:
    empty = FORTNIGHT.replace("2026", "2020")
    ana.goto(f"/dashboards/sessions/?{empty}")
    tile = ana.locator("[data-tile]").nth(2)
    expect(tile).to_contain_text("No data in this range.", timeout=15_000)
    ana.wait_for_load_state("networkidle")
    ana.route(TILES, lambda route: route.continue_(url=route.request.url.replace("2020", "2026")))
    ana.get_by_role("button", name="Refresh").click()
    expect(tile.locator(".main-svg").first).to_be_visible(timeout=15_000)
    expect(tile.locator("time[data-age]")).to_be_visible(timeout=15_000)
    ana.unroute(TILES)
    ana.get_by_role("button", name="Refresh").click()
    expect(tile).to_contain_text("No data in this range.", timeout=15_000)
    expect(tile.locator(".plot")).to_have_count(0)


def test_refreshing_pauses_and_stops_in_hidden_tabs(ana: Page) -> None:
    ana.clock.install()
    ana.goto(f"/dashboards/offers/?{FORTNIGHT}&refresh=30")
    ana.wait_for_load_state("networkidle")
    asked: list[str] = []
    ana.on("request", lambda request: asked.append(request.url) if "within=" in request.url else None)
    ana.clock.run_for(31_000)
    ana.wait_for_load_state("networkidle")
    assert asked
    ana.get_by_role("button", name="Pause").click()
    count = len(asked)
    ana.clock.run_for(120_000)
    assert len(asked) == count
    ana.get_by_role("button", name="Resume").click()
    ana.clock.run_for(1_000)
    ana.wait_for_load_state("networkidle")
    assert len(asked) > count
    ana.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    count = len(asked)
    ana.clock.run_for(300_000)
    assert len(asked) == count
    ana.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    ana.clock.run_for(500)
    ana.wait_for_load_state("networkidle")
    assert len(asked) > count


def test_whoever_comes_back_after_failures_need_not_wait_for_a_slowed_turn(ana: Page) -> None:
    ana.clock.install()
    ana.goto(f"/dashboards/offers/?{FORTNIGHT}&refresh=30")
    ana.wait_for_load_state("networkidle")
    asked: list[str] = []
    ana.route("**/*within=*", lambda route: (asked.append(route.request.url), route.abort())[-1])
    for _ in range(3):
        ana.clock.run_for(121_000)
        ana.wait_for_timeout(300)
    ana.complaints.clear()  # type: ignore[attr-defined]
    count = len(asked)
    assert count
    # Eight times slower by now.
    ana.clock.run_for(45_000)
    assert len(asked) == count
    for hidden in ("true", "false"):
        ana.evaluate(
            f"Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}}); document.dispatchEvent(new Event('visibilitychange'))"
        )
    ana.clock.run_for(500)
    ana.wait_for_timeout(300)
    ana.complaints.clear()  # type: ignore[attr-defined]
    assert len(asked) > count


def test_tiles_move_by_keyboard(ana: Page) -> None:
    ana.goto("/dashboards/offers/")
    ana.get_by_role("button", name="Copy to change it").click()
    first = ana.get_by_label("Title of tile 1")
    title = first.input_value()
    first.focus()
    ana.keyboard.press("Alt+ArrowDown")
    expect(ana.get_by_label("Title of tile 2")).to_have_value(title)
    assert ana.evaluate("document.activeElement.id") == "up-1"


def test_both_versions_of_a_dashboard_take_the_place_of_the_form(ana: Page) -> None:
    ana.goto("/dashboards/offers/")
    ana.get_by_role("button", name="Copy to change it").click()
    expect(ana.locator("#edit")).to_be_visible()
    other = ana.context.new_page()
    other.goto(ana.url)
    for page, name in ((other, "T" * 100), (ana, "Mine")):
        page.get_by_label("Name", exact=True).fill(name)
        page.locator(".save-bar .button-primary").click()
        page.wait_for_load_state("networkidle")
    other.close()
    expect(ana.get_by_role("heading", level=1)).to_be_focused()
    assert [ana.locator(one).count() for one in ("main", "h1", "#edit", ".conflict")] == [1, 1, 0, 1]
    # A long word is broken within its card.
    assert ana.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    ana.get_by_role("button", name="Save yours over it").click()
    expect(ana.get_by_role("heading", level=1)).to_have_text("Mine")
    ana.complaints[:] = [one for one in ana.complaints if "409" not in one]  # type: ignore[attr-defined]


def test_live_events_come_by_themselves(ana: Page) -> None:
    ana.goto("/live/")
    expect(ana.locator("[data-live-active]")).to_be_visible()
    with ana.expect_response(re.compile("/live/feed")) as answer:
        pass
    assert answer.value.ok


def test_one_segment_is_watched_from_the_live_page(ana: Page) -> None:
    """LIV7: chosen by keyboard, it asks by itself and by the cursor, and stops while paused."""
    ana.goto("/live/")
    steps.until_focus(ana, 'select[name="segment"]')
    steps.enter(ana, ".live-choice button")
    ana.wait_for_url("**/live/segments/*/")
    expect(ana.get_by_role("heading", name="Near misses")).to_be_visible()
    feed = re.compile(r"/live/segments/[0-9a-f-]+/feed\?since=\d+")
    with ana.expect_response(feed) as answer:
        pass
    assert answer.value.ok
    asked: list[str] = []
    ana.get_by_role("button", name="Pause").click()
    ana.on("request", lambda sent: asked.append(sent.url) if feed.search(sent.url) else None)
    ana.wait_for_timeout(5000)
    assert not asked
    with ana.expect_response(feed):
        ana.get_by_role("button", name="Resume").click()
    # Somebody deletes it: what the service says is told, and what came stays.
    nobody = "00000000-0000-4000-8000-000000000099"
    gone = re.compile(r"(?<=/live/segments/)[0-9a-f-]+")
    ana.route(feed, lambda route: route.continue_(url=gone.sub(nobody, route.request.url)))
    told = ana.locator("[data-live-failed]")
    expect(told).to_be_visible(timeout=15_000)
    expect(told).to_contain_text("This no longer exists.")
    # A dropped connection says nothing itself.
    ana.unroute(feed)
    ana.route(feed, lambda route: route.abort())
    expect(told).to_contain_text("The service does not answer.", timeout=30_000)
    expect(ana.get_by_role("heading", name="Near misses")).to_be_visible()
    refused = "Failed to load resource"
    assert all(refused in one for one in ana.complaints), ana.complaints  # type: ignore[attr-defined]
    ana.complaints.clear()  # type: ignore[attr-defined]


def test_a_point_of_an_ended_session_leads_to_the_sign_in_page(ana: Page) -> None:
    address = f"/analytics/?{WEEK}&m=nJourneySessions"
    ana.goto(address)
    drawn(ana)
    ana.context.clear_cookies()
    ana.locator(".plot").first.focus()
    ana.keyboard.press("Home")
    ana.keyboard.press("Enter")
    ana.wait_for_url("**/accounts/sign-in?**")
    assert parse_qs(urlsplit(ana.url).query)["next"] == [address]
