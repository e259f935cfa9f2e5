"""Plan → one SQL statement and its parameters, asking the backend for words.

The statement writes the answer's JSON as well, but for the intervals: an engine puts a hundred thousand texts together in
the time in which Python makes some thousand dictionaries.
"""

from dataclasses import dataclass
from typing import Any

from journeyadmin.contract.buckets import MAX_CELLS
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS, Metric
from journeyserver.engine.backends.base import Words
from journeyserver.engine.columns import DIMENSION_COLUMNS, FACTS, SESSION_HOURS
from journeyserver.engine.plan import Plan
from journeyserver.engine.predicates import filter_condition
from journeyserver.engine.query import Query, View

_TYPES = {column.name: column.type for column in FACTS.columns}
SUMMARIES = ("count", "sum", "min", "max")


@dataclass(frozen=True)
class Statement:
    """SQL with `?` places, and what goes into them in order."""

    sql: str
    parameters: tuple[Any, ...]


def to_sql(plan: Plan, words: Words) -> Statement:
    """A row per group and bucket that has any value, in order: `told` (the group as JSON), `bucket` (its number), `body` (the
    bucket's members but the interval, as JSON), `cells` (how many numbers it has).

    Each fact is read once. One row more than there may be cells ends it: then there are too many, whatever follows.
    """
    query = plan.query
    parameters: list[Any] = []
    inner = [f"{_group(words, name, query.flatten)} AS g{index}" for index, name in enumerate(query.group_by)]
    inner.append(f"{_bucket(plan, words)} AS bucket")
    wanted = {"kind", "value"}
    for name in query.metrics:
        of = METRICS[name].of
        if of is not None:
            wanted.add(DIMENSION_COLUMNS[of])
    if plan.table == "fact_hours":
        wanted = {"kind", "facts"}
    elif plan.table == "session_hours":
        wanted = {DIMENSION_COLUMNS["journeySessionId"]}
    inner += sorted(wanted)
    source, conditions = _source(plan, words, parameters)
    conditions += [f"ts >= {words.time_literal(query.start)}", f"ts < {words.time_literal(query.end)}"]
    conditions.append(filter_condition(words, query.filter, parameters))
    values = [
        part
        for index, name in enumerate(query.metrics)
        for part in _metric(words, METRICS[name], f"m{index}", plan.table)
    ]
    for index, view in enumerate(query.views):
        values += _view(words, view, f"v{index}")
    keys = [*(f"g{index}" for index in range(len(query.group_by))), "bucket"]
    rows = f"SELECT {', '.join(inner)} FROM {source} WHERE {' AND '.join(conditions)}"
    # One list after the other, each in a SELECT of its own: two in one would be walked side by side, not crossed.
    for index, name in enumerate(query.group_by):
        if DIMENSIONS[name].multi_valued and not query.flatten:
            rows = f"SELECT * REPLACE ({words.unnest(f'g{index}')} AS g{index}) FROM ({rows}) AS list{index}"
    counted = f"SELECT {', '.join([*keys, *values])} FROM ({rows}) AS chosen GROUP BY {', '.join(keys)}"
    names = [view.name for view in query.views]
    return Statement(_told(query, words, counted), (*names, *parameters))


def _told(query: Query, words: Words, counted: str) -> str:
    """The rows of `counted` as JSON, sparse and in order. Takes the views' names as its first parameters."""
    metrics = [_told_metric(words, name, f"m{index}") for index, name in enumerate(query.metrics)]
    views = [_told_view(words, f"v{index}") for index in range(len(query.views))]
    cells = " + ".join(f"CASE WHEN {present} THEN 1 ELSE 0 END" for present, _ in (*metrics, *views))
    columns = [
        f"{_sparse(words, views)} AS views",
        f"{_sparse(words, metrics)} AS metrics",
        f"{cells} AS cells",
        "bucket",
    ]
    columns += [
        f"{words.as_text(f'g{index}', _group_type(name, query.flatten))} AS t{index}"
        for index, name in enumerate(query.group_by)
    ]
    rows = f"SELECT {', '.join(columns)} FROM ({counted}) AS counted"
    full = f"SELECT * FROM ({rows}) AS texts WHERE cells > 0 LIMIT {MAX_CELLS + 1}"
    group = [
        f"CASE WHEN t{index} IS NOT NULL THEN '\"{name}\":' || {words.quoted_json(f't{index}')} END"
        for index, name in enumerate(query.group_by)
    ]
    told = f"'{{' || {words.with_commas(group)} || '}}'" if group else "'{}'"
    body = "'\"metrics\":[' || metrics || ']'"
    if views:
        body += " || CASE WHEN views <> '' THEN ',\"views\":[' || views || ']' ELSE '' END"
    order = ", ".join([*(f"t{index} NULLS LAST" for index in range(len(group))), "bucket"])
    return f"SELECT {told} AS told, bucket, {body} AS body, cells FROM ({full}) AS sparse ORDER BY {order}"


