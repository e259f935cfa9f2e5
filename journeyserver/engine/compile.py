"""Plan → one SQL statement and its parameters, asking the backend for words. What it yields are plain numbers and texts: result.py
puts them in order and writes the answer.
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
from journeyserver.engine.result import SUMMARIES

_TYPES = {column.name: column.type for column in FACTS.columns}
# So many kinds and more are counted each by itself first: otherwise a filter per metric is worked off for every fact. Of fewer
# kinds the filters cost less than the further groups (six: about as much; eighteen: more than twice as much).
_MANY_KINDS = 7


@dataclass(frozen=True)
class Statement:
    """SQL with `?` places, and what goes into them in order."""

    sql: str
    parameters: tuple[Any, ...]


def to_sql(plan: Plan, words: Words) -> Statement:
    """A row per group and bucket that has any value, in no order: `t0`… (the group's values as text or bytes of UUIDs), `bucket` (its number),
    then of each metric that counts `m0`…, of each that measures and of each view `m0_count`, `m0_sum`… and `v0_count`….

    Each fact is read once. One row more than there may be cells ends it: then there are too many, whatever follows.
    """
    query = plan.query
    parameters: list[Any] = []
    rows = _rows(plan, words, parameters)
    keys = [f"g{index}" for index in range(len(query.group_by))]
    if len(query.edges) > 2:
        keys.append("bucket")
    grouped = f" GROUP BY {', '.join(keys)}" if keys else ""
    staged = _is_staged(plan)
    if staged:
        by_kind = [*keys, "kind", *_stage(query)]
        rows = f"SELECT {', '.join(by_kind)} FROM ({rows}) AS chosen GROUP BY {', '.join([*keys, 'kind'])}"
    values = [
        part
        for index, name in enumerate(query.metrics)
        for part in _metric(words, METRICS[name], f"m{index}", plan, staged)
    ]
    for index, view in enumerate(query.views):
        values += _view(words, view, f"v{index}")
    counted = f"SELECT {', '.join([*keys, *values])} FROM ({rows}) AS chosen{grouped}"
    columns = [
        f"{words.as_group(f'g{index}', _group_type(name, query.flatten))} AS t{index}"
        for index, name in enumerate(query.group_by)
    ]
    columns.append("bucket" if len(query.edges) > 2 else "0 AS bucket")
    names = [value.rsplit(" AS ", 1)[1] for value in values]
    present = " OR ".join(f"{name} > 0" for name in names if name.endswith("_count") or "_" not in name)
    chosen = f"SELECT {', '.join([*columns, *names])} FROM ({counted}) AS counted WHERE {present}"
    return Statement(f"{chosen} LIMIT {MAX_CELLS + 1}", tuple(parameters))


def _rows(plan: Plan, words: Words, parameters: list[Any]) -> str:
    """The facts that are counted: their groups as g0…, their `bucket`, and what metrics read of them."""
    query = plan.query
    columns = [
        f"{_group(words, name, query.flatten)} AS g{index}" for index, name in enumerate(query.group_by)
    ]
    if len(query.edges) > 2:
        columns.append(f"{_bucket(plan, words)} AS bucket")
    wanted = {"kind"}
    for name in query.metrics:
        of = METRICS[name].of
        if of is not None:
            wanted.add(DIMENSION_COLUMNS[of])
        elif METRICS[name].aggregate == "value":
            wanted.add("value")
    if query.views:
        wanted.add("value")
    if plan.table == "fact_hours":
        wanted = {"kind", "facts"}
    elif plan.table == "session_hours":
        wanted = {DIMENSION_COLUMNS["journeySessionId"]}
    columns += sorted(wanted)
    source, conditions = _source(plan, words, parameters)
    conditions += [f"ts >= {words.time_literal(query.start)}", f"ts < {words.time_literal(query.end)}"]
    if query.filter is not None:
        conditions.append(filter_condition(words, query.filter, parameters))
    rows = f"SELECT {', '.join(columns)} FROM {source} WHERE {' AND '.join(conditions)}"
    # One list after the other, each in a SELECT of its own: two in one would be walked side by side, not crossed.
    for index, name in enumerate(query.group_by):
        if DIMENSIONS[name].multi_valued and not query.flatten:
            rows = f"SELECT * REPLACE ({words.unnest(f'g{index}')} AS g{index}) FROM ({rows}) AS list{index}"
    return rows


def _is_staged(plan: Plan) -> bool:
    """Whether facts are counted by kind first, and what was counted is then put beside one another."""
    return (
        plan.table == "facts"
        and len(plan.kinds) >= _MANY_KINDS
        and not plan.query.views
        and all(METRICS[name].of is None for name in plan.query.metrics)
    )


def _stage(query: Query) -> list[str]:
    """What is counted of each kind."""
    counted = ["count(*) AS facts"]
    if any(METRICS[name].aggregate == "value" for name in query.metrics):
        counted += [f"{function}(value) AS value_{function}" for function in SUMMARIES]
    return counted


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
    branches = []
    for run in plan.runs:
        number = words.integer_division(f"({moment} - {run.start})", str(run.width))
        branches.append(
            (run.start + run.width * run.count, f"{number} + {run.first}" if run.first else number)
        )
    if len(branches) == 1:
        return branches[0][1]
    whens = " ".join(f"WHEN {moment} < {end} THEN {number}" for end, number in branches[:-1])
    return f"CASE {whens} ELSE {branches[-1][1]} END"


def _condition(metric: Metric) -> str:
    # Names of fact kinds are the contract's own words, not anybody's input.
    if len(metric.facts) == 1:
        # Worked off for every fact, and a twentieth faster than a list of one.
        return f"kind = '{metric.facts[0]}'"
    kinds = ", ".join(f"'{kind}'" for kind in metric.facts)
    return f"kind IN ({kinds})"


def _metric(words: Words, metric: Metric, name: str, plan: Plan, staged: bool) -> list[str]:
    # Of the only metric asked for, all facts that are read are counted.
    condition = None if set(metric.facts) == set(plan.kinds) else _condition(metric)
    if plan.table == "session_hours":
        return [f"count(DISTINCT {DIMENSION_COLUMNS['journeySessionId']}) AS {name}"]
    if metric.aggregate == "value":
        return _summaries(words, condition, name, staged)
    if metric.of is not None:
        column = DIMENSION_COLUMNS[metric.of]
        distinct = words.distinct_if(column, condition) if condition else f"count(DISTINCT {column})"
        return [f"{distinct} AS {name}"]
    if staged or plan.table == "fact_hours":
        return [f"{_whole(_aggregate(words, 'sum', 'facts', condition))} AS {name}"]
    return [f"{words.count_if(condition) if condition else 'count(*)'} AS {name}"]


def _summaries(words: Words, condition: str | None, name: str, staged: bool) -> list[str]:
    """Number, sum, smallest and largest of the values; where they are `staged`, of what was counted of each kind."""
    if not staged:
        return [
            f"{_aggregate(words, function, 'value', condition)} AS {name}_{function}"
            for function in SUMMARIES
        ]
    again = {"count": "sum"}
    parts = {
        function: _aggregate(words, again.get(function, function), f"value_{function}", condition)
        for function in SUMMARIES
    }
    parts["count"] = _whole(parts["count"])
    return [f"{part} AS {name}_{function}" for function, part in parts.items()]


def _aggregate(words: Words, function: str, column: str, condition: str | None) -> str:
    return words.aggregate_if(function, column, condition) if condition else f"{function}({column})"


def _whole(number: str) -> str:
    """A sum of whole numbers, which engines make wider than any of them."""
    return f"CAST({number} AS BIGINT)"


def _view(words: Words, view: View, name: str) -> list[str]:
    condition = _condition(METRICS[view.target])
    bounds = [(">=", view.gte), ("<", view.lt)]
    for sign, limit in bounds:
        if limit is not None:
            condition += f" AND value {sign} {words.number_literal(limit)}"
    return _summaries(words, condition, name, staged=False)
