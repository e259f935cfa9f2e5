"""The list of 500 segments with 20 criteria each, and the editor with 50 criteria on its page: time at the dashboard, and bytes."""

import re
import time
from statistics import median
from typing import Any

import requests

from bench import Arguments, Row
from tests import programs
from tests.segments import definitions, forms

SEGMENTS = 500
RUNS = 15


def run(arguments: Arguments) -> list[Row]:
    port = programs.free_port()
    server_folder = arguments.folder / "server"
    with programs.journeyserver(server_folder, dashboard_port=port) as server:
        made = programs.run_journeyserver(server_folder, "generate", "--segments", str(SEGMENTS))
        assert made.returncode == 0, made.stderr
        with programs.dashboard(arguments.folder / "dashboard", server, port) as dashboard:
            browser = Browser(dashboard)
            browser.sign_in("marketer")
            return [*_list(browser), *_editor(browser)]


class Browser:
    """One person's session at the dashboard, with the calls that the dashboard made for it."""

    def __init__(self, dashboard: programs.Program) -> None:
        self.dashboard = dashboard
        self.session = requests.Session()

    def sign_in(self, username: str) -> None:
        door = self.session.get(f"{self.dashboard.url}/", timeout=60)
        login = self._send_form(door, {})
        self._send_form(login, {"username": username, "password": "demo"})

    def _send_form(self, page: requests.Response, typed: dict[str, str]) -> requests.Response:
        """Sends the page's own form, its first button included, with what is typed."""
        form = re.search(r"<form[^>]*method=\"post\".*?</form>", page.text, re.DOTALL)
        assert form, page.url
        fields = dict(re.findall(r'name="([^"]+)"[^>]*? value="([^"]*)"', form[0])) | typed
        action = re.search(r'action="([^"]*)"', form[0])
        address = requests.compat.urljoin(page.url, action[1] if action else "")
        answer = self.session.post(address, data=fields, headers={"Referer": page.url}, timeout=60)
        assert answer.ok, f"{address}: {answer.status_code}"
        return answer

    def timed(self, path: str, data: dict[str, Any] | None = None, runs: int = RUNS) -> tuple[float, int]:
        """Milliseconds of the median run, and the bytes of the answer; a post goes as HTMX sends it."""
        times, size = [], 0
        for _ in range(runs + 1):
            begun = time.perf_counter()
            if data is None:
                answer = self.session.get(self.dashboard.url + path, timeout=60)
            else:
                headers = {
                    "HX-Request": "true",
                    "X-CSRFToken": self.session.cookies["csrftoken"],
                    "Referer": self.dashboard.url,
                }
                answer = self.session.post(self.dashboard.url + path, data=data, headers=headers, timeout=60)
            times.append((time.perf_counter() - begun) * 1000)
            assert answer.ok, f"{path}: {answer.status_code}"
            size = len(answer.content)
        return median(times[1:]), size

    def calls(self) -> int:
        """How many calls to the service the dashboard has logged so far."""
        time.sleep(0.3)
        return sum("journeyadmin.service" in line for line in self.dashboard.lines)


def _list(browser: Browser) -> list[Row]:
    before = browser.calls()
    cold, size = _once(browser, "/segments/?fresh=1")
    calls = browser.calls() - before
    warm, _ = browser.timed("/segments/")
    found, _ = browser.timed("/segments/?q=key:page.url&sort=-changed")
    note = f"{SEGMENTS} segments of 20 criteria; time with the way from a client on the same machine"
    return [
        Row("list, service calls cold", calls, "calls", target="at most 4", met=calls <= 4, note=note),
        Row("list, cold", cold, "ms", note=note),
        Row("list, warm", warm, "ms", target="under 300 ms", met=warm < 300, note=note),
        Row("list, searched inside conditions", found, "ms", note=note),
        Row("list, size", size / 1024, "KiB", note="before compression"),
    ]


def _once(browser: Browser, path: str) -> tuple[float, int]:
    begun = time.perf_counter()
    answer = browser.session.get(browser.dashboard.url + path, timeout=60)
    assert answer.ok, answer.status_code
    return (time.perf_counter() - begun) * 1000, len(answer.content)


def _editor(browser: Browser) -> list[Row]:
    """A form of five patterns with ten criteria each."""
    rows = [
        definitions.criterion("page.pathname", "startsWith", f"/p/{number}", "/q") for number in range(10)
    ]
    visits = [definitions.visit("geolocation.country", "equal", "DE", "FR") for _ in range(10)]
    wanted = definitions.segment("Bench", context=[visits, visits], journey=[definitions.step(2, *rows)] * 3)
    page, size = browser.timed("/segments/new?template=cart-leavers")
    typed = forms.posted(wanted)
    added, row_size = browser.timed("/segments/new", typed | {"row": "add:context-0-criteria"})
    removed, _ = browser.timed("/segments/new", typed | {"row": "remove:journey-1-criteria-4"})
    checked, _ = browser.timed("/segments/new", typed | {"row": "check"})
    note = "50 criteria on the page; time with the way from a client on the same machine"
    slowest = max(added, removed)
    return [
        Row("editor, page of a template", page, "ms"),
        Row("editor, size of the page", size / 1024, "KiB", note="before compression"),
        Row("editor, row action", slowest, "ms", target="under 50 ms", met=slowest < 50, note=note),
        Row("editor, size of a row action", row_size / 1024, "KiB", note=note),
        Row("editor, sentence and warnings", checked, "ms", note=note),
    ]
