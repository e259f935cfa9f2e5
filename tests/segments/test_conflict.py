"""HIS5, REL1: two people, lost answers, a deleted segment. Nothing typed is lost, nothing is doubled."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.service import NotFound, Unreachable
from journeyadmin.service.journey import JourneyService
from tests.journeyadmin.files.test_signed_out import sent_too_late
from tests.programs import Program
from tests.segments.conftest import Api, Make
from tests.segments.definitions import segment, visit
from tests.segments.forms import HTMX, posted, shown

GERMANY = visit("geolocation.country", "equal", "DE")
FRANCE = visit("geolocation.country", "equal", "FR")
CHROME = visit("browser.family", "equal", "Chrome")


def save(browser: Browser, base: Any, **changes: Any) -> Any:
    return browser.post(f"/segments/{base['id']}/edit", posted(base | changes, base=base))


def test_different_fields_merge_and_save(marketer: Browser, make: Make, api: Api) -> None:
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], description="theirs")
    answer = save(marketer, base, isActive=False)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "You changed different things" in page
    fields: dict[str, Any] = shown(page, "conflict-form")
    assert fields["pick-description"] == ["theirs"]
    assert fields["pick-isActive"] == ["yours"]
    saved = marketer.post(f"/segments/{base['id']}/edit", fields | {"row": "merge:save"})
    assert saved.status_code == 303
    now = api.get(base["id"])
    assert now is not None
    assert (now["description"], now["isActive"], now["version"]) == ("theirs", False, 3)


def test_their_change_is_in_the_history_beside_mine(marketer: Browser, make: Make, api: Api) -> None:
    """HIS4: also where nobody looked at it between their save and the merge."""
    base = make("Europe", context=[[GERMANY]])
    marketer.get(f"/segments/{base['id']}/")
    api.patch(base["id"], description="theirs")
    fields: dict[str, Any] = shown(save(marketer, base, isActive=False).content.decode(), "conflict-form")
    marketer.post(f"/segments/{base['id']}/edit", fields | {"row": "merge:save"})
    page = marketer.get(f"/segments/{base['id']}/history").content.decode()
    assert "changed outside" in page
    assert "Description: empty → “theirs”" in page
    assert "Active: on → off" in page


def test_the_same_field_must_be_chosen_first(marketer: Browser, make: Make, api: Api) -> None:
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], description="theirs")
    fields: dict[str, Any] = shown(
        save(marketer, base, description="yours").content.decode(), "conflict-form"
    )
    assert "pick-description" not in fields
    path = f"/segments/{base['id']}/edit"
    again = marketer.post(path, fields | {"row": "merge:save"})
    assert again.status_code == 422
    assert "1 difference has to be chosen" in again.content.decode()
    assert api.get(base["id"])["description"] == "theirs"  # type: ignore[index]
    marketer.post(path, fields | {"row": "merge:save", "pick-description": "yours"})
    assert api.get(base["id"])["description"] == "yours"  # type: ignore[index]


def test_a_criterion_edited_against_one_removed(marketer: Browser, make: Make, api: Api) -> None:
    base = make("Europe", context=[[GERMANY, CHROME]])
    api.patch(
        base["id"], context=segment(context=[[CHROME, visit("authenticated", "equal", "true")]])["context"]
    )
    yours = segment(context=[[FRANCE, CHROME]])["context"]
    page = save(marketer, base, context=yours).content.decode()
    assert "country is FR (case ignored)" in page
    assert "not there" in page
    fields: dict[str, Any] = shown(page, "conflict-form")
    done = fields | {"row": "merge:save", "pick-context.0.criteria.0": "yours"}
    marketer.post(f"/segments/{base['id']}/edit", done)
    rows = api.get(base["id"])["context"]["patterns"][0]["criteria"]  # type: ignore[index]
    assert {row["key"] for row in rows} == {"geolocation.country", "browser.family", "authenticated"}


def test_the_same_change_on_both_sides_is_no_page_at_all(marketer: Browser, make: Make, api: Api) -> None:
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], description="same")
    answer = save(marketer, base, description="same")
    assert answer.status_code == 303
    assert api.get(base["id"])["version"] == 2  # type: ignore[index]


def test_a_second_conflict_keeps_what_was_merged(marketer: Browser, make: Make, api: Api) -> None:
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], description="theirs")
    fields: dict[str, Any] = shown(save(marketer, base, isActive=False).content.decode(), "conflict-form")
    api.patch(base["id"], color="#123456")
    answer = marketer.post(f"/segments/{base['id']}/edit", fields | {"row": "merge:save"})
    assert answer.status_code == 409
    fields = shown(answer.content.decode(), "conflict-form")
    assert json.loads(fields["yours"][0])["isActive"] is False
    marketer.post(f"/segments/{base['id']}/edit", fields | {"row": "merge:save"})
    now = api.get(base["id"])
    assert now is not None
    assert (now["description"], now["isActive"], now["color"]) == ("theirs", False, "#123456")


def test_the_result_can_be_seen_and_edited_first(marketer: Browser, make: Make, api: Api) -> None:
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], context=segment(context=[[GERMANY, CHROME]])["context"])
    fields: dict[str, Any] = shown(
        save(marketer, base, description="yours").content.decode(), "conflict-form"
    )
    path = f"/segments/{base['id']}/edit"
    seen = marketer.post(path, fields | {"row": "merge:see"}, headers=HTMX).content.decode()
    assert "Visits where country is DE (case ignored), and browser family is Chrome (case ignored)." in seen
    more = {"row": "merge:edit", "reason": "Both were right"}
    form = shown(marketer.post(path, fields | more).content.decode())
    assert form["reason"] == ["Both were right"]
    assert form["description"] == ["yours"]
    assert form["context-0-criteria-TOTAL_FORMS"] == ["2"]
    assert json.loads(form["base"][0])["version"] == 2


def test_theirs_deleted_the_segment(marketer: Browser, make: Make, api: Api, word: str) -> None:
    base = make("Europe", context=[[GERMANY]])
    api.delete(base["id"])
    answer = save(marketer, base, description="typed")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "Someone deleted" in page
    fields: dict[str, Any] = shown(page)
    assert fields["description"] == ["typed"]
    again = marketer.post(f"/segments/{base['id']}/edit", fields | {"row": "anew"})
    assert again.status_code == 303
    made = api.mine()
    assert [row["description"] for row in made] == ["typed"]


def test_what_the_service_did_not_know_for_a_moment_is_listed_once_it_is_saved(
    marketer: Browser, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make("Europe", context=[[GERMANY]])

    def lags(*_: Any, **__: Any) -> Any:
        raise NotFound(operation="patchJourneySegment", status=404)

    with monkeypatch.context() as patched:
        patched.setattr(JourneyService, "update_segment", lags)
        assert save(marketer, base, description="typed").status_code == 404
    row = f'class="row-link" href="/segments/{base["id"]}/'
    assert row not in marketer.get("/segments/").content.decode()
    assert save(marketer, base, description="typed").status_code == 303
    assert row in marketer.get("/segments/?fresh=1").content.decode()


def test_a_name_in_use_is_said_at_the_name(marketer: Browser, make: Make, api: Api) -> None:
    base, other = make("Europe", context=[[GERMANY]]), make("Asia", context=[[GERMANY]])
    answer = save(marketer, base, displayName=other["displayName"])
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Another segment has this name" in page
    assert '<a href="#id_name"' in page
    assert shown(page)["name"] == [other["displayName"]]


class Lost:
    """The service does what it is asked, and its answer is lost; `before` loses the request instead."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, method: str, *, before: bool = False, times: int = 1
    ) -> None:
        real = getattr(JourneyService, method)
        self.left = times

        def lost(service: JourneyService, *args: Any, **kwargs: Any) -> Any:
            if self.left:
                self.left -= 1
                if not before:
                    real(service, *args, **kwargs)
                raise Unreachable("cut off", operation=method, unsure=True)
            return real(service, *args, **kwargs)

        monkeypatch.setattr(JourneyService, method, lost)


