"""LST11: the panel beside the list, as a page without scripts and as the piece that HTMX asks for."""

import html
import re
from typing import Any

from django.test import Client as Browser

from journeyadmin.history.models import Change
from tests.segments.conftest import Api, Make, get
from tests.segments.definitions import criterion, step, visit

GERMANY = visit("geolocation.country", "equal", "DE")
CART = step(2, criterion("page.url", "containsAny", "/cart"), event="page_viewed")


def panel_of(answer: Any) -> str:
    """The panel on a page, or alone; "" where its place is empty."""
    found = re.search(r'<aside class="panel".*?</aside>', answer.content.decode(), re.DOTALL)
    return html.unescape(found[0]) if found else ""


def alone(browser: Browser, current: str = "", **params: str) -> Any:
    headers = {"hx-request": "true", "hx-target": "panel", "hx-current-url": f"http://testserver{current}"}
    return browser.get("/segments/", params, headers=headers)


def test_the_address_shows_it_without_scripts(marketer: Browser, make: Make, word: str) -> None:
    made = make("Nearly", context=[[GERMANY]], journey=[CART], description="Those who nearly buy")
    other = make("Other", context=[[GERMANY]])
    page = get(marketer, "/segments/", q=word, panel=made["id"])
    panel = panel_of(page)
    assert f"Nearly {word}" in panel
    assert "Those who nearly buy" in panel
    assert "Visits where country is DE (case ignored); then at least 2 × page view" in panel
    assert '<span class="read-key" title="page.url">' in panel
    assert "assignments in 30 days" in panel
    assert 'aria-label="No assignments in 30 days"' in panel
    assert "No change was made through this dashboard yet" in panel
    assert f'href="/segments/{made["id"]}/?back=' in panel
    assert f'href="/segments/{made["id"]}/edit?back=' in panel
    # The list is there beside it, as filtered; the panel leads on within it, and closing it leads to the row.
    assert page.content.decode().count('class="row-link"') == 2
    assert "1 of 2" in panel
    assert f'href="?q={word}&panel={other["id"]}"' in panel
    assert f'href="?q={word}&at={made["id"]}"' in panel
    # Reading the assignments again leaves the list and the panel where they are.
    again = f"?q={word}&panel={made['id']}&fresh=1"
    assert f'href="{again}" hx-get="/segments/{made["id"]}/activity?fresh=1"' in panel
    assert f"Nearly {word}" in panel_of(marketer.get(f"/segments/{again}"))
    # Each row leads to it, and without `panel` nothing of it is drawn.
    plain = get(marketer, "/segments/", q=word)
    assert f'href="?q={word}&amp;panel={made["id"]}"' in plain.content.decode()
    assert panel_of(plain) == ""
    # By this class the page makes room for it.
    assert ['<body class="has-panel"' in shown.content.decode() for shown in (page, plain)] == [True, False]


def test_the_last_change_is_who_when_and_what(marketer: Browser, make: Make, word: str) -> None:
    made = make("One", context=[[GERMANY]])
    marketer.post(f"/segments/{made['id']}/active", {"to": f"off:{made['version']}"})
    panel = panel_of(get(marketer, "/segments/", q=word, panel=made["id"]))
    assert "Active: on → off" in panel
    change = Change.objects.get(object_id=made["id"])
    assert f"<strong>{change.who}</strong>" in panel
    assert f'<time datetime="{change.when.isoformat()[:16]}' in panel
    assert f'href="/segments/{made["id"]}/history"' in panel
    marketer.post(f"/segments/{made['id']}/active", {"to": f"on:{made['version'] + 1}"})
    newest = panel_of(get(marketer, "/segments/", q=word, panel=made["id"]))
    assert "Active: off → on" in newest
    assert "Active: on → off" not in newest, "only the last one"


def test_htmx_gets_the_panel_alone_and_the_address_follows(marketer: Browser, make: Make, word: str) -> None:
    one, two = make("A", context=[[GERMANY]]), make("B", context=[[GERMANY]])
    opened = alone(marketer, f"/segments/?q={word}", q=word, panel=one["id"])
    assert panel_of(opened)
    assert b"list-table" not in opened.content
    assert b"data-focus" in opened.content
    assert opened["HX-Push-Url"] == f"/segments/?q={word}&panel={one['id']}"
    assert "HX-Target" in opened["Vary"]
    # Stepping on leaves one entry in the browser's history.
    on = alone(marketer, opened["HX-Push-Url"], q=word, panel=two["id"])
    assert on["HX-Replace-Url"] == f"/segments/?q={word}&panel={two['id']}"
    assert "HX-Push-Url" not in on
    closed = alone(marketer, on["HX-Replace-Url"], q=word, at=two["id"])
    assert closed.content.decode().strip() == '<aside id="panel" hidden></aside>'
    assert closed["HX-Push-Url"] == f"/segments/?q={word}"
    assert f"s-{two['id']}" in closed["HX-Trigger-After-Settle"]


def test_one_that_is_filtered_away_or_gone(marketer: Browser, make: Make, word: str, api: Api) -> None:
    made, _other = make("One", context=[[GERMANY]]), make("Other", context=[[GERMANY]])
    away = panel_of(get(marketer, "/segments/", q="nothing has this name", panel=made["id"]))
    assert f"One {word}" in away
    assert "Next row" not in away
    api.delete(made["id"])
    gone = panel_of(get(marketer, "/segments/", q=word, panel=made["id"], fresh="1"))
    assert "This segment is not there" in gone
    strange = get(marketer, "/segments/", panel='"><img src=x>')
    assert strange.status_code == 200
    assert b"<img src=x" not in strange.content


def test_who_may_only_look_is_told_what_is_missing(
    analyst: Browser, supervisor: Browser, make: Make, word: str
) -> None:
    made = make("One", context=[[GERMANY]])
    panel = panel_of(get(analyst, "/segments/", q=word, panel=made["id"]))
    assert "journey:segment:edit" in panel
    assert "/edit" not in panel
    for browser in (analyst, supervisor):
        assert alone(browser, panel=made["id"]).status_code == 200
