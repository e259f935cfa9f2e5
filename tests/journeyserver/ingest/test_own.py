"""Our own event format: records of each type, in each of the three ways of writing them down, good and bad."""

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyserver.ingest.incoming import COLUMNS, SCHEMAS
from journeyserver.ingest.readers.own import OwnCsv, OwnLines, OwnParquet
from journeyserver.ingest.readers.record import BadRecord, flattened, record
from tests.journeyserver.ingest.samples import CSV, NDJSON, all_refused, all_rows, zipped

DOCUMENT = Path(__file__).parents[3] / "docs" / "event-format.md"


def test_events_of_web_and_app() -> None:
    first, second, third = all_rows(OwnLines(NDJSON).batches())
    assert first["page_url"] == "https://www.shop.test/?utm_source=news"
    assert first["user_agent"].startswith("Mozilla/5.0 (iPhone")
    assert (first["referrer_url"], first["geolocation_locality"], first["ip_organization"]) == (
        "https://www.google.com/",
        "Umeå",
        "Example Net",
    )
    assert second["ts"] == datetime(2026, 11, 24, 8, 0, 30)
    assert second["page_url"] == "https://www.shop.test/shoes/7"
    assert (second["authenticated"], second["external_id"], second["search_query"]) == (True, "e-2", "shoes")
    assert (third["stream"], third["screen_name"], third["app_name"]) == ("App", "Cart", "Shop")
    assert (third["device_category"], third["browser_lang"], third["mkt_campaign_medium"]) == (
        "tablet",
        "sv-SE",
        "push",
    )


def test_attributes_and_traits_have_types() -> None:
    row = all_rows(OwnLines(NDJSON).batches())[1]
    assert dict(row["attributes"]) == {
        "price": "79.9",
        "stock": "4",
        "sale": "true",
        "colour": "red",
        "size": "42",
    }
    assert dict(row["attribute_types"]) == {
        "price": "number",
        "stock": "integer",
        "sale": "boolean",
        "colour": "string",
        "size": "integer",
    }
    assert dict(row["traits"]) == {"email": "kim@example.org"}


def test_actions_blocks_and_outcomes() -> None:
    batches = list(OwnLines(NDJSON).batches())
    (action,) = all_rows(batches, "actions")
    assert (action["action_state"], action["journey_action_map_version"]) == ("qualified", 3)
    (block,) = all_rows(batches, "blocks")
    assert (block["journey_blocking_reason"], block["starts_with_condition"]) == (
        "NoAvailableAgents",
        ["/shoes", "/hats"],
    )
    achieved, attributed = all_rows(batches, "outcomes")
    assert (achieved["value"], attributed["outcome"], attributed["touchpoint_channel_type"]) == (
        79.9,
        "attributed",
        "web",
    )
    assert [batch.position for batch in batches] == [0, 0, 0, 16]


def test_bad_records_are_numbered_explained_and_masked() -> None:
    refused = all_refused(OwnLines(NDJSON).batches())
    assert [(bad.number, bad.reason) for bad in refused] == [
        (9, "The time is no ISO 8601 time."),
        (10, "The eventName is missing or not of letters, digits and underscores."),
        (11, "There is no customerId."),
        (12, "The type is none of event, action, block, outcome."),
        (13, "journeyActionId is no UUID."),
        (14, "attributes.n is said to be a number, but is none."),
        (15, "The line is no JSON object."),
        (16, "The line is no JSON."),
    ]
    assert "kim@" not in str(refused)


def test_csv_with_quotes_and_ends_of_lines_in_values() -> None:
    batches = list(OwnCsv(CSV).batches())
    first, last = all_rows(batches)
    assert first["number"] == 2
    assert dict(first["attributes"]) == {"price": "79.9", "note": 'two\nlines, and a "quote"'}
    assert (last["number"], last["device_category"]) == (8, "desktop")
    assert all_rows(batches, "blocks")[0]["starts_with_condition"] == ["/shoes", "/hats"]
    assert [(bad.number, bad.reason) for bad in all_refused(batches)] == [
        (6, "The line has 5 values, the first line names 12."),
        (7, "The device.category is none of desktop, mobile, tablet, other."),
    ]


def test_an_import_goes_on_behind_a_line() -> None:
    assert [row["number"] for row in all_rows(OwnLines(NDJSON).batches(1))] == [2, 3]
    assert [row["number"] for row in all_rows(OwnCsv(CSV).batches(3))] == [8]


def test_gzip_is_the_same(tmp_path: Path) -> None:
    assert all_rows(OwnLines(zipped(NDJSON, tmp_path)).batches()) == all_rows(OwnLines(NDJSON).batches())
    assert all_rows(OwnCsv(zipped(CSV, tmp_path)).batches()) == all_rows(OwnCsv(CSV).batches())


