"""Pictures of every page as the three users see them, on the generated shop, and a contact sheet of all.

    python tools/screenshots.py                         starts a demo of its own, which takes a minute
    python tools/screenshots.py --url http://127.0.0.1:8000
    python tools/screenshots.py --into var/screenshots --all --only segments analytics

Pages are pictured at 1440 × 900 and 390 × 844, in light and dark. Those that the documentation shows go to
docs/screenshots; `--all` writes every one. Whatever the browser's console complains of is printed, and the exit code is 1.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
CALL_BACK = "7a6e0000-0000-4000-8000-000000000005"
SEGMENT = "/segments/5e900000-0000-4000-8000-{:012d}/"


@dataclass(frozen=True)
class View:
    """A window and a colour scheme; `suffix` ends the names of its pictures."""

    suffix: str
    width: int
    height: int
    scheme: str


VIEWS = (
    View("", 1440, 900, "light"),
    View("-dark", 1440, 900, "dark"),
    View("-390", 390, 844, "light"),
    View("-390-dark", 390, 844, "dark"),
)


@dataclass(frozen=True)
class Shot:
    """A page of one of the three (or of the administrator); `then` does something on it before the picture is taken.
    `shown` are the views that the documentation uses."""

    name: str
    who: str
    path: str
    then: Callable[[Page], None] | None = None
    shown: tuple[str, ...] = ("",)


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("basket")
    page.wait_for_timeout(500)


def _audience(page: Page) -> None:
    page.wait_for_timeout(2500)


def _chart(page: Page) -> None:
    """Until everything is drawn: charts come after the page, each by a question of its own."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)


_DAYS = "/analytics/?range=last-28-days&zone=UTC&m="
SHOTS = (
    Shot("sign-in", "", "/"),
    Shot("segments", "marketer", "/segments/", shown=("", "-dark", "-390", "-390-dark")),
    Shot("segment", "marketer", SEGMENT.format(1)),
    Shot("segment-edit", "marketer", f"{SEGMENT.format(2)}edit", _audience, shown=("", "-dark", "-390")),
    Shot("segment-new", "marketer", "/segments/new", shown=()),
    Shot("palette", "marketer", "/segments/", _palette),
    Shot("history", "marketer", "/history/"),
    Shot("files", "marketer", "/files/", shown=()),
    Shot("action-targets", "supervisor", "/action-targets/", shown=("", "-390")),
    Shot("action-target", "supervisor", f"/action-targets/{CALL_BACK}/"),
    Shot("analytics", "analyst", f"{_DAYS}nJourneySessions&g=journeyDeviceCategory", _chart, ("", "-dark", "-390")),
    Shot("analytics-blocked", "analyst", f"{_DAYS}nJourneyActionsBlocked&g=journeyBlockingReason", _chart, ()),
    Shot("dashboards", "analyst", "/dashboards/", shown=()),
    Shot("dashboard", "analyst", "/dashboards/offers/", _chart, ("", "-dark")),
    Shot("dashboard-segments", "analyst", "/dashboards/segments/", _chart, ()),
    Shot("dashboard-service-levels", "supervisor", "/dashboards/service-levels/", _chart, ()),
    Shot("live", "analyst", "/live/"),
    Shot("permissions", "supervisor", "/accounts/permissions"),
    Shot("connections", "admin", "/accounts/connections"),
    Shot("service", "admin", "/service/", shown=()),
    Shot("data", "admin", "/operations/"),
    Shot("import", "admin", "/operations/import/", shown=()),
)  # fmt: skip


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="a running demo; without it one is started")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument(
        "--all", action="store_true", help="every view, not only those that the documentation shows"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="some of: " + ", ".join(shot.name for shot in SHOTS)
    )
    asked = parser.parse_args(argv)
    asked.into.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if not asked.only or shot.name in asked.only]
    complaints: list[str] = []
    with _demo(asked.url) as url, sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        taken = Path(folder)
        if not asked.url:
            _work(browser, url)
        _take(browser, url, shots, taken, complaints)
        for shot in shots:
            for view in VIEWS:
                if asked.all or view.suffix in shot.shown:
                    picture = taken / f"{shot.name}{view.suffix}.png"
                    (asked.into / picture.name).write_bytes(picture.read_bytes())
        if not asked.only:
            _contact_sheet(browser, shots, taken, asked.into / "contact-sheet.jpg")
        browser.close()
    print(f"{len(shots)} pages in {len(VIEWS)} views are in {asked.into}.")
    print("\n".join(complaints), file=sys.stderr)
    return int(bool(complaints))


