"""Where visitors came from, held to the cases of another parser."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyserver.ingest.referrers import COLUMNS, Referrer, parts, referrer

HERE = "www.shop.test"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", Referrer()),
        ("-", Referrer()),
        ("about:blank", Referrer()),
        ("https://www.shop.test/x", Referrer("www.shop.test", "internal")),
        ("https://blog.shop.test/x", Referrer("blog.shop.test", "internal")),
        ("https://www.google.de/", Referrer("www.google.de", "search", None, "Google")),
        ("https://www.google.co.uk/search?q=red+shoes", Referrer("www.google.co.uk", "search", "red shoes", "Google")),
        ("https://www.google.com/#q=red", Referrer("www.google.com", "search", "red", "Google")),
        ("https://support.google.com/analytics", Referrer("support.google.com", "unknown")),
        ("https://www.bing.com/search?q=a%20b", Referrer("www.bing.com", "search", "a b", "Bing")),
        ("https://duckduckgo.com/", Referrer("duckduckgo.com", "search", None, "DuckDuckGo")),
        ("https://r.search.yahoo.com/_ylt=x/RV=2", Referrer("r.search.yahoo.com", "search", None, "Yahoo!")),
        ("android-app://com.google.android.googlequicksearchbox/",
         Referrer("com.google.android.googlequicksearchbox", "search", None, "Google")),
        ("https://www.baidu.com/s?wd=%BA%EC", Referrer("www.baidu.com", "search", "红", "Baidu")),
        ("https://l.facebook.com/l.php", Referrer("l.facebook.com", "social", None, "Facebook")),
        ("https://t.co/x", Referrer("t.co", "social", None, "Twitter")),
        ("https://mail.google.com/mail/u/0", Referrer("mail.google.com", "email")),
        ("https://outlook.live.com/", Referrer("outlook.live.com", "email")),
        ("https://webmail.example.org/", Referrer("webmail.example.org", "email")),
        ("https://www.mailchimp.com/", Referrer("www.mailchimp.com", "unknown")),
        ("https://news.example.org/story", Referrer("news.example.org", "unknown")),
        ("https://googleads.g.doubleclick.net/pagead/ads", Referrer("googleads.g.doubleclick.net", "paid")),
        ("https://www.google.com/aclk?q=red", Referrer("www.google.com", "paid", "red", "Google")),
        ("http://10.0.0.1/", Referrer("10.0.0.1", "unknown")),
    ],
)  # fmt: skip
def test_media(url: str, found: Referrer) -> None:
    assert referrer(url, HERE) == found


@pytest.mark.parametrize(
    ("medium", "network", "found"),
    [
        ("cpc", "", "paid"),
        ("PPC", "", "paid"),
        ("paid_social", "", "paid"),
        ("email", "", "search"),
        ("", "google", "paid"),
        ("", "microsoft", "paid"),
        ("", "facebook", "search"),
    ],
)
def test_a_campaign_tells_paid_clicks_from_others(medium: str, network: str, found: str) -> None:
    assert parts("https://www.google.com/", HERE, medium, network)[1] == found


def test_without_a_page_nothing_is_internal() -> None:
    assert parts("https://www.shop.test/") == ("www.shop.test", "unknown", None)


@given(st.text(), st.text(), st.text())
def test_any_text_is_some_referrer(url: str, host: str, medium: str) -> None:
    for text in (url, f"https://www.google.com/search?q={url}", f"https://{url}"):
        found = dict(zip(COLUMNS, parts(text, host, medium), strict=True))
        assert (found["referrer_hostname"] is None) == (found["referrer_medium"] is None)


def test_cases_of_another_parser(shared_data: Path) -> None:
    """Snowplow's cases; each difference is explained in docs/parsing.md."""
    cases = json.loads((shared_data / "reference" / "snowplow-referer-tests.json").read_text())
    found = [(case, referrer(case["uri"], "www.snowplowanalytics.com")) for case in cases]
    media = [case["spec"] for case, answer in found if answer.medium != case["medium"]]
    engines = [(case, answer) for case, answer in found if case["medium"] == answer.medium == "search"]
    terms = [
        case["spec"]
        for case, answer in engines
        if answer.keywords != (case["term"] or "").strip() and case["term"]
    ]
    print(f"\nreferrers: medium right in {len(cases) - len(media)} of {len(cases)}; others: {media}")
    print(f"referrers: search terms right in {len(engines) - len(terms)} of {len(engines)}")
    assert len(cases) - len(media) >= 26
    assert not terms
