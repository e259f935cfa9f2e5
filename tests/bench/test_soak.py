"""Each check of the soak can fail: a world in order passes, and each way of being wrong is told by its own check and no other."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import soak

ONE = "11111111-0000-4000-8000-000000000001"
TWO = "22222222-0000-4000-8000-000000000002"
Json = dict[str, Any]
NAMES = (
    "acknowledged edits lost or overwritten",
    "edits doubled",
    "edits refused in words but made",
    "versions that do not add up",
    "history against the server",
)
LOST, DOUBLED, LIED, VERSIONS, HISTORY = NAMES


class World:
    """What the people were told, what the server holds, and what the history says: in order until a test spoils it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = soak.Ledger()
        self.ledger.created = {ONE: "soak w1w"}
        self.ledger.edit(ONE, "w2w", "saved")
        self.ledger.edit(ONE, "w3w", "refused")
        self.ledger.target = ("20", set())
        self.segments: Json = {ONE: self.segment(ONE, "soak w1w", "w2w", 2)}
        self.seconds = 20
        self.changes: list[tuple[str, str, int | None, Json | None]] = [
            (ONE, "create", 1, self.segment(ONE, "soak w1w", "", 1)),
            (ONE, "update", 2, self.segments[ONE]),
        ]

    @staticmethod
    def segment(segment: str, name: str, description: str, version: int) -> Json:
        return {"id": segment, "displayName": name, "description": description, "version": version}

    def found(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
        self._write()
        answers = {"segments": {"entities": list(self.segments.values())}}

        def get(address: str, **_how: Any) -> SimpleNamespace:
            answer = (
                answers["segments"]
                if address.endswith("/segments")
                else {"serviceLevel": {"durationMs": self.seconds * 1000}}
            )
            return SimpleNamespace(json=lambda: answer)

        monkeypatch.setattr(soak.cast, "api", lambda url: SimpleNamespace(get=get))
        pair: Any = SimpleNamespace(server_url="http://127.0.0.1:9", dashboard_folder=self.folder)
        return soak._found(pair, self.ledger)

    def _write(self) -> None:
        with sqlite3.connect(self.folder / "dashboard.sqlite3") as store:
            store.execute(
                "CREATE TABLE history_change (id INTEGER PRIMARY KEY, kind, object_id, operation, version_after, after, explains_id)"
            )
            store.executemany(
                "INSERT INTO history_change (kind, object_id, operation, version_after, after) VALUES ('segment', ?, ?, ?, ?)",
                [(*row[:3], json.dumps(row[3]) if row[3] else None) for row in self.changes],
            )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_world_in_order_passes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.found(monkeypatch) == {name: [] for name in NAMES}


def lost_edit(world: World) -> None:
    world.ledger.saved[ONE].add("w9w")


def lost_create(world: World) -> None:
    world.ledger.created[TWO] = "soak w4w"


def not_deleted(world: World) -> None:
    world.ledger.deleted.add(ONE)
    world.changes.append((ONE, "delete", None, None))
    world.ledger.maybe_deleted.add(ONE)


def lost_target(world: World) -> None:
    world.seconds = 21


def doubled_edit(world: World) -> None:
    world.segments[ONE]["description"] = "w2w w2w"


def doubled_create(world: World) -> None:
    world.segments[TWO] = world.segment(TWO, "soak w1w", "", 1)


def refused_but_made(world: World) -> None:
    world.segments[ONE]["description"] = "w2w w3w"


def overwritten_unseen(world: World) -> None:
    world.segments[ONE]["version"] = 3


def version_missing(world: World) -> None:
    world.ledger.writes[ONE] += 1


def history_behind(world: World) -> None:
    world.changes.pop()


def told_twice(world: World) -> None:
    world.changes.append(world.changes[-1])


def no_history(world: World) -> None:
    world.changes.clear()


def deleted_without_entry(world: World) -> None:
    world.ledger.deleted.add(ONE)
    world.ledger.maybe_deleted.add(ONE)
    del world.segments[ONE]


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (lost_edit, LOST),
        (lost_create, LOST),
        (not_deleted, LOST),
        (lost_target, LOST),
        (doubled_edit, DOUBLED),
        (doubled_create, DOUBLED),
        (refused_but_made, LIED),
        (overwritten_unseen, VERSIONS),
        (version_missing, VERSIONS),
        (history_behind, HISTORY),
        (told_twice, HISTORY),
        (no_history, HISTORY),
        (deleted_without_entry, HISTORY),
    ],
)
def test_each_way_of_being_wrong_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[World], None], check: str
) -> None:
    spoil(world)
    assert world.found(monkeypatch)[check]


def test_what_is_in_doubt_is_no_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ledger.edit(ONE, "w5w", "unsure")
    world.segments[ONE] |= {"description": "w2w w5w", "version": 3}
    world.changes.append((ONE, "outside", 3, world.segments[ONE]))
    world.ledger.target = ("20", {"33"})
    world.seconds = 33
    assert world.found(monkeypatch) == {name: [] for name in NAMES}


def test_a_page_that_breaks_is_told(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    pair: Any = SimpleNamespace(url="http://127.0.0.1:9")
    actor = soak.Actor(pair, world.ledger, "marketer", 1, soak.threading.Event())
    broken = SimpleNamespace(status_code=500, headers={})
    actor.browser = SimpleNamespace(request=lambda *_parts, **_how: broken)  # type: ignore[assignment]
    actor.send("GET", "/segments/")
    assert world.ledger.failures == ["500 at GET /segments/"]


@pytest.mark.parametrize(
    ("status", "place", "text", "told"),
    [
        (303, "/segments/x/", "", "saved"),
        (303, "/accounts/sign-in?next=/", "", "refused"),
        (502, "", f"{soak.NOT_KNOWN} whether this was saved.", "unsure"),
        (409, "", "Someone saved a newer version", "refused"),
    ],
)
def test_what_a_person_was_told(status: int, place: str, text: str, told: str) -> None:
    answer: Any = SimpleNamespace(status_code=status, headers={"Location": place}, text=text)
    assert soak.outcome(answer) == told