def _sparse(words: Words, parts: list[tuple[str, str]]) -> str:
    texts = [f"CASE WHEN {present} THEN {text} END" for present, text in parts]
    return words.with_commas(texts) if texts else "''"


def _told_metric(words: Words, name: str, column: str) -> tuple[str, str]:
    """Whether there is anything to tell of a metric, and what, as SQL."""
    start = f'\'{{"metric":"{name}","stats":{{'
    if METRICS[name].aggregate == "value":
        return f"{column}_count > 0", f"{start}' || {_told_summary(words, column)} || '}}}}'"
    return f"{column} > 0", f"{start}\"count\":' || {words.as_text(column, 'bigint')} || '}}}}'"


def _told_view(words: Words, column: str) -> tuple[str, str]:
    name = words.quoted_json("CAST(? AS VARCHAR)")
    return (
        f"{column}_count > 0",
        f"'{{\"name\":' || {name} || ',\"stats\":{{' || {_told_summary(words, column)} || '}}}}'",
    )


def _told_summary(words: Words, column: str) -> str:
    parts = [f"'\"{name}\":' || {words.number_text(f'{column}_{name}')}" for name in SUMMARIES]
    return words.with_commas(parts)


def _group_type(name: str, flatten: bool) -> str:
    """The type of a group's value: of a list, that of its elements, or the text that they are joined to."""
    type_ = _TYPES[DIMENSION_COLUMNS[name]]
    if type_ in ("uuids", "texts"):
        return "text" if flatten or type_ == "texts" else "uuid"
    return type_


def _source(plan: Plan, words: Words, parameters: list[Any]) -> tuple[str, list[str]]:
    """What is read, and the conditions on it: the facts, or a roll-up and behind its end the facts."""
    kinds = f"kind IN ({', '.join('?' for _ in plan.kinds)})"
    if plan.table == "facts" or plan.rolled_up_to is None:
        parameters += plan.kinds
        return "facts", [kinds]
    columns = "ts, kind, facts" if plan.table == "fact_hours" else ", ".join(SESSION_HOURS.names)
    old = f"SELECT {columns} FROM {plan.table} WHERE ts < {words.time_literal(plan.rolled_up_to)}"
    if plan.rolled_up_to >= plan.query.end:
        young = ""
    else:
        since = words.time_literal(max(plan.rolled_up_to, plan.query.start))
        young = (
            f" UNION ALL SELECT {columns.replace('facts', '1 AS facts')} FROM facts "
            f"WHERE ts >= {since} AND ts < {words.time_literal(plan.query.end)} AND {kinds}"
        )
        parameters += plan.kinds
    # The hours of sessions are those of the kinds that are counted: they name none.
    if plan.table == "fact_hours":
        parameters += plan.kinds
        return f"({old}{young}) AS counted", [kinds]
    return f"({old}{young}) AS met", []


def _group(words: Words, name: str, flatten: bool) -> str:
    column = DIMENSION_COLUMNS[name]
    type_ = _TYPES[column]
    return words.joined(column, type_) if flatten and type_ in ("uuids", "texts") else column


def _bucket(plan: Plan, words: Words) -> str:
    moment = words.microseconds("ts")
    if len(plan.query.edges) == 2:
        return "0"
    branches = []
    for run in plan.runs:
        number = words.integer_division(f"({moment} - {run.start})", str(run.width))
        branches.append((run.start + run.width * run.count, f"{number} + {run.first}"))
    if len(branches) == 1:
        return branches[0][1]
    whens = " ".join(f"WHEN {moment} < {end} THEN {number}" for end, number in branches[:-1])
    return f"CASE {whens} ELSE {branches[-1][1]} END"


def _condition(metric: Metric) -> str:
    # Names of fact kinds are the contract's own words, not anybody's input.
    kinds = ", ".join(f"'{kind}'" for kind in metric.facts)
    return f"kind IN ({kinds})"


def _metric(words: Words, metric: Metric, name: str, table: str) -> list[str]:
    if table == "session_hours":
        return [f"{words.distinct_if(DIMENSION_COLUMNS['journeySessionId'], 'true')} AS {name}"]
    condition = _condition(metric)
    if table == "fact_hours":
        return [f"{words.aggregate_if('sum', 'facts', condition)} AS {name}"]
    if metric.aggregate == "count":
        return [f"{words.count_if(condition)} AS {name}"]
    if metric.of is not None:
        return [f"{words.distinct_if(DIMENSION_COLUMNS[metric.of], condition)} AS {name}"]
    return _summaries(words, condition, name)


def _summaries(words: Words, condition: str, name: str) -> list[str]:
    return [
        f"{words.aggregate_if(function, 'value', condition)} AS {name}_{function}" for function in SUMMARIES
    ]


def _view(words: Words, view: View, name: str) -> list[str]:
    condition = _condition(METRICS[view.target])
    bounds = [(">=", view.gte), ("<", view.lt)]
    for sign, limit in bounds:
        if limit is not None:
            condition += f" AND value {sign} {words.number_literal(limit)}"
    return _summaries(words, condition, name)
