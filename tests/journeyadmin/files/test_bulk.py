"""Many segments at once: planned, applied with a result per row, undone; nothing else is touched."""

import html
import re

from django.test import Client as Browser

from journeyadmin.accounts.models import Person
from journeyadmin.history.models import Change
from journeyadmin.runs.models import Run, RunState, StepState
from tests.journeyadmin.shop import Shop, apply, steps_on
from tests.segments.forms import shown

BULK = "/segments/bulk"


def _ids(shop: Shop, *names: str) -> list[str]:
    found = shop.all()
    return [found[name]["id"] for name in names]


def test_the_list_offers_it(marketer: Browser, shop: Shop) -> None:
    made = shop.make("A")
    page = marketer.get(f"/segments/?q={shop.word}").content.decode()
    assert f'name="id" value="{made["id"]}" form="bulk"' in page
    assert 'id="bulk"' in page
    everything = marketer.get(f"/segments/?q={shop.word}&select=all").content.decode()
    assert f'aria-label="A {shop.word}" checked' in everything


def test_everything_left_unchanged_is_said(marketer: Browser, shop: Shop) -> None:
    shop.make("A")
    ids = _ids(shop, "A")
    form = marketer.post(BULK, {"id": ids, "do": "change"})
    assert form.status_code == 200
    assert form.content.decode().count(">leave unchanged<") == 5
    answer = marketer.post(BULK, {"id": ids, "do": "plan"})
    assert answer.status_code == 422
    assert "Everything is left unchanged" in answer.content.decode()
    for fields, words in (
        ({"colour_choice": "set", "colour": "red"}, "A colour such as"),
        ({"expiry_choice": "set"}, "After how many days"),
        ({"description_choice": "set"}, "Type the description"),
    ):
        wrong = marketer.post(BULK, {"id": ids, "do": "plan", **fields})
        assert wrong.status_code == 422
        assert words in wrong.content.decode()


def test_a_change_of_several_is_a_plan_and_can_be_undone(marketer: Browser, shop: Shop) -> None:
    shop.make("A", description="one", isActive=True)
    shop.make("B", isActive=False)
    shop.make("C")
    answer = marketer.post(
        BULK,
        {
            "id": _ids(shop, "A", "B"),
            "do": "plan",
            "active": "off",
            "description_choice": "set",
            "description": "both",
            "back": "/segments/?q=x",
        },
    )
    address = answer["Location"]
    plan = marketer.get(address).content.decode()
    assert "2 changes planned" in plan
    assert "Active: on → off" in plan
    assert "Description: “one” → “both”" in plan
    assert shop.all()["A"]["isActive"] is True
    assert "All 2 changes done" in apply(marketer, address, reason="Season is over")
    after = shop.all()
    assert [after[name]["description"] for name in "AB"] == ["both", "both"]
    assert "description" not in after["C"]
    assert Change.objects.filter(batch=address.split("/")[-2], reason="Season is over").count() == 2
    # Somebody changes one of them; the undo leaves that one alone and says so.
    shop.ask("PATCH", after["B"]["id"], json={"color": "#0072b2"})
    undo = marketer.post(address, {"do": "undo"})
    page = marketer.get(undo["Location"]).content.decode()
    assert "it was changed since: version 2 → 3" in page
    assert "1 change done" in apply(marketer, undo["Location"])
    after = shop.all()
    assert (after["A"]["isActive"], after["A"]["description"]) == (True, "one")
    assert after["B"]["description"] == "both"


def test_the_plan_leads_back_to_the_form_with_what_was_asked_for(marketer: Browser, shop: Shop) -> None:
    shop.make("A")
    shop.make("B")
    asked = {"id": _ids(shop, "A", "B"), "active": "off", "expiry_choice": "set", "days": "30"}
    asked |= {"description_choice": "empty", "back": "/segments/?q=x"}
    address = marketer.post(BULK, asked | {"do": "plan"})["Location"]
    back = re.search(
        r'href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?Back to editing', marketer.get(address).content.decode()
    )
    assert back is not None
    form = shown(marketer.get(html.unescape(back[1])).content.decode(), None)
    assert sorted(form["id"]) == sorted(asked["id"])
    assert {name: form[name] for name in asked if name != "id"} == {
        name: [value] for name, value in asked.items() if name != "id"
    }
    # After it was thrown away, or applied, the list is next.
    thrown = marketer.post(address, {"do": "discard"})["Location"]
    assert marketer.get(thrown)["Location"] == "/segments/?q=x"
    # What had no form leads back to the list, and says so.
    address = marketer.post(BULK, asked | {"do": "off"})["Location"]
    page = marketer.get(address).content.decode()
    assert "Back to editing" not in page
    assert 'href="/segments/?q=x"' in page


