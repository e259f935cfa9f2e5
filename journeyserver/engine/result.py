"""What was counted → the API's answer: sparse, ordered, with intervals in the query's zone (docs/api/journey-api.md §10.8).

Columns in, columns all the way: a hundred thousand texts are put together in the time in which Python makes some thousand. Each
different value becomes text once, and rows then pick theirs.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy
import orjson
import pyarrow
from pyarrow import compute

from journeyadmin.contract.buckets import MAX_CELLS, format_instant
from journeyadmin.contract.metrics import METRICS
from journeyserver.engine.query import Query

SUMMARIES = ("count", "sum", "min", "max")
# Whole numbers below this can be told apart in 64 bits.
_MOST = 2**62
_EMPTY = b'{"results":[]}'
_MISSING = pyarrow.scalar(None, pyarrow.string())


class TooManyCells(Exception):
    """The answer would have more cells (groups × buckets × metrics) than the contract allows."""

    def __init__(self, cells: int) -> None:
        super().__init__(
            f"The query makes {cells:,} result cells, and {MAX_CELLS:,} are allowed. Choose a coarser granularity, "
            "fewer groups or a shorter interval."
        )


def write(query: Query, pieces: Iterable[Any]) -> bytes:
    """The JourneyAggregateQueryResponse from the rows of compile.py, in Arrow tables. Raises TooManyCells."""
    tables = [piece for piece in pieces if piece.num_rows]
    if not tables:
        return _EMPTY
    counted = pyarrow.concat_tables(tables)
    columns = {name: counted.column(name).combine_chunks() for name in counted.column_names}
    buckets = columns["bucket"].to_numpy(zero_copy_only=False).astype(numpy.int64)
    groups, key = _groups(query, columns)
    order = numpy.argsort(_combined([key, buckets]))
    places = pyarrow.array(order)
    columns = {name: columns[name].take(places) for name in columns if not name.startswith("t")}
    metrics = [_metric(name, f"m{index}", columns) for index, name in enumerate(query.metrics)]
    views = [_view(view.name, f"v{index}", columns) for index, view in enumerate(query.views)]
    cells = sum(len(texts) - texts.null_count for texts in (*metrics, *views))
    if cells > MAX_CELLS:
        raise TooManyCells(cells)
    key = key[order]
    rows = _joined(
        _starts(groups, order, numpy.concatenate([[True], key[1:] != key[:-1]])),
        _labels(query).take(columns["bucket"]),
        *([_listed(metrics)] if metrics else []),
        *([_shown(views)] if views else []),
        "}" if views else "]}",
    )
    # One text after the other is how Arrow keeps them; the last of the ends says how long all are.
    _, ends, texts = rows.buffers()
    length = numpy.frombuffer(ends, numpy.int32)[len(rows)]
    return b'{"results":[' + memoryview(texts)[:length] + b"]}]}"


def _groups(query: Query, columns: dict[str, Any]) -> tuple[list[Any], Any]:
    """Of each dimension its values as JSON, row by row, in dictionaries; and a number per row that orders groups: by text,
    missing values last."""
    texts, ranks = [], []
    for index, name in enumerate(query.group_by):
        found = columns[f"t{index}"].dictionary_encode()
        values = found.dictionary
        rank = compute.sort_indices(compute.sort_indices(values))
        ranks.append(compute.fill_null(rank.take(found.indices), len(values)).to_numpy(zero_copy_only=False))
        shown = [f'"{name}":{orjson.dumps(value).decode()}' for value in values.to_pylist()]
        texts.append(
            pyarrow.DictionaryArray.from_arrays(found.indices, pyarrow.array(shown, pyarrow.string()))
        )
    key = _combined(ranks) if ranks else numpy.zeros(len(columns["bucket"]), numpy.int64)
    return texts, key


def _starts(groups: Sequence[Any], order: Any, is_first: Any) -> Any:
    """What stands before each row's own text: the group's beginning where it is the first one, else a comma."""
    firsts = pyarrow.array(order[is_first])
    told = _listed([_picked(texts, firsts) for texts in groups]) if groups else _all("", len(firsts))
    ends = _all("]},", len(firsts)).slice(1)
    before = pyarrow.concat_arrays([pyarrow.array([""]), ends])
    beginnings = _joined(before, '{"group":{', told, '},"data":[')
    which = numpy.where(is_first, numpy.cumsum(is_first), 0)
    return pyarrow.concat_arrays([pyarrow.array([","]), beginnings]).take(pyarrow.array(which))


def _picked(texts: Any, places: Any) -> Any:
    return texts.dictionary.take(texts.indices.take(places))


def _combined(ranks: Sequence[Any]) -> Any:
    """One number for several, of the same order."""
    key, most = numpy.zeros(len(ranks[0]), numpy.int64), 1
    for rank in ranks:
        size = int(rank.max()) + 1
        if most * size > _MOST:
            different, key = numpy.unique(key, return_inverse=True)
            most = len(different)
        key = key * size + rank.astype(numpy.int64)
        most *= size
    return key


def _labels(query: Query) -> Any:
    """How the JSON of each bucket begins."""
    moments = [format_instant(edge, query.zone) for edge in query.edges]
    return pyarrow.array(
        [f'{{"interval":"{start}/{end}","metrics":[' for start, end in itertools.pairwise(moments)]
    )


def _metric(name: str, column: str, columns: dict[str, Any]) -> Any:
    """A metric as JSON, missing where there is nothing to tell of it."""
    start = f'{{"metric":"{name}","stats":{{'
    if METRICS[name].aggregate == "value":
        return _summary(start, column, columns)
    different = columns[column].dictionary_encode()
    numbers = different.dictionary
    texts = _joined(start + '"count":', numbers.cast(pyarrow.string()), "}}")
    return compute.if_else(compute.greater(numbers, 0), texts, _MISSING).take(different.indices)


def _view(name: str, column: str, columns: dict[str, Any]) -> Any:
    return _summary(f'{{"name":{orjson.dumps(name).decode()},"stats":{{', column, columns)


def _summary(start: str, column: str, columns: dict[str, Any]) -> Any:
    """Number, sum, smallest and largest of values as JSON, missing where there are none."""
    parts: list[Any] = []
    for function in SUMMARIES:
        parts += [f'{"," if parts else start}"{function}":', _number(columns[f"{column}_{function}"])]
    return compute.if_else(compute.greater(columns[f"{column}_count"], 0), _joined(*parts, "}}"), _MISSING)


def _number(numbers: Any) -> Any:
    """Numbers as JSON writes them; null where one is not finite."""
    texts = numbers.cast(pyarrow.string())
    finite = (
        compute.is_finite(numbers) if pyarrow.types.is_floating(numbers.type) else compute.is_valid(numbers)
    )
    return compute.if_else(compute.fill_null(finite, False), texts, "null")


def _shown(views: Sequence[Any]) -> Any:
    """The end of a bucket's metrics, and the list of its views where it has any."""
    listed = _listed(views)
    return compute.if_else(compute.equal(listed, ""), "]", _joined('],"views":[', listed, "]"))


def _listed(parts: Sequence[Any]) -> Any:
    """Row by row what is there of these texts, with commas between; empty where there is nothing."""
    if len(parts) == 1:
        return compute.fill_null(parts[0], "")
    nothing = compute.is_null(parts[0])
    for part in parts[1:]:
        nothing = compute.and_(nothing, compute.is_null(part))
    # Joining would leave out a row of which nothing is there.
    first = compute.if_else(nothing, "", parts[0])
    return compute.binary_join_element_wise(first, *parts[1:], ",", null_handling="skip")


def _joined(*parts: Any) -> Any:
    """Row by row all of these texts as one."""
    return compute.binary_join_element_wise(*parts, "")


def _all(text: str, rows: int) -> Any:
    """The same text for every row."""
    return pyarrow.array([text]).take(pyarrow.array(numpy.zeros(rows, numpy.int32)))
