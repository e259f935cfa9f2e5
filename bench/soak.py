"""People at work while everything around them fails: nothing that was acknowledged is lost, doubled or overwritten unseen.

Both programs run for real; several people act at random through the dashboard's own forms, two of them on the same segment.
Meanwhile the service fails on purpose, and either program is ended, politely or not, and started again. Each edit adds a word
of its own to the description it found, so that a lost or overwritten edit is a missing word at the end.
"""

import json
import random
import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests

from bench import Arguments, Row
from bench._programs import Pair
from tests import cast
from tests.launched import signed_in
from tests.segments.forms import shown

Json = dict[str, Any]
SECONDS = {"small": 60.0, "full": 900.0}
TARGET = "7a6e0000-0000-4000-8000-000000000001"
FAULTS: tuple[Json, ...] = (
    {"fault": "401", "share": 0.3},
    {"fault": "409", "share": 0.1, "operation": "patchJourneySegment"},
    {"fault": "429", "share": 0.3, "retryAfter": 1},
    {"fault": "500", "share": 0.3},
    {"fault": "503", "share": 0.3, "retryAfter": 1},
    {"fault": "cut", "share": 0.2},
    {"fault": "cut", "share": 0.3, "when": "after"},
    {"fault": "garbled", "share": 0.1},
    {"fault": "delay", "share": 0.4, "delayMs": 700},
)
NOT_KNOWN = "It is not known"
# The descriptions hold 2,048 characters.
FULL = 1900


