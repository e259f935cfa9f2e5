"""A dashboard as a page shows it, ready-made or somebody's own, and its tiles as they are being edited."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from analytics.dashboards.ready import BOARDS, WIDTHS, Board, Tile
from analytics.models import Dashboard
from analytics.question import Question, address, read, small_number
from journeyadmin.http import JourneyRequest

MOST_TILES = 24
LONGEST_TITLE = 120


def visible(request: JourneyRequest) -> QuerySet[Dashboard]:
    """Mine, and those that others of this connection share."""
    return Dashboard.objects.filter(
        Q(owner=request.user) | Q(shared=True), connection=request.connection
    ).select_related("owner")


def find(request: JourneyRequest, key: str) -> tuple[Board, Dashboard | None] | None:
    """A ready dashboard, or one's own or a shared one with its row; None where there is none."""
    if key in BOARDS:
        return BOARDS[key], None
    try:
        row = visible(request).filter(pk=UUID(key)).first()
    except ValueError:
        return None
    return (board_of(row), row) if row is not None else None


def board_of(row: Dashboard) -> Board:
    return Board(str(row.pk), row.name, row.description, tuple(tiles_of(row.rows)))


def tiles_of(rows: list[dict[str, Any]]) -> list[Tile]:
    """Tiles from how they are kept; what is no longer understood in a question is left out of it."""
    found = []
    for row in rows:
        width = row.get("width")
        question = read(parse_qs(str(row.get("address", "")), keep_blank_values=True), Question()).question
        found.append(Tile(str(row.get("title", "")), question, width if width in WIDTHS else 6))
    return found


def kept(tiles: list[Tile]) -> list[dict[str, Any]]:
    return [
        {"title": str(tile.title), "address": address(tile.question), "width": tile.width} for tile in tiles
    ]


@dataclass
class Draft:
    """Tiles as they stand in the form; `problems` by the number of the tile."""

    tiles: list[Tile] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)

    def edit(self, action: str) -> int | None:
        """`up:1`, `down:1`, `remove:1`; the number of the tile that takes the focus then."""
        verb, _colon, number = action.partition(":")
        at = small_number(number)
        if at is None or at >= len(self.tiles):
            return None
        if verb == "remove":
            del self.tiles[at]
            return min(at, len(self.tiles) - 1) if self.tiles else None
        to = at + {"up": -1, "down": 1}.get(verb, 0)
        if 0 <= to < len(self.tiles):
            self.tiles[at], self.tiles[to] = self.tiles[to], self.tiles[at]
            return to
        return at


def draft_from(data: QueryDict) -> Draft:
    """The tiles of the form, in its order."""
    draft = Draft()
    for number in range(MOST_TILES):
        text = data.get(f"t-{number}-address")
        if text is None:
            break
        title = data.get(f"t-{number}-title", "").strip()
        width = small_number(data.get(f"t-{number}-width", ""))
        question = read(parse_qs(text, keep_blank_values=True), Question()).question
        if not title or len(title) > LONGEST_TITLE:
            draft.problems[number] = _("A tile needs a title of at most %d characters.") % LONGEST_TITLE
        draft.tiles.append(Tile(title, question, width if width in WIDTHS else 6))
    return draft
