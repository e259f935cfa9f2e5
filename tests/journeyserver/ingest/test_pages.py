"""Addresses in parts: what the contract's page keys hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyserver.ingest import pages

BROKEN = [
    "http://[::1",
    "http://[",
    "//",
    "://",
    "http://%zz/?%",
    "http://a:b:c/",
    "?",
    "#",
    "\x00",
    "http://a..b//",
]


def test_each_part_has_its_column() -> None:
    found = pages.parts("https://me@Shop.Example.co.uk:8443/sale/shoes?size=40&x=#top")
    assert dict(zip(pages.COLUMNS, found, strict=True)) == {
        "page_hostname": "shop.example.co.uk",
        "page_domain": "example.co.uk",
        "page_pathname": "/sale/shoes",
        "page_query_string": "size=40&x=",
        "page_fragment": "top",
    }


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://example.com", ("example.com", "example.com", "/", None, None)),
        ("https://example.com?", ("example.com", "example.com", "/", None, None)),
        ("/only/a/path?q=1", (None, None, "/only/a/path", "q=1", None)),
        ("http://[2001:db8::1]:80/x", ("2001:db8::1", "2001:db8::1", "/x", None, None)),
        ("http://10.1.2.3/x", ("10.1.2.3", "10.1.2.3", "/x", None, None)),
        ("http://localhost:8000/x", ("localhost", "localhost", "/x", None, None)),
        ("https://bücher.com.br/ä?ö#ü", ("bücher.com.br", "bücher.com.br", "/ä", "ö", "ü")),
        ("https://me.github.io/", ("me.github.io", "me.github.io", "/", None, None)),
        ("", (None, None, None, None, None)),
    ],
)
def test_addresses_of_all_sorts(url: str, parts: tuple[str | None, ...]) -> None:
    assert pages.parts(url) == parts


@pytest.mark.parametrize("url", BROKEN)
def test_a_broken_address_has_fewer_parts_and_raises_nothing(url: str) -> None:
    assert len(pages.parts(url)) == len(pages.COLUMNS)


@given(st.text())
def test_any_text_has_parts(text: str) -> None:
    host, domain, path, query, fragment = pages.parts(text)
    assert (host is None) == (domain is None)
    assert "" not in (host, domain, path, query, fragment)
    assert host is None or host.endswith(domain or "")
    assert "?" not in (path or "")
    assert "#" not in (path or "") + (query or "")


@given(
    st.from_regex(
        r"https?://[a-z]{1,9}\.(com|co\.uk|org)(/[a-z]{0,5}){0,3}(\?[a-z=&]{1,9})?(#[a-z]{1,5})?",
        fullmatch=True,
    )
)
def test_parts_put_together_are_the_address(url: str) -> None:
    host, _, path, query, fragment = pages.parts(url)
    whole = (
        f"{url.partition(':')[0]}://{host}{path}"
        + (f"?{query}" if query else "")
        + (f"#{fragment}" if fragment else "")
    )
    assert whole == (url if url.count("/") > 2 else url.replace(host or "", f"{host}/"))