def test_deleting_several_and_undoing_it_creates_them_anew(marketer: Browser, shop: Shop) -> None:
    shop.make("A")
    shop.make("B")
    before = shop.all()
    address = marketer.post(BULK, {"id": _ids(shop, "A", "B"), "do": "delete"})["Location"]
    assert "button-danger" in marketer.get(address).content.decode()
    assert "All 2 changes done" in apply(marketer, address)
    assert shop.all() == {}
    undo = marketer.post(address, {"do": "undo"})["Location"]
    apply(marketer, undo)
    after = shop.all()
    assert set(after) == {"A", "B"}
    assert after["A"]["id"] != before["A"]["id"]
    assert Change.objects.filter(operation="restore").count() == 2
    # The bin knows that they are back, and does not offer to create them once more.
    binned = marketer.get("/history/bin/").content.decode()
    assert binned.count(">restored</a>") == 2
    assert "/restore" not in binned
    assert after["A"]["id"] in binned


def test_what_was_done_before_a_run_was_stopped_can_be_undone(marketer: Browser, shop: Shop) -> None:
    for name in ("A", "B", "C"):
        shop.make(name)
    address = marketer.post(BULK, {"id": _ids(shop, "A", "B", "C"), "do": "off"})["Location"]
    first = steps_on(marketer.get(address).content.decode())[0]
    marketer.post(address, {"do": "apply", "step": first})
    # As if the process had ended, and the run had been paused, while the second one was being sent.
    run = Run.objects.get()
    run.steps.filter(position=1).update(state=StepState.SENDING)
    run.steps.filter(position=2).update(state=StepState.WAITING)
    Run.objects.update(state=RunState.PAUSED)
    assert marketer.post(address, {"do": "discard"})["Location"] == address
    page = marketer.get(address).content.decode()
    assert "1 done, 1 not done" in page
    assert "It is not known whether this was saved." in page
    assert "Thrown away" not in page
    apply(marketer, marketer.post(address, {"do": "undo"})["Location"])
    assert [shop.all()[name]["isActive"] for name in ("A", "B", "C")] == [True, True, True]


def test_going_on_without_the_permission_leaves_a_paused_run_paused(marketer: Browser, shop: Shop) -> None:
    shop.make("A")
    address = marketer.post(BULK, {"id": _ids(shop, "A"), "do": "off"})["Location"]
    Run.objects.update(state=RunState.PAUSED)
    Person.objects.update(permissions=["journey:segment:view"])
    assert marketer.post(address, {"do": "resume"}).status_code == 403
    assert Run.objects.get().state == RunState.PAUSED


def test_a_row_that_was_changed_meanwhile_stays_and_only_it_is_retried(marketer: Browser, shop: Shop) -> None:
    made = shop.make("A")
    shop.make("B")
    address = marketer.post(BULK, {"id": _ids(shop, "A", "B"), "do": "off"})["Location"]
    shop.ask("PATCH", made["id"], json={"description": "meanwhile"})
    page = apply(marketer, address)
    assert "1 done, 1 not done" in page
    assert "Somebody saved a newer version meanwhile." in page
    marketer.post(address, {"do": "retry"})
    again = marketer.get(address).content.decode()
    assert "1 change planned" in again
    assert "All 2 changes done" in apply(marketer, address)
    after = shop.all()
    assert (after["A"]["isActive"], after["A"]["description"]) == (False, "meanwhile")
    assert after["B"]["version"] == 2, "what was done is not done again"


def test_a_selection_can_be_exported(marketer: Browser, shop: Shop) -> None:
    shop.make("A")
    shop.make("B")
    answer = marketer.post(BULK, {"id": _ids(shop, "B"), "do": "export"})
    assert answer["Content-Disposition"].startswith("attachment")
    text = answer.content.decode()
    assert f"displayName: B {shop.word}" in text
    assert f"A {shop.word}" not in text
    assert (
        "genesyscloud_journey_segment"
        in marketer.post(BULK, {"id": _ids(shop, "B"), "do": "export-terraform"}).content.decode()
    )


def test_who_may_not_does_not(analyst: Browser, marketer: Browser, shop: Shop) -> None:
    shop.make("A")
    ids = _ids(shop, "A")
    assert analyst.post(BULK, {"id": ids, "do": "off"}).status_code == 403
    assert analyst.post(BULK, {"id": ids, "do": "delete"}).status_code == 403
    address = marketer.post(BULK, {"id": ids, "do": "off"})["Location"]
    assert analyst.get(address).status_code == 404, "a plan is its maker's"
    assert shop.all()["A"]["isActive"] is True


def test_production_asks_for_the_name(sign_in: object, shop: Shop) -> None:
    shop.make("A")
    browser = sign_in("marketer", name="Prod", production=True)  # type: ignore[operator]
    address = browser.post(BULK, {"id": _ids(shop, "A"), "do": "off"})["Location"]
    page = browser.get(address).content.decode()
    assert "Type “Prod” to confirm" in page
    # Enter in the field of the name does what the name is for.
    form = page.partition('name="step"')[0].rpartition("<form")[2]
    assert 'value="apply"' in form[form.index("<button") :].partition(">")[0]
    from tests.journeyadmin.shop import steps_on

    refused = browser.post(address, {"do": "apply", "step": steps_on(page), "connection_name": "prod"})
    assert refused.status_code == 422
    assert "This is not the name of the connection." in refused.content.decode()
    assert 'name="connection_name" value="prod"' in refused.content.decode()
    assert shop.all()["A"]["isActive"] is True
    apply(browser, address, connection_name="Prod")
    assert shop.all()["A"]["isActive"] is False
