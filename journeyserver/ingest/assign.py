"""Which segments the new events earn (docs/decisions/0003-how-segments-are-assigned.md), by one path for all sources.

Moments are ordered by time, and at one time by `seq`; both together are one number, `moment`, so that the smallest of many is
a plain minimum. Reads the desk's tables `new_events`, `visits` (every visit that has new events), `changes` (its first new
one) and `known_sessions`, `known_assignments` of the customers; leaves `assigned`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from journeyserver.engine.backends.base import Writer
from journeyserver.engine.backends.duckdb_words import DuckWords
from journeyserver.engine.predicates import context_condition, pattern_condition

Json = Mapping[str, Any]

# The subject of each scope: the column that says whose events count.
SUBJECTS = {"Session": "session_id", "Customer": "customer_id"}
DESK = DuckWords()


def moment(ts: str, seq: str) -> str:
    """SQL for the moment of an event: microseconds above 40 bits of its number."""
    return f"(CAST(epoch_us({ts}) AS HUGEINT) * {2**40} + {seq})"


@dataclass(frozen=True)
class Pattern:
    """The `step`-th journey pattern of definition number `segment`."""

    number: int
    segment: int
    step: int
    count: int
    scope: str
    body: Json

    @property
    def meets(self) -> str:
        """The column of new events that says whether they count for it."""
        return f"meets_{self.number}"


@dataclass(frozen=True)
class Definitions:
    """Active segments, numbered in their order, as the API shows them."""

    rows: tuple[Json, ...]
    patterns: tuple[Pattern, ...]

    def of_segment(self, segment: int) -> list[Pattern]:
        """Its journey patterns, in their order."""
        return [row for row in self.patterns if row.segment == segment]

    def of(self, scope: str) -> list[tuple[int, Json]]:
        return [(number, row) for number, row in enumerate(self.rows) if row["scope"] == scope]


NONE = Definitions((), ())


def read(active: Sequence[Json]) -> Definitions:
    """Segments without any condition are left out: nothing that happens assigns them."""
    rows = tuple(row for row in active if patterns(row, "context") or patterns(row, "journey"))
    found: list[Pattern] = []
    for segment, row in enumerate(rows):
        for step, body in enumerate(patterns(row, "journey")):
            found.append(Pattern(len(found), segment, step, int(body["count"]), row["scope"], body))
    return Definitions(rows, tuple(found))


def patterns(row: Json, side: str) -> Sequence[Json]:
    """The patterns of one side of a segment."""
    return (row.get(side) or {}).get("patterns") or ()


def assign(writer: Writer, definitions: Definitions) -> None:
    """Leaves `assigned`: segment, scope, visit, customer, event and moment of every assignment that new events earn."""
    desk = writer.desk
    desk.execute(NOTHING_ASSIGNED)
    if not definitions.rows:
        return
    _lay_out(desk, definitions)
    desk.execute(
        "CREATE OR REPLACE TEMP TABLE hits (pattern INTEGER, session_id UUID, customer_id VARCHAR, moment HUGEINT)"
    )
    returning = bool(desk.execute("SELECT count(*) FROM known_sessions").fetchall()[0][0])
    hits = _find_hits(writer, [row for row in definitions.patterns if not row.step], returning)
    # Without a single hit, only segments that ask for no behaviour can be earned.
    rows = [
        (number, row) for number, row in enumerate(definitions.rows) if hits or not patterns(row, "journey")
    ]
    if not rows:
        return
    _find_holding(writer, rows)
    for scope, subject in SUBJECTS.items():
        if any(row["scope"] == scope for _, row in rows):
            completed = _complete(writer, definitions, scope, returning)
            _find_candidates(desk, scope, subject, completed)
            _choose(desk, scope, subject)


NOTHING_ASSIGNED = (
    "CREATE OR REPLACE TEMP TABLE assigned (segment_id UUID, segment_scope VARCHAR, session_id UUID, customer_id VARCHAR, "
    "event_id UUID, ts TIMESTAMP, moment HUGEINT, expires TIMESTAMP)"
)


def _lay_out(desk: Any, definitions: Definitions) -> None:
    """`segments` and `patterns`: the numbers of the definitions, so that the statements below stay short."""
    segments = [
        (number, UUID(str(row["id"])), row["scope"], days(row), len(patterns(row, "journey")))
        for number, row in enumerate(definitions.rows)
    ]
    values = ", ".join("(?, ?, ?, ?, ?)" for _ in segments)
    desk.execute(
        f"CREATE OR REPLACE TEMP TABLE segments AS SELECT * FROM (VALUES {values}) "
        "AS all_of_them(segment, segment_id, scope, days, steps)",
        [value for row in segments for value in row],
    )
    steps = [(row.number, row.segment, row.step, row.count) for row in definitions.patterns]
    values = ", ".join(str(row) for row in steps or [(-1, -1, -1, 1)])
    desk.execute(
        f"CREATE OR REPLACE TEMP TABLE patterns AS SELECT * FROM (VALUES {values}) "
        "AS all_of_them(pattern, segment, step, needed)"
    )


def days(row: Json) -> int:
    """After how many days an assignment ends; 0 means never, as for every visit's."""
    return int(row.get("assignmentExpirationDays") or 0) if row["scope"] == "Customer" else 0


