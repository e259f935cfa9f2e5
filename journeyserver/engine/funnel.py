"""One SQL statement that counts what a definition matches, step by step, and what it gains and loses against another.

A visit matches when everything holds at one of its events, as docs/decisions/0003 says of assignments: for the scope
Session the visit's own events count, for Customer all those of the customer. Visits are those that began in the window.

    base        the visits of the window, with a column per context criterion
    flagged     the events that meet at least the first test of a pattern, with how many of its tests they meet in order
    step 0…     per visit (or customer): how many tests its best event meets, and the moment that completes the pattern
    reached     for Customer: the visits with an event at or after that moment
    looked_at   the visits with all of this beside them, counted by the last SELECT

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

    With `sample` = (parts, part) only the visits of every so many-th customer are looked at, chosen by a hash of the id.
    """

    start: datetime
    end: datetime
    last: datetime
    sample: tuple[int, int] | None = None
    # The table of events to read: `events`, or one that holds those of the sampled customers.
    events: str = "events"


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

    @property
    def last(self) -> str:
        return f"{self.letter}_step{len(self.patterns) - 1}"

    def base_columns(self, parameters: list[Any]) -> list[str]:
        """A boolean per context criterion; whether a visitor is signed in depends on the moment and comes later."""
        return [
            f"{criterion_condition(self.words, 'context', criterion, parameters)} AS {self.letter}_c{index}"
            for index, criterion in enumerate(self.context)
            if criterion["key"] != "authenticated"
        ]

    def event_depths(self, parameters: list[Any]) -> list[str]:
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

    def tests_of(self, number: int) -> int:
        pattern = self.patterns[number]
        return max(1, len(pattern["criteria"]) + bool(pattern.get("eventName")))

    def step(self, number: int) -> str:
        """The SELECT of one pattern's table: subject, depth, and the moment that completes it (null: never)."""
        depth, needed = f"f.{self.letter}_d{number}", int(self.patterns[number]["count"])
        matches = f"{depth} = {self.tests_of(number)}"
        source = "flagged AS f"
        if number:
            before = f"{self.letter}_step{number - 1}"
            source += f" JOIN {before} AS s ON s.subject = f.{self.subject} AND f.moment >= s.completed"
        # It counts from the event that completed the one before, that one included, but completes strictly later.
        if needed == 1:
            later = " AND f.moment > s.completed" if number else ""
            completed = f"min(f.moment) FILTER (WHERE {matches}{later})"
        else:
            completed = f"(min(f.moment, {needed}) FILTER (WHERE {matches}))[{needed}]"
        return (
            f"SELECT f.{self.subject} AS subject, max({depth}) AS depth, {completed} AS completed "
            f"FROM {source} WHERE {depth} > 0 GROUP BY f.{self.subject}"
        )

    def joins(self) -> list[str]:
        joins = [
            f"LEFT JOIN {self.letter}_step{number} ON {self.letter}_step{number}.subject = base.{self.subject}"
            for number in range(len(self.patterns))
        ]
        if self.patterns and self.scope == "Customer":
            joins.append(
                f"LEFT JOIN {self.letter}_reached ON {self.letter}_reached.session_id = base.session_id"
            )
        return joins

    def looked_at_columns(self) -> list[str]:
        """Beside each visit: context criteria met in order, the patterns' depths and completions, and whether it matches."""
        letter = self.letter
        conditions = [
            f"base.{letter}_c{index}"
            if criterion["key"] != "authenticated"
            else self._signed(self.signed[index])
            for index, criterion in enumerate(self.context)
        ]
        whens = " ".join(f"WHEN NOT {condition} THEN {met}" for met, condition in enumerate(conditions))
        met = f"CASE {whens} ELSE {len(conditions)} END" if conditions else "0"
        columns = [f"{met} AS {letter}_context"]
        for number in range(len(self.patterns)):
            columns.append(f"coalesce({letter}_step{number}.depth, 0) AS {letter}_depth{number}")
            columns.append(f"{letter}_step{number}.completed IS NOT NULL AS {letter}_done{number}")
        matched = [f"{met} = {len(conditions)}"]
        if self.patterns:
            matched.append(f"{letter}_step{len(self.patterns) - 1}.completed IS NOT NULL")
            if self.scope == "Customer":
                matched.append(f"{letter}_reached.session_id IS NOT NULL")
            elif self.signed and self.signed[-1] == frozenset({False}):
                matched.append(
                    f"({self.last}.completed < signing.first_signed OR signing.first_signed IS NULL)"
                )
        if not self.context and not self.patterns:
            matched = ["false"]
        columns.append(f"({' AND '.join(matched)}) AS {letter}_matched")
        return columns

    def _signed(self, allowed: frozenset[bool]) -> str:
        if len(allowed) != 1:
            return "true" if allowed else "false"
        signed = "coalesce(base.authenticated, false)"
        return signed if True in allowed else f"(NOT {signed} OR signing.first < signing.first_signed)"

    def reached(self, words: Words, events: str) -> str:
        """Customer: the visits with an event at or after the completion, and before sign-in where that is asked for."""
        at = moment(words, "e")
        unsigned = ""
        if self.signed and self.signed[-1] == frozenset({False}):
            unsigned = (
                f" LEFT JOIN signing ON signing.session_id = e.session_id "
                f"WHERE signing.first_signed IS NULL OR {at} < signing.first_signed"
            )
        return (
            f"SELECT DISTINCT e.session_id FROM {events} AS e "
            f"JOIN {self.last} AS s ON s.subject = e.customer_id AND {at} >= s.completed{unsigned}"
        )

    def counters(self, definition: Json) -> list[str]:
        """For each step, in order, how many it keeps: visits, or for Customer their customers."""
        counters = []
        journey_begins = f"{self.letter}_context = {len(self.context)}"
        steps = steps_of(definition)
        for number, step in enumerate(steps):
            if number == len(steps) - 1:
                condition = f"{self.letter}_matched"
            elif step.pattern is None:
                condition = f"{self.letter}_context >= {step.depth}"
            else:
                condition = journey_begins
                if step.pattern:
                    condition += f" AND {self.letter}_done{step.pattern - 1}"
                condition += (
                    f" AND {self.letter}_done{step.pattern}"
                    if step.depth is None
                    else f" AND {self.letter}_depth{step.pattern} >= {step.depth}"
                )
            counters.append(f"{self.units(condition)} AS k{number}")
        return counters

    def units(self, condition: str) -> str:
        if self.scope == "Customer":
            return self.words.distinct_if("customer_id", condition)
        return self.words.count_if(condition)


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
    return f"(CAST({words.microseconds(f'{table}.ts')} AS HUGEINT) * {2**40} + {table}.seq)"


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
    if window.sample:
        parts.append(sampled(window.sample))
    return " AND ".join(parts)


