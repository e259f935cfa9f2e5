"""HIS3: *Restore* opens the form filled with an earlier version and the difference to now; saving is an ordinary save."""

import re
from typing import Any

import pytest
from django.test import Client as Browser

from tests.segments.conftest import Api, Make
from tests.segments.definitions import Json, criterion, segment, step, visit
from tests.segments.forms import edited, shown

GERMANY = visit("geolocation.country", "equal", "DE")
FRANCE = visit("geolocation.country", "equal", "FR")


@pytest.fixture
def changed(marketer: Browser, make: Make, api: Api) -> tuple[Json, Json]:
    """A segment as it was made, and as it is after two saves through the dashboard."""
    made = make(
        "Europe",
        context=[[GERMANY]],
        journey=[step(3, criterion("page.pathname", "startsWith", "/pricing"), event="page_viewed")],
        description="first",
    )
    assert edited(marketer, made, description="second").status_code == 303
    # Empty where the first version had something: restoring has to bring it back.
    values: Any = {"context-0-criteria-0-values": ["FR"], "description": ""}
    assert edited(marketer, made, **values).status_code == 303
    now = api.get(made["id"])
    assert now is not None
    assert now["context"] == segment(context=[[FRANCE]])["context"]
    return made, now


def links(browser: Browser, made: Json) -> list[str]:
    """The links that restore, newest change first."""
    page = browser.get(f"/segments/{made['id']}/history").content.decode()
    return re.findall(rf'href="(/segments/{made["id"]}/edit\?version=\d+)"', page)


def test_what_it_was_before_the_first_change_comes_back_too(
    marketer: Browser, changed: tuple[Json, Json]
) -> None:
    made, _now = changed
    page = marketer.get(f"/segments/{made['id']}/history").content.decode()
    link = re.search(rf'href="(/segments/{made["id"]}/edit\?version=before-\d+)"', page)
    assert link is not None
    form = marketer.get(link[1]).content.decode()
    assert shown(form)["description"] == ["first"]
    assert "This is version 1 of" in form
    assert marketer.get(f"/segments/{made['id']}/edit?version=before-x").status_code == 404


def test_the_link_fills_the_form_and_tells_the_difference_to_now(
    marketer: Browser, changed: tuple[Json, Json], api: Api
) -> None:
    made, now = changed
    page = marketer.get(links(marketer, made)[-1]).content.decode()
    fields = shown(page)
    assert fields["description"] == ["second"]
    assert fields["context-0-criteria-0-values"] == ["DE"]
    assert "Description: empty → “second”" in page
    assert api.get(made["id"]) == now, "looking changes nothing"


def test_saving_it_is_an_ordinary_save_of_the_present_version(
    marketer: Browser, changed: tuple[Json, Json], api: Api
) -> None:
    made, now = changed
    path = links(marketer, made)[-1]
    form: Any = shown(marketer.get(path).content.decode())
    assert marketer.post(path, form | {"reason": "Back to Germany"}).status_code == 303
    restored = api.get(made["id"])
    assert restored is not None
    assert (restored["context"], restored["journey"]) == (made["context"], made["journey"])
    assert restored["description"] == "second"
    assert restored["version"] == now["version"] + 1
    assert "“Back to Germany”" in marketer.get(f"/segments/{made['id']}/history").content.decode()


def test_a_save_in_between_is_a_conflict_and_not_overwritten(
    marketer: Browser, changed: tuple[Json, Json], api: Api
) -> None:
    made, _now = changed
    path = links(marketer, made)[-1]
    form: Any = shown(marketer.get(path).content.decode())
    api.patch(made["id"], color="#123456")
    answer = marketer.post(path, form)
    assert answer.status_code == 409
    merged: Any = shown(answer.content.decode(), "conflict-form")
    assert marketer.post(f"/segments/{made['id']}/edit", merged | {"row": "merge:save"}).status_code == 303
    after = api.get(made["id"])
    assert after is not None
    assert (after["color"], after["description"]) == ("#123456", "second")


def test_a_version_of_another_segment_is_not_found(
    marketer: Browser, changed: tuple[Json, Json], make: Make
) -> None:
    made, _now = changed
    number = links(marketer, made)[-1].partition("=")[2]
    other = make("Other", context=[[GERMANY]])
    for version in (number, "9" * 12, "²", "x"):
        assert marketer.get(f"/segments/{other['id']}/edit?version={version}").status_code == 404
