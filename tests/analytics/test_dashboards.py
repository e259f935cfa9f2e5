"""Dashboards: ready ones, one's own, shared range, zone and filter, conflicts (DSH1, DSH4, DSH6, DSH8, QRY16)."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser

from analytics import answering
from analytics.dashboards.ready import BOARDS
from analytics.models import Dashboard
from analytics.uses import uses
from journeyadmin.accounts.models import Connection, Person
from tests.analytics import shop
from tests.analytics.test_query_page import rows, text

SCOPE = "range=2026-05-01..2026-05-14&zone=Europe/London"


def tiles(response: Any) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'data-tile="([^"]+)"', response.content.decode())]


@pytest.mark.parametrize("key", sorted(BOARDS))
def test_each_ready_dashboard_answers_with_a_sentence_in_every_tile(ana: Browser, key: str) -> None:
    board = ana.get(f"/dashboards/{key}/?{SCOPE}")
    assert board.status_code == 200
    sources = tiles(board)
    assert len(sources) == len(BOARDS[key].tiles)
    for source in sources:
        tile = ana.get(source)
        assert tile.status_code == 200, source
        content = tile.content.decode()
        assert "tile-sentence" in content
        assert "<time datetime=" in content


def test_a_tile_of_several_measures_leaves_the_shares_out(ana: Browser) -> None:
    query = f"{SCOPE}&by=all&g=journeyDeviceCategory&m=nJourneySessions&m=nWebActionsOffered&chart=table"
    tile = text(ana.get(f"/dashboards/tile?{query}&title=x"))
    assert "Sessions" in tile
    assert "Share" not in tile
    assert "Share" in text(ana.get(f"/analytics/?{query}", follow=True))


def test_the_five_are_listed(ana: Browser) -> None:
    page = text(ana.get("/dashboards/"))
    for name in ("Offers", "Blocked offers", "Segment health", "Service levels", "Sessions"):
        assert name in page


def test_range_zone_and_filter_rule_all_tiles_and_stay_while_moving(ana: Browser) -> None:
    scope = f"{SCOPE}&where=journeyDeviceCategory:is:mobile"
    board = ana.get(f"/dashboards/sessions/?{scope}")
    for source in tiles(board):
        asked = parse_qs(urlsplit(source).query)
        assert asked["range"] == ["2026-05-01..2026-05-14"]
        assert asked["zone"] == ["Europe/London"]
        assert "journeyDeviceCategory:is:mobile" in asked["where"]
    moved = ana.get("/dashboards/offers/")
    assert moved.status_code == 302
    assert moved["Location"] == f"/dashboards/offers/?{scope}"


def test_the_tiles_own_filter_holds_as_well(ana: Browser) -> None:
    board = ana.get(f"/dashboards/service-levels/?{SCOPE}&where=journeyDeviceCategory:is:mobile")
    asked = parse_qs(urlsplit(tiles(board)[0]).query)
    assert set(asked["where"]) == {
        "journeyDeviceCategory:is:mobile",
        "journeyBlockingReason:is:ServiceLevelThrottling",
    }
    tile = ana.get(tiles(board)[0])
    expected = shop.count(
        "action_blocked", journeyBlockingReason="ServiceLevelThrottling", journeyDeviceCategory="mobile"
    )
    assert rows(tile)[-1][1] == str(expected)


def test_a_tile_of_five_minutes_has_longer_buckets_where_they_would_be_too_many(ana: Browser) -> None:
    address = "range=2026-05-04&zone=UTC&by=PT5M&m=nJourneySessions"
    added = ana.post("/dashboards/add", {"address": address, "title": "Fine", "new_name": "Fine"})
    place = urlsplit(added["Location"]).path
    (day,) = tiles(ana.get(f"{place}?range=2026-05-04&zone=UTC"))
    assert parse_qs(urlsplit(day).query)["by"] == ["PT5M"]
    (quarter,) = tiles(ana.get(f"{place}?range=2026-04-01..2026-06-30&zone=UTC"))
    assert "by" not in parse_qs(urlsplit(quarter).query)
    assert ana.get(quarter).status_code == 200


def test_what_may_still_be_restated_is_said_once_and_a_band_in_each_chart(
    ana: Browser, monkeypatch: Any
) -> None:
    def bands() -> tuple[int, int]:
        board = ana.get(f"/dashboards/sessions/?{SCOPE}")
        charts = "".join(ana.get(tile).content.decode() for tile in tiles(board))
        return text(board).count("may still be restated"), charts.count("@warning/0.08")

    assert bands() == (0, 0)
    since = datetime(2026, 5, 12, tzinfo=UTC)
    monkeypatch.setattr(answering, "restated_from", lambda request, asked: since)
    said, drawn = bands()
    assert said == 1
    assert drawn > 0


def test_the_scope_is_one_form_that_leads_to_its_address(ana: Browser) -> None:
    sent = {
        "form": "1",
        "range": "words",
        "words": "2026-05-01..2026-05-07",
        "zone": "Asia/Kolkata",
        "refresh": "60",
        "f-0-0-d": "journeySessionType",
        "f-0-0-o": "matches",
        "f-0-0-v": "web",
    }
    response = ana.get("/dashboards/offers/", sent)
    assert response["Location"] == (
        "/dashboards/offers/?range=2026-05-01..2026-05-07&zone=Asia/Kolkata&where=journeySessionType:is:web&refresh=60"
    )
    page = ana.get(response["Location"])
    assert 'data-refresh="60"' in page.content.decode()
    wrong = ana.get("/dashboards/offers/", {**sent, "words": "soon"})
    assert wrong.status_code == 422
    assert "“soon” is not understood" in text(wrong)


def test_a_dashboard_has_links_to_other_times_and_to_its_tables(ana: Browser) -> None:
    def keys(response: Any) -> dict[str, str]:
        found = re.findall(r'href="([^"]+)"[^>]*data-(?:chord|key)="(\w+)"', response.content.decode())
        return {key: html.unescape(href) for href, key in found}

    links = keys(ana.get(f"/dashboards/offers/?{SCOPE}"))
    assert links["ArrowLeft"] == "/dashboards/offers/?range=2026-04-17..2026-04-30&zone=Europe/London"
    assert {"ArrowRight", "z", "a"} <= set(links)
    shown = ana.get(links["v"])
    assert all("chart=table" in tile for tile in tiles(shown))
    table = ana.get(tiles(shown)[0], headers={"HX-Request": "true"}).content.decode()
    assert "numbers-table" in table
    assert "data-figure" not in table
    # The form keeps them as tables, and the same key leads back to the charts.
    assert '<input type="hidden" name="tables" value="1">' in shown.content.decode()
    assert keys(shown)["v"] == f"/dashboards/offers/?{SCOPE}"


def test_without_scripts_the_page_holds_the_tables(ana: Browser) -> None:
    page = ana.get(f"/dashboards/sessions/?{SCOPE}&whole=1")
    assert str(shop.count("session_started")) in text(page)
    led = ana.get(f"/dashboards/sessions/?{SCOPE}").content.decode()
    assert (
        f'<noscript><meta http-equiv="refresh" content="0;url=/dashboards/sessions/?{html.escape(SCOPE)}&amp;whole=1"></noscript>'
        in led
    )


def test_a_tile_that_fails_says_why_in_its_place(ana: Browser) -> None:
    tile = ana.get("/dashboards/tile?range=last-400-days&m=nJourneySessions&title=x")
    assert tile.status_code == 422
    assert "This range cannot be shown" in text(tile)


def test_nobody_finds_what_is_not_there(ana: Browser) -> None:
    for path in ("/dashboards/nothing/", "/dashboards/00000000-0000-4000-8000-000000000000/edit"):
        assert ana.get(path).status_code == 404


# One's own


def make(ana: Browser) -> Dashboard:
    response = ana.post("/dashboards/offers/copy")
    assert response.status_code == 303
    return Dashboard.objects.get()


def form_of(row: Dashboard, **changed: Any) -> dict[str, Any]:
    sent: dict[str, Any] = {"name": row.name, "description": row.description, "version": row.version}
    for number, tile in enumerate(row.rows):
        sent |= {f"t-{number}-{name}": tile[name] for name in ("title", "width", "address")}
    return sent | changed


def test_a_ready_dashboard_is_copied_to_be_changed(ana: Browser) -> None:
    row = make(ana)
    assert [tile["title"] for tile in row.rows] == [str(tile.title) for tile in BOARDS["offers"].tiles]
    assert ana.get(f"/dashboards/{row.pk}/?{SCOPE}").status_code == 200


def test_tiles_move_by_buttons_and_nothing_typed_is_lost(ana: Browser) -> None:
    row = make(ana)
    moved = ana.post(
        f"/dashboards/{row.pk}/edit",
        form_of(row, name="Mine") | {"row": "down:0"},
        headers={"HX-Request": "true"},
    )
    content = moved.content.decode()
    assert 'value="Mine"' in content
    titles = re.findall(r'name="t-\d+-title" id="[^"]+" value="([^"]+)"', content)
    assert titles[:2] == [row.rows[1]["title"], row.rows[0]["title"]]
    # Nothing is saved by moving.
    row.refresh_from_db()
    assert row.rows[0]["title"] == titles[1]
    assert 'id="up-1" data-up aria-label="Move up" data-focus' in content


def test_saving_moves_the_version_and_says_so(ana: Browser) -> None:
    row = make(ana)
    sent = form_of(row, name="Board <b>")
    sent["t-0-width"] = "12"
    response = ana.post(f"/dashboards/{row.pk}/edit", sent)
    assert response.status_code == 303
    row.refresh_from_db()
    assert (row.name, row.version, row.rows[0]["width"]) == ("Board <b>", 2, 12)
    assert "Board &lt;b&gt;" in ana.get("/dashboards/").content.decode()


def test_saving_over_a_newer_one_shows_both_and_loses_nothing(ana: Browser) -> None:
    row = make(ana)
    first = form_of(row, name="First", description="For the board meeting", shared="on")
    second = form_of(row, name="Second")
    assert ana.post(f"/dashboards/{row.pk}/edit", first).status_code == 303
    conflict = ana.post(f"/dashboards/{row.pk}/edit", second)
    assert conflict.status_code == 409
    assert "First" in text(conflict)
    assert "Second" in text(conflict)
    # What else would be lost.
    assert "For the board meeting" in text(conflict)
    assert text(conflict).count("Seen by everyone of this connection.") == 1
    assert text(conflict).count("Seen by its owner alone.") == 1
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', conflict.content.decode()))
    sent = {name: html.unescape(value) for name, value in fields.items() if name != "csrfmiddlewaretoken"}
    assert ana.post(f"/dashboards/{row.pk}/edit", sent).status_code == 303
    row.refresh_from_db()
    assert (row.name, row.version) == ("Second", 3)


def test_a_tile_without_a_title_is_named_at_its_place(ana: Browser) -> None:
    row = make(ana)
    sent = form_of(row)
    sent["t-1-title"] = " "
    response = ana.post(f"/dashboards/{row.pk}/edit", sent)
    assert response.status_code == 422
    assert "A tile needs a title" in text(response)


def test_an_answer_is_put_on_a_dashboard(ana: Browser) -> None:
    query = f"{SCOPE}&m=nJourneySessions"
    added = ana.post("/dashboards/add", {"address": query, "title": "Visits", "new_name": "Mine"})
    row = Dashboard.objects.get()
    assert added["Location"] == f"/dashboards/{row.pk}/"
    ana.post("/dashboards/add", {"address": query, "title": "Again", "dashboard": str(row.pk)})
    row.refresh_from_db()
    assert [tile["title"] for tile in row.rows] == ["Visits", "Again"]


def test_others_see_only_what_is_shared(at_shop: Callable[[str], Browser]) -> None:
    ana = at_shop("analyst")
    row = make(ana)
    other = at_shop("admin")
    assert other.get(f"/dashboards/{row.pk}/").status_code == 404
    Dashboard.objects.update(shared=True)
    assert other.get(f"/dashboards/{row.pk}/?{SCOPE}").status_code == 200
    assert other.get(f"/dashboards/{row.pk}/delete").status_code == 404
    assert ana.post(f"/dashboards/{row.pk}/delete").status_code == 303
    assert not Dashboard.objects.exists()


def test_who_shares_a_dashboard_is_its_owners_to_say(at_shop: Callable[[str], Browser]) -> None:
    """Whoever sees it may change it; deleting and hiding it from everyone are not offered, and not obeyed."""
    row = make(at_shop("analyst"))
    Dashboard.objects.update(shared=True)
    other = at_shop("admin")
    page = other.get(f"/dashboards/{row.pk}/edit")
    assert f"/dashboards/{row.pk}/delete" not in page.content.decode()
    assert "Only its owner changes this." in text(page)
    sent = form_of(row, name="Changed")
    moved = other.post(f"/dashboards/{row.pk}/edit", sent | {"row": "down:0"})
    assert re.search(r'name="shared"[^>]* checked', moved.content.decode())
    assert other.post(f"/dashboards/{row.pk}/edit", sent).status_code == 303
    row.refresh_from_db()
    assert (row.name, row.shared) == ("Changed", True)
    mine = at_shop("analyst")
    assert f"/dashboards/{row.pk}/delete" in mine.get(f"/dashboards/{row.pk}/edit").content.decode()
    mine.post(f"/dashboards/{row.pk}/edit", form_of(row))
    row.refresh_from_db()
    assert not row.shared


def test_both_versions_take_the_place_of_the_form_and_not_a_place_within_it(ana: Browser) -> None:
    row = make(ana)
    ana.post(f"/dashboards/{row.pk}/edit", form_of(row, name="First"))
    conflict = ana.post(
        f"/dashboards/{row.pk}/edit", form_of(row, name="Second"), headers={"HX-Request": "true"}
    )
    assert conflict.status_code == 409
    assert [conflict[f"HX-{name}"] for name in ("Retarget", "Reselect", "Reswap")] == [
        "main",
        "main",
        "outerHTML",
    ]


def test_a_zone_that_is_none_stays_as_it_was_typed(ana: Browser) -> None:
    response = ana.get("/dashboards/offers/?form=1&range=last-7-days&zone=Nowhere/Land")
    assert response.status_code == 422
    assert 'value="Nowhere/Land"' in response.content.decode()


def test_a_condition_that_is_not_finished_stays_in_the_form_and_is_told_of(ana: Browser) -> None:
    begun = "f-0-0-d=journeyActionMapVersion&f-0-0-o=range&f-0-0-v=about+three"
    for path in ("/dashboards/offers/", "/analytics/"):
        response = ana.get(f"{path}?form=1&range=last-7-days&zone=UTC&{begun}")
        assert response.status_code == 200
        assert 'value="about three"' in response.content.decode()
        assert "A condition of the filter is not finished" in text(response)
    finished = ana.get(
        f"/analytics/?form=1&range=last-7-days&zone=UTC&{begun.replace('about', '%3E=')[:-6]}+3"
    )
    assert finished.status_code == 302


@pytest.mark.parametrize("name", ["version", "t-0-width", "row"])
def test_a_number_longer_than_any_that_is_meant_is_none(ana: Browser, name: str) -> None:
    row = make(ana)
    sent = form_of(row) | {name: ("up:" if name == "row" else "") + "9" * 5000}
    assert ana.post(f"/dashboards/{row.pk}/edit", sent).status_code in (200, 303, 409)
    assert ana.get(f"/dashboards/offers/?{SCOPE}&refresh={'9' * 5000}").status_code == 200
    assert ana.get(f"/analytics/form?form=1&row=remove:{'9' * 5000}").status_code == 200
    file = ana.get(f"/analytics/answer.csv?{SCOPE}&m=nJourneySessions&rows={'9' * 5000}")
    assert file.status_code == 200


# Saved queries


def test_a_query_is_saved_found_renamed_and_deleted(ana: Browser) -> None:
    query = "range=2026-05-01..2026-05-07&zone=Europe/London&m=nJourneySessions"
    ana.get(f"/analytics/?{query}")
    saved = ana.post(
        f"/analytics/saved/new?{query}", {"address": query, "name": "Visits in May", "description": ""}
    )
    assert saved["Location"] == f"/analytics/?{query}"
    page = ana.get("/analytics/saved/")
    assert "Visits in May" in text(page)
    assert re.search(r"Asked lately Query Range When \S+ Sessions 1–7 May 2026", text(page))
    edit = re.search(r'href="(/analytics/saved/[0-9a-f-]+/)"', page.content.decode())
    assert edit
    assert ana.post(edit[1], {"name": "", "description": ""}).status_code == 422
    assert ana.post(edit[1], {"name": "Renamed", "description": ""}).status_code == 303
    assert "Renamed" in text(ana.get("/analytics/saved/"))
    assert ana.post(f"{edit[1]}delete").status_code == 303
    assert "Renamed" not in text(ana.get("/analytics/saved/")).replace("“Renamed” is deleted.", "")


def test_the_palette_finds_what_was_saved(ana: Browser) -> None:
    make(ana)
    ana.post("/analytics/saved/new", {"address": f"{SCOPE}&m=nJourneySessions", "name": "Visits in May"})
    for words, found in (
        ("visits may", "Visits in May"),
        ("offers copy", "Offers (copy)"),
        ("blocked", "Blocked offers"),
    ):
        assert found in text(ana.get("/search/", {"q": words}))


def test_what_uses_a_segment_is_told_before_it_is_deleted(at_shop: Callable[[str], Browser]) -> None:
    ana = at_shop("analyst")
    query = f"{SCOPE}&m=nJourneySessions&where=journeySessionSegmentId:is:{shop.CART}"
    ana.post("/analytics/saved/new", {"address": query, "name": "Leavers"})
    ana.post("/dashboards/add", {"address": query, "title": "Leavers", "new_name": "Carts"})
    mine = SimpleNamespace(connection=Connection.objects.get(), user=Person.objects.get())
    other = SimpleNamespace(connection=mine.connection, user=Person(pk=0))
    found = [(use.what, use.name) for use in uses(mine, "segment", shop.CART)]  # type: ignore[arg-type]
    assert found == [("Saved query", "Leavers"), ("Dashboard", "Carts")]
    assert not list(uses(mine, "segment", shop.BASKET))  # type: ignore[arg-type]
    # That somebody uses it is told; what they call it is theirs.
    assert {use.name for use in uses(other, "segment", shop.CART)} == {"somebody's own"}  # type: ignore[arg-type]
