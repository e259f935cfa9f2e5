"""The grid: what it shows, what it stores, what it asks first, and that nothing typed is lost."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.history.models import Change
from tests.actiontargets.conftest import FIRST, SECOND
from tests.actiontargets.pages import fields, plain

GRID = "/action-targets/"
Behind = Callable[..., dict[str, Any]]


def _form(browser: Browser, address: str = GRID) -> dict[str, str]:
    return fields(browser.get(address).content.decode())


def _level(target: dict[str, Any]) -> tuple[float, int]:
    return target["serviceLevel"]["percentage"], target["serviceLevel"]["durationMs"]


def test_it_reads_as_people_say_it(supervisor: Browser, behind: Behind) -> None:
    page = supervisor.get(GRID)
    sent = fields(page.content.decode())
    assert plain(sent[f"{FIRST}-share"]) == "80 %"
    assert plain(sent[f"{FIRST}-duration"]) == "20 s"
    assert sent[f"{FIRST}-abandon"] == "organisation default"
    text = page.content.decode()
    assert "It is a floor, not a goal" in text
    assert "unit assumed" in text
    assert "messaging" in text


@pytest.mark.parametrize(
    ("share", "duration", "stored"),
    [("75", "1m30", (0.75, 90_000)), ("0.85", "1:05", (0.85, 65_000)), ("80/25", "20 s", (0.8, 25_000))],
)
def test_one_change_is_saved_as_typed(
    supervisor: Browser, behind: Behind, share: str, duration: str, stored: tuple[float, int]
) -> None:
    sent = {**_form(supervisor), f"{FIRST}-share": share, f"{FIRST}-duration": duration, "reason": "Staffing"}
    answer = supervisor.post(GRID, sent)
    if answer.status_code == 422:  # a large step is asked about once
        again = fields(answer.content.decode())
        assert "Look once more" in answer.content.decode()
        answer = supervisor.post(GRID, {**again, "reason": "Staffing"})
    assert answer.status_code == 303
    assert _level(behind(FIRST)) == stored
    page = plain(supervisor.get(answer["Location"]).content.decode())
    assert "Saved. Service level: 80 % in 20 s →" in page
    change = Change.objects.filter(object_id=FIRST).first()
    assert change
    assert (change.operation, change.reason, change.person_name) == ("update", "Staffing", "Tomás Rivera")
    assert change.correlation_id


def test_nothing_else_of_the_target_is_touched(supervisor: Browser, behind: Behind) -> None:
    behind(FIRST, serviceLevel={"percentage": 0.812345, "durationMs": 20_001})
    sent = {**_form(supervisor), f"{FIRST}-abandon": "7"}
    assert supervisor.post(GRID, sent).status_code == 303
    after = behind(FIRST)
    assert _level(after) == (0.812345, 20_001)
    assert after["shortAbandonThreshold"] == 7


def test_nothing_changed_saves_nothing(supervisor: Browser, behind: Behind) -> None:
    before = behind(FIRST)
    assert supervisor.post(GRID, _form(supervisor)).status_code == 303
    assert behind(FIRST) == before
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("share", "lots", "Type a share such as"),
        ("share", "", "Empty."),
        ("duration", "soon", "Type a time such as"),
        ("abandon", "", "Empty."),
        ("abandon", "2h", "at most one hour"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_row_and_kept(
    supervisor: Browser, behind: Behind, field: str, typed: str, words: str
) -> None:
    before = behind(FIRST)
    answer = supervisor.post(GRID, {**_form(supervisor), f"{FIRST}-{field}": typed})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert f'href="#{FIRST}-{field}"' in page
    assert fields(page)[f"{FIRST}-{field}"] == typed
    assert behind(FIRST) == before


def test_one_alone_asks_which_of_two(supervisor: Browser, behind: Behind) -> None:
    page = supervisor.post(GRID, {**_form(supervisor), f"{FIRST}-share": "1"})
    assert page.status_code == 422
    assert f'value="say:{FIRST}:share:100 %"' in page.content.decode()
    said = supervisor.post(GRID, {**fields(page.content.decode()), "do": f"say:{FIRST}:share:100 %"})
    assert said.status_code == 200
    assert fields(said.content.decode())[f"{FIRST}-share"] == "100 %"


def test_defaults_are_explicit_and_only_fill_the_form(supervisor: Browser, behind: Behind) -> None:
    sent = _form(supervisor)
    reset = supervisor.post(GRID, {**sent, "do": f"reset:{SECOND}"}).content.decode()
    assert plain(fields(reset)[f"{SECOND}-share"]) == "80 %"
    default = supervisor.post(GRID, {**fields(reset), "do": f"default:{SECOND}"}).content.decode()
    sent = fields(default)
    assert sent[f"{SECOND}-abandon"] == "organisation default"
    assert _level(behind(SECOND)) == (0.9, 15_000)
    assert supervisor.post(GRID, {**sent, "do": "save"}).status_code == 303
    after = behind(SECOND)
    assert _level(after) == (0.8, 20_000)
    assert "shortAbandonThreshold" not in after


def test_while_typing_only_the_note_is_answered(supervisor: Browser, behind: Behind) -> None:
    sent = {**_form(supervisor), f"{FIRST}-share": "1.0"}
    answer = supervisor.post(
        f"{GRID}check", sent, headers={"HX-Request": "true", "HX-Trigger-Name": f"{FIRST}-share"}
    )
    text = plain(answer.content.decode())
    assert "<code>1.0</code> · <code>20000</code>" in text
    assert "was 80 % in 20 s" in text
    assert "100 %: one late answer" in text
    assert 'data-changed-text="1 target differs"' in text
    assert f'name="{FIRST}-share"' not in text


def test_while_typing_on_the_page_of_one_target_its_name_counts_too(
    supervisor: Browser, behind: Behind
) -> None:
    page = supervisor.get(f"{GRID}{FIRST}/").content.decode()
    sent = {**fields(page), f"{FIRST}-name": "Advice"}
    answer = supervisor.post(
        f"{GRID}check", sent, headers={"HX-Request": "true", "HX-Trigger-Name": f"{FIRST}-share"}
    )
    text = plain(answer.content.decode())
    assert "1 target differs" in text
    assert ">was <" not in text


def test_several_at_once_are_a_plan_first(supervisor: Browser, behind: Behind) -> None:
    sent = {**_form(supervisor), f"{FIRST}-chosen": "on", f"{SECOND}-chosen": "on", "fill_duration": "18"}
    filled = supervisor.post(GRID, {**sent, "do": "fill"})
    sent = fields(filled.content.decode())
    assert (sent[f"{FIRST}-duration"], sent[f"{SECOND}-duration"]) == ("18", "18")
    assert plain(sent[f"{SECOND}-share"]) == "90 %", "what is left empty leaves the rows as they are"
    planned = supervisor.post(GRID, {**sent, "do": "save"})
    assert planned.status_code == 303
    page = supervisor.get(planned["Location"])
    text = plain(page.content.decode())
    assert "2 changes planned" in text
    assert "Service level: 90 % in 15 s → 90 % in 18 s" in text
    assert _level(behind(FIRST)) == (0.8, 20_000)
    back = plain(supervisor.get(f"{GRID}?run={planned['Location'].split('/')[-2]}").content.decode())
    assert fields(back)[f"{FIRST}-duration"] == "18 s"
    steps = page.content.decode().split('name="step" value="')[1:]
    ids = [value.split('"')[0] for value in steps]
    done = supervisor.post(planned["Location"], {"do": "apply", "step": ids, "reason": "Evening"})
    assert done.status_code == 303
    assert "All 2 changes done" in supervisor.get(planned["Location"]).content.decode()
    assert (_level(behind(FIRST)), _level(behind(SECOND))) == ((0.8, 18_000), (0.9, 18_000))
    batches = set(Change.objects.values_list("batch", "reason"))
    assert batches == {(planned["Location"].split("/")[-2], "Evening")}


def test_enter_in_the_fields_for_all_selected_fills_in_and_saves_nothing(
    supervisor: Browser, behind: Behind
) -> None:
    """It presses the first button of the form, which saves; without this what was typed there would be lost."""
    sent = {**_form(supervisor), f"{FIRST}-chosen": "on", "fill_share": "81", "do": "save"}
    filled = supervisor.post(GRID, sent)
    assert filled.status_code == 200
    again = fields(filled.content.decode())
    assert (again[f"{FIRST}-share"], again["fill_share"]) == ("81", "")
    assert _level(behind(FIRST)) == (0.8, 20_000)
    assert supervisor.post(GRID, {**again, "do": "save"}).status_code == 303
    assert _level(behind(FIRST)) == (0.81, 20_000)
    unchosen = supervisor.post(GRID, {**_form(supervisor), "fill_share": "83", "do": "save"})
    assert "No target is selected" in unchosen.content.decode()
    assert fields(unchosen.content.decode())["fill_share"] == "83"


def test_a_change_by_someone_else_opens_the_conflict_page(supervisor: Browser, behind: Behind) -> None:
    sent = {**_form(supervisor), f"{FIRST}-abandon": "5", f"{FIRST}-share": "82", "reason": "Mine"}
    behind(FIRST, serviceLevel={"percentage": 0.7, "durationMs": 20_000})
    answer = supervisor.post(GRID, sent)
    assert answer.status_code == 409
    page = plain(answer.content.decode())
    for words in ("80 % in 20 s", "70 % in 20 s", "82 % in 20 s", "both changed it: choose"):
        assert words in page
    merge = fields(answer.content.decode())
    assert merge["choice-shortAbandonThreshold"] == "yours", "what only one side changed is chosen"
    assert "choice-serviceLevel" not in merge
    address = f"{GRID}{FIRST}/"
    undecided = supervisor.post(address, {**merge, "do": "merge"})
    assert undecided.status_code == 422
    behind(FIRST, shortAbandonThreshold=9)
    again = supervisor.post(address, {**merge, "do": "merge", "choice-serviceLevel": "yours"})
    assert again.status_code == 409, "it conflicts again, and nothing typed is lost"
    merge = fields(again.content.decode())
    assert json.loads(merge["mine"])["serviceLevel"]["percentage"] == 0.82
    saved = supervisor.post(
        address,
        {**merge, "do": "merge", "choice-serviceLevel": "yours", "choice-shortAbandonThreshold": "theirs"},
    )
    assert saved.status_code == 303
    after = behind(FIRST)
    assert _level(after) == (0.82, 20_000)
    assert after["shortAbandonThreshold"] == 9


def test_who_changed_it_meanwhile_is_told_with_the_zone(supervisor: Browser, behind: Behind) -> None:
    older = {**_form(supervisor), f"{FIRST}-share": "82"}
    assert supervisor.post(GRID, {**_form(supervisor), f"{FIRST}-share": "70"}).status_code == 303
    page = plain(supervisor.post(GRID, older).content.decode())
    assert re.search(r"Tomás Rivera saved it at \d\d:\d\d [A-Z]\w+[\w/]*\.", page)


def test_what_was_cleared_is_still_cleared_on_the_conflict_page(supervisor: Browser, behind: Behind) -> None:
    sent = {**_form(supervisor), f"{SECOND}-abandon": "organisation default"}
    behind(SECOND, serviceLevel={"percentage": 0.7, "durationMs": 15_000})
    answer = supervisor.post(GRID, sent)
    assert answer.status_code == 409
    mine = json.loads(fields(answer.content.decode())["mine"])
    assert "shortAbandonThreshold" not in mine


def test_the_same_change_on_both_sides_is_no_conflict(supervisor: Browser, behind: Behind) -> None:
    sent = {**_form(supervisor), f"{FIRST}-share": "82"}
    behind(FIRST, serviceLevel={"percentage": 0.82, "durationMs": 20_000})
    assert supervisor.post(GRID, sent).status_code == 303


def test_without_the_permission_there_is_nothing_to_type_in(analyst: Browser, behind: Behind) -> None:
    page = analyst.get(GRID).content.decode()
    assert "journey:actiontarget:edit" in page
    assert f'name="{FIRST}-share"' not in page
    sent = {f"{FIRST}-seen": "{}", f"{FIRST}-share": "10"}
    assert analyst.post(GRID, sent).status_code == 403
    assert _level(behind(FIRST)) == (0.8, 20_000)


def test_a_read_only_connection_offers_no_change(sign_in: Callable[..., Browser], behind: Behind) -> None:
    browser = sign_in("supervisor", name="Read only", read_only=True)
    page = browser.get(GRID).content.decode()
    assert "This connection is read-only" in page
    assert "data-save" not in page
    assert browser.post(GRID, {}).status_code == 403


def test_a_reason_can_be_demanded_on_production(
    sign_in: Callable[..., Browser], behind: Behind, settings: Any
) -> None:
    settings.REASON_REQUIRED = True
    browser = sign_in("supervisor", name="Prod", production=True)
    sent = {**_form(browser), f"{FIRST}-share": "82"}
    refused = browser.post(GRID, {**sent, "reason": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert fields(refused.content.decode())[f"{FIRST}-share"] == "82"
    assert browser.post(GRID, {**sent, "reason": "Peak"}).status_code == 303


def test_numbers_come_after_the_grid(supervisor: Browser, behind: Behind) -> None:
    assert f'id="n-{FIRST}-offered"' in supervisor.get(GRID).content.decode()
    cells = supervisor.get(f"{GRID}numbers", headers={"HX-Request": "true"}).content.decode()
    assert cells.count('id="n-') == 6 * 5
    assert 'id="week-state"' in cells
    assert "data-age" in supervisor.get(f"{GRID}?numbers=1").content.decode().partition('id="week-state"')[2]
