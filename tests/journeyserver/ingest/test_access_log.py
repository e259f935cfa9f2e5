"""Access logs: what becomes an event, what is left out, what is refused; nobody's address anywhere."""

import re
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyserver.ingest.incoming import Options
from journeyserver.ingest.readers import access_log
from journeyserver.ingest.readers.access_log import AccessLog, BadLine, left_out, parse
from tests.journeyserver.ingest.samples import ACCESS_LOG, all_refused, all_rows, rows, zipped

KEY = b"k" * 32
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)


def opened(path: Path = ACCESS_LOG, **options: object) -> AccessLog:
    return AccessLog(path, Options(**options), KEY)  # type: ignore[arg-type]


def line(
    target: str = "/", method: str = "GET", status: int = 200, agent: str = CHROME, more: str = ""
) -> str:
    return f'{more}203.0.113.1 - - [24/Nov/2026:09:00:00 +0000] "{method} {target} HTTP/1.1" {status} 1 "-" "{agent}"'


def test_views_of_pages_become_events() -> None:
    found = all_rows(opened().batches())
    assert [(row["ts"], row["event_name"], row["page_url"]) for row in found] == [
        (datetime(2026, 11, 24, 8, 0, 1), "page_viewed", "https://www.shop.test/?utm_source=News%20Letter&utm_medium=email"),
        (datetime(2026, 11, 24, 8, 1, 30), "page_viewed", "https://www.shop.test/search?q=red+shoes"),
        (datetime(2026, 11, 24, 8, 2, 0), "file_downloaded", "https://www.shop.test/price%20list.pdf"),
        (datetime(2026, 11, 24, 8, 30, 0), "page_viewed", 'https://www.shop.test/a"b?x=ä'),
        (datetime(2026, 11, 24, 8, 5, 0), "page_viewed", "https://www.shop.test/sale"),
    ]  # fmt: skip
    assert [row["number"] for row in found] == [1, 4, 5, 7, 8]
    assert [row.get("search_query") for row in found] == [None, "red shoes", None, None, None]
    assert [row["authenticated"] for row in found] == [False, False, True, False, False]
    assert found[3]["referrer_url"] == 'https://www.google.com/search?q="quoted"'
    assert found[3]["user_agent"].endswith('Firefox/120.0 "odd"')


def test_what_is_left_out_is_counted() -> None:
    (batch,) = opened().batches()
    assert batch.left_out == {access_log.ROBOT: 2, access_log.ASSET: 2, access_log.OTHER: 4}
    assert batch.skipped == 8


def test_robots_come_in_when_asked_for() -> None:
    (batch,) = opened(with_robots=True).batches()
    assert access_log.ROBOT not in batch.left_out
    assert [row["number"] for row in rows(batch)] == [1, 4, 5, 7, 8, 9, 10]


def test_bad_lines_are_numbered_explained_and_masked() -> None:
    refused = all_refused(opened().batches())
    assert [(bad.number, bad.reason) for bad in refused] == [
        (15, "There is no such time."),
        (16, "Two records run together in this line."),
        (17, "The line has no referrer and no user agent: it is in the common format, not in the combined one."),
        (18, "The line breaks off or is damaged."),
        (19, "This is no line of an access log in the combined format."),
    ]  # fmt: skip
    shown = " ".join(bad.sample for bad in refused)
    assert "203.0.113" not in shown
    assert "kim@" not in shown
    assert "GET /torn" in shown


def test_one_visitor_is_one_address_and_browser_and_nobody_can_be_found_again() -> None:
    found = all_rows(opened().batches())
    assert [len({row["customer_id"] for row in part}) for part in (found[:3], found)] == [1, 3]
    other = all_rows(AccessLog(ACCESS_LOG, Options(), b"x" * 32).batches())
    assert not {row["customer_id"] for row in found} & {row["customer_id"] for row in other}
    assert not re.search(r"203\.0\.113|198\.51\.100|2001:db8", str(found))


def test_gzip_is_the_same(tmp_path: Path) -> None:
    assert all_rows(opened(zipped(ACCESS_LOG, tmp_path)).batches()) == all_rows(opened().batches())


def test_gzip_cut_short_gives_what_came_before(tmp_path: Path) -> None:
    packed = zipped(ACCESS_LOG, tmp_path)
    packed.write_bytes(packed.read_bytes()[:-20])
    batches = list(opened(packed).batches())
    assert 1 <= len(all_rows(batches)) <= 5
    last = all_refused(batches)[-1]
    assert last.reason == "The compressed data breaks off here; what follows cannot be read."


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    packed = zipped(ACCESS_LOG, tmp_path)
    packed.write_bytes(packed.read_bytes() * 2)
    assert len(all_rows(opened(packed).batches())) == 10