def _find_hits(writer: Writer, chosen: Sequence[Pattern], returning: bool, among: str = "") -> int:
    """Adds to `hits` which event counts for which of these patterns, among the new ones and, where customers are `returning`,
    among those that their subjects had before. How many there are.

    `among` is a table of subjects by segment, to which the search is limited.
    """
    if not chosen:
        return 0
    parts = [
        f"SELECT {row.number} AS pattern, {_subject(row)}, moment FROM new_events WHERE {row.meets}{_limited(row, among)}"
        for row in chosen
    ]
    (number,) = writer.desk.execute(f"INSERT INTO hits {' UNION ALL '.join(parts)}").fetchall()[0]
    if not returning:
        return int(number)
    parameters: list[Any] = []
    # A late event may lie up to a pause before the visit that it joined.
    whose = {"Session": _OF_VISITS, "Customer": "customer_id IN (SELECT customer_id FROM known_sessions)"}
    parts = [
        f"SELECT {row.number} AS pattern, {_subject(row)}, ts, seq FROM events "
        f"WHERE {whose[row.scope]} AND {pattern_condition(writer.words, row.body, parameters)}{_limited(row, among)}"
        for row in chosen
    ]
    keys = ("visits", "known_sessions", *((among,) if among else ()))
    writer.collect("hits_before", " UNION ALL ".join(parts), parameters, keys=keys)
    (before,) = writer.desk.execute(
        f"INSERT INTO hits SELECT pattern, session_id, customer_id, {moment('ts', 'seq')} FROM hits_before"
    ).fetchall()[0]
    return int(number + before)


def _subject(pattern: Pattern) -> str:
    """Whose events these are; the other column stays empty, as nobody asks for it."""
    if pattern.scope == "Session":
        return "session_id, CAST(NULL AS VARCHAR) AS customer_id"
    return "CAST(NULL AS UUID) AS session_id, customer_id"


def _limited(pattern: Pattern, among: str) -> str:
    subject = SUBJECTS[pattern.scope]
    return (
        f" AND {subject} IN (SELECT {subject} FROM {among} WHERE segment = {pattern.segment})"
        if among
        else ""
    )


_OF_VISITS = (
    "session_id IN (SELECT session_id FROM visits WHERE NOT is_new) "
    "AND ts >= (SELECT min(started) - INTERVAL '20 minutes' FROM visits WHERE NOT is_new)"
)


def _find_holding(writer: Writer, rows: Sequence[tuple[int, Json]]) -> None:
    """`holding`: which visit meets which segment's context, while its visitor is signed in, is not, or (null) either way.

    And `signed_in`: from which moment on a visit is authenticated. Nothing else about a visit changes.
    """
    desk = writer.desk
    parameters: list[Any] = []
    parts = []
    asked = False
    for number, row in rows:
        by_sign_in = any(
            criterion["key"] == "authenticated"
            for pattern in patterns(row, "context")
            for criterion in pattern["criteria"]
        )
        asked = asked or by_sign_in
        for signed in ("false", "true") if by_sign_in else ("NULL",):
            visits = f"(SELECT * REPLACE ({signed} AS authenticated) FROM visits)" if by_sign_in else "visits"
            parts.append(
                f"SELECT {number} AS segment, session_id, CAST({signed} AS BOOLEAN) AS signed FROM {visits} AS v "
                f"WHERE {context_condition(DESK, row, parameters)}"
            )
    desk.execute(f"CREATE OR REPLACE TEMP TABLE holding AS {' UNION ALL '.join(parts)}", parameters)
    desk.execute(
        "CREATE OR REPLACE TEMP TABLE signed_in AS "
        "SELECT session_id, min(moment) AS since FROM new_events WHERE authenticated GROUP BY session_id"
    )
    if asked:
        writer.collect(
            "signed_in_before",
            f"SELECT session_id, ts, seq FROM events WHERE authenticated AND {_OF_VISITS}",
            keys=("visits",),
        )
        desk.execute(
            "CREATE OR REPLACE TEMP TABLE signed_in AS SELECT session_id, min(since) AS since FROM ("
            "SELECT * FROM signed_in UNION ALL "
            f"SELECT session_id, {moment('ts', 'seq')} FROM signed_in_before) AS each_of_them GROUP BY session_id"
        )


