"""Dashboards as YAML and JSON with a schema version (DSH7): the same bytes for the same content, and nothing made of half a file."""

import pytest
from django.test import Client as Browser
from django.utils import translation

from analytics.dashboards import boards, files
from analytics.dashboards.ready import BOARDS, Board, Tile
from analytics.models import Dashboard
from analytics.question import Question
from journeyadmin.plans.documents import Unreadable

NAMES = (
    "Ünïcode 日本語",
    "🎉 “quoted”: # no comment",
    "<img src=x onerror=alert(1)>",
    "null",
    "=1+1",
    "2026-05-01",
    "yes",
)


@pytest.mark.parametrize("file_format", ["yaml", "json"])
@pytest.mark.parametrize("key", BOARDS)
def test_each_ready_dashboard_comes_back_as_it_was(key: str, file_format: str) -> None:
    with translation.override("en"):
        text = files.text_of(BOARDS[key], file_format)
        found = files.found_in(text.encode())
        again = Board("", found.name, found.description, tuple(found.tiles))
        assert files.text_of(again, file_format) == text
        assert boards.kept(found.tiles) == boards.kept(list(BOARDS[key].tiles))


@pytest.mark.parametrize("name", NAMES)
def test_names_are_texts_whatever_they_look_like(name: str) -> None:
    board = Board("", name, name, (Tile(name, Question(measures=("nJourneySessions",)), 12),))
    for file_format in files.FORMATS:
        found = files.found_in(files.text_of(board, file_format).encode())
        assert (found.name, found.description, found.tiles) == (name, name, list(board.tiles))


TILE = "tiles:\n- title: A\n  question: m=nJourneySessions\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it should begin with “dashboard: 1”"),
        ("journey: 1\nsegments: []\n", "it should begin with “dashboard: 1”"),
        ("dashboard: 2\nname: A\n", "of format 2; this version reads format 1"),
        ("dashboard: true\nname: A\n", "of format True"),
        ("dashboard: 1\n", "name is missing"),
        ("dashboard: 1\nname: 5\n", "name is missing"),
        (f"dashboard: 1\nname: {'x' * 121}\n", "name is longer than 120 signs"),
        ("dashboard: 1\nname: A\ncolour: red\n", "unknown part “colour”"),
        ("dashboard: 1\nname: A\ntiles: 5\n", "“tiles” should be a list"),
        ("dashboard: 1\nname: A\ntiles: [5]\n", "tile 1: it is no object with fields"),
        (f"dashboard: 1\nname: A\n{TILE}  width: 5\n", "tile 1: width should be one of 3, 4, 6, 8, 12"),
        (f"dashboard: 1\nname: A\n{TILE}  width: true\n", "tile 1: width should be"),
        (f"dashboard: 1\nname: A\n{TILE}- title: B\n", "tile 2: question is missing"),
        (
            "dashboard: 1\nname: A\ntiles: [{title: A, question: m=nothing}]\n",
            "tile 1: “nothing” is not understood",
        ),
        (
            "dashboard: 1\nname: A\ntiles: [{title: A, question: 'range=soon'}]\n",
            "tile 1: “soon” is not understood",
        ),
        ("a: &a [1]\nb: *a\n", ""),
        ("[" * 5000, ""),
        ("{", "Not readable as JSON"),
    ],
)
def test_what_is_not_understood_is_named_at_its_place(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        files.found_in(text.encode())
    assert said in str(caught.value)


def test_a_dashboard_goes_out_as_a_file_and_comes_in_as_ones_own(ana: Browser) -> None:
    out = ana.get("/dashboards/offers/file")
    assert out["Content-Type"].startswith("application/yaml")
    assert out["Content-Disposition"] == 'attachment; filename="offers.yaml"'
    assert "/dashboards/offers/file" in ana.get("/dashboards/offers/?range=last-7-days").content.decode()
    made = ana.post("/dashboards/from-file", {"text": out.content.decode()})
    assert made.status_code == 303
    row = Dashboard.objects.get()
    assert made["Location"] == f"/dashboards/{row.pk}/"
    assert (row.name, row.shared, len(row.rows)) == ("Offers", False, len(BOARDS["offers"].tiles))
    assert ana.get(f"/dashboards/{row.pk}/file").content == out.content
    assert ana.get(f"/dashboards/{row.pk}/file?format=json").content.startswith(b'{\n  "dashboard": 1,')


def test_half_a_file_makes_nothing_and_stays_as_typed(ana: Browser) -> None:
    torn = "dashboard: 1\nname: Mine\ntiles:\n- title: <b>\n  question: m=nothing\n"
    answer = ana.post("/dashboards/from-file", {"text": torn})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "tile 1: “nothing” is not understood" in page
    assert "- title: &lt;b&gt;" in page
    assert not Dashboard.objects.exists()
    assert ana.post("/dashboards/from-file", {}).status_code == 422
    for address in ("/dashboards/offers/file?format=xml", "/dashboards/nothing/file"):
        assert ana.get(address).status_code == 404
