"""Pages on the wire: packed by what the browser takes, and of no telling length."""

import zlib
from collections.abc import Callable

import brotli
import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from journeyadmin.compression import Compression, padded

TEXT = b"<li>Visits from Berlin</li>" * 40


def _packed(accepted: str, answer: Callable[[], HttpResponse] = lambda: HttpResponse(TEXT)) -> HttpResponse:
    return Compression(lambda request: answer())(
        RequestFactory().get("/", headers={"Accept-Encoding": accepted})
    )


def test_brotli_where_it_is_taken() -> None:
    answer = _packed("gzip, deflate, br, zstd")
    assert answer["Content-Encoding"] == "br"
    assert answer["Vary"] == "Accept-Encoding"
    assert int(answer["Content-Length"]) == len(answer.content) < len(TEXT) / 4
    assert brotli.decompress(answer.content) == TEXT


@pytest.mark.parametrize("accepted", ["gzip", "gzip, br;q=0", "gzip, br;q=0.0, zstd"])
def test_gzip_where_it_is_not(accepted: str) -> None:
    answer = _packed(accepted)
    assert answer["Content-Encoding"] == "gzip"
    assert zlib.decompress(answer.content, 31) == TEXT


def test_plain_where_nothing_is_taken() -> None:
    answer = _packed("")
    assert "Content-Encoding" not in answer
    assert answer.content == TEXT


def test_streams_are_not_held_back() -> None:
    answer = _packed("br, gzip", lambda: StreamingHttpResponse([TEXT, TEXT]))  # type: ignore[arg-type, return-value]
    assert answer["Content-Encoding"] == "gzip"


def test_a_tag_of_the_content_becomes_a_weak_one() -> None:
    assert _packed("br", lambda: HttpResponse(TEXT, headers={"ETag": '"7"'}))["ETag"] == 'W/"7"'


@pytest.mark.parametrize("padding", [1, 2, 100, 255, 256])
@pytest.mark.parametrize("content", [b"", b"a", TEXT, bytes(range(256)) * 300])
def test_padding_adds_its_length_and_is_read_over(content: bytes, padding: int) -> None:
    packed = padded(content, padding)
    assert brotli.decompress(packed) == content
    assert len(packed) - len(padded(content, 1)) == padding - 1


def test_the_same_page_has_many_lengths() -> None:
    assert len({len(_packed("br").content) for _ in range(60)}) > 10