def _take(browser: Browser, url: str, shots: list[Shot], into: Path, complaints: list[str]) -> None:
    states = {who: _signed_in(browser, url, who) for who in {shot.who for shot in shots}}
    for view in VIEWS:
        for who, state in states.items():
            context = browser.new_context(
                base_url=url,
                storage_state=state,  # type: ignore[arg-type]
                viewport={"width": view.width, "height": view.height},
                color_scheme=view.scheme,  # type: ignore[arg-type]
                reduced_motion="reduce",
                device_scale_factor=1,
            )
            page = context.new_page()
            said: list[str] = []
            page.on("console", partial(_note, said))
            for shot in (shot for shot in shots if shot.who == who):
                said.clear()
                answer = page.goto(shot.path, wait_until="networkidle")
                page.wait_for_timeout(400)
                if shot.then:
                    shot.then(page)
                page.screenshot(path=into / f"{shot.name}{view.suffix}.png")
                if answer is not None and answer.status >= 400:
                    said.append(f"answered {answer.status}")
                complaints += [
                    f"{shot.name}{view.suffix} ({shot.path}): {text}" for text in dict.fromkeys(said)
                ]
            context.close()


def _note(said: list[str], message: ConsoleMessage) -> None:
    if message.type == "error":
        said.append(message.text)


def _work(browser: Browser, url: str) -> None:
    """A morning's work of two people, so that the history and the charts' marks have something to show."""
    for who, path, changes in (
        (
            "marketer",
            f"{SEGMENT.format(4)}edit",
            {"expiry": "60", "reason": "Cards are renewed every two months now"},
        ),
        (
            "marketer",
            f"{SEGMENT.format(3)}edit",
            {"description": "More than 250 euros. Called back by Tomás’ team."},
        ),
        ("supervisor", "/action-targets/", {f"{CALL_BACK}-share": "90", "reason": "Too much was held back"}),
    ):
        context = browser.new_context(base_url=url, storage_state=_signed_in(browser, url, who))  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(path, wait_until="networkidle")
        for name, value in changes.items():
            field = page.locator(f'[name="{name}"]')
            field.fill(value)
            field.blur()
        page.wait_for_timeout(800)
        page.get_by_role("button", name=re.compile("^Save")).first.click()
        page.wait_for_load_state("networkidle")
        context.close()


def _signed_in(browser: Browser, url: str, who: str) -> object:
    """The cookies of somebody who has signed in; of nobody for an empty name."""
    context = browser.new_context(base_url=url)
    if who:
        page = context.new_page()
        page.goto("/")
        page.get_by_role("button", name="Demo shop").first.click()
        page.get_by_label("Name").fill(who)
        page.get_by_label("Password").fill("demo")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{url}/**")
    state = context.storage_state()
    context.close()
    return state


def _contact_sheet(browser: Browser, shots: list[Shot], taken: Path, into: Path) -> None:
    """All pictures side by side: a row for each page, the four views beside one another."""
    rows = "".join(
        f"<h2>{shot.name}{f' · {shot.who}' if shot.who else ''}</h2><div>"
        + "".join(f'<img src="{shot.name}{view.suffix}.png" class="w{view.width}">' for view in VIEWS)
        + "</div>"
        for shot in shots
    )
    style = (
        "body{margin:24px;font:14px sans-serif;background:#8a8f98;width:1480px}h2{font-size:14px;margin:16px 0 6px}"
        "div{display:flex;gap:12px;align-items:flex-start}.w1440{width:560px}.w390{width:162px}"
    )
    sheet = taken / "sheet.html"
    sheet.write_text(f"<!doctype html><style>{style}</style>{rows}")
    page = browser.new_page(viewport={"width": 1528, "height": 900})
    page.goto(sheet.as_uri())
    page.screenshot(path=into, full_page=True, type="jpeg", quality=60)
    page.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _demo(url: str | None) -> Iterator[str]:
    """The demo at this address, or one that is started for the purpose and stopped afterwards."""
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="journeyadmin-screenshots-") as folder:
        ports = {"PORT": str(_free_port()), "JOURNEYSERVER_PORT": str(_free_port())}
        process = subprocess.Popen(
            [sys.executable, "demo.py"],
            cwd=ROOT,
            env={**os.environ, **ports, "JOURNEYADMIN_DATA_DIR": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("ready "):
                    break
            else:
                raise SystemExit("The demo did not start.")
            yield f"http://127.0.0.1:{ports['PORT']}"
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
