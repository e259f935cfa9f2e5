"""How many web events are taken in one by one in a second with 16 callers at once, beside an empty view of the same stack.

Each is answered after its transaction is on disk, with its visit and the assignments of a dozen segments. At the end the server
is killed and started again: every event that was answered must be counted.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench import Arguments, Row
from bench._empty import served
from bench._load import Load, load
from bench.importing import SEGMENTS
from tests import cast, programs

CALLERS = 16
# Visitors who are about at one time, and how many pages each looks at before the next one comes.
VISITORS, PAGES = 200, 12
AT_LEAST = 0.25
_DEPLOYMENT = "00000000-0000-4000-8000-000000000001"
_AGENTS = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
)


def run(arguments: Arguments) -> list[Row]:
    seconds = 10.0 if arguments.size == "full" else 3.0
    path = f"/api/v2/journey/deployments/{_DEPLOYMENT}/webevents"
    with served(arguments.folder / "empty") as url:
        # The same bodies: they are read, and thrown away.
        load(url, _Reports(path).__next__, connections=CALLERS, seconds=1)
        empty = load(url, _Reports(path).__next__, connections=CALLERS, seconds=seconds)
    folder = arguments.folder / "server"
    sent = _Reports(path)
    with programs.journeyserver(folder) as running:
        api = cast.api(running.url)
        for body in SEGMENTS:
            made = api.post(f"{running.url}/api/v2/journey/segments", json=body, timeout=30)
            assert made.ok, made.text
        # A server that has been asked before, as the empty one has.
        load(running.url, sent.__next__, connections=CALLERS, seconds=2)
        got = load(running.url, sent.__next__, connections=CALLERS, seconds=seconds)
        running.kill()
    with programs.journeyserver(folder, seed=False) as running:
        kept = _kept(running.url)
    # Each caller asked again after each answer: all but the last requests of both rounds were answered.
    assert sent.number - 2 * CALLERS <= kept <= sent.number, f"{sent.number} were sent, {kept} are there"
    return [
        Row(
            "POST webevents", got.a_second, "requests/s", f"an empty view, p99 {empty.p99_ms:.0f} ms", empty.a_second,
            f"at least {AT_LEAST}×", got.a_second >= AT_LEAST * empty.a_second,
            note=f"{CALLERS} callers, {VISITORS} visitors at a time, {len(SEGMENTS)} segments active, one process; the callers share "
            f"its cores; killed at the end, all that were answered are there ({kept})",
        ),
        *_times(got),
    ]  # fmt: skip


def _times(got: Load) -> list[Row]:
    return [Row("POST webevents, median", got.median_ms, "ms"), Row("POST webevents, p99", got.p99_ms, "ms")]


def _kept(url: str) -> int:
    answer = cast.api(url).get(f"{url}/api/local/v1/data", timeout=60)
    assert answer.ok, answer.text
    return int(answer.json()["events"])


class _Reports(Iterator[bytes]):
    """Whole HTTP requests, no two of them the same event; `number` of them so far."""

    def __init__(self, path: str) -> None:
        self._head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        self._begun = datetime.now(UTC) - timedelta(minutes=1)
        self._visitors = [str(uuid.uuid4()) for _ in range(VISITORS)]
        self.number = 0

    def __next__(self) -> bytes:
        turn, visitor = divmod(self.number, VISITORS)
        if turn % PAGES == 0:
            self._visitors[visitor] = str(uuid.uuid4())
        body = json.dumps(self._body(turn % PAGES, visitor)).encode()
        self.number += 1
        return f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def _body(self, page: int, visitor: int) -> dict[str, object]:
        moment = self._begun + timedelta(milliseconds=self.number)
        arrived = {"referrerUrl": "https://www.google.com/"} if page == 0 else {}
        bought = page == PAGES - 1 and visitor % 10 == 0
        return {
            "customerCookieId": self._visitors[visitor],
            "eventName": "purchase" if bought else "page_viewed",
            "page": {
                "url": f"https://shop.example/apparel/{(visitor * 7 + page) % 500}?ref=list",
                "title": f"Article {page}",
            },
            "createdDate": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "userAgentString": _AGENTS[visitor % len(_AGENTS)],
            "attributes": {"price": {"dataType": "number", "value": str(page * 3)}},
            **arrived,
        }
