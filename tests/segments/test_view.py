"""EDT1: the page of one segment."""

from django.test import Client as Browser

from tests.segments.conftest import Api, Make, get
from tests.segments.definitions import criterion, step, visit


def test_it_shows_sentence_conditions_state_and_json(marketer: Browser, make: Make) -> None:
    made = make(
        "Nearly",
        context=[[visit("geolocation.country", "notEqual", "DE")]],
        journey=[step(3, criterion("page.pathname", "startsWith", "/pricing"), event="page_viewed")],
    )
    page = get(marketer, f"/segments/{made['id']}/").content.decode()
    assert "Visits where country is not DE (case ignored); then at least 3 × page view" in page
    assert "also where this is missing" in page
    assert f"<title>{made['displayName']} · Test shop" in page
    assert "&quot;createdDate&quot;" in page
    assert f'href="/segments/{made["id"]}/edit' in page


def test_it_leads_back_to_the_list_it_came_from(marketer: Browser, make: Make, word: str) -> None:
    made = make("One", context=[[visit("authenticated", "equal", "true")]])
    page = get(marketer, f"/segments/{made['id']}/", back=f"/segments/?q={word}").content.decode()
    assert f'href="/segments/?q={word}&amp;at={made["id"]}"' in page
    away = get(marketer, f"/segments/{made['id']}/", back="https://elsewhere.example/").content.decode()
    assert 'href="https://elsewhere' not in away


def test_what_is_not_there_says_so(marketer: Browser, make: Make, api: Api) -> None:
    made = make("One", context=[[visit("authenticated", "equal", "true")]])
    get(marketer, f"/segments/{made['id']}/")
    api.delete(made["id"])
    answer = get(marketer, f"/segments/{made['id']}/")
    assert answer.status_code == 404
    assert "There is no such segment" in answer.content.decode()


def test_who_may_only_look_is_told_what_is_missing(analyst: Browser, make: Make) -> None:
    made = make("One", context=[[visit("authenticated", "equal", "true")]])
    page = get(analyst, f"/segments/{made['id']}/").content.decode()
    assert "journey:segment:edit" in page
    assert f"/segments/{made['id']}/edit" not in page
