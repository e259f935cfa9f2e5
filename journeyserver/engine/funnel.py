"""One SQL statement that counts what a definition matches, step by step, and what it gains and loses against another.

A visit matches when everything holds at one of its events, as docs/decisions/0003 says of assignments: for the scope
Session the visit's own events count, for Customer all those of the customer. Visits are those that began in the window.

    base        the visits of the window, with a column per context criterion
    visits      the same, with how many of the context criteria they meet in order
    flagged     the events that meet at least the first test of a pattern, with how many of its tests they meet in order
    step 0…     per visit (or customer) that is still there: how many tests its best event meets, and the moment that
                completes the pattern
    matched     the visits at one of whose events everything holds

Words of the statement are ours; values are parameters. The moment of an event is one number, time above `seq`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from journeyserver.engine.backends.base import Words
from journeyserver.engine.compile import Statement
from journeyserver.engine.predicates import criterion_condition

Json = Mapping[str, Any]

# A late event may lie up to a pause before the visit that it joined.
PAUSE = timedelta(minutes=20)
SLOT_MICROSECONDS = 15 * 60 * 1_000_000
MOST_SAMPLES = 10


@dataclass(frozen=True)
class Step:
    """One test in the order of testing: its JSON path and key, and its number among those of its side or pattern.

    `pattern` is None for a context criterion; `depth` None for the pattern as a whole: often enough, and in order.
    """

    path: str
    key: str
    pattern: int | None
    depth: int | None


def steps_of(definition: Json) -> tuple[Step, ...]:
    """All steps of a definition: its context criteria, then each pattern's name, criteria and completion."""
    steps: list[Step] = []
    for number, pattern in enumerate(definition["context"]["patterns"]):
        for index, criterion in enumerate(pattern["criteria"]):
            path = f"context.patterns[{number}].criteria[{index}]"
            steps.append(Step(path, criterion["key"], None, len(steps) + 1))
    for number, pattern in enumerate(definition["journey"]["patterns"]):
        path = f"journey.patterns[{number}]"
        depth = 0
        if pattern.get("eventName"):
            depth += 1
            steps.append(Step(f"{path}.eventName", "eventName", number, depth))
        for index, criterion in enumerate(pattern["criteria"]):
            depth += 1
            steps.append(Step(f"{path}.criteria[{index}]", criterion["key"], number, depth))
        steps.append(Step(path, "", number, None))
    return tuple(steps)


@dataclass(frozen=True)
class Window:
    """Visits that began in start ≤ t < end; `last` is the time of the last event of any of them. Aware, UTC.

    With `parts` above 1 only the visits of every so many-th customer are looked at, chosen by a hash of the id.
    """

    start: datetime
    end: datetime
    last: datetime
    parts: int = 1
    # The tables to read: the warehouse's, or copies that hold what belongs to the sampled customers.
    events: str = "events"
    sessions: str = "sessions"


