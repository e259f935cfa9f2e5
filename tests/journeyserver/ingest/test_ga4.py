"""Exports of Google Analytics 4: columns, quirks, and both ways of writing them down."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow
import pyarrow.parquet
import pytest

from journeyserver.ingest.incoming import Options, Unreadable
from journeyserver.ingest.places import country_code, region_code
from journeyserver.ingest.readers import ga4, open_file
from journeyserver.ingest.readers.ga4 import Ga4Lines, Ga4Parquet
from journeyserver.ingest.readers.ga4_columns import PURCHASE_OUTCOME, arrival
from tests.journeyserver.ingest.samples import GA4, all_refused, all_rows, zipped


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return all_rows(Ga4Lines(GA4).batches())


def as_parquet(folder: Path, change: str = "*") -> Path:
    """The readable lines of the sample as Parquet."""
    path = folder / "export.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {change} FROM read_ndjson('{GA4}', ignore_errors = true, map_inference_threshold = -1) WHERE user_pseudo_id IS NOT NULL) TO '{path}'"
        )
    return path


def test_a_page_view_is_the_contracts_and_other_names_stay(events: list[dict[str, Any]]) -> None:
    assert [row["event_name"] for row in events] == [
        "first_visit",
        "page_viewed",
        "view_item",
        "purchase",
        "view_search_results",
        "page_viewed",
    ]
    assert events[1]["ts"] == datetime(2021, 1, 1)
    assert events[2]["ts"] == datetime(2021, 1, 1, 0, 0, 1, 500_000)
    assert {row["customer_id"] for row in events} == {"1.1", "2.2"}
    assert events[1]["page_title"] == "Home"
    assert events[4]["search_query"] == "hat"


def test_events_of_one_moment_share_where_the_visitor_came_from(events: list[dict[str, Any]]) -> None:
    """first_visit and session_start are sent with the page view, which alone says it."""
    for row in events[:2]:
        assert (row["mkt_campaign_source"], row["mkt_campaign_medium"], row["mkt_campaign_name"]) == (
            "google",
            "cpc",
            "Winter",
        )
        assert row["mkt_campaign_network"] == "google"
        assert row["referrer_medium"] == "paid"
    assert "mkt_campaign_name" not in events[2]


def test_devices_and_places_in_the_words_of_the_contract(events: list[dict[str, Any]]) -> None:
    first, third = events[0], events[2]
    assert (first["device_category"], first["device_type"], first["device_os_family"]) == (
        "mobile",
        "Apple",
        "iOS",
    )
    assert (third["device_category"], third["device_os_family"]) == ("other", "Mac OS")
    assert (first["geolocation_country"], first["geolocation_region"]) == ("US", "US-CA")
    assert "geolocation_locality" not in first
    assert (third["geolocation_country"], third["geolocation_country_name"]) == ("TR", "Turkey")
    assert "geolocation_region" not in third


def test_parameters_and_items_are_attributes_with_their_types(events: list[dict[str, Any]]) -> None:
    assert [dict(row["attributes"]) for row in events[:4]] == [
        {"ga_session_number": "1"},
        {"ga_session_number": "1", "engagement_time_msec": "5"},
        {"ga_session_number": "1", "item_ids": "A1, B2, C3", "item_names": "Hat, Hat, red, Scarf", "item_categories": "Home/"},
        {"ga_session_number": "1", "currency": "USD", "value": "42.08", "transaction_id": "77"},
    ]  # fmt: skip
    assert dict(events[3]["attribute_types"]) == {
        "ga_session_number": "integer",
        "currency": "string",
        "value": "number",
        "transaction_id": "string",
    }
    assert dict(events[4]["attributes"]) == {"outbound": "true"}
    for row in events:
        assert dict(row.get("attributes") or {}).keys() == dict(row.get("attribute_types") or {}).keys()


def test_a_purchase_is_an_outcome_too() -> None:
    (outcome,) = all_rows(Ga4Lines(GA4).batches(), "outcomes")
    assert (outcome["value"], outcome["journey_outcome_id"]) == (42.08, PURCHASE_OUTCOME)
    assert (outcome["customer_id"], outcome["ts"]) == ("1.1", datetime(2021, 1, 1, 0, 0, 2))


def test_bad_lines_are_numbered_and_explained() -> None:
    refused = all_refused(Ga4Lines(GA4).batches())
    assert [(bad.number, bad.reason) for bad in refused] == [
        (7, "There is no user_pseudo_id."),
        (8, "The event_timestamp is no number."),
        (9, "The line is no JSON."),
    ]


def test_gzip_is_the_same(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    assert all_rows(Ga4Lines(zipped(GA4, tmp_path)).batches()) == events


def test_parquet_is_the_same(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    path = as_parquet(tmp_path, "* REPLACE (TRY_CAST(event_timestamp AS BIGINT) AS event_timestamp)")
    found = list(Ga4Parquet(path).batches())
    assert [row | {"number": 0} for row in all_rows(found)] == [row | {"number": 0} for row in events]
    assert [bad.reason for bad in all_refused(found)] == ["There is no event_timestamp."]
    assert Ga4Parquet(path).newest() == Ga4Lines(GA4).newest() == datetime(2021, 1, 1, 0, 0, 4)


def test_an_export_with_the_needed_columns_alone_will_do(tmp_path: Path) -> None:
    path = as_parquet(
        tmp_path, "TRY_CAST(event_timestamp AS BIGINT) AS event_timestamp, event_name, user_pseudo_id"
    )
    assert len(all_rows(Ga4Parquet(path).batches())) == 6


def test_parquet_of_something_else_is_refused(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"event_timestamp": [1]}), tmp_path / "x.parquet")
    with pytest.raises(Unreadable, match="no column event_name"):
        Ga4Parquet(tmp_path / "x.parquet")


def test_wrapped_lists_are_refused_and_not_half_read(tmp_path: Path) -> None:
    path = tmp_path / "wrapped.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 1 AS event_timestamp, 'x' AS event_name, 'y' AS user_pseudo_id, "
            f"{{'list': [{{'element': {{'key': 'page_location'}}}}]}} AS event_params) TO '{path}'"
        )
    with pytest.raises(Unreadable, match="lists wrapped"):
        Ga4Parquet(path)


def test_pieces_do_not_tear_a_moment_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = as_parquet(tmp_path, "* REPLACE (TRY_CAST(event_timestamp AS BIGINT) AS event_timestamp)")
    whole = all_rows(Ga4Parquet(path).batches())
    monkeypatch.setattr(ga4, "ROWS", 1)
    batches = list(Ga4Parquet(path).batches())
    assert len([batch for batch in batches if batch.kind == "events"]) >= 4
    assert all_rows(batches) == whole
    middle = batches[1].position
    assert all_rows(Ga4Parquet(path).batches(middle)) == [row for row in whole if row["number"] > middle]


@pytest.mark.parametrize(
    ("source", "medium", "gclid", "found"),
    [
        ("google", "organic", False, (None, "search")),
        ("google", "organic", True, (None, "paid")),
        ("(direct)", "(none)", False, (None, None)),
        ("blog.shop.test", "referral", False, ("blog.shop.test", "internal")),
        ("News.Example.org", "referral", False, ("news.example.org", "unknown")),
        ("facebook.com", "referral", False, ("facebook.com", "social")),
        ("mail.google.com", "referral", False, ("mail.google.com", "email")),
        ("<Other>", "referral", False, (None, "unknown")),
        ("partner", "affiliate", False, (None, "unknown")),
        ("letter", "email", False, (None, "email")),
    ],
)
def test_googles_sources_as_referrers(
    source: str, medium: str, gclid: bool, found: tuple[str | None, str | None]
) -> None:
    assert arrival(source, medium, gclid, "www.shop.test") == found


def test_countries_and_regions_by_name() -> None:
    names = (
        "Germany",
        "United Kingdom",
        "Côte d’Ivoire",
        "Bosnia & Herzegovina",
        "Hong Kong",
        "Czechia",
        "South Korea",
        "Vietnam",
    )
    assert [country_code(name) for name in names] == ["DE", "GB", "CI", "BA", "HK", "CZ", "KR", "VN"]
    assert country_code("(not set)") is None
    assert region_code("CA", "Quebec") == region_code("CA", "Québec") == "CA-QC"
    assert region_code("DE", "California") is None


def test_all_countries_of_the_data_have_a_code(shared_data: Path) -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT geo_country, geo_region, count(*) FROM '{shared_data}/ga4-store/*.parquet' GROUP BY ALL"
        ).fetchall()
    assert {country for country, _, _ in rows if country_code(country) is None} == {"(not set)"}
    named = [
        (country, region, count) for country, region, count in rows if region not in ("(not set)", "<Other>")
    ]
    coded = sum(count for country, region, count in named if region_code(country_code(country), region))
    share = coded / sum(count for _, _, count in named)
    print(f"\nregions: {share:.1%} of the events that name one have its ISO 3166-2 code")
    assert share >= 0.8


def test_one_day_of_the_data_is_the_same_from_lines_and_from_parquet(shared_data: Path) -> None:
    """21,355 events, 2020-12-25; what each event says, the file's order apart."""
    lines = list(Ga4Lines(shared_data / "ga4-store" / "ga4-2020-12-25.ndjson.gz").batches())
    events = [row for batch in lines if batch.kind == "events" for row in batch.rows.to_pylist()]  # type: ignore[union-attr]
    assert len(events) == 21_355
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT event_name, count(*) FROM '{shared_data}/ga4-store/ga4-2020-12-19_2020-12-26.parquet' "
            "WHERE event_date = '20201225' GROUP BY ALL"
        ).fetchall()
    expected = {"page_viewed" if name == "page_view" else name: count for name, count in rows}
    assert Counter(row["event_name"] for row in events) == expected


