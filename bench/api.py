"""How many requests for segments are answered in a second with 16 callers at once, beside an empty view of the same stack."""

from itertools import repeat

from bench import Arguments, Row
from bench._empty import served
from bench._load import Load, load
from tests import cast, programs

CALLERS = 16
SEGMENTS = 60
AT_LEAST = 0.33


def run(arguments: Arguments) -> list[Row]:
    seconds = 10.0 if arguments.size == "full" else 3.0
    with served(arguments.folder / "empty") as url:
        empty = load(url, lambda: _get("/"), connections=CALLERS, seconds=seconds)
    with programs.journeyserver(arguments.folder / "server") as running:
        api = cast.api(running.url)
        place = f"{running.url}/api/v2/journey/segments"
        for number in range(SEGMENTS):
            made = api.post(place, json=_segment(number), timeout=30)
            assert made.ok, made.text
        token = cast.service_token(running.url)
        paths = {
            "GET a page of 25 segments": "/api/v2/journey/segments",
            "GET one segment": made.json()["selfUri"],
        }
        measured = {}
        for name, path in paths.items():
            # repeat(): the same request each time.
            asked = repeat(_get(path, token))
            measured[name] = load(running.url, asked.__next__, connections=CALLERS, seconds=seconds)
    return [row for name, got in measured.items() for row in _rows(name, got, empty)]


def _rows(name: str, got: Load, empty: Load) -> list[Row]:
    met = got.a_second >= AT_LEAST * empty.a_second
    reference = f"an empty view, p99 {empty.p99_ms:.0f} ms"
    return [
        Row(
            name, got.a_second, "requests/s", reference, empty.a_second, f"at least {AT_LEAST}×", met,
            note=f"{CALLERS} callers, {SEGMENTS} segments, one process; the callers share its cores",
        ),
        Row(f"{name}, p99", got.p99_ms, "ms"),
    ]  # fmt: skip


def _get(path: str, token: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def _segment(number: int) -> dict[str, object]:
    criterion = {"key": "page.pathname", "values": [f"/{number}"], "operator": "startsWith"}
    pattern = {"criteria": [criterion] * 3, "count": 2, "streamType": "Web", "sessionType": "web"}
    return {"displayName": f"Segment {number}", "journey": {"patterns": [pattern]}}
