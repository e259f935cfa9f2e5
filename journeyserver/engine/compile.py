"""Plan → one SQL statement and its parameters, asking the backend for words."""

from dataclasses import dataclass
from typing import Any

from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS, Metric
from journeyserver.engine.backends.base import Words
from journeyserver.engine.columns import DIMENSION_COLUMNS, FACTS, SESSION_HOURS
from journeyserver.engine.plan import Plan
from journeyserver.engine.predicates import filter_condition
from journeyserver.engine.query import View

_TYPES = {column.name: column.type for column in FACTS.columns}
SUMMARIES = ("count", "sum", "min", "max")


@dataclass(frozen=True)
class Statement:
    """SQL with `?` places, and what goes into them in order."""

    sql: str
    parameters: tuple[Any, ...]


def to_sql(plan: Plan, words: Words) -> Statement:
    """A row per group and bucket: columns g0…, bucket, then m0… (a number, or four for a measured metric), v0_….

    Each row of `facts` is read once. Rows without any value are left out by the reader, not here.
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
    sql = f"SELECT {', '.join([*keys, *values])} FROM ({rows}) AS chosen GROUP BY {', '.join(keys)}"
    return Statement(sql, tuple(parameters))


def _source(plan: Plan, words: Words, parameters: list[Any]) -> tuple[str, list[str]]:
    """What is read, and the conditions on it: the facts, or a roll-up and behind its end the facts."""
    kinds = f"kind IN ({', '.join('?' for _ in plan.kinds)})"
    parameters += plan.kinds
    if plan.table == "facts" or plan.rolled_up_to is None:
        return "facts", [kinds]
    upto = words.time_literal(plan.rolled_up_to)
    since = words.time_literal(max(plan.rolled_up_to, plan.query.start))
    end = words.time_literal(plan.query.end)
    if plan.table == "fact_hours":
        young = f"SELECT ts, kind, 1 AS facts FROM facts WHERE ts >= {since} AND ts < {end}"
        return f"(SELECT ts, kind, facts FROM fact_hours WHERE ts < {upto} UNION ALL {young}) AS counted", [
            kinds
        ]
    columns = ", ".join(SESSION_HOURS.names)
    young = f"SELECT {columns} FROM facts WHERE ts >= {since} AND ts < {end} AND {kinds}"
    return f"(SELECT {columns} FROM session_hours WHERE ts < {upto} UNION ALL {young}) AS met", []


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