def _complete(writer: Writer, definitions: Definitions, scope: str, returning: bool) -> str:
    """A table with the moment at which each subject completed all patterns of a segment, in their order; its name.

    A pattern counts from the moment that completed the one before, that one included, but completes strictly later. Only
    subjects that have completed one pattern are searched for the next.
    """
    desk, subject = writer.desk, SUBJECTS[scope]
    desk.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {subject}_completed_0 AS
        WITH firsts AS (
          SELECT pattern, segment, needed FROM patterns JOIN segments USING (segment) WHERE scope = '{scope}' AND step = 0)
        SELECT segment, {subject}, min(moment) AS moment FROM hits JOIN firsts USING (pattern) WHERE needed = 1 GROUP BY ALL
        UNION ALL
        SELECT segment, {subject}, moment FROM (
          SELECT segment, {subject}, moment, needed, row_number() OVER (PARTITION BY pattern, {subject} ORDER BY moment) AS nth
          FROM hits JOIN firsts USING (pattern) WHERE needed > 1) AS counted
        WHERE nth = needed
        """
    )
    steps = max((row.step for row in definitions.patterns if row.scope == scope), default=0)
    for step in range(1, steps + 1):
        chosen = [row for row in definitions.patterns if row.scope == scope and row.step == step]
        _find_hits(writer, chosen, returning, f"{subject}_completed_{step - 1}")
        desk.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE {subject}_completed_{step} AS
            SELECT segment, {subject}, min(moment) AS moment FROM (
              SELECT c.segment, c.{subject}, h.moment, c.moment AS since, needed,
                     row_number() OVER (PARTITION BY h.pattern, h.{subject} ORDER BY h.moment) AS nth
              FROM {subject}_completed_{step - 1} AS c JOIN patterns AS p ON p.segment = c.segment AND p.step = {step}
              JOIN hits AS h ON h.pattern = p.pattern AND h.{subject} = c.{subject} AND h.moment >= c.moment) AS counted
            WHERE nth >= needed AND moment > since GROUP BY ALL
            UNION ALL
            SELECT c.* FROM {subject}_completed_{step - 1} AS c JOIN segments USING (segment) WHERE steps <= {step}
            """
        )
    return f"{subject}_completed_{steps}"


def _find_candidates(desk: Any, scope: str, subject: str, completed: str) -> None:
    """`{subject}_candidates`: new events at which everything holds, and among them the first of each subject.

    Where a segment asks for no behaviour, does not expire and does not care who is signed in, a visit's first new event
    stands for all of them.
    """
    event = "e.session_id, e.customer_id, e.event_id, e.ts, e.moment"
    signed = "(h.signed IS NULL OR h.signed = coalesce(e.moment >= i.since, false))"
    desk.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {subject}_candidates AS
        SELECT s.segment_id, s.days, c.session_id, c.customer_id, c.first_event AS event_id, c.first_ts AS ts,
               c.first_moment AS moment
        FROM segments AS s JOIN holding AS h USING (segment) JOIN changes AS c USING (session_id)
        WHERE s.scope = '{scope}' AND s.steps = 0 AND s.days = 0 AND h.signed IS NULL
        UNION ALL
        SELECT s.segment_id, s.days, {event}
        FROM segments AS s JOIN holding AS h USING (segment) JOIN new_events AS e USING (session_id)
        LEFT JOIN signed_in AS i USING (session_id)
        WHERE s.scope = '{scope}' AND s.steps = 0 AND (s.days > 0 OR h.signed IS NOT NULL) AND {signed}
        UNION ALL
        SELECT s.segment_id, s.days, {event}
        FROM {completed} AS c JOIN segments AS s USING (segment) JOIN new_events AS e USING ({subject})
        JOIN holding AS h ON h.segment = c.segment AND h.session_id = e.session_id
        LEFT JOIN signed_in AS i ON i.session_id = e.session_id
        WHERE e.moment >= c.moment AND {signed}
        """
    )


def _choose(desk: Any, scope: str, subject: str) -> None:
    """The first candidate of each subject, unless it has the segment already; after an expiry, the first one again."""
    while True:
        (number,) = desk.execute(
            f"""
            INSERT INTO assigned BY NAME
            WITH had AS (
              SELECT segment_id, {subject}, max(coalesce(expires, 'infinity'::TIMESTAMP)) AS until FROM (
                SELECT segment_id, segment_scope, {subject}, expires FROM known_assignments
                UNION ALL SELECT segment_id, segment_scope, {subject}, expires FROM assigned) AS each_of_them
              WHERE segment_scope = '{scope}' GROUP BY ALL)
            SELECT segment_id, '{scope}' AS segment_scope, arg_min(c.session_id, moment) AS session_id,
                   arg_min(c.customer_id, moment) AS customer_id, arg_min(event_id, moment) AS event_id, min(ts) AS ts,
                   min(moment) AS moment,
                   CASE WHEN any_value(days) > 0 THEN min(ts) + to_days(CAST(any_value(days) AS INTEGER)) END AS expires
            FROM {subject}_candidates AS c LEFT JOIN had USING (segment_id, {subject})
            WHERE had.until IS NULL OR ts >= had.until GROUP BY segment_id, c.{subject}
            """
        ).fetchall()[0]
        # Only what expires is assigned again.
        if (
            not number
            or not desk.execute("SELECT count(*) FROM assigned WHERE expires IS NOT NULL").fetchall()[0][0]
        ):
            return
        desk.execute(f"DELETE FROM {subject}_candidates WHERE days = 0")