class _Text:
    """SQL in pieces, each with the parameters of its places, so that the order of both is one."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.parameters: list[Any] = []

    def add(self, name: str, sql: str, parameters: Sequence[Any] = ()) -> None:
        self.parts.append(f"{name} AS MATERIALIZED ({sql})" if name == "flagged" else f"{name} AS ({sql})")
        self.parameters += parameters


class _Side:
    """One definition within the statement: the names of its columns and tables begin with a letter of its own."""

    def __init__(self, words: Words, letter: str, definition: Json, scope: str) -> None:
        self.words = words
        self.letter = letter
        self.scope = scope
        self.subject = "customer_id" if scope == "Customer" else "session_id"
        self.context = [
            criterion for pattern in definition["context"]["patterns"] for criterion in pattern["criteria"]
        ]
        self.patterns: list[Json] = list(definition["journey"]["patterns"])
        self.signed = _signed_in(words, self.context)

    @property
    def needs_first_sign_in(self) -> bool:
        return any(allowed == frozenset({False}) for allowed in self.signed)

    def base_columns(self, parameters: list[Any]) -> list[str]:
        """A boolean per context criterion; whether a visitor is signed in depends on the moment and comes later."""
        return [
            f"{criterion_condition(self.words, 'context', criterion, parameters)} AS {self.letter}_c{index}"
            for index, criterion in enumerate(self.context)
            if criterion["key"] != "authenticated"
        ]

    def event_columns(self, parameters: list[Any]) -> list[str]:
        """For each pattern, how many of its tests an event meets in their order."""
        return [
            f"{self._depth(pattern, parameters)} AS {self.letter}_d{number}"
            for number, pattern in enumerate(self.patterns)
        ]

    def _depth(self, pattern: Json, parameters: list[Any]) -> str:
        tests = []
        parameters.append(pattern["streamType"])
        first = "stream = ?"
        if pattern.get("eventName"):
            parameters.append(pattern["eventName"])
            tests.append("coalesce(event_name = ?, false)")
        tests += [criterion_condition(self.words, "journey", row, parameters) for row in pattern["criteria"]]
        if not tests:
            return f"CASE WHEN {first} THEN 1 ELSE 0 END"
        tests[0] = f"{first} AND {tests[0]}"
        whens = " ".join(f"WHEN NOT ({test}) THEN {met}" for met, test in enumerate(tests))
        return f"CASE {whens} ELSE {len(tests)} END"

    def first_tests(self, parameters: list[Any]) -> list[str]:
        """For each pattern, whether an event meets its first test. Beside the depths this seems to say nothing new, but an
        engine works a plain condition off several times faster than one hidden in a number."""
        tests = []
        for pattern in self.patterns:
            parameters.append(pattern["streamType"])
            test = "stream = ?"
            if pattern.get("eventName"):
                parameters.append(pattern["eventName"])
                test += " AND event_name = ?"
            elif pattern["criteria"]:
                row = pattern["criteria"][0]
                test += f" AND {criterion_condition(self.words, 'journey', row, parameters)}"
            tests.append(f"({test})")
        return tests

    def tests_of(self, number: int) -> int:
        pattern = self.patterns[number]
        return max(1, len(pattern["criteria"]) + bool(pattern.get("eventName")))

    def visit_column(self) -> str:
        """How many context criteria a visit meets in their order."""
        conditions = [
            f"base.{self.letter}_c{index}"
            if criterion["key"] != "authenticated"
            else _signed(self.signed[index])
            for index, criterion in enumerate(self.context)
        ]
        whens = " ".join(f"WHEN NOT {condition} THEN {met}" for met, condition in enumerate(conditions))
        met = f"CASE {whens} ELSE {len(conditions)} END" if conditions else "0"
        return f"{met} AS {self.letter}_met"

    def step(self, number: int) -> str:
        """The SELECT of one pattern's table: subject, depth, and the moment that completes it (null: never)."""
        depth, needed = f"f.{self.letter}_d{number}", int(self.patterns[number]["count"])
        matches = f"{depth} = {self.tests_of(number)}"
        source, there = "flagged AS f", ""
        if number:
            before = f"{self.letter}_step{number - 1}"
            source += f" JOIN {before} AS s ON s.subject = f.{self.subject} AND f.moment >= s.completed"
        else:
            there = f" HAVING subject IN (SELECT {self.subject} FROM visits WHERE {self.context_holds})"
        # It counts from the event that completed the one before, that one included, but completes strictly later.
        if needed == 1:
            later = " AND f.moment > s.completed" if number else ""
            completed = f"min(f.moment) FILTER (WHERE {matches}{later})"
        else:
            completed = self.words.nth_smallest("f.moment", needed, matches)
        return (
            f"SELECT f.{self.subject} AS subject, max({depth}) AS depth, {completed} AS completed "
            f"FROM {source} WHERE {depth} > 0 GROUP BY f.{self.subject}{there}"
        )

    @property
    def context_holds(self) -> str:
        return f"{self.letter}_met = {len(self.context)}"

    def matched(self, words: Words, events: str) -> str:
        """The SELECT of the matching visits."""
        chosen = f"SELECT {_MATCHED} FROM visits AS v"
        if not self.patterns:
            return f"{chosen} WHERE {self.context_holds if self.context else 'false'}"
        last = f"{self.letter}_step{len(self.patterns) - 1}"
        unsigned = bool(self.signed) and self.signed[-1] == frozenset({False})
        if self.scope == "Session":
            # Whoever is in a step's table meets the context.
            before = " AND (s.completed < v.first_signed OR v.first_signed IS NULL)" if unsigned else ""
            return (
                f"{chosen} JOIN {last} AS s ON s.subject = v.session_id WHERE s.completed IS NOT NULL{before}"
            )
        at = moment(words, "e")
        before = f" AND ({at} < v.first_signed OR v.first_signed IS NULL)" if unsigned else ""
        return (
            f"SELECT DISTINCT {_MATCHED} FROM {events} AS e "
            f"JOIN {last} AS s ON s.subject = e.customer_id AND {at} >= s.completed "
            f"JOIN visits AS v ON v.session_id = e.session_id WHERE v.{self.context_holds}{before}"
        )

    def counters(self, definition: Json) -> list[tuple[str, list[str]]]:
        """What each step keeps, as FROM clauses with their columns: visits, or for Customer their customers."""
        steps = steps_of(definition)
        tables: dict[int | None, list[str]] = {}
        for number, step in enumerate(steps[:-1]):
            if step.pattern is None:
                condition = f"{self.letter}_met >= {step.depth}"
            elif step.depth is None:
                condition = "completed IS NOT NULL"
            else:
                condition = f"depth >= {step.depth}"
            tables.setdefault(step.pattern, []).append(f"{self.words.count_if(condition)} AS k{number}")
        whose = (
            "visits"
            if self.scope == "Session"
            else f"(SELECT max({self.letter}_met) AS {self.letter}_met FROM visits GROUP BY customer_id) AS customers"
        )
        return [
            (whose if pattern is None else f"{self.letter}_step{pattern}", columns)
            for pattern, columns in tables.items()
        ]


