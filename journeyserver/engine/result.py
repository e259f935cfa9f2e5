"""What was counted → the API's answer: sparse, ordered, with intervals in the query's zone (docs/api/journey-api.md §10.8).

Columns in, columns all the way. Each different text that occurs (a group's value, a bucket's edges, a metric with its number)
is made once; a row is the numbers of its texts, and the answer is all of these texts in order, which are fetched in one go.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy
import orjson
import pyarrow
from pyarrow import compute

from journeyadmin.contract.buckets import MAX_CELLS, format_instant
from journeyadmin.contract.metrics import METRICS
from journeyserver.engine.arrow import whole
from journeyserver.engine.query import Query

SUMMARIES = ("count", "sum", "min", "max")
# Places for so many times as many keys as there are cost less than to compare these.
_SPARSE = 8
# Whole numbers below this can be told apart in 64 bits.
_MOST = 2**62
# What a row begins with: the answer, a group, a further bucket of one; and what ends the last row.
_BEGINNINGS = ('{"results":[{"group":{', ']}]},{"group":{', "]},")
_FIRST, _GROUP, _BUCKET = range(3)
# Where in its text a UUID has digits.
_DIGITS = [place for place in range(36) if place not in (8, 13, 18, 23)]
_EMPTY, _END = '{"results":[]}', "]}]}]}"
# So many texts are fetched at a time: about a megabyte, which stays in the processor's memory until it is sent.
_TEXTS_AT_ONCE = 16_000


class TooManyCells(Exception):
    """The answer would have more cells (groups × buckets × metrics) than the contract allows: `cells`, or nobody counted all."""

    def __init__(self, cells: int | None) -> None:
        self.cells = cells
        made = f"more than {MAX_CELLS:,}" if cells is None else f"{cells:,}"
        super().__init__(
            f"The query makes {made} result cells, and {MAX_CELLS:,} are allowed. Choose a coarser granularity, "
            "fewer groups or a shorter interval."
        )


class Answer:
    """A JourneyAggregateQueryResponse: how many bytes it has, and these in pieces, each put together when it is taken."""

    def __init__(self, texts: Any, order: Any) -> None:
        """`texts` are different texts, `order` the numbers of those that make the answer."""
        self._texts, self._order = texts, order
        lengths = compute.binary_length(texts).to_numpy().astype(numpy.int64)
        self._length = int(lengths @ numpy.bincount(order, minlength=len(lengths)))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        order = pyarrow.array(self._order)
        for start in range(0, len(order), _TEXTS_AT_ONCE):
            taken = self._texts.take(order.slice(start, _TEXTS_AT_ONCE))
            # One text after the other is how Arrow keeps them; the last of the ends says how long all are.
            _, ends, content = taken.buffers()
            yield content[: numpy.frombuffer(ends, numpy.int32)[len(taken)]].to_pybytes()

    def __bytes__(self) -> bytes:
        return b"".join(self)


class _Texts:
    """Different texts, numbered as they are added. Number 0 is the empty one: nothing stands there."""

    def __init__(self) -> None:
        self._added = [pyarrow.array([""])]
        self._size = 1

    def add(self, texts: Any) -> int:
        """The number of the first of these."""
        first = self._size
        self._added.append(texts)
        self._size += len(texts)
        return first

    def all(self) -> Any:
        return pyarrow.concat_arrays(self._added)


def write(query: Query, pieces: Iterable[Any]) -> Answer:
    """The answer from the rows of compile.py, in Arrow tables. Raises TooManyCells."""
    tables = [piece for piece in pieces if piece.num_rows]
    if not tables:
        return Answer(pyarrow.array([_EMPTY]), numpy.zeros(1, numpy.int32))
    counted = pyarrow.concat_tables(tables)
    columns = {name: whole(counted.column(name)) for name in counted.column_names}
    metrics = [_metric(name, f"m{index}", columns) for index, name in enumerate(query.metrics)]
    views = [_view(view.name, f"v{index}", columns) for index, view in enumerate(query.views)]
    cells = sum(int(numpy.count_nonzero(places >= 0)) for _, places in (*metrics, *views))
    if cells > MAX_CELLS:
        # compile.py reads one row more than there may be, not all there are.
        raise TooManyCells(cells if counted.num_rows <= MAX_CELLS else None)
    buckets = columns["bucket"].to_numpy(zero_copy_only=False).astype(numpy.int32)
    groups, key = _groups(query, columns)
    order = _order(_combined([key, buckets]))
    key = key[order]
    is_first = numpy.concatenate([[True], key[1:] != key[:-1]])
    texts = _Texts()
    beginnings = numpy.where(is_first, numpy.int32(_GROUP), numpy.int32(_BUCKET))
    beginnings[0] = _FIRST
    parts = [beginnings + texts.add(pyarrow.array(_BEGINNINGS))]
    parts += [numpy.where(is_first, numbers[order], 0) for numbers in _listed(texts, groups)]
    labels = _labels(query.edges, query.zone)
    bucket, opening = texts.add(labels), texts.add(_joined('},"data":[', labels))
    parts.append(buckets[order] + numpy.where(is_first, numpy.int32(opening), numpy.int32(bucket)))
    parts += [numbers[order] for numbers in _listed(texts, metrics)]
    parts += [numbers[order] for numbers in _listed(texts, views, before='],"views":[')]
    end = texts.add(pyarrow.array([_END]))
    numbers = numpy.empty(len(order) * len(parts) + 1, numpy.int32)
    numbers[-1] = end
    rows = numbers[:-1].reshape(len(order), len(parts))
    for place, part in enumerate(parts):
        rows[:, place] = part
    return Answer(texts.all(), numbers)


# Different texts, and row by row which of them stands there: -1 for none.
_Column = tuple[Any, Any]


def _listed(texts: _Texts, columns: Sequence[_Column], before: str = "") -> Iterator[Any]:
    """Of each column the numbers of its texts, with commas between what stands in a row, and `before` ahead of the first."""
    # Whether something stands before it: in no row, in each, or row by row. Mostly it is the same in all, and then told once.
    some: Any = False
    for different, places in columns:
        is_there: Any = True if places.min() >= 0 else places >= 0
        if some is True:
            starts: Any = texts.add(_joined(",", different))
        else:
            starts = texts.add(_joined(before, different) if before else different)
            if some is not False:
                starts = numpy.where(some, texts.add(_joined(",", different)), starts)
        numbers = places + starts
        yield numbers if is_there is True else numpy.where(is_there, numbers, 0)
        some = True if some is True or is_there is True else some | is_there


def _groups(query: Query, columns: dict[str, Any]) -> tuple[list[_Column], Any]:
    """Of each dimension its values as JSON; and a number per row that orders groups: by text, missing values last."""
    texts, ranks = [], []
    for index, name in enumerate(query.group_by):
        values, places = _different(columns[f"t{index}"])
        rank = compute.sort_indices(compute.sort_indices(values)).to_numpy()
        # A missing value has place -1: the last.
        ranks.append(numpy.append(rank, len(values))[places])
        if pyarrow.types.is_binary(values.type):
            texts.append((_joined(f'"{name}":"', _uuids(values), '"'), places))
        else:
            shown = [f'"{name}":{orjson.dumps(value).decode()}' for value in values.to_pylist()]
            texts.append((pyarrow.array(shown, pyarrow.string()), places))
    key = _combined(ranks) if ranks else numpy.zeros(len(columns["bucket"]), numpy.int64)
    return texts, key


def _uuids(values: Any) -> Any:
    """UUIDs of sixteen bytes each, none missing, as text."""
    digits = b"".join(values.to_pylist()).hex().encode()
    texts = numpy.full((len(values), 36), ord("-"), numpy.uint8)
    texts[:, _DIGITS] = numpy.frombuffer(digits, numpy.uint8).reshape(-1, 32)
    ends = numpy.arange(0, 36 * len(values) + 1, 36, dtype=numpy.int32)
    return pyarrow.StringArray.from_buffers(len(values), pyarrow.py_buffer(ends), pyarrow.py_buffer(texts))


def _different(column: Any) -> _Column:
    """The different values of a column, and where among them each row's is."""
    found = column.dictionary_encode()
    return found.dictionary, compute.fill_null(found.indices, -1).to_numpy(zero_copy_only=False)