def test_parquet_with_columns_of_its_own_types(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    columns = {
        "type": ["event", "outcome", "event"],
        "time": pyarrow.array(
            [datetime(2026, 11, 24, 9, tzinfo=UTC)] * 3, pyarrow.timestamp("us", tz="Europe/Stockholm")
        ),
        "customerId": ["c-1", "c-1", None],
        "eventName": ["page_viewed", None, "page_viewed"],
        "page.url": ["https://www.shop.test/", None, None],
        "attributes.price": [79.9, None, None],
        "attributes": pyarrow.array(
            [[("colour", "red")], None, None], pyarrow.map_(pyarrow.string(), pyarrow.string())
        ),
        "value": [None, 5, None],
        "journeyOutcomeId": [None, "bbbbbbbb-0000-4000-8000-000000000001", None],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    batches = list(OwnParquet(path).batches())
    (event,) = all_rows(batches)
    assert (event["ts"], event["page_url"]) == (datetime(2026, 11, 24, 9), "https://www.shop.test/")
    assert dict(event["attributes"]) == {"price": "79.9", "colour": "red"}
    assert all_rows(batches, "outcomes")[0]["value"] == 5
    assert [(bad.number, bad.reason) for bad in all_refused(batches)] == [(3, "There is no customerId.")]
    assert all_rows(OwnParquet(path).batches(1)) == []
    assert OwnParquet(path).newest() == datetime(2026, 11, 24, 9)


def flat(**more: Any) -> dict[str, Any]:
    return {"time": "2026-11-24T08:00:00Z", "customerId": "c-1", "eventName": "page_viewed", **more}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"time": None}, "There is no time."),
        ({"time": 5}, "The time is no ISO 8601 time."),
        ({"time": "0001-01-01T00:00:00+14:00"}, "The time is no ISO 8601 time."),
        ({"streamType": "Radio"}, "The streamType is neither Web nor App."),
        ({"page.url": ["x"]}, "page.url is no text."),
        ({"authenticated": "perhaps"}, "authenticated is neither true nor false."),
        ({"attributes.ä": 1}, "A name in attributes has other signs than letters, digits, underscore, hyphen and dot."),
        ({"attributes.x": "x" * 2049}, "attributes.x is longer than 2048 characters."),
        ({"attributes.x": {"dataType": "date", "value": "1"}}, "The dataType of attributes.x is none of string, number, integer, boolean."),
        ({"attributes.x": {"dataType": "integer", "value": "1.5"}}, "attributes.x is said to be a integer, but is none."),
        ({"attributes.x": {"dataType": "boolean", "value": "yes"}}, "attributes.x is said to be a boolean, but is neither true nor false."),
        ({f"attributes.x{at}": at for at in range(51)}, "There are more than 50 attributes."),
        ({"type": "outcome"}, "There is no journeyOutcomeId."),
        ({"type": "outcome", "journeyOutcomeId": "x"}, "journeyOutcomeId is no UUID."),
        ({"type": "block"}, "There is no journeyBlockingReason."),
        ({"type": "action", "journeyActionId": "aaaaaaaa-0000-4000-8000-000000000001"}, "There is no state."),
        ({"type": "outcome", "customerId": "", "journeyOutcomeId": "aaaaaaaa-0000-4000-8000-000000000001"}, "There is neither a customerId nor a sessionId."),
    ],
)  # fmt: skip
def test_what_a_record_may_not_say(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRecord) as refused:
        record(flat(**more), 1)
    assert str(refused.value) == reason


def test_unknown_names_are_ignored() -> None:
    assert record(flat(weather="fine", number=7, event_id="x"), 1)[1].keys() == {
        "number",
        "ts",
        "customer_id",
        "event_name",
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "type time customerId eventName page page.url attributes traits value journeyActionId device.category endsWithCondition state "
    "journeyActionMapVersion"
)
names = st.sampled_from(re.findall(r"\S+", NAMES))


@given(st.dictionaries(names | st.text(max_size=6), json_values, max_size=6), st.booleans())
def test_any_object_is_a_row_or_a_reason(found: dict[str, Any], whole: bool) -> None:
    """And what is a row fits the schema."""
    flat_one = flattened({**flat(), **found} if whole else found)
    try:
        kind, row = record(flat_one, 1)
    except BadRecord as error:
        reason = str(error)
    else:
        reason = ""
        assert set(row) <= {column.name for column in COLUMNS[kind]}
        pyarrow.Table.from_pylist([row], schema=SCHEMAS[kind])
    assert reason == "" or re.fullmatch(r".+\.", reason, re.DOTALL)


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


def test_the_documents_examples_can_be_taken_in() -> None:
    """Each JSON and CSV example of docs/event-format.md, and each type at least once."""
    records = [orjson.loads(line) for text in examples("json") for line in text.splitlines() if line.strip()]
    kinds = {record(flattened(found), 1)[0] for found in records}
    assert kinds == {"events", "actions", "blocks", "outcomes"}
    (table,) = examples("csv")
    for row in csv.DictReader(io.StringIO(table)):
        record(row, 1)


def test_the_document_names_every_field() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    from journeyserver.engine.columns import CONTEXT_COLUMNS, DIMENSION_COLUMNS, JOURNEY_COLUMNS
    from journeyserver.ingest.readers.record import _OWN_NAMES

    names_of = {
        column: name
        for table in (DIMENSION_COLUMNS, CONTEXT_COLUMNS, JOURNEY_COLUMNS)
        for name, column in table.items()
    }
    names_of |= {column: name for name, column in _OWN_NAMES.items()}
    fields = {column.name for columns in COLUMNS.values() for column in columns} - {
        "number",
        "attribute_types",
        "trait_types",
    }
    missing = [
        name
        for column in fields
        if f"`{(name := names_of.get(column, column))}`" not in text and f"`{_camel(name)}`" not in text
    ]
    assert not missing


def _camel(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(part.capitalize() for part in rest)