# Named again, as not every engine leaves the table out of a column's name.
_MATCHED = "v.session_id AS session_id, v.customer_id AS customer_id, v.started AS started"


def _signed(allowed: frozenset[bool]) -> str:
    """Whether the visit has an event at which its visitor was signed in, or was not, as allowed."""
    if len(allowed) != 1:
        return "true" if allowed else "false"
    signed = "coalesce(base.authenticated, false)"
    return signed if True in allowed else f"(NOT {signed} OR signing.first < signing.first_signed)"


def _signed_in(words: Words, context: Sequence[Json]) -> list[frozenset[bool]]:
    """After each criterion: which values of `authenticated` all of them up to here allow."""
    from journeyadmin.contract.matching import match_criterion

    allowed = frozenset({True, False})
    after = []
    for criterion in context:
        if criterion["key"] == "authenticated":
            allowed = frozenset(value for value in allowed if match_criterion(criterion, value).holds)
        after.append(allowed)
    return after


def moment(words: Words, table: str) -> str:
    """The moment of an event as one number: microseconds above 40 bits of its `seq`."""
    return f"({words.wide(words.microseconds(f'{table}.ts'))} * {2**40} + {table}.seq)"


def slot(words: Words, start: datetime) -> str:
    """The quarter of an hour of a visit's start, counted from the window's start: days of every zone are made of them."""
    begun = f"({words.microseconds('started')} - {words.microseconds(words.time_literal(start))})"
    return words.integer_division(begun, str(SLOT_MICROSECONDS))


def visits_condition(words: Words, window: Window) -> str:
    """Which rows of `sessions` are looked at."""
    parts = [
        f"started >= {words.time_literal(window.start)}",
        f"started < {words.time_literal(window.end)}",
    ]
    if window.parts > 1 and window.sessions == "sessions":
        parts.append(words.in_part("customer_id", window.parts))
    return " AND ".join(parts)


