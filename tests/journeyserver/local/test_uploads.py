"""Files that a browser brings: looked at first, then taken in once, with what was refused."""

import gzip
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests import cast
from tests.journeyserver.local.conftest import LOCAL
from tests.programs import Program

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


def log(lines: int) -> bytes:
    start = datetime.now(UTC) - timedelta(days=1)
    text = []
    for number in range(lines):
        when = (start + timedelta(seconds=number)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        text.append(
            f'203.0.113.{number % 9} - - [{when}] "GET /page/{number} HTTP/1.1" 200 512 "-" "{AGENT}"'
        )
    text.insert(3, "203.0.113.7 this is torn")
    return "\n".join(text).encode() + b"\n"


class Bringer:
    """Someone who brings files to a server."""

    def __init__(self, url: str, username: str = "admin") -> None:
        self.url = url + LOCAL + "/uploads"
        self.session = cast.api(url, username)

    def bring(self, content: Any, **params: Any) -> requests.Response:
        return self.session.post(self.url, data=content, params={"name": "access.log", **params}, timeout=30)

    def started(self, upload: str) -> dict[str, Any]:
        answer = self.session.post(f"{self.url}/{upload}/import", timeout=30)
        assert answer.ok, answer.text
        for _ in range(200):
            found: dict[str, Any] = self.session.get(f"{self.url}/{upload}", timeout=10).json()
            if found["state"] != "running":
                return found
            time.sleep(0.05)
        raise AssertionError(found)


@pytest.fixture
def bringer(server: Program) -> Bringer:
    return Bringer(server.url)


def events(server: Program) -> int:
    found: int = cast.api(server.url).get(f"{server.url}{LOCAL}/data", timeout=30).json()["events"]
    return found


def test_a_dry_run_shows_rows_and_refusals_and_takes_nothing_in(server: Program, bringer: Bringer) -> None:
    before = events(server)
    content = log(30)
    told = bringer.bring(content, site="https://shop.example").json()
    assert (told["format"], told["bytes"], told["name"]) == ("combined", len(content), "access.log")
    assert len(told["rows"]) == 10
    assert told["rows"][0]["kind"] == "events"
    assert told["rows"][0]["values"]["page.url"] == "https://shop.example/page/0"
    assert [(row["number"], row["sample"]) for row in told["refused"]] == [(4, "[address] this is torn")]
    assert told["refusedCount"] == 1
    assert b"203.0.113" in content
    assert "203.0.113" not in str(told)
    assert events(server) == before


@pytest.mark.parametrize(
    "site",
    [
        "www.shop.example",
        "javascript:alert(1)",
        "https://",
        "https://a b.example",
        "https://shop.example/?q=",
    ],
)
def test_a_site_is_an_address_before_which_a_path_can_stand(bringer: Bringer, site: str) -> None:
    refused = bringer.bring(log(4), site=site)
    assert refused.status_code == 400
    assert [row["fieldName"] for row in refused.json()["details"]] == ["site"]


def test_imported_once_however_often_it_is_brought(server: Program, bringer: Bringer) -> None:
    before = events(server)
    content = log(40)
    upload = bringer.bring(content).json()["upload"]
    waiting = bringer.session.get(f"{bringer.url}/{upload}", timeout=10).json()
    assert (waiting["state"], waiting["format"], len(waiting["rows"])) == ("waiting", "combined", 10)
    done = bringer.started(upload)
    assert (done["state"], done["added"], done["refused"], done["share"]) == ("done", 40, 1, 1.0)
    assert done["refusals"][0]["number"] == 4
    assert events(server) == before + 40
    again = bringer.started(bringer.bring(content).json()["upload"])
    assert again["state"] == "already"
    assert events(server) == before + 40
    imports = bringer.session.get(f"{server.url}{LOCAL}/data", timeout=30).json()["imports"]
    assert next(row for row in imports if row["importId"] == done["importId"])["added"] == 40


def test_chunks_and_removal(bringer: Bringer) -> None:
    def pieces() -> Any:
        yield from log(5).splitlines(keepends=True)

    upload = bringer.bring(pieces()).json()["upload"]
    assert bringer.session.delete(f"{bringer.url}/{upload}", timeout=10).status_code == 204
    assert bringer.session.get(f"{bringer.url}/{upload}", timeout=10).status_code == 404
    assert bringer.session.post(f"{bringer.url}/{upload}/import", timeout=10).status_code == 404


def test_what_cannot_be_read_leaves_nothing_behind(server: Program, bringer: Bringer) -> None:
    place = server.folder / "uploads"
    before = sorted(place.iterdir()) if place.is_dir() else []
    # What unpacks to a thousand times its size is read no further than its head.
    bombs = [gzip.compress(letter * 50_000_000) for letter in (b"a", b"\0", b"\n")]
    for content in (b"", b"\x00\x01\x02 no log", b"%PDF-1.7 nothing", *bombs):
        answer = bringer.bring(content)
        assert answer.status_code == 400, answer.text
        assert str(server.folder) not in answer.text
    assert bringer.bring(log(3), format="spreadsheet").status_code == 400
    for name in ("", "..", "a/..", ".import", "x" * 256, "Журнал" * 22):
        assert bringer.bring(log(3), name=name).status_code == 400
    assert sorted(place.iterdir()) == before


def test_a_name_stays_a_name(server: Program, bringer: Bringer) -> None:
    told = bringer.bring(log(2), name="../../etc/passwd").json()
    assert told["name"] == "passwd"
    assert (server.folder / "uploads" / told["upload"] / "passwd").is_file()


def test_it_needs_the_permission_to_add_data(server: Program) -> None:
    assert Bringer(server.url, "marketer").bring(log(2)).status_code == 403