def test_a_plain_conflict_leaves_no_doubt(marketer: Browser, make: Make, api: Api) -> None:
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], description="theirs")  # type: ignore[index]
    answer = save(marketer, base, description="typed")
    assert answer.status_code == 409
    assert "It is not known" not in answer.content.decode()


def test_an_update_whose_answer_was_lost_is_recognised(
    marketer: Browser, make: Make, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make("Europe", context=[[GERMANY]])
    Lost(monkeypatch, "update_segment")
    answer = save(marketer, base, description="typed")
    assert answer.status_code == 303
    assert api.get(base["id"])["version"] == 2  # type: ignore[index]


def test_an_update_whose_answer_was_lost_and_that_somebody_went_on_from_is_in_doubt(
    marketer: Browser, make: Make, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make("Europe", context=[[GERMANY]])
    real = JourneyService.update_segment

    def lost(
        service: JourneyService, segment_id: str, body: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        made = real(service, segment_id, body, *args, **kwargs)
        real(service, segment_id, {"version": made["version"], "description": "typed, and more"})
        raise Unreachable("cut off", operation="patchJourneySegment", unsure=True)

    monkeypatch.setattr(JourneyService, "update_segment", lost)
    answer = save(marketer, base, description="typed")
    assert answer.status_code == 409
    assert "It is not known whether yours was saved before" in answer.content.decode()
    assert api.get(base["id"])["description"] == "typed, and more"  # type: ignore[index]


def test_an_update_that_never_arrived_is_offered_again(
    marketer: Browser, make: Make, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make("Europe", context=[[GERMANY]])
    Lost(monkeypatch, "update_segment", before=True)
    answer = save(marketer, base, description="typed")
    assert answer.status_code == 502
    page = answer.content.decode()
    assert "What you typed is still here" in page
    assert marketer.post(f"/segments/{base['id']}/edit", shown(page)).status_code == 303  # type: ignore[arg-type]
    assert api.get(base["id"])["description"] == "typed"  # type: ignore[index]


def new(browser: Browser, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = shown(browser.get("/segments/new").content.decode())
    return fields | posted(segment(name, context=[[GERMANY]]))


def test_a_create_whose_answer_was_lost_is_found_before_it_is_offered_again(
    marketer: Browser, api: Api, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lost(monkeypatch, "create_segment")
    fields = new(marketer, f"Once {word}")
    answer = marketer.post("/segments/new", fields)
    page = answer.content.decode()
    assert answer.status_code == 502
    assert "It is not known whether this was saved." in page
    # Some services answer too, only not with what came of it.
    assert "in time" not in page
    assert "Check now" in page
    assert "data-save>" not in page
    typed: dict[str, Any] = shown(page)
    assert typed["name"] == [f"Once {word}"]
    found = marketer.post("/segments/new", typed | {"row": "look"})
    assert found.status_code == 303
    assert len(api.mine()) == 1


def test_sending_an_unsure_form_again_looks_first(
    marketer: Browser, api: Api, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lost(monkeypatch, "create_segment")
    fields = new(marketer, f"Once {word}")
    marketer.post("/segments/new", fields)
    assert marketer.post("/segments/new", fields).status_code == 303
    assert len(api.mine()) == 1


def test_a_create_that_never_arrived_can_be_sent_after_looking(
    marketer: Browser, api: Api, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lost(monkeypatch, "create_segment", before=True)
    typed: dict[str, Any] = shown(
        marketer.post("/segments/new", new(marketer, f"Once {word}")).content.decode()
    )
    page = marketer.post("/segments/new", typed | {"row": "look"}).content.decode()
    assert "The service does not have it." in page
    assert api.mine() == []
    assert marketer.post("/segments/new", shown(page)).status_code == 303  # type: ignore[arg-type]
    assert len(api.mine()) == 1


def test_a_new_segment_that_the_service_does_not_show_yet_is_being_created(
    marketer: Browser, api: Api, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = marketer.post("/segments/new", new(marketer, f"Slow {word}"))
    real = JourneyService.get_segment

    def lagging(service: JourneyService, segment_id: str) -> Any:
        raise NotFound(status=404, operation="getJourneySegment")

    monkeypatch.setattr(JourneyService, "get_segment", lagging)
    page = marketer.get(answer["Location"]).content.decode()
    assert "Being created …" in page
    assert f"Slow {word}" in page
    monkeypatch.setattr(JourneyService, "get_segment", real)
    assert "Being created …" not in marketer.get(answer["Location"]).content.decode()


def test_an_unsure_form_sent_again_stays_while_looking_fails(
    marketer: Browser, api: Api, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lost(monkeypatch, "create_segment")
    fields = new(marketer, f"Once {word}")
    marketer.post("/segments/new", fields)

    def away(*_args: Any, **_kwargs: Any) -> Any:
        raise Unreachable("away", operation="getJourneySegments")

    with monkeypatch.context() as later:
        later.setattr(JourneyService, "list_segments", away)
        answer = marketer.post("/segments/new", fields)
    page = answer.content.decode()
    assert answer.status_code == 502
    assert "It is not known whether this was saved." in page
    assert shown(page)["name"] == [f"Once {word}"]
    # Once it was found, a further sending asks for it by its id.
    assert marketer.post("/segments/new", fields).status_code == 303
    monkeypatch.setattr(JourneyService, "get_segment", away)
    page = marketer.post("/segments/new", fields).content.decode()
    assert shown(page)["name"] == [f"Once {word}"]


def test_a_session_that_ends_on_the_conflict_page_gives_it_back(
    marketer: Browser, make: Make, api: Api, server: Program
) -> None:
    """CON6: with what was typed, and with what was chosen."""
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], description="theirs")
    fields: dict[str, Any] = shown(
        save(marketer, base, description="yours").content.decode(), "conflict-form"
    )
    path = f"/segments/{base['id']}/edit"
    sent = fields | {"row": "merge:save", "pick-description": "yours", "reason": "Why not"}
    page = sent_too_late(marketer, server, path, sent)
    assert "Your sign-in had ended." in page
    again: dict[str, Any] = shown(page, "conflict-form")
    assert again["pick-description"] == ["yours"]
    assert again["reason"] == ["Why not"]
    marketer.post(path, again | {"row": "merge:save"})
    assert api.get(base["id"])["description"] == "yours"  # type: ignore[index]


def test_the_conflict_page_by_itself_is_sent_whole_and_enter_saves(
    marketer: Browser, make: Make, api: Api
) -> None:
    """Only the editor's page has the editor's script: what HTMX put in its place elsewhere could not be edited."""
    base = make("Europe", context=[[GERMANY]])
    api.patch(base["id"], description="theirs")
    page = save(marketer, base, isActive=False).content.decode()
    form = page.partition('id="conflict-form"')[2]
    assert "hx-post" not in form.partition(">")[0]
    # What Enter in the field of the reason presses.
    assert 'value="merge:save"' in form[form.index("<button") :].partition(">")[0]
    sent = posted(base | {"isActive": False}, base=base)
    swapped = marketer.post(f"/segments/{base['id']}/edit", sent, headers=HTMX).content.decode()
    assert "hx-post" in swapped.partition('id="conflict-form"')[2].partition(">")[0]
