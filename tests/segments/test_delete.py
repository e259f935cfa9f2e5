"""SEC7, REL4, LST10: deleting asks with the name and the numbers, and leads back to the neighbour."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from journeyadmin.history import log
from journeyadmin.service import NotFound, ServerFault
from journeyadmin.service.journey import JourneyService
from segments import activity
from tests.segments.conftest import Api, Make
from tests.segments.definitions import visit

GERMANY = visit("geolocation.country", "equal", "DE")


def test_it_names_the_segment_and_what_it_does_and_offers_the_switch_first(
    marketer: Browser, make: Make
) -> None:
    made = make("Europe", context=[[GERMANY]])
    page = marketer.get(f"/segments/{made['id']}/delete").content.decode()
    assert f"Delete “{made['displayName']}”?" in page
    assert "It was not assigned in the last 30 days." in page
    assert re.search(r"Assignments read <time [^>]*data-age>\d+ s ago</time>", page)
    assert "Whether action maps use it cannot be checked from here" in page
    assert page.index("Deactivate instead?") < page.index("button-danger")


def test_deleting_leads_to_the_neighbour_and_does_not_come_back(
    marketer: Browser, make: Make, api: Api, word: str
) -> None:
    first, second, third = (make(name, context=[[GERMANY]]) for name in ("A", "B", "C"))
    back = f"/segments/?q={word}"
    marketer.get(back)
    answer = marketer.post(f"/segments/{second['id']}/delete", {"back": back, "reason": "not needed"})
    assert answer.status_code == 303
    assert answer["Location"] == f"{back}&at={third['id']}"
    assert api.get(second["id"]) is None
    page = marketer.get(answer["Location"]).content.decode()
    assert f"“B {word}” is deleted." in page
    assert first["id"] in page
    assert f"s-{second['id']}" not in page


def test_the_neighbour_is_one_that_the_list_shows(
    marketer: Browser, make: Make, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (make(name, context=[[GERMANY]]) for name in ("A", "B", "C"))
    today = timezone.localdate()
    numbers = activity.from_answer({}, today, "UTC")
    used = replace(numbers, by_segment={second["id"]: activity.Activity((5,), today)})
    monkeypatch.setattr(activity, "read", lambda *_args, **_more: used)
    back = f"/segments/?unused=yes&q={word}"
    marketer.get(back)
    answer = marketer.post(f"/segments/{first['id']}/delete", {"back": back})
    assert answer["Location"] == f"{back}&at={third['id']}"


def test_the_reason_and_the_segment_are_in_the_history(marketer: Browser, make: Make) -> None:
    from journeyadmin.accounts.models import Connection

    made = make("Europe", context=[[GERMANY]])
    marketer.post(f"/segments/{made['id']}/delete", {"reason": "not needed"})
    change = log.changes_of(Connection.objects.get(), "segment", made["id"]).first()
    assert change is not None
    assert (change.operation, change.reason, change.before["displayName"]) == (
        "delete",
        "not needed",
        made["displayName"],
    )


def test_deactivating_instead_keeps_it(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]])
    marketer.post(f"/segments/{made['id']}/delete", {"instead": "deactivate"})
    assert api.get(made["id"])["isActive"] is False  # type: ignore[index]


def test_what_is_gone_already_is_no_error(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]])
    api.delete(made["id"])
    answer = marketer.post(f"/segments/{made['id']}/delete")
    assert answer.status_code == 303
    assert "had been deleted already" in marketer.get(answer["Location"]).content.decode()


def test_production_asks_for_the_name(sign_in: Callable[..., Browser], make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]])
    browser = sign_in("marketer", name="Live", production=True)
    address = f"/segments/{made['id']}/delete"
    page = browser.get(address).content.decode()
    assert "Type “Live” to confirm" in page
    # Enter in the field of the name is about what the name is for, and not about switching it off.
    form = page.partition('id="delete-form"')[2]
    assert 'name="instead"' not in form[form.index("<button") :].partition(">")[0]
    # Its own name is another question: the connection's is asked, as for whatever takes away or changes many.
    for wrong in (made["displayName"], "live", ""):
        answer = browser.post(address, {"connection_name": wrong, "reason": "Nobody uses it"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "This is not the name of the connection. Nothing was changed." in page
        assert f'name="connection_name" value="{wrong}"' in page
        assert 'value="Nobody uses it"' in page
    assert api.get(made["id"]) is not None
    done = browser.post(address, {"connection_name": " Live ", "reason": "x"})
    assert done.status_code == 303
    assert api.get(made["id"]) is None


def test_who_may_not_delete_is_refused(analyst: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]])
    assert analyst.get(f"/segments/{made['id']}/delete").status_code == 403
    assert analyst.post(f"/segments/{made['id']}/delete").status_code == 403
    assert api.get(made["id"]) is not None


def test_what_uses_it_is_listed(marketer: Browser, make: Make, settings: Any) -> None:
    settings.USES_SOURCES = ["tests.segments.test_delete.uses"]
    made = make("Europe", context=[[GERMANY]])
    page = marketer.get(f"/segments/{made['id']}/delete").content.decode()
    assert 'saved query <a href="/q/1">Offers</a>' in page


def uses(request: Any, kind: str, object_id: str) -> list[Any]:
    from journeyadmin.uses import Use

    return [Use("saved query", "Offers", "/q/1")]


def test_a_deactivation_that_fails_keeps_the_reason(
    marketer: Browser, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make("Europe", context=[[GERMANY]])
    address, form = f"/segments/{made['id']}/delete", {"instead": "deactivate", "reason": "Nobody uses it"}

    def refused(*_args: Any, **_kwargs: Any) -> Any:
        raise ServerFault("no", operation="patchJourneySegment", status=500, unsure=True)

    monkeypatch.setattr(JourneyService, "update_segment", refused)
    answer = marketer.post(address, form)
    assert answer.status_code == 502
    assert 'value="Nobody uses it"' in answer.content.decode()

    def gone(*_args: Any, **_kwargs: Any) -> Any:
        raise NotFound("gone", operation="patchJourneySegment", status=404)

    monkeypatch.setattr(JourneyService, "update_segment", gone)
    answer = marketer.post(address, form)
    assert answer.status_code == 404
    assert "Back to the list" in answer.content.decode()
