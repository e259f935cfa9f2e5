"""What a page weighs on the wire, cold and warm, and how many pages fifty people get in a second beside an empty one."""

import gzip
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import requests

from bench import ROOT, Arguments, Row
from bench._load import Load, load
from bench._programs import Pair
from tests import cast
from tests.launched import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COLD, WARM, SCRIPTS = 120.0, 15.0, 15.0
AT_LEAST = 0.33
PEOPLE = 50
# Each stands for several of the people: signing in is not what is measured here.
SIGN_INS = ("marketer", "supervisor", "analyst", "admin")
SEGMENTS = 60
PAGES = (
    "/segments/",
    "/segments/{segment}/",
    "/segments/{segment}/edit",
    "/segments/{segment}/delete",
    "/segments/grid",
    "/segments/new",
    "/action-targets/",
    "/history/",
    "/history/bin/",
    "/dashboards/",
    "/live/",
    "/files/",
    "/analytics/saved/",
    "/search/",
    "/keyboard/",
    "/accounts/permissions/",
    "/service/",
)


def run(arguments: Arguments) -> list[Row]:
    seconds = 15.0 if arguments.size == "full" else 4.0
    rows = [_scripts()]
    with Pair(arguments.folder) as pair:
        api = cast.api(pair.server_url)
        for number in range(SEGMENTS):
            made = api.post(f"{pair.server_url}/api/v2/journey/segments", json=_segment(number), timeout=30)
            assert made.ok, made.text
        place = SimpleNamespace(port=pair.port, server_port=pair.server_port)
        people = [signed_in(place, name)[0] for name in SIGN_INS]
        rows += _weights(pair, people[-1], made.json()["id"])
        rows += _speed(pair, people, seconds)
    return rows


def _scripts() -> Row:
    """All scripts of ours together, though no page loads all of them: an upper bound."""
    main = {"main.js"}
    while True:
        more = {
            name
            for one in main
            for name in re.findall(
                r'(?:import|from)\s*\(?\s*"\./([\w-]+\.js)"', (ROOT / "static/js" / one).read_text()
            )
        }
        if more <= main:
            break
        main |= more
    size = sum(len(gzip.compress((ROOT / "static/js" / name).read_bytes())) for name in main) / 1000
    return Row(
        "scripts of ours on every page", size, "kB", target=f"at most {SCRIPTS:.0f} kB", met=size <= SCRIPTS,
        note=f"compressed, each by itself: {', '.join(sorted(main))}",
    )  # fmt: skip


def _weights(pair: Pair, person: requests.Session, segment: str) -> list[Row]:
    """The heaviest page, cold and warm, as a browser counts what it received, heads included."""
    from playwright.sync_api import sync_playwright

    cookies = [{"name": one.name, "value": one.value, "url": pair.url} for one in person.cookies]
    cold, warm = dict[str, float](), dict[str, float]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for path in PAGES:
            cold[path], warm[path] = _visits(browser, cookies, f"{pair.url}{path.format(segment=segment)}")
        browser.close()
    rows = []
    for name, sizes, most in (("cold", cold, COLD), ("warm", warm, WARM)):
        worst = max(sizes.values())
        told = ", ".join(
            f"{path} {size:.1f}" for path, size in sorted(sizes.items(), key=lambda row: -row[1])
        )
        rows.append(
            Row(f"heaviest page without a chart, {name}", worst, "kB", target=f"at most {most:.0f} kB", met=worst <= most,
                note=f"kB: {told}")
        )  # fmt: skip
    return rows


def _visits(browser: "Browser", cookies: list[dict[str, str | None]], address: str) -> tuple[float, float]:
    context = browser.new_context()
    context.add_cookies(cookies)  # type: ignore[arg-type]
    page = context.new_page()
    seen = [_received(page, address), _received(page, address)]
    context.close()
    return seen[0], seen[1]


def _received(page: "Page", address: str) -> float:
    """Kilobytes that arrived until nothing more was loaded."""
    talk = page.context.new_cdp_session(page)
    talk.send("Network.enable")
    sizes: list[float] = []
    talk.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    answer = page.goto(address)
    assert answer is not None, address
    assert answer.ok, address
    page.wait_for_load_state("networkidle")
    talk.detach()
    return sum(sizes) / 1000


def _speed(pair: Pair, people: list[requests.Session], seconds: float) -> list[Row]:
    board = people[0].get(f"{pair.url}/dashboards/offers/", timeout=30).text
    found = re.search(r'hx-get="([^"]+)"', board[board.index("data-tile") :])
    assert found, board
    paths = {"segment list": "/segments/", "dashboard tile": found[1].replace("&amp;", "&")}
    empty = _load(pair, "/healthz", people, seconds)
    rows = []
    for name, path in paths.items():
        got = _load(pair, path, people, seconds)
        rows += [
            Row(name, got.a_second, "requests/s", f"an empty page, p99 {empty.p99_ms:.0f} ms", empty.a_second,
                f"at least {AT_LEAST}×", got.a_second >= AT_LEAST * empty.a_second,
                note=f"{PEOPLE} callers of {len(people)} sign-ins, {SEGMENTS} segments, two workers; service and callers share the cores"),
            Row(f"{name}, p99", got.p99_ms, "ms"),
        ]  # fmt: skip
    return rows


def _load(pair: Pair, path: str, people: list[requests.Session], seconds: float) -> Load:
    turn = 0

    def request() -> bytes:
        nonlocal turn
        turn += 1
        cookies = "; ".join(f"{one.name}={one.value}" for one in people[turn % len(people)].cookies)
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{pair.port}\r\nCookie: {cookies}\r\n\r\n".encode()

    return load(pair.url, request, connections=PEOPLE, seconds=seconds)


def _segment(number: int) -> dict[str, object]:
    criterion = {"key": "page.pathname", "values": [f"/{number}"], "operator": "startsWith"}
    pattern = {"criteria": [criterion] * 3, "count": 2, "streamType": "Web", "sessionType": "web"}
    return {"displayName": f"Segment {number}", "journey": {"patterns": [pattern]}}
