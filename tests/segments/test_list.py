"""The list page: LST1 LST2 LST3 LST6 LST7 LST8 LST10 LST12 REL4 PRF1, against the running server."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.contract.segments import MAX_SEGMENTS
from journeyadmin.service import Unreachable
from journeyadmin.service.journey import JourneyService
from segments import catalogue, recent
from tests.programs import Program
from tests.segments.conftest import Api, Make, fragment, get
from tests.segments.definitions import criterion, step, visit

GERMANY = visit("geolocation.country", "equal", "DE")
CART = step(2, criterion("page.url", "containsAny", "/cart"), event="page_viewed")


def names(answer: Any) -> list[str]:
    """The names in the table, in its order."""
    return [
        re.sub(r"\s+", " ", name)
        for name in re.findall(r'class="row-link"[^>]*>([^<]*)<', answer.content.decode())
    ]


def test_each_segment_is_a_sentence(marketer: Browser, make: Make, word: str) -> None:
    make("Nearly", context=[[GERMANY]], journey=[CART])
    page = get(marketer, "/segments/", q=word).content.decode()
    assert (
        "Visits where country is DE (case ignored); then at least 2 × page view with address containing /cart"
        in page
    )


def test_filters_and_search_are_in_the_address(marketer: Browser, make: Make, word: str) -> None:
    make("On", journey=[CART])
    make("Off", context=[[GERMANY]], isActive=False)
    assert names(get(marketer, "/segments/", q=word)) == [f"Off {word}", f"On {word}"]
    assert names(get(marketer, "/segments/", q=word, active="no")) == [f"Off {word}"]
    assert names(get(marketer, "/segments/", q=f"{word} key:page.url value:cart")) == [f"On {word}"]
    assert names(get(marketer, "/segments/", q=word, sort="-name")) == [f"On {word}", f"Off {word}"]


def test_a_fragment_holds_the_same_rows_and_no_frame(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[GERMANY]])
    whole, piece = get(marketer, "/segments/", q=word), fragment(marketer, "/segments/", q=word)
    assert names(whole) == names(piece)
    assert b"<html" not in piece.content
    assert "HX-Request" in piece.headers["Vary"]
    assert "1 of" in piece.headers["HX-Trigger"]


def test_an_unknown_search_word_is_explained(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[GERMANY]])
    page = get(marketer, "/segments/", q=f"colour:red {word}").content.decode()
    assert "“colour:” is not a word this search knows" in page


def test_equal_conditions_are_marked(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[GERMANY, visit("authenticated", "equal", "true")]])
    make("Two", context=[[visit("authenticated", "equal", "true")], [GERMANY]])
    make("Three", context=[[visit("geolocation.country", "equal", "DE", ignore=False)]])
    page = get(marketer, "/segments/", q=word).content.decode()
    assert page.count("same as") == 2
    assert names(get(marketer, "/segments/", q=f"{word} is:duplicate")) == [f"One {word}", f"Two {word}"]


def test_the_switch_sends_the_version_and_offers_the_way_back(
    marketer: Browser, make: Make, api: Api
) -> None:
    made = make("One", context=[[GERMANY]])
    path = f"/segments/{made['id']}/active"
    answer = marketer.post(path, {"to": f"off:{made['version']}"}, headers={"hx-request": "true"})
    now = api.get(made["id"])
    assert now is not None
    assert (now["isActive"], now["version"]) == (False, made["version"] + 1)
    undo = re.search(r'hx-vals=\'{"to": "([^"]+)"}\'', answer.content.decode())
    assert undo is not None
    marketer.post(path, {"to": undo[1]}, headers={"hx-request": "true"})
    now = api.get(made["id"])
    assert now is not None
    assert (now["isActive"], now["version"]) == (True, made["version"] + 2)


def test_switching_what_someone_else_changed_changes_nothing(marketer: Browser, make: Make, api: Api) -> None:
    made = make("One", context=[[GERMANY]])
    api.patch(made["id"], description="newer")
    answer = marketer.post(
        f"/segments/{made['id']}/active", {"to": f"off:{made['version']}"}, headers={"hx-request": "true"}
    )
    assert "was changed by someone else" in answer.content.decode()
    assert api.get(made["id"])["isActive"] is True  # type: ignore[index]


def test_without_scripts_the_switch_leads_back_to_the_same_list(
    marketer: Browser, make: Make, word: str
) -> None:
    made = make("One", context=[[GERMANY]])
    back = f"/segments/?q={word}"
    answer = marketer.post(f"/segments/{made['id']}/active", {"to": f"off:{made['version']}", "back": back})
    assert answer.status_code == 303
    assert answer["Location"] == f"{back}&at={made['id']}"
    page = marketer.get(answer["Location"]).content.decode()
    assert re.search(rf'href="/segments/{made["id"]}/[^"]*" data-focus', page)


def test_who_may_not_edit_sees_no_switch_and_is_refused(
    analyst: Browser, make: Make, word: str, api: Api
) -> None:
    made = make("One", context=[[GERMANY]])
    page = get(analyst, "/segments/", q=word).content.decode()
    assert 'role="switch"' not in page
    assert "journey:segment:add" in page
    answer = analyst.post(f"/segments/{made['id']}/active", {"to": f"off:{made['version']}"})
    assert answer.status_code == 403
    assert api.get(made["id"])["version"] == made["version"]  # type: ignore[index]


def test_none_match_is_not_none_exist(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[GERMANY]])
    page = get(marketer, "/segments/", q=f"{word}-nothing").content.decode()
    assert "No segment matches" in page
    assert "No segments yet" not in page


def test_a_missing_permission_is_named(sign_in: Callable[..., Browser], db: None) -> None:
    from journeyadmin.accounts.models import Person

    browser = sign_in("supervisor")
    person = Person.objects.get(pk=browser.session["_auth_user_id"])
    person.permissions = []
    person.save()
    answer = get(browser, "/segments/")
    assert answer.status_code == 403
    assert "journey:segment:view" in answer.content.decode()


def test_an_unreachable_service_is_said(sign_in: Callable[..., Browser], db: None, monkeypatch: Any) -> None:
    from journeyadmin.accounts.models import Connection
    from journeyadmin.service import transport
    from tests.programs import free_port

    monkeypatch.setattr(transport, "TRIES", 1)
    browser = sign_in("marketer")
    Connection.objects.update(typed_api_url=f"http://127.0.0.1:{free_port()}")
    answer = get(browser, "/segments/")
    assert answer.status_code == 502
    assert "The segments could not be read" in answer.content.decode()
    assert "Try again" in answer.content.decode()


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>", "{{7*7}}", "=HYPERLINK(1)", "a\u202eb", "日本語 🎌", "Ünïcode"]
)
def test_any_name_is_shown_as_it_is(marketer: Browser, make: Make, word: str, name: str) -> None:
    from django.utils.html import escape

    make(name, context=[[GERMANY]])
    page = get(marketer, "/segments/", q=word).content.decode()
    assert escape(f"{name} {word}") in page
    assert "<img src=x" not in page


class Listing:
    """A list of segments as it would come from the service, without one."""

    def __init__(self, count: int) -> None:
        self.rows = [
            {
                "id": f"{n:032x}",
                "displayName": f"S {n:03}",
                "version": 1,
                "isActive": True,
                "scope": "Session",
            }
            for n in range(count)
        ]


@pytest.mark.parametrize(
    ("count", "nearly", "full"), [(449, False, False), (450, True, False), (500, True, True)]
)
def test_the_limit_is_shown_before_it_is_hit(count: int, nearly: bool, full: bool) -> None:
    rows = [catalogue.describe(row) for row in Listing(count).rows]
    found = catalogue.Catalogue(rows, catalogue.timezone.now(), False)
    assert (found.nearly_full, found.full) == (nearly, full)
    assert MAX_SEGMENTS == 500


def test_a_lagging_list_does_not_contradict(marketer: Browser) -> None:
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.session = SessionStore()
    rows: list[dict[str, Any]] = Listing(3).rows
    recent.note_created(request, {"id": "new", "displayName": "New"})
    recent.note_deleted(request, rows[0]["id"])
    shown, pending = recent.laid_over(request, rows)
    assert [row["id"] for row in shown] == [rows[1]["id"], rows[2]["id"], "new"]
    assert pending == {"new"}
    shown, pending = recent.laid_over(request, [*rows, {"id": "new"}])
    assert pending == frozenset()
    assert len(shown) == 3


def test_a_kept_list_answers_without_asking_again(
    marketer: Browser, make: Make, word: str, server: Program
) -> None:
    made = make("One", context=[[GERMANY]])
    first = get(marketer, "/segments/", q=word, fresh="1").content.decode()
    assert "kept answer" not in first
    assert "kept answer" in get(marketer, "/segments/", q=word).content.decode()
    # A write made here ends it at once.
    marketer.post(f"/segments/{made['id']}/active", {"to": f"off:{made['version']}"})
    assert "kept answer" not in get(marketer, "/segments/", q=word).content.decode()


def test_where_nothing_matches_a_kept_list_a_service_that_is_away_hides_nothing(
    marketer: Browser, make: Make, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("One", context=[[GERMANY]])
    get(marketer, "/segments/", fresh="1")

    def away(*_args: Any, **_kwargs: Any) -> Any:
        raise Unreachable("away", operation="getJourneySegments")

    monkeypatch.setattr(JourneyService, "list_segments", away)
    answer = get(marketer, "/segments/", q=f"no{word}")
    assert answer.status_code == 200
    assert "No segment matches" in answer.content.decode()


def test_forged_numbers_are_no_failure(marketer: Browser, make: Make, api: Api) -> None:
    made = make("One", context=[[GERMANY]])
    big = "1" * 5000
    answer = marketer.post(f"/segments/{made['id']}/active", {"to": f"on:{big}"})
    assert answer.status_code == 303
    assert marketer.post("/segments/views", {"forget": big}).status_code == 303
    assert api.get(made["id"]) == made