def _order(keys: Any) -> Any:
    """The places of the keys, which differ, from the smallest to the largest."""
    most = int(keys.max()) + 1
    if most <= _SPARSE * len(keys):
        # Each goes to where it belongs: a fifth of the time that comparing takes.
        places = numpy.full(most, -1, numpy.int64)
        places[keys] = numpy.arange(len(keys))
        found = places[places >= 0]
        if len(found) == len(keys):
            return found
    return numpy.argsort(keys)


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


@lru_cache(maxsize=16)
def _labels(edges: tuple[datetime, ...], zone: ZoneInfo) -> Any:
    """How the JSON of each bucket begins. The tiles of a dashboard ask for the same buckets, one after the other."""
    moments = [format_instant(edge, zone) for edge in edges]
    return pyarrow.array(
        [f'{{"interval":"{start}/{end}","metrics":[' for start, end in itertools.pairwise(moments)]
    )


def _metric(name: str, column: str, columns: dict[str, Any]) -> _Column:
    """A metric as JSON, missing where there is nothing to tell of it."""
    start = f'{{"metric":"{name}","stats":{{'
    if METRICS[name].aggregate == "value":
        return _summary(start, column, columns)
    counts = _filled(columns[column]).astype(numpy.int64, copy=False)
    most = int(counts.max())
    if most <= len(counts):
        # All numbers up to the largest one: finding out which of them occur would take longer. A count of 0 gets place -1.
        numbers, places = numpy.arange(1, most + 1), (counts - 1).astype(numpy.int32)
    else:
        numbers, places = numpy.unique(counts, return_inverse=True)
        places = numpy.where(counts > 0, places, -1)
    return _joined(start + '"count":', pyarrow.array(numbers).cast(pyarrow.string()), "}}"), places


