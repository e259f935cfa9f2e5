"""Formats seen from the content, whatever the name; files that are none."""

import gzip
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from journeyserver.ingest.incoming import Options, Unreadable
from journeyserver.ingest.readers import open_file
from journeyserver.ingest.readers.detect import CSV as CSV_TEXT
from journeyserver.ingest.readers.detect import JSON, LOG, PARQUET, detect
from journeyserver.ingest.readers.ga4_columns import NEEDED
from journeyserver.ingest.readers.lines import LineFile, masked
from journeyserver.ingest.visitors import kept_key, visitor_id
from tests.journeyserver.ingest.samples import ACCESS_LOG, CSV, GA4, NDJSON, zipped

KNOWN = [
    (ACCESS_LOG, "combined", LOG),
    (NDJSON, "journey", JSON),
    (CSV, "journey", CSV_TEXT),
    (GA4, "ga4", JSON),
]


@pytest.mark.parametrize(("path", "format_name", "written"), KNOWN)
def test_the_content_says_the_format(path: Path, format_name: str, written: str, tmp_path: Path) -> None:
    nameless = tmp_path / "file"
    nameless.write_bytes(path.read_bytes())
    assert detect(nameless) == (format_name, written)
    assert detect(zipped(path, tmp_path)) == (format_name, written)
    assert open_file(nameless, None, Options()).format == format_name


@pytest.mark.parametrize(
    ("names", "format_name"),
    [
        (("event_timestamp", "event_name", "user_pseudo_id"), "ga4"),
        (("time", "customerId", "eventName"), "journey"),
    ],
)
def test_parquet_by_its_columns(names: tuple[str, ...], format_name: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    pyarrow.parquet.write_table(
        pyarrow.table({name: pyarrow.array([], pyarrow.string()) for name in names}), path
    )
    assert detect(path) == (format_name, PARQUET)
    assert open_file(path, format_name, Options()).format == format_name


@pytest.mark.parametrize("names", [(*NEEDED,), ("time", "eventName")])
@pytest.mark.parametrize("format_name", [None, "ga4", "journey"])
def test_parquet_packed_by_brotli_is_never_unpacked(
    names: tuple[str, ...], format_name: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    table = pyarrow.table({name: pyarrow.array(["a"], pyarrow.string()) for name in names})
    # One column of one group is enough.
    packed = dict.fromkeys(names, "zstd") | {names[-1]: "brotli"}
    pyarrow.parquet.write_table(table, path, compression=packed)
    with pytest.raises(Unreadable, match=r"compressed with Brotli, .* Zstandard, Snappy or gzip\."):
        open_file(path, format_name, Options())


def test_parquet_that_is_damaged_further_down_gets_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    times = [f"2026-01-01T00:00:{at % 60:02d}Z" for at in range(60_000)]
    names = [f"{at * 7919:x}" for at in range(60_000)]
    pyarrow.parquet.write_table(
        pyarrow.table({"time": times, "eventName": names}), path, row_group_size=10_000
    )
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(
        whole[:half] + bytes(byte ^ 0x5A for byte in whole[half : half + 3000]) + whole[half + 3000 :]
    )
    with pytest.raises(Unreadable, match=r"cannot be read as Parquet \(") as refused:
        list(open_file(path, None, Options()).batches())
    assert "\n" not in str(refused.value)


def test_a_log_that_begins_within_a_line_is_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(ACCESS_LOG.read_bytes()[100:])
    assert detect(path)[0] == "combined"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n \n\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\x1f\x8b\x08\x00damaged", "is packed by gzip and damaged from its beginning"),
        (b"PAR1 damaged", "cannot be read as Parquet"),
        (b'{"hello": "world"}\n', "in no format that is known here"),
        (b"name,age\nanna,7\n", "in no format that is known here"),
        (b"\x00\x01\x02\xff" * 100, "in no format that is known here"),
        (b"# Title\n\nSome words.\n", "in no format that is known here"),
    ],
)
def test_other_files_get_one_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=sentence) as refused:
        open_file(path, None, Options())
    assert "\n" not in str(refused.value)


def test_missing_files_and_folders_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"There is no file .*gone\."):
        open_file(tmp_path / "gone", None, Options())
    with pytest.raises(Unreadable, match=r"is a folder; name the files in it\."):
        open_file(tmp_path, None, Options())


def test_a_named_format_must_be_the_files() -> None:
    with pytest.raises(Unreadable, match="it looks like combined"):
        open_file(ACCESS_LOG, "ga4", Options())
    with pytest.raises(Unreadable, match="There is no format toml"):
        open_file(ACCESS_LOG, "toml", Options())


def test_pieces_are_bounded_and_numbered(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    text = [f"{at} " + "x" * 100 for at in range(120_000)]
    path.write_text("\n".join(text))
    pieces = list(LineFile(path).pieces(position=7, least=30_000))
    assert [line for piece in pieces for line in piece.lines] == text[7:]
    assert pieces[0].first == 8
    assert [piece.first for piece in pieces[1:]] == [piece.position + 1 for piece in pieces[:-1]]
    assert max(len(piece.lines) for piece in pieces) < 80_000
    assert all(piece.position <= piece.total for piece in pieces)
    assert abs(pieces[0].total - 120_000) < 12_000
    assert pieces[-1].position == pieces[-1].total == 120_000
    assert [piece.cut for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"a\n" + b"x" * 20_000_000 + b"\nb\n")
    (lines,) = [piece.lines for piece in LineFile(path).pieces()]
    assert [len(line) for line in lines][0::2] == [1, 1]
    assert len(lines[1]) <= 6 * 1024 * 1024


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("from 203.0.113.7 at 10:05:03", "from [ip] at 10:05:03"),
        ("abou65.55.105.164 - -", "abou[ip] - -"),
        ("2001:db8::7 and ::1 and fe80:0:0:0:1:2:3:4", "[ip] and [ip] and [ip]"),
        ("[17/May/2015:10:05:03 +0000]", "[17/May/2015:10:05:03 +0000]"),
        ("?email=kim.o'hara@mail.example.org&x", "?email=kim.o'[e-mail]&x"),
        ("Chrome/120.0.6099.71", "Chrome/120.0.6099.71"),
        ("tab\there\x00", "tab here "),
        ("x" * 200, "x" * 159 + "…"),
    ],
)
def test_samples_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_the_key_is_kept_and_its_owners_alone(tmp_path: Path) -> None:
    place = tmp_path / "visitors.key"
    key = kept_key(place)
    assert kept_key(place) == key
    assert len(key) == 32
    assert place.stat().st_mode & 0o077 == 0
    assert visitor_id(key, "203.0.113.7", "a") == visitor_id(key, "203.0.113.7", "a")
    assert (
        len(
            {
                visitor_id(key, "203.0.113.7", "a"),
                visitor_id(key, "203.0.113.8", "a"),
                visitor_id(key, "203.0.113.7", "b"),
            }
        )
        == 3
    )
