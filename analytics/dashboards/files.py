"""A dashboard as one YAML or JSON document, to keep under version control and to take to another connection (DSH7).

    dashboard: 1
    name: Offers
    description: What becomes of the offers.
    tiles:
    - title: Offered
      width: 4
      question: range=last-14-days&zone=Europe/London&m=nWebActionsOffered     its one address

The same dashboard always gives the same bytes. Reading is that of all files here (journeyadmin/plans/documents.py).
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from analytics.dashboards.boards import LONGEST_TITLE, MOST_TILES
from analytics.dashboards.ready import WIDTHS, Board, Tile
from analytics.question import Question, address, read
from journeyadmin.plans.documents import Unreadable, tree_of, tree_to_json, tree_to_yaml

FORMAT = 1
LONGEST_NAME, LONGEST_DESCRIPTION = 120, 2000
FORMATS = {"yaml": ("application/yaml", tree_to_yaml), "json": ("application/json", tree_to_json)}
_PARTS = frozenset({"dashboard", "name", "description", "tiles"})
_TILE_PARTS = frozenset({"title", "width", "question"})


@dataclass(frozen=True)
class Found:
    """What a file says."""

    name: str
    description: str
    tiles: list[Tile]


def text_of(board: Board, file_format: str) -> str:
    return FORMATS[file_format][1](
        {
            "dashboard": FORMAT,
            "name": str(board.title),
            "description": str(board.description),
            "tiles": [
                {"title": str(tile.title), "width": tile.width, "question": address(tile.question)}
                for tile in board.tiles
            ],
        }
    )


def found_in(content: bytes) -> Found:
    """What a file holds, whole or not at all. Raises Unreadable: one sentence that says where and why."""
    tree = tree_of(content)
    if not isinstance(tree, dict) or "dashboard" not in tree:
        raise Unreadable(_("This is no dashboard of Journey Admin: it should begin with “dashboard: 1”."))
    if type(tree["dashboard"]) is not int or tree["dashboard"] != FORMAT:
        raise Unreadable(
            _("This dashboard is of format %(found)s; this version reads format %(known)s.")
            % {"found": str(tree["dashboard"])[:40], "known": FORMAT}
        )
    _only(tree, _PARTS, "")
    tiles = tree.get("tiles") or []
    if not isinstance(tiles, list):
        raise Unreadable(_("“%s” should be a list.") % "tiles")
    if len(tiles) > MOST_TILES:
        raise Unreadable(_("A dashboard holds at most %d tiles.") % MOST_TILES)
    return Found(
        _text(tree, "name", LONGEST_NAME, ""),
        _text(tree, "description", LONGEST_DESCRIPTION, "") if tree.get("description") else "",
        [_tile(row, _("tile %d: ") % number) for number, row in enumerate(tiles, start=1)],
    )


def _tile(row: Any, place: str) -> Tile:
    if not isinstance(row, dict):
        raise Unreadable(place + _("it is no object with fields"))
    _only(row, _TILE_PARTS, place)
    width = row.get("width", 6)
    if type(width) is not int or width not in WIDTHS:
        raise Unreadable(place + _("width should be one of %s") % ", ".join(map(str, sorted(WIDTHS))))
    question = read(parse_qs(_text(row, "question", 8000, place), keep_blank_values=True), Question())
    if question.problems:
        wrong = question.problems[0]
        raise Unreadable(
            place
            + _("“%(text)s” is not understood in its question (%(field)s)")
            % {"text": wrong.text[:80], "field": wrong.field}
        )
    return Tile(_text(row, "title", LONGEST_TITLE, place), question.question, width)


def _only(row: dict[str, Any], parts: frozenset[str], place: str) -> None:
    unknown = sorted(str(name) for name in row if name not in parts)
    if unknown:
        raise Unreadable(place + _("unknown part “%s”") % unknown[0][:80])


def _text(row: dict[str, Any], name: str, longest: int, place: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(place + _("%s is missing") % name)
    if len(value) > longest:
        raise Unreadable(
            place + _("%(name)s is longer than %(most)d signs") % {"name": name, "most": longest}
        )
    return value.strip()