def _view(name: str, column: str, columns: dict[str, Any]) -> _Column:
    return _summary(f'{{"name":{orjson.dumps(name).decode()},"stats":{{', column, columns)


def _summary(start: str, column: str, columns: dict[str, Any]) -> _Column:
    """Number, sum, smallest and largest of values as JSON, missing where there are none."""
    counts = _filled(columns[f"{column}_count"])
    rows = numpy.flatnonzero(counts > 0)
    places = numpy.full(len(counts), -1, numpy.int64)
    places[rows] = numpy.arange(len(rows))
    there = pyarrow.array(rows)
    parts: list[Any] = []
    for function in SUMMARIES:
        number = columns[f"{column}_{function}"].take(there)
        parts += [f'{"," if parts else start}"{function}":', _number(number)]
    return _joined(*parts, "}}"), places


def _filled(counts: Any) -> Any:
    """Whole numbers, nought where one is missing."""
    return (compute.fill_null(counts, 0) if counts.null_count else counts).to_numpy(zero_copy_only=False)


def _number(numbers: Any) -> Any:
    """Numbers as JSON writes them; null where one is not finite."""
    texts = numbers.cast(pyarrow.string())
    finite = (
        compute.is_finite(numbers) if pyarrow.types.is_floating(numbers.type) else compute.is_valid(numbers)
    )
    return compute.if_else(compute.fill_null(finite, False), texts, "null")


def _joined(*parts: Any) -> Any:
    """Row by row all of these texts as one."""
    return compute.binary_join_element_wise(*parts, "")
