"""Which patterns each event counts for: each different value is looked at once, and what it says is said of all its rows.

A pattern is its stream, its event name and criteria, each of which looks at one column or one attribute alone. What each says
of a value is asked of the desk, in the words that every other search for patterns uses.
"""

from collections.abc import Iterable
from typing import Any

import numpy
import pyarrow
from pyarrow import compute

from journeyadmin.contract.criteria import attribute_name
from journeyserver.engine.arrow import whole
from journeyserver.engine.columns import JOURNEY_COLUMNS
from journeyserver.engine.predicates import criterion_condition
from journeyserver.ingest import maps
from journeyserver.ingest.assign import DESK, Definitions, Json
from journeyserver.ingest.distinct import numbered
from journeyserver.ingest.incoming import Laid

# A column of events, and the attribute's name where it is that of attributes.
_Place = tuple[str, str]
# SQL, and its parameters.
_Condition = tuple[str, tuple[Any, ...]]
_NONE = pyarrow.nulls(1, pyarrow.string())


def found(desk: Any, laid: Laid, definitions: Definitions) -> dict[str, Any]:
    """For each pattern of the definitions a column, by its name, that says of each row whether it counts."""
    tests = {row.meets: _tests(row.body) for row in definitions.patterns}
    asked: dict[_Place, dict[_Condition, Any]] = {}
    for place, condition in (test for rows in tests.values() for test in rows):
        asked.setdefault(place, {})[condition] = None
    answers = {place: _answers(desk, laid, place, conditions) for place, conditions in asked.items()}
    return {
        name: pyarrow.array(
            numpy.logical_and.reduce([answers[place][condition] for place, condition in rows])
        )
        for name, rows in tests.items()
    }


def _tests(pattern: Json) -> list[tuple[_Place, _Condition]]:
    """Where to look, and what must hold there."""
    tests: list[tuple[_Place, _Condition]] = [(("stream", ""), ("stream = ?", (pattern["streamType"],)))]
    if name := pattern.get("eventName"):
        tests.append((("event_name", ""), ("coalesce(event_name = ?, false)", (name,))))
    for criterion in pattern["criteria"]:
        parameters: list[Any] = []
        condition = criterion_condition(DESK, "journey", criterion, parameters)
        key = str(criterion["key"])
        attribute = attribute_name(key)
        place = ("attributes", attribute) if attribute else (JOURNEY_COLUMNS.get(key, "event_name"), "")
        tests.append((place, (condition, tuple(parameters))))
    return tests


def _answers(desk: Any, laid: Laid, place: _Place, conditions: Iterable[_Condition]) -> dict[_Condition, Any]:
    """What each condition says of each row."""
    column, attribute = place
    texts = _texts(laid, column, attribute)
    numbers, different = numbered(texts)
    rows = pyarrow.table(
        {"number": numpy.arange(len(different) + 1), "text": pyarrow.concat_arrays([_NONE, different])}
    )
    text = "nullif(text, '')"
    if attribute:
        text = maps.of_columns({attribute: "text"})
    elif column == "stream":
        text = "CASE WHEN text = 'App' THEN 'App' ELSE 'Web' END"
    asked = list(conditions)
    told = ", ".join(f"{condition} AS answer_{place}" for place, (condition, _) in enumerate(asked))
    desk.register("different", rows)
    answered = desk.sql(
        f"SELECT number, {told} FROM (SELECT number, {text} AS {column} FROM different)",
        params=[value for _, parameters in asked for value in parameters],
    ).to_arrow_table()
    desk.unregister("different")
    order = numpy.argsort(answered.column("number").to_numpy())[numbers]
    return {each: answered.column(f"answer_{place}").to_numpy()[order] for place, each in enumerate(asked)}


def _texts(laid: Laid, column: str, attribute: str) -> Any:
    """What a criterion looks at, as an Arrow column of texts."""
    nothing = pyarrow.nulls(laid.table.num_rows, pyarrow.string())
    if column not in laid.columns:
        return nothing
    if not attribute:
        return laid.table.column(column)
    if column not in laid.fields:
        return compute.map_lookup(whole(laid.table.column(column)), attribute, "first")
    found = laid.fields[column].get(attribute)
    return laid.table.column(found) if found else nothing
