"""One target's own page: renaming, restoring an earlier version, the hours around a change, the curve where it is offered."""

from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin.accounts.models import Connection
from journeyadmin.history.models import Change
from tests.actiontargets.conftest import FIRST, KNOWN, SECOND
from tests.actiontargets.pages import fields, plain
from tests.journeyadmin.service.scripted import Reply, scripted

PAGE = f"/action-targets/{FIRST}/"
Behind = Callable[..., dict[str, Any]]


def _save(browser: Browser, **typed: str) -> Any:
    sent = {**fields(browser.get(PAGE).content.decode()), "do": "save"}
    sent |= {f"{FIRST}-{name}": text for name, text in typed.items()}
    answer = browser.post(PAGE, sent)
    if answer.status_code == 422 and b"Look once more" in answer.content:
        answer = browser.post(PAGE, {**fields(answer.content.decode()), "do": "save"})
    return answer


def test_its_name_and_setting_can_be_changed(supervisor: Browser, behind: Behind) -> None:
    assert _save(supervisor, name="  Advice ", share="85").status_code == 303
    after = behind(FIRST)
    assert (after["name"], after["serviceLevel"]["percentage"]) == ("Advice", 0.85)
    page = plain(supervisor.get(PAGE).content.decode())
    assert "“Advice” is saved: 85 % in 20 s." in page
    assert "Name: “Pre-sales advice” → “Advice”" in page


def test_what_was_typed_for_a_target_that_is_gone_is_shown(supervisor: Browser, behind: Behind) -> None:
    sent = {**fields(supervisor.get(PAGE).content.decode()), "do": "save", f"{FIRST}-share": "85"}
    with scripted(Reply(404)) as script:
        Connection.objects.update(typed_api_url=script.url)
        answer = supervisor.post(PAGE, sent)
    page = plain(answer.content.decode())
    assert answer.status_code == 404
    assert "“Pre-sales advice” no longer exists" in page
    assert "85 % in 20 s" in page


def test_what_was_typed_in_the_grid_for_a_target_that_is_gone_is_shown(
    supervisor: Browser, behind: Behind
) -> None:
    grid = "/action-targets/"
    sent = {**fields(supervisor.get(grid).content.decode()), "do": "save", f"{FIRST}-share": "85"}
    left = [{"id": SECOND, **KNOWN[SECOND]}]
    replies = [Reply(200, {"entities": left, "total": 1, "pageCount": 1})] * 3
    with scripted(*replies) as script:
        Connection.objects.update(typed_api_url=script.url)
        answer = supervisor.post(grid, sent)
        page = plain(supervisor.get(answer["Location"]).content.decode())
    assert "“Pre-sales advice” no longer exists. What you had typed for it was not saved" in page
    assert "80 % in 20 s → 85 % in 20 s" in page


def test_a_conflict_in_which_nothing_of_mine_is_chosen_saves_nothing_and_says_so(
    supervisor: Browser, behind: Behind
) -> None:
    sent = {**fields(supervisor.get(PAGE).content.decode()), "do": "save", f"{FIRST}-share": "85"}
    behind(FIRST, serviceLevel={"percentage": 0.82, "durationMs": 20_000})
    merge = fields(supervisor.post(PAGE, sent).content.decode())
    done = supervisor.post(PAGE, {**merge, "do": "merge", "choice-serviceLevel": "theirs"}, follow=True)
    page = done.content.decode()
    assert "Nothing differs from what is stored, so nothing was saved." in page
    assert "is saved" not in page


def test_an_empty_name_is_refused_and_kept(supervisor: Browser, behind: Behind) -> None:
    answer = _save(supervisor, name=" ", share="85")
    assert answer.status_code == 422
    assert f'href="#{FIRST}-name"' in answer.content.decode()
    assert fields(answer.content.decode())[f"{FIRST}-share"] == "85"


def test_an_earlier_version_fills_the_form_and_is_saved_like_any_other(
    supervisor: Browser, behind: Behind
) -> None:
    _save(supervisor, share="85")
    _save(supervisor, share="60", abandon="4")
    first = Change.objects.filter(object_id=FIRST, operation="update").order_by("pk").first()
    assert first
    page = supervisor.get(f"{PAGE}?version={first.pk}").content.decode()
    assert "An earlier version is filled in; it is not saved." in page
    assert "Service level: 60 % in 20 s → 85 % in 20 s" in plain(page)
    assert "Short abandon: 4 s → organisation default" in plain(page)
    assert behind(FIRST)["serviceLevel"]["percentage"] == 0.6
    assert supervisor.post(PAGE, {**fields(page), "do": "save"}).status_code == 303
    after = behind(FIRST)
    assert after["serviceLevel"]["percentage"] == 0.85
    assert "shortAbandonThreshold" not in after
    assert supervisor.get(f"{PAGE}?version=999999").status_code == 200


def test_the_hours_before_and_after_a_change(supervisor: Browser, behind: Behind) -> None:
    nothing = supervisor.get(f"{PAGE}hours").content.decode()
    assert "After a change of the service level" in nothing
    _save(supervisor, share="85")
    page = plain(supervisor.get(f"{PAGE}hours").content.decode())
    assert "Service level: 80 % in 20 s → 85 % in 20 s" in page
    assert "the same hours one day earlier" in page
    assert "Held back for service level" in page
    assert "Before and after" in supervisor.get(f"{PAGE}?numbers=1").content.decode()


def test_without_the_permission_numbers_say_which_one_is_missing(supervisor: Browser, behind: Behind) -> None:
    from journeyadmin.accounts.models import Person

    Person.objects.update(permissions=["journey:actiontarget:view", "journey:actiontarget:edit"])
    assert "analytics:journeyAggregate:view" in supervisor.get(f"{PAGE}hours").content.decode()
    cells = supervisor.get("/action-targets/numbers").content.decode()
    assert "analytics:journeyAggregate:view" in cells


def test_the_curve_is_shown_only_where_it_is_offered(supervisor: Browser, behind: Behind) -> None:
    assert "Answered within" in supervisor.get(PAGE).content.decode()
    answer = supervisor.get(f"{PAGE}curve").content.decode()
    assert "no curve" in answer or "<svg" in answer
    from journeyadmin.accounts.models import Connection

    # A service that announces nothing, as Genesys Cloud does not.
    connection = Connection.objects.get(name="Test shop")
    cache.set(f"capabilities:{connection.pk}", {}, 60)
    page = supervisor.get(PAGE)
    assert page.status_code == 200
    assert "curve" not in page.content.decode().replace("curve-", "")
    cache.clear()


def test_one_that_is_not_there(supervisor: Browser, behind: Behind) -> None:
    assert supervisor.get("/action-targets/7a6e0000-0000-4000-8000-00000000dead/").status_code == 404