def sampled(sample: tuple[int, int]) -> str:
    """A condition on customer_id that keeps the customers of one part."""
    parts, part = sample
    return f"hash(customer_id) % {parts} = {part}"


def counting(
    words: Words, definition: Json, scope: str, window: Window, saved: tuple[Json, str] | None = None
) -> Statement:
    """One row: k0… (what each step keeps), `sessions`, `customers`, `slots` (matched visits by quarter of an hour since
    the window's start), `latest` (ids of the latest matched visits), `squares` (of matched visits per customer), and with `saved`, a
    definition and its scope, `saved_sessions`, `saved_customers`, `both`: units that both match."""
    new = _Side(words, "n", definition, scope)
    sides = [new, *([_Side(words, "o", *saved)] if saved else [])]
    text = _looked_at(words, sides, window)
    values = [
        *new.counters(definition),
        f"{words.count_if('n_matched')} AS sessions",
        f"{words.distinct_if('customer_id', 'n_matched')} AS customers",
        f"histogram({slot(words, window.start)}) FILTER (WHERE n_matched) AS slots",
        f"arg_max(session_id, started, {MOST_SAMPLES}) FILTER (WHERE n_matched) AS latest",
    ]
    if window.sample:
        values.append(
            "(SELECT sum(n * n) FROM (SELECT count(*) AS n FROM looked_at WHERE n_matched GROUP BY customer_id) AS each_customer)"
            " AS squares"
        )
    if saved:
        values += [
            f"{words.count_if('o_matched')} AS saved_sessions",
            f"{words.distinct_if('customer_id', 'o_matched')} AS saved_customers",
            "(SELECT count(*) FROM (SELECT customer_id FROM looked_at GROUP BY customer_id "
            "HAVING bool_or(n_matched) AND bool_or(o_matched)) AS each_customer) AS both_customers"
            if scope == "Customer"
            else f"{words.count_if('n_matched AND o_matched')} AS both_sessions",
        ]
    return Statement(
        f"WITH {', '.join(text.parts)} SELECT {', '.join(values)} FROM looked_at", tuple(text.parameters)
    )