def counting(
    words: Words, definition: Json, scope: str, window: Window, saved: tuple[Json, str] | None = None
) -> Statement:
    """One row: k0… (what each step keeps), `sessions`, `customers`, `slots` (matched visits by quarter of an hour since
    the window's start), `latest` (ids of the latest matched visits). Of a sample also `squares` (of matched visits per
    customer). With `saved`, a definition and its scope, also `saved_sessions`, `saved_customers` and `both`: units that
    both match."""
    new = _Side(words, "n", definition, scope)
    old = _Side(words, "o", *saved) if saved else None
    text = _tables(words, [new, *([old] if old else [])], window)
    unit = "customers" if scope == "Customer" else "sessions"
    parts = new.counters(definition)
    matched = [
        "count(*) AS sessions",
        "count(DISTINCT customer_id) AS customers",
        f"{words.histogram(slot(words, window.start))} AS slots",
        f"{words.latest('session_id', 'started', MOST_SAMPLES)} AS latest",
    ]
    parts.append(("n_matched", matched))
    if window.parts > 1:
        each = "(SELECT count(*) AS n FROM n_matched GROUP BY customer_id) AS each_customer"
        parts.append((each, ["sum(n * n) AS squares"]))
    if old:
        key = "customer_id" if scope == "Customer" else "session_id"
        saved_columns = ["count(*) AS saved_sessions", "count(DISTINCT customer_id) AS saved_customers"]
        parts.append(("o_matched", saved_columns))
        parts.append(
            (f"n_matched WHERE {key} IN (SELECT {key} FROM o_matched)", [f"count(DISTINCT {key}) AS both"])
        )
    tables = ", ".join(
        f"(SELECT {', '.join(columns)} FROM {table}) AS part{number}"
        for number, (table, columns) in enumerate(parts)
    )
    last = len(steps_of(definition)) - 1
    kept = f", {unit} AS k{last}" if last >= 0 else ""
    return Statement(f"WITH {', '.join(text.parts)} SELECT *{kept} FROM {tables}", tuple(text.parameters))


def matching(words: Words, definition: Json, scope: str, window: Window) -> Statement:
    """The visits that match: `session_id`, `customer_id`, `started`."""
    text = _tables(words, [_Side(words, "n", definition, scope)], window)
    return Statement(f"WITH {', '.join(text.parts)} SELECT * FROM n_matched", tuple(text.parameters))


def _tables(words: Words, sides: Sequence[_Side], window: Window) -> _Text:
    """All tables up to each side's `matched`."""
    text = _Text()
    _add_visits(text, words, sides, window)
    _add_events(text, words, sides, window)
    for side in sides:
        for number in range(len(side.patterns)):
            text.add(f"{side.letter}_step{number}", side.step(number))
        text.add(f"{side.letter}_matched", side.matched(words, window.events))
    return text


def _add_visits(text: _Text, words: Words, sides: Sequence[_Side], window: Window) -> None:
    parameters: list[Any] = []
    columns = [column for side in sides for column in side.base_columns(parameters)]
    chosen = ", ".join(["session_id", "customer_id", "started", "authenticated", *columns])
    text.add(
        "base", f"SELECT {chosen} FROM {window.sessions} WHERE {visits_condition(words, window)}", parameters
    )
    met = ", ".join(side.visit_column() for side in sides)
    shown = "base.session_id, base.customer_id, base.started"
    if any(side.needs_first_sign_in for side in sides):
        text.add("signing", _signing(words, window))
        source = "base LEFT JOIN signing ON signing.session_id = base.session_id"
        text.add("visits", f"SELECT {shown}, signing.first_signed, {met} FROM {source}")
    else:
        text.add("visits", f"SELECT {shown}, {met} FROM base")


def _add_events(text: _Text, words: Words, sides: Sequence[_Side], window: Window) -> None:
    parameters: list[Any] = []
    depths = [column for side in sides for column in side.event_columns(parameters)]
    if not depths:
        return
    conditions = []
    if window.parts > 1 and window.events == "events":
        conditions.append(words.in_part("customer_id", window.parts))
    if all(side.scope == "Session" for side in sides):
        conditions.append(_around(words, window))
    first = [test for side in sides for test in side.first_tests(parameters)]
    conditions.append(f"({' OR '.join(first)})")
    text.add(
        "flagged",
        f"SELECT session_id, customer_id, {moment(words, 'e')} AS moment, {', '.join(depths)} "
        f"FROM {window.events} AS e WHERE {' AND '.join(conditions)}",
        parameters,
    )


def _around(words: Words, window: Window) -> str:
    return f"ts >= {words.time_literal(window.start - PAUSE)} AND ts <= {words.time_literal(window.last)}"


def _signing(words: Words, window: Window) -> str:
    """The first moment of a signed-in visit and the first at which it was signed in."""
    at = moment(words, "e")
    return (
        f"SELECT session_id, min({at}) AS first, min({at}) FILTER (WHERE authenticated) AS first_signed "
        f"FROM {window.events} AS e WHERE {_around(words, window)} "
        "AND session_id IN (SELECT session_id FROM base WHERE authenticated) GROUP BY session_id"
    )