NESTED = {
    "event_timestamp": "1609459200000000",
    "event_name": "page_view",
    "user_pseudo_id": "1.1",
    "platform": "WEB",
    "event_params": [
        {"key": "page_location", "value": {"string_value": "https://shop.test/hat?utm_source=news"}},
        {"key": "page_title", "value": {"string_value": "Hat"}},
        {"key": "ga_session_number", "value": {"int_value": "3"}},
        {"key": "outbound", "value": {"string_value": "true"}},
        {"key": "gclid", "value": {"string_value": "abc"}},
        {"key": "source", "value": {"string_value": "google"}},
        {"key": "medium", "value": {"string_value": "cpc"}},
        {"key": "campaign", "value": {"string_value": "Winter"}},
        {"key": "value", "value": {"double_value": 42.5}},
        {"key": "empty", "value": {}},
    ],
    "device": {
        "category": "mobile",
        "mobile_brand_name": "Apple",
        "operating_system": "iOS",
        "web_info": {"browser": "Safari", "browser_version": "14.0"},
    },
    "geo": {"country": "Sweden", "city": "Umeå"},
    "items": [{"item_id": "A1", "item_name": "Hat", "item_category": "Home", "price": 5}],
}


def test_rows_as_bigquery_nests_them_are_the_same_events(tmp_path: Path) -> None:
    lines = tmp_path / "nested.ndjson"
    lines.write_bytes(orjson.dumps(NESTED) + b"\n")
    parquet = tmp_path / "nested.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE (event_timestamp::BIGINT AS event_timestamp, list_transform(event_params, lambda one: "
            "struct_pack(key := one.key, value := struct_pack(string_value := one.value.string_value, "
            "int_value := one.value.int_value::BIGINT, double_value := one.value.double_value))) AS event_params) "
            f"FROM read_ndjson('{lines}', map_inference_threshold = -1)) TO '{parquet}'"
        )
    for path in (lines, parquet):
        (event,) = all_rows(open_file(path, "ga4", Options()).batches())
        assert event["page_url"] == "https://shop.test/hat?utm_source=news"
        assert (event["device_category"], event["device_type"], event["browser_version"]) == (
            "mobile",
            "Apple",
            "14.0",
        )
        assert (event["geolocation_country"], event["geolocation_locality"]) == ("SE", "Umeå")
        assert (event["mkt_campaign_name"], event["mkt_campaign_network"]) == ("Winter", "google")
        assert dict(event["attributes"]) == {
            "ga_session_number": "3",
            "outbound": "true",
            "value": "42.5",
            "item_ids": "A1",
            "item_names": "Hat",
            "item_categories": "Home",
        }