def matching(words: Words, definition: Json, scope: str, window: Window) -> Statement:
    """The visits that match: `session_id`, `customer_id`, `started`."""
    text = _looked_at(words, [_Side(words, "n", definition, scope)], window)
    return Statement(
        f"WITH {', '.join(text.parts)} SELECT session_id, customer_id, started FROM looked_at WHERE n_matched",
        tuple(text.parameters),
    )


def _looked_at(words: Words, sides: Sequence[_Side], window: Window) -> _Text:
    """All tables up to `looked_at`."""
    text = _Text()
    _add_base(text, words, sides, window)
    _add_events(text, words, sides, window)
    for side in sides:
        for number in range(len(side.patterns)):
            text.add(f"{side.letter}_step{number}", side.step(number))
    if any(side.needs_first_sign_in for side in sides):
        text.add("signing", _signing(words, window))
    for side in sides:
        if side.patterns and side.scope == "Customer":
            text.add(f"{side.letter}_reached", side.reached(words, window.events))
    joins = [join for side in sides for join in side.joins()]
    if any(side.needs_first_sign_in for side in sides):
        joins.append("LEFT JOIN signing ON signing.session_id = base.session_id")
    columns = [column for side in sides for column in side.looked_at_columns()]
    text.add(
        "looked_at",
        f"SELECT base.session_id, base.customer_id, base.started, {', '.join(columns)} FROM base {' '.join(joins)}",
    )
    return text


def _add_base(text: _Text, words: Words, sides: Sequence[_Side], window: Window) -> None:
    parameters: list[Any] = []
    columns = [column for side in sides for column in side.base_columns(parameters)]
    chosen = ", ".join(["session_id", "customer_id", "started", "authenticated", *columns])
    text.add("base", f"SELECT {chosen} FROM sessions WHERE {visits_condition(words, window)}", parameters)


def _add_events(text: _Text, words: Words, sides: Sequence[_Side], window: Window) -> None:
    parameters: list[Any] = []
    depths = [column for side in sides for column in side.event_depths(parameters)]
    if not depths:
        return
    names = [f"{side.letter}_d{number}" for side in sides for number in range(len(side.patterns))]
    conditions = [sampled(window.sample)] if window.sample and window.events == "events" else []
    if all(side.scope == "Session" for side in sides):
        conditions.append(_around(words, window))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    text.add(
        "flagged",
        f"SELECT session_id, customer_id, {moment(words, 'e')} AS moment, {', '.join(names)} FROM "
        f"(SELECT session_id, customer_id, ts, seq, {', '.join(depths)} FROM {window.events}{where}) AS e "
        f"WHERE {' OR '.join(f'{name} > 0' for name in names)}",
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
