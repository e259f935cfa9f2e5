"""Campaigns from addresses: contract §11.1 and §3.1."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyserver.ingest import campaigns


def named(url: str) -> dict[str, str]:
    found = zip(campaigns.COLUMNS, campaigns.parts(url), strict=True)
    return {name.removeprefix("mkt_campaign_"): value for name, value in found if value is not None}


def test_utm_parameters_keep_their_case_and_spaces_come_back() -> None:
    url = "https://s.test/?utm_source=News%20Letter&utm_medium=E-Mail&utm_campaign=Spring+Sale&utm_term=a&utm_content=B"
    assert named(url) == {
        "source": "News Letter",
        "medium": "E-Mail",
        "name": "Spring Sale",
        "term": "a",
        "content": "B",
    }


@pytest.mark.parametrize(
    ("parameter", "network"), [("gclid", "google"), ("msclkid", "microsoft"), ("fbclid", "facebook")]
)
def test_a_click_id_names_its_network(parameter: str, network: str) -> None:
    assert named(f"https://s.test/?{parameter}=Ab-9") == {"click_id": "Ab-9", "network": network}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("utm_source=a&utm_source=b", {"source": "a"}),
        ("utm_source=&utm_source=b", {"source": "b"}),
        ("utm_source=%20", {}),
        ("utm_campaign=x&amp;utm_source=feed", {"name": "x", "source": "feed"}),
        ("UTM_SOURCE=a", {}),
        ("source=a", {}),
        ("utm_source=%ff", {"source": "\ufffd"}),
        ("utm_campaign=Feed%3A+main+%28A+-+B%29", {"name": "Feed: main (A - B)"}),
    ],
)
def test_odd_queries(query: str, found: dict[str, str]) -> None:
    assert named(f"https://s.test/?{query}") == found


def test_only_the_query_counts() -> None:
    assert named("https://s.test/utm_source=a/#utm_source=b") == {}


@given(st.text())
def test_any_text_has_a_campaign_or_none(text: str) -> None:
    assert len(campaigns.parts(text)) == len(campaigns.parts("?utm_source=" + text)) == len(campaigns.COLUMNS)


@given(st.text(min_size=1).filter(str.strip))
def test_what_is_encoded_comes_back(value: str) -> None:
    for query in (
        urlencode({"utm_source": value}, errors="ignore"),
        "utm_source=" + quote(value, errors="ignore"),
    ):
        expected = value.encode(errors="ignore").decode().strip()
        assert named(f"https://s.test/?{query}").get("source", "") == expected