class Ledger:
    """What the people were told, to be held against what is there at the end."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.told: Counter[str] = Counter()
        self.saved: dict[str, set[str]] = {}
        self.refused: dict[str, set[str]] = {}
        # What exactly was answered where an edit was refused, to be read if it was made all the same.
        self.answers: dict[str, str] = {}
        self.writes: Counter[str] = Counter()
        self.unsure: Counter[str] = Counter()
        self.created: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.maybe_deleted: set[str] = set()
        self.failures: list[str] = []
        self.target: tuple[str, set[str]] = ("", set())
        self._words = 0

    def word(self) -> str:
        with self.lock:
            self._words += 1
            return f"w{self._words}w"

    def note(self, outcome: str) -> None:
        with self.lock:
            self.told[outcome] += 1

    def edit(self, segment: str, word: str, outcome: str) -> None:
        with self.lock:
            self.told[f"edit {outcome}"] += 1
            if outcome == "saved":
                self.saved.setdefault(segment, set()).add(word)
                self.writes[segment] += 1
            elif outcome == "unsure":
                self.unsure[segment] += 1
            else:
                self.refused.setdefault(segment, set()).add(word)


class Actor(threading.Thread):
    """One person in one browser, acting until told to stop."""

    def __init__(self, pair: Pair, ledger: Ledger, username: str, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True, name=f"{username} {seed}")
        self.pair, self.ledger, self.username, self.stop = pair, ledger, username, stop
        self.dice = random.Random(seed)
        self.browser: requests.Session | None = None
        self.shared = ""

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                if self.browser is None:
                    self.sign_in()
                self.act()
            except (requests.RequestException, Ended):
                self.ledger.note("no answer or signed out")
                time.sleep(0.1)

    def sign_in(self) -> None:
        place = SimpleNamespace(port=self.pair.port, server_port=self.pair.server_port)
        try:
            self.browser, _ = signed_in(place, self.username)
        except (AssertionError, TypeError):
            # Half of it failed on purpose.
            raise Ended from None

    def send(self, method: str, path: str, **how: Any) -> requests.Response:
        """A request as the browser would make it; a 500 is a failure of ours, an ended session begins anew."""
        assert self.browser is not None
        answer = self.browser.request(
            method, f"{self.pair.url}{path}", timeout=90, allow_redirects=False, **how
        )
        if answer.status_code == 500:
            with self.ledger.lock:
                self.ledger.failures.append(f"500 at {method} {path}")
        if answer.headers.get("Location", "").startswith("/accounts/sign-in"):
            self.browser = None
            self.ledger.note("sign-in ended")
        return answer

    def open(self, path: str) -> str:
        answer = self.send("GET", path)
        if self.browser is None:
            raise Ended
        return answer.text if answer.status_code == 200 else ""

    def act(self) -> None:
        choices: dict[str, list[tuple[int, Callable[[], None]]]] = {
            "marketer": [
                (3, self.create),
                (8, self.edit),
                (3, self.switch),
                (1, self.delete),
                (2, self.read),
            ],
            "supervisor": [(4, self.level), (2, self.read)],
            "analyst": [(1, self.read)],
        }
        weights, acts = zip(*choices[self.username], strict=True)
        self.dice.choices(acts, weights)[0]()

    def read(self) -> None:
        self.open(
            self.dice.choice(
                (
                    "/segments/",
                    "/action-targets/",
                    "/history/",
                    "/analytics/",
                    "/live/",
                    "/dashboards/",
                    "/service/",
                )
            )
        )
        self.ledger.note("page read")

    def any_segment(self) -> str:
        with self.ledger.lock:
            there = [one for one in self.ledger.created if one not in self.ledger.deleted]
        return self.dice.choice(there) if there else ""

    def create(self) -> None:
        page = self.open("/segments/new?template=cart-leavers")
        if not page:
            return
        fields = shown(page)
        name = f"soak {self.ledger.word()}"
        fields |= {"name": [name], "description": [""]}
        # As somebody who presses twice, or again because nothing came back: the same form, so the same segment.
        for _ in range(1 + (self.dice.random() < 0.3)):
            try:
                answer = self.send("POST", "/segments/new", data=fields)
            except requests.RequestException:
                self.ledger.note("create without an answer")
                continue
            found = re.fullmatch(r"/segments/([0-9a-f-]{36})/", answer.headers.get("Location", ""))
            if answer.status_code == 303 and found:
                with self.ledger.lock:
                    self.ledger.told["created"] += 1
                    self.ledger.created[found[1]] = name
            else:
                self.ledger.note(f"create {answer.status_code}")
            if self.browser is None:
                raise Ended

    def edit(self) -> None:
        segment = self.shared if self.shared and self.dice.random() < 0.4 else self.any_segment()
        page = self.open(f"/segments/{segment}/edit") if segment else ""
        fields = shown(page) if page else {}
        if "description" not in fields or len(fields["description"][0]) > FULL:
            return
        word = self.ledger.word()
        fields["description"] = [f"{fields['description'][0]} {word}".strip()]
        try:
            answer = self.send("POST", f"/segments/{segment}/edit", data=fields)
        except requests.RequestException:
            self.ledger.edit(segment, word, "unsure")
            raise
        with self.ledger.lock:
            self.ledger.answers[word] = said(answer)
        self.ledger.edit(segment, word, outcome(answer))

    def switch(self) -> None:
        segment = self.any_segment()
        name = self.ledger.created.get(segment, "")
        page = self.open(f"/segments/?q={name}") if segment else ""
        found = re.search(rf'id="sw-{segment}"[^>]* value="([^"]+)"', page) if segment else None
        if not found:
            return
        with self.ledger.lock:
            self.ledger.unsure[segment] += 1
        answer = self.send(
            "POST", f"/segments/{segment}/active", data={**shown(page, "rows"), "to": found[1]}
        )
        if answer.status_code != 303 or self.browser is None:
            self.ledger.note(f"switch {answer.status_code}")
            return
        after = self.open(answer.headers["Location"])
        # With its name: what was said of another, on a page that never came, may be told here too.
        done = re.search(rf"“{re.escape(name)}” is (active|inactive) now\.", after)
        with self.ledger.lock:
            self.ledger.told["switched" if done else "switch refused or in doubt"] += 1
            if done:
                self.ledger.unsure[segment] -= 1
                self.ledger.writes[segment] += 1

    def delete(self) -> None:
        segment = self.any_segment()
        if not segment or segment == self.shared:
            return
        page = self.open(f"/segments/{segment}/delete")
        fields = shown(page, "delete-form")
        if not fields:
            return
        with self.ledger.lock:
            self.ledger.maybe_deleted.add(segment)
        answer = self.send("POST", f"/segments/{segment}/delete", data=fields)
        if answer.status_code == 303 and self.browser is not None:
            with self.ledger.lock:
                self.ledger.told["deleted"] += 1
                self.ledger.deleted.add(segment)
        else:
            self.ledger.note(f"delete {answer.status_code}")

    def level(self) -> None:
        """Only this person edits this target, so at the end it holds the last value acknowledged, or a later one in doubt."""
        path = f"/action-targets/{TARGET}/"
        page = self.open(path)
        fields = shown(page, "target-form")
        if not fields:
            return
        seconds = str(self.dice.randrange(20, 40))
        fields |= {f"{TARGET}-duration": [seconds], "do": ["save"], "confirmed": ["1"]}
        with self.ledger.lock:
            last, doubts = self.ledger.target
            self.ledger.target = (last, doubts | {seconds})
        answer = self.send("POST", path, data=fields)
        kind = outcome(answer)
        self.ledger.note(f"target {kind}")
        with self.ledger.lock:
            if kind == "saved":
                self.ledger.target = (seconds, set())
            elif kind == "refused":
                self.ledger.target = (last, doubts)


class Ended(Exception):
    """The session is over, or nobody was there to sign in at."""


def outcome(answer: requests.Response) -> str:
    """What a person was told: "saved", "refused" (nothing was changed), or "unsure"."""
    if answer.status_code in (302, 303) and not answer.headers["Location"].startswith("/accounts/"):
        return "saved"
    return "unsure" if NOT_KNOWN in answer.text else "refused"


def said(answer: requests.Response) -> str:
    """An answer in short: status, where it leads, and its banners."""
    banners = re.findall(r"<(?:strong|h1)[^>]*>(.*?)</(?:strong|h1)>", answer.text, re.DOTALL)
    words = " / ".join(re.sub(r"<[^>]+>|\s+", " ", banner).strip() for banner in banners[:4])
    return f"{answer.status_code} {answer.headers.get('Location', '')} {answer.headers.get('X-Request-Id', '')} {words}"


def trouble(pair: Pair, ledger: Ledger, stop: threading.Event, until: float) -> None:
    """One misfortune after another, with calm between."""
    dice = random.Random(7)
    misfortunes: list[Callable[[], None]] = [lambda: _fail(pair, dice, ledger)] * 6
    misfortunes += [
        lambda: pair.restart_server(kill=True),
        lambda: pair.restart_server(kill=False),
        lambda: pair.restart_dashboard(kill=True),
        lambda: pair.restart_dashboard(kill=False),
    ]
    round_of: list[Callable[[], None]] = []
    while time.monotonic() < until:
        if not round_of:
            round_of = dice.sample(misfortunes, len(misfortunes))
        round_of.pop()()
        ledger.note("misfortunes")
        time.sleep(0.5)
    stop.set()


def _fail(pair: Pair, dice: random.Random, ledger: Ledger) -> None:
    chosen = {"operation": "*", **dice.choice(FAULTS)}
    pair.faults([chosen])
    ledger.note(f"faults {chosen['fault']}")
    time.sleep(2.0)
    pair.faults([])


def run(arguments: Arguments) -> list[Row]:
    """The counts, each violation with what exactly was seen."""
    ledger, stop = Ledger(), threading.Event()
    with Pair(arguments.folder) as pair:
        actors = [
            Actor(pair, ledger, name, number, stop)
            for number, name in enumerate(("marketer", "marketer", "marketer", "supervisor", "analyst"))
        ]
        actors[0].sign_in()
        actors[0].create()
        assert ledger.created, f"The first segment was not made: {dict(ledger.told)}"
        for actor in actors[:2]:
            actor.shared = next(iter(ledger.created))
        for actor in actors:
            actor.start()
        trouble(pair, ledger, stop, time.monotonic() + SECONDS[arguments.size])
        for actor in actors:
            actor.join(120)
        pair.faults([])
        # A calm look at everything: what was changed without an answer enters the history now.
        calm = Actor(pair, ledger, "admin", 99, stop)
        calm.sign_in()
        time.sleep(4)
        calm.open("/segments/?fresh=1")
        calm.open("/action-targets/")
        found = _found(pair, ledger)
        traces = [line.strip() for line in pair.lines() if "Traceback" in line]
    acted = sum(ledger.told.values())
    told = ", ".join(f"{name} {count}" for name, count in sorted(ledger.told.items()))
    rows = [Row("actions", acted, "", note=told)]
    found["shown as 500"] = ledger.failures
    found["tracebacks of either program"] = traces
    for name, wrong in found.items():
        rows.append(
            Row(name, len(wrong), "", target="0", met=not wrong, note="; ".join(wrong[:5]) if wrong else "")
        )
    return rows


def _found(pair: Pair, ledger: Ledger) -> dict[str, list[str]]:
    """Each kind of violation, in words."""
    api = cast.api(pair.server_url)
    there: dict[str, Json] = {}
    page = 1
    while True:
        read = api.get(
            f"{pair.server_url}/api/v2/journey/segments",
            params={"pageSize": 200, "pageNumber": page},
            timeout=30,
        ).json()
        there |= {one["id"]: one for one in read["entities"]}
        if page >= read.get("pageCount", 1):
            break
        page += 1
    lost, doubled, lied, versions = [], [], [], []
    for segment, words in ledger.saved.items():
        if segment in ledger.maybe_deleted:
            continue
        text = str(there.get(segment, {}).get("description", "")).split()
        lost += [f"{word} of {segment}" for word in sorted(words - set(text))]
        doubled += [f"{word} of {segment}" for word in words if text.count(word) > 1]
    for segment, words in ledger.refused.items():
        text = str(there.get(segment, {}).get("description", "")).split()
        lied += [f"{word} of {segment}: {ledger.answers.get(word, '')}" for word in sorted(words & set(text))]
    names = Counter(str(one["displayName"]) for one in there.values())
    doubled += [name for name, count in names.items() if count > 1]
    lost += [
        f"created {name}" for one, name in ledger.created.items()
        if one not in there and one not in ledger.maybe_deleted
    ]  # fmt: skip
    lost += [f"{segment} deleted but there" for segment in ledger.deleted if segment in there]
    for segment, one in there.items():
        least = 1 + ledger.writes[segment]
        if segment in ledger.created and not least <= one["version"] <= least + ledger.unsure[segment]:
            versions.append(
                f"{segment} is at {one['version']}, acknowledged {least}, in doubt {ledger.unsure[segment]}"
            )
    last, doubts = ledger.target
    now = api.get(f"{pair.server_url}/api/v2/journey/actiontargets/{TARGET}", timeout=30).json()
    seconds = str(now["serviceLevel"]["durationMs"] // 1000)
    if last and seconds != last and seconds not in doubts:
        lost.append(f"target holds {seconds}, acknowledged {last}, in doubt {sorted(doubts)}")
    return {
        "acknowledged edits lost or overwritten": lost,
        "edits doubled": doubled,
        "edits refused in words but made": lied,
        "versions that do not add up": versions,
        "history against the server": _history(pair.dashboard_folder / "dashboard.sqlite3", there, ledger),
    }


def _history(file: Path, there: dict[str, Json], ledger: Ledger) -> list[str]:
    """Each segment's history ends with what the server holds, tells each version once, and ends with a delete where it is gone."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as store:
        rows = store.execute(
            "SELECT object_id, operation, version_after, after FROM history_change AS one WHERE kind = 'segment' AND NOT "
            "EXISTS (SELECT 1 FROM history_change AS later WHERE later.explains_id = one.id) ORDER BY id"
        ).fetchall()
    by_segment: dict[str, list[tuple[str, int | None, Json | None]]] = {}
    for segment, operation, version, after in rows:
        by_segment.setdefault(segment, []).append((operation, version, json.loads(after) if after else None))
    wrong = []
    for segment, changes in by_segment.items():
        told = Counter(version for _, version, _ in changes if version is not None)
        wrong += [
            f"{segment} version {number} told {count} times" for number, count in told.items() if count > 1
        ]
        final = max(changes, key=lambda row: row[1] or 10**9)
        if segment in there and (final[2] or {}).get("description") != there[segment].get("description"):
            wrong.append(
                f"{segment} ends with {final[0]} of version {final[1]}, server at {there[segment]['version']}"
            )
        if segment in ledger.deleted and not any(row[0] in ("delete", "gone") for row in changes):
            wrong.append(f"{segment} was deleted without an entry")
    wrong += [f"{one} has no history" for one in there if one in ledger.created and one not in by_segment]
    return wrong
