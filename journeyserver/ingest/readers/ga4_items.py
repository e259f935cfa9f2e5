"""What is kept of the items of Google's events: texts, in whole columns."""

from collections.abc import Mapping
from typing import Any

import numpy
import pyarrow
from pyarrow import compute

from journeyserver.engine.arrow import whole
from journeyserver.ingest.distinct import numbered

FIELDS = ("item_id", "item_name", "item_category")
TYPE = pyarrow.list_(pyarrow.struct([(name, pyarrow.string()) for name in FIELDS]))
# What stands for no category.
_UNSAID = ("", "(not set)")
_LENGTH = 2048


def texts(items: Any) -> Mapping[str, Any]:
    """Columns of texts for an Arrow column of lists of items: ids and names as they come, categories in order, each once."""
    items = whole(items)
    rows, flat = compute.list_parent_indices(items).to_numpy(), items.flatten()
    ids, names, categories = (compute.struct_field(flat, name) for name in FIELDS)
    return {
        "item_ids": _joined(rows, ids, len(items)),
        "item_names": _joined(rows, names, len(items)),
        "item_categories": _joined(*_different(rows, categories), len(items)),
    }


def _joined(rows: Any, texts: Any, count: int) -> Any:
    """For each of so many rows its texts as one; nothing where it has none. `rows` says whose each is, in order."""
    said = texts.is_valid()
    rows, texts = rows[said.to_numpy(zero_copy_only=False)], texts.filter(said)
    counts = numpy.bincount(rows, minlength=count)
    has = counts > 0
    ends = numpy.r_[0, numpy.cumsum(counts[has])]
    lists = pyarrow.ListArray.from_arrays(pyarrow.array(ends, pyarrow.int32()), texts)
    found = compute.utf8_slice_codeunits(compute.binary_join(lists, ", "), 0, _LENGTH)
    return found.take(pyarrow.array(numpy.cumsum(has) - 1, mask=~has))


def _different(rows: Any, texts: Any) -> tuple[Any, Any]:
    """The texts of each row in order, each once, without those that say nothing."""
    numbers, values = numbered(texts)
    told = sorted(set(values.to_pylist()) - set(_UNSAID))
    places = {text: place for place, text in enumerate(told)}
    place = numpy.array([-1, *(places.get(text, -1) for text in values.to_pylist())])[numbers]
    both = numpy.unique((rows * len(told) + place)[place >= 0])
    rows, place = numpy.divmod(both, max(1, len(told)))
    return rows, pyarrow.array(told, pyarrow.string()).take(pyarrow.array(place))