def test_an_import_goes_on_behind_a_line() -> None:
    assert [row["number"] for row in all_rows(opened().batches(position=5))] == [7, 8]


def test_the_site_may_be_named() -> None:
    found = all_rows(opened(site="https://shop.example/").batches())
    assert found[1]["page_url"] == "https://shop.example/search?q=red+shoes"


def test_without_a_hint_the_site_is_a_name_that_nobody_has(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(line("/x") + "\n")
    assert all_rows(opened(log).batches())[0]["page_url"] == "http://site.invalid/x"


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("Shop.Test:443", "https://shop.test"),
        ("shop.test:80", "http://shop.test"),
        ("shop.test:8080", "http://shop.test:8080"),
        ("shop.test", "http://shop.test"),
    ],
)
def test_a_host_in_front_is_the_site(tmp_path: Path, host: str, site: str) -> None:
    log = tmp_path / "log"
    log.write_text(line("/x", more=f"{host} ") + "\n")
    assert all_rows(opened(log).batches())[0]["page_url"] == f"{site}/x"


def test_a_line_that_is_still_being_written_waits_for_its_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(line("/x") + "\n" + line("/y")[:-5])
    batches = list(opened(log).batches())
    assert len(all_rows(batches)) == 1
    assert all_refused(batches)[0].reason == "The line breaks off."


def test_the_newest_event_is_found() -> None:
    assert opened().newest() == datetime(2026, 11, 24, 8, 30)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (line("/"), None),
        (line("/a.HTML?x=.css"), None),
        (line("/a", status=304), None),
        (line("/a", status=206), access_log.OTHER),
        (line("/a", status=301), access_log.OTHER),
        (line("/a", method="HEAD"), access_log.OTHER),
        (line("/a.woff2"), access_log.ASSET),
        (line("/a.png", status=404), access_log.ASSET),
        (line("/robots.txt"), access_log.OTHER),
        (line("/a.png", agent="curl/8.0"), access_log.ROBOT),
        (line("/a", agent="-"), access_log.ROBOT),
        (line("*", method="OPTIONS"), access_log.OTHER),
        (line("/a b c"), None),
    ],
)
def test_what_counts_as_a_view(text: str, why: str | None) -> None:
    assert left_out(parse(text)) == why


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("01/Jan/2026:00:00:00 +0000", datetime(2026, 1, 1)),
        ("01/Jan/2026:00:00:00 +0530", datetime(2025, 12, 31, 18, 30)),
        ("31/Dec/2025:23:59:59 -0330", datetime(2026, 1, 1, 3, 29, 59)),
        ("29/Feb/2024:12:00:00 +0000", datetime(2024, 2, 29, 12)),
    ],
)
def test_times_with_offsets(text: str, utc: datetime) -> None:
    assert access_log.microseconds(text) == int((utc - datetime(1970, 1, 1)).total_seconds()) * 1_000_000


@pytest.mark.parametrize(
    "text", ["30/Feb/2024:12:00:00 +0000", "01/Foo/2024:12:00:00 +0000", "01/Jan/2024:24:00:00 +0000"]
)
def test_times_that_do_not_exist(text: str) -> None:
    with pytest.raises(BadLine):
        access_log.microseconds(text)


@given(st.text())
def test_any_text_is_a_line_or_a_reason(text: str) -> None:
    for candidate in (text, line(text), line(agent=text), line().replace("-", text, 1)):
        with suppress(BadLine):
            assert parse(candidate).method


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1))
def test_what_apache_escapes_comes_back(agent: str) -> None:
    r"""Apache writes quotes and backslashes behind a backslash, everything beyond printable ASCII as \xhh."""
    written = "".join(
        f"\\{letter}"
        if letter in '"\\'
        else letter
        if " " <= letter <= "~"
        else "".join(f"\\x{octet:02x}" for octet in letter.encode())
        for letter in agent
    )
    assert parse(line(agent=written)).user_agent == ("" if agent == "-" else agent)


def test_both_logs_of_the_data(shared_data: Path) -> None:
    """Counted by the README of the data: one line lacks a quote, two are torn."""
    found = {
        path.name: list(opened(path).batches()) for path in sorted((shared_data / "weblogs").glob("*.gz"))
    }
    sizes = {name: batches[-1].position for name, batches in found.items()}
    assert sizes == {"semicomplete-2015-05.log.gz": 10_000, "telephone-company-2005-2018.log.gz": 105_177}
    reasons = Counter(bad.reason for batches in found.values() for bad in all_refused(batches))
    assert reasons == {"Two records run together in this line.": 2}
    for batches in found.values():
        lines = sum(batch.skipped + len(batch.refused) + batch.rows.num_rows for batch in batches)  # type: ignore[union-attr]
        assert lines == batches[-1].position
