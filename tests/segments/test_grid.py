"""BLK13: the grid of name, description, colour and active. Everything goes through a plan, and nothing typed is lost."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client as Browser

from journeyadmin.plans import planning
from journeyadmin.runs.models import Run
from segments import grid
from tests.journeyadmin.files.test_signed_out import sent_too_late
from tests.journeyadmin.shop import apply
from tests.programs import Program
from tests.segments.conftest import Api, Make, get
from tests.segments.definitions import visit

GRID = "/segments/grid"
Form = dict[str, list[str]]


@pytest.fixture
def make(api: Api) -> Make:
    """Segments that differ in their cells alone."""
    return lambda name, **cells: api.make(name, context=[[visit("authenticated", "equal", "true")]], **cells)


def form_of(answer: Any) -> Form:
    """What a browser without scripts would send of the page."""
    page = answer.content.decode()
    found: Form = {"row": [], "name": [], "colour": [], "active": [], "back": []}
    for tag in re.findall(r"<input [^>]*>", page):
        name, value = re.search(r' name="(\w+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and value and name[1] in found and (name[1] != "active" or " checked" in tag):
            found[name[1]].append(html.unescape(value[1]))
    texts = re.findall(r"<textarea [^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    found["description"] = [html.unescape(text).replace("\n", "\r\n") for text in texts]
    return found


def sentences(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def segment(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"id-{number}", "displayName": f"S {number}", "version": 1, "isActive": True, **fields}


def sent(*rows: grid.Row) -> QueryDict:
    data = QueryDict(mutable=True)
    for row in rows:
        data.appendlist("row", row.token)
        data.appendlist("name", row.cells.name)
        data.appendlist("description", row.cells.description.replace("\n", "\r\n"))
        data.appendlist("colour", row.cells.colour)
        if row.cells.active:
            data.appendlist("active", row.id)
    return data


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"description": "one\r\ntwo\rthree\n", "color": "#ABCDEF", "isActive": False},
        {
            "displayName": " <img src=x onerror=alert(1)> \u202e שלום 👩‍👩‍👧 ",
            "description": "\n\n first lines empty",
        },
        {"displayName": "two\nlines", "description": None, "color": "red"},
    ],
)
def test_what_a_browser_gives_back_unchanged_is_unchanged(fields: dict[str, Any]) -> None:
    held = [segment(1, **fields), segment(2)]
    rows, steps = grid.planned(grid.posted(sent(*map(grid.Row.of, held))), held)
    assert not any(row.touched or row.wrong for row in rows)
    assert [step.operation for step in steps] == [planning.SAME, planning.SAME]


def test_names_may_be_swapped_along_a_chain_but_not_in_a_ring() -> None:
    held = [segment(1), segment(2), segment(3)]
    one, two, three = (grid.Row.of(one) for one in held)
    chain = sent(_typed(one, name="S 2"), _typed(two, name="S 9"), three)
    _rows, steps = grid.planned(grid.posted(chain), held)
    assert [(step.operation, step.object_id) for step in steps] == [
        (planning.UPDATE, "id-2"),
        (planning.UPDATE, "id-1"),
        (planning.SAME, "id-3"),
    ]
    ring = sent(_typed(one, name="S 2"), _typed(two, name="S 1"))
    rows, steps = grid.planned(grid.posted(ring), held)
    assert not steps
    assert "is in use by another segment" in rows[0].note
    assert [row.cells.name for row in rows] == ["S 2", "S 1"]


def _typed(row: grid.Row, **cells: Any) -> grid.Row:
    return replace(row, cells=replace(row.cells, **cells))


def test_a_filtered_list_without_scripts(marketer: Browser, make: Make, word: str, api: Api) -> None:
    make("A", description="first\nsecond"), make("B"), make("C", isActive=False)
    page = get(marketer, GRID, q=word)
    assert "Edit 3 segments" in sentences(page)
    form = form_of(page)
    assert form["name"] == [f"{letter} {word}" for letter in "ABC"]
    form["name"][0] = f"Renamed {word}"
    form["description"][1] = "typed"
    form["colour"][1] = "#0072b2"
    form["active"] = form["active"][:1]
    answer = marketer.post(GRID, form)
    assert answer.status_code == 303
    plan = sentences(marketer.get(answer["Location"]))
    assert "2 changes planned" in plan
    assert f"Name: “A {word}” → “Renamed {word}”" in plan
    assert "Description: empty → “typed”" in plan
    assert "Active: on → off" in plan
    assert "1 unchanged" in plan
    assert {one["displayName"][0] for one in api.mine()} == {"A", "B", "C"}, "nothing is written yet"
    done = apply(marketer, answer["Location"])
    assert "All 2 changes done" in done
    found = {one["displayName"].removesuffix(f" {word}"): one for one in api.mine()}
    assert found["Renamed"]["description"] == "first\nsecond"
    assert (found["B"]["description"], found["B"]["color"], found["B"]["isActive"]) == (
        "typed",
        "#0072b2",
        False,
    )
    assert found["C"]["version"] == 1
    undo = marketer.post(answer["Location"], {"do": "undo"})
    assert "All 2 changes done" in apply(marketer, undo["Location"])
    assert {one["displayName"][0] for one in api.mine()} == {"A", "B", "C"}


def test_selected_rows_and_back_from_the_plan(marketer: Browser, make: Make, word: str) -> None:
    one, two, _three = make("A"), make("B"), make("C")
    back = f"/segments/?q={word}"
    form = form_of(marketer.post(GRID, {"id": [two["id"], one["id"]], "back": back}))
    assert form["name"] == [f"A {word}", f"B {word}"]
    assert form["back"] == [back]
    form["description"][1] = "typed"
    plan = marketer.get(marketer.post(GRID, form)["Location"]).content.decode()
    to_grid = html.unescape(re.search(r'href="(/segments/grid[^"]*)"', plan)[1])  # type: ignore[index]
    again = form_of(marketer.get(to_grid))
    assert (again["name"], again["description"]) == (form["name"], ["", "typed"])
    assert again["back"] == [back]
    assert "1 change planned" in sentences(marketer.get(marketer.post(GRID, again)["Location"]))


def test_a_list_with_too_long_an_address_costs_its_filter_only(
    marketer: Browser, make: Make, word: str
) -> None:
    """PostgreSQL refuses what is longer than its column; SQLite keeps it."""
    made = make("A")
    form = form_of(marketer.post(GRID, {"id": [made["id"]], "back": f"/segments/?q={'%C3%A9' * 500}"}))
    form["name"] = [f"B {word}"]
    marketer.post(GRID, form)
    run = Run.objects.get()
    assert len(run.back) <= 2000
    assert form_of(marketer.get(run.back))["name"] == [f"B {word}"]


def test_what_somebody_else_changed_is_not_overwritten_unseen(
    marketer: Browser, make: Make, word: str, api: Api
) -> None:
    one, two = make("A"), make("B")
    form = form_of(get(marketer, GRID, q=word))
    api.patch(one["id"], description="theirs")
    api.patch(two["id"], description="theirs too")
    form["description"][0] = "mine"
    answer = marketer.post(GRID, form)
    assert answer.status_code == 422
    assert "Somebody saved version 2 since you opened the grid with version 1." in sentences(answer)
    assert "Description: “theirs” → “mine”" in sentences(answer)
    again = form_of(answer)
    # What was typed is there; what was not touched is as they made it.
    assert again["description"] == ["mine", "theirs too"]
    plan = sentences(marketer.get(marketer.post(GRID, again)["Location"]))
    assert "1 change planned" in plan
    assert "“theirs” → “mine”" in plan
    # Conditions that changed are no reason to ask: they are not in the grid.
    fresh = form_of(get(marketer, GRID, q=word))
    api.patch(two["id"], assignmentExpirationDays=3)
    fresh["description"][1] = "mine too"
    assert marketer.post(GRID, fresh).status_code == 303


def test_what_is_wrong_is_said_at_its_cell_and_kept(
    marketer: Browser, make: Make, word: str, api: Api
) -> None:
    make("A"), make("B"), make("C"), make("D")
    gone = make("E")
    form = form_of(get(marketer, GRID, q=word))
    api.delete(gone["id"])
    form["name"][:2] = ["  ", f"c {word}".upper()]
    form["description"][2] = "x" * 2049
    form["colour"][3] = "red"
    form["name"][4] = f"Still wanted {word}"
    answer = marketer.post(GRID, form)
    assert answer.status_code == 422
    for words in (
        "5 rows need attention",
        "Give it a name.",
        "Another segment has this name.",
        "A description has at most 2048 characters.",
        "A colour such as #5E5782.",
        "It was deleted since.",
    ):
        assert words in sentences(answer)
    again = form_of(answer)
    form["row"][4] = again["row"][4]
    assert again == form
    assert answer.content.decode().count('aria-invalid="true"') == 3
    assert all(one["version"] == 1 for one in api.mine())
    # Repaired and sent again, what is gone keeps nobody from the rest.
    again["name"][:2] = [f"A {word}", f"Better {word}"]
    again["description"][2] = "short"
    again["colour"][3] = "#0072b2"
    assert "3 changes planned" in sentences(marketer.get(marketer.post(GRID, again)["Location"]))


def test_nothing_changed_is_said(marketer: Browser, make: Make, word: str) -> None:
    make("A")
    answer = marketer.post(GRID, form_of(get(marketer, GRID, q=word)))
    assert answer.status_code == 422
    assert "Nothing is changed: every cell says what is saved." in sentences(answer)
    nothing = marketer.post(GRID, {"back": "/segments/"}, follow=True)
    assert "No segment is selected." in sentences(nothing)
    assert "No segment matches" in sentences(get(marketer, GRID, q="nothing has this name"))


def test_where_nothing_matches_it_is_read_again_by_a_link(marketer: Browser, word: str) -> None:
    """There is no form that a button could send."""
    page = get(marketer, "/segments/grid", q=f"nobody-{word}").content.decode()
    assert "No segment matches" in page
    assert "grid-form" not in page
    assert re.search(
        rf'<a class="[^"]+" href="/segments/grid\?q=nobody-{word}" aria-label="Read again"', page
    )


def test_the_sign_in_ends_while_it_is_open(
    marketer: Browser, server: Program, make: Make, word: str, api: Api
) -> None:
    make("A")
    form = form_of(get(marketer, GRID, q=word))
    form["description"] = ["typed\r\nthere"]
    page = sent_too_late(marketer, server, GRID, form)
    assert "Your sign-in had ended." in page
    assert "typed\nthere</textarea>" in page
    assert form["row"][0] in page
    assert api.mine()[0]["version"] == 1


def test_who_may_not_change_them(analyst: Browser, make: Make, word: str) -> None:
    make("A")
    for answer in (get(analyst, GRID, q=word), analyst.post(GRID, {"id": "1"})):
        assert answer.status_code == 403
        assert "journey:segment:edit" in sentences(answer)
    assert "/segments/grid" not in get(analyst, "/segments/", q=word).content.decode()


def test_a_read_only_connection(sign_in: Callable[..., Browser], make: Make, word: str) -> None:
    make("A")
    browser = sign_in("marketer", name="Only looking", read_only=True)
    assert get(browser, GRID, q=word).status_code == 403


def test_the_list_leads_to_it(marketer: Browser, make: Make, word: str) -> None:
    make("A")
    page = get(marketer, "/segments/", q=word, active="yes").content.decode()
    assert f'href="/segments/grid?active=yes&amp;q={word}"' in page
    assert 'formaction="/segments/grid"' in page
