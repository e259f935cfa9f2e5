"""Service levels as people type them and as they are said."""

import math

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from journeyadmin import servicelevel as sl


@pytest.mark.parametrize(
    ("typed", "share"),
    [
        ("80", 0.8),
        ("80%", 0.8),
        (" 80 % ", 0.8),
        ("80\u00a0%", 0.8),
        ("0.8", 0.8),
        ("0,8", 0.8),
        ("1.0", 1.0),
        ("1%", 0.01),
        ("100", 1.0),
        ("0", 0.0),
        ("0.5%", 0.005),
        ("82.5", 0.825),
        ("８０％", 0.8),
    ],
)
def test_a_share(typed: str, share: float) -> None:
    assert sl.read_share(typed) == share


@pytest.mark.parametrize("typed", ["", "eighty", "-5", "101", "1e2", "80 % 20", "0.00000001"])
def test_no_share(typed: str) -> None:
    with pytest.raises(sl.NotRead):
        sl.read_share(typed)


def test_one_alone_is_asked_about() -> None:
    with pytest.raises(sl.NotRead, match="1 % or 100 %") as caught:
        sl.read_share("1")
    assert [sl.read_share(choice) for choice in caught.value.choices] == [0.01, 1.0]


@pytest.mark.parametrize(
    ("typed", "milliseconds"),
    [
        ("20", 20_000),
        ("20s", 20_000),
        ("20 sec", 20_000),
        ("1m30", 90_000),
        ("1m30s", 90_000),
        ("1:30", 90_000),
        ("1:02:03", 3_723_000),
        ("1 min 30 s", 90_000),
        ("2.5", 2_500),
        ("2,5 s", 2_500),
        ("1.5m", 90_000),
        ("1h30", 5_400_000),
        ("500ms", 500),
        ("24h", 86_400_000),
    ],
)
def test_a_duration(typed: str, milliseconds: int) -> None:
    assert sl.read_duration(typed) == milliseconds


@pytest.mark.parametrize(
    "typed",
    ["", "soon", "0", "-1", "30s1m", "1m1m", "25h", "1:75", "0.0001", "s", "1:99:00", "1m-3", "9" * 40],
)
def test_no_duration(typed: str) -> None:
    with pytest.raises(sl.NotRead):
        sl.read_duration(typed)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("5", 5),
        ("5 s", 5),
        ("0", 0),
        ("0 s", 0),
        ("1:00", 60),
        ("default", None),
        ("Organisation default", None),
    ],
)
def test_a_short_abandon(typed: str, seconds: int | None) -> None:
    assert sl.read_short_abandon(typed) == seconds


@pytest.mark.parametrize("typed", ["", "1.5", "2h", "none"])
def test_no_short_abandon(typed: str) -> None:
    with pytest.raises(sl.NotRead):
        sl.read_short_abandon(typed)


@pytest.mark.parametrize("typed", ["80 % in 20 s", "80/20", "80 within 20s", "0.8 in 0:20"])
def test_the_whole_level_in_one_go(typed: str) -> None:
    parts = sl.read_level(typed)
    assert parts
    assert (sl.read_share(parts[0]), sl.read_duration(parts[1])) == (0.8, 20_000)


@given(st.integers(0, 1_000_000))
def test_what_is_said_of_a_share_reads_as_it(millionths: int) -> None:
    share = millionths / 1_000_000
    assert math.isclose(sl.read_share(sl.share_words(share)), share, abs_tol=1e-9)


@given(st.integers(1, 86_400_000))
def test_what_is_said_of_a_duration_reads_as_it(milliseconds: int) -> None:
    assert sl.read_duration(sl.duration_words(milliseconds)) == milliseconds


@given(st.one_of(st.none(), st.integers(0, 3600)))
def test_what_is_said_of_a_short_abandon_reads_as_it(seconds: int | None) -> None:
    assert sl.read_short_abandon(sl.short_abandon_words(seconds)) == seconds


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read, low, high in (
        (sl.read_share, 0, 1),
        (sl.read_duration, 1, 86_400_000),
        (sl.read_short_abandon, 0, 3600),
    ):
        try:
            found = read(text)
        except sl.NotRead:
            continue
        assert found is None or low <= found <= high
    sl.read_level(text)


def test_words() -> None:
    target = {"serviceLevel": {"percentage": 0.8, "durationMs": 20_000}, "shortAbandonThreshold": 5}
    assert sl.level_words(target).replace("\u00a0", " ") == "80 % in 20 s"
    assert sl.level_words({}) == "not set"
    assert sl.short_abandon_words(None) == "organisation default"


def _target(share: float, duration: int, abandon: int | None = None) -> dict[str, object]:
    return {"serviceLevel": {"percentage": share, "durationMs": duration}, "shortAbandonThreshold": abandon}


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (_target(0.8, 20_000), _target(0.8, 20_000), []),
        (_target(0.8, 20_000), _target(0.85, 25_000), []),
        (_target(0.8, 20_000), _target(1.0, 20_000), ["all"]),
        (_target(0.8, 7_000), _target(0.8, 4_000), ["short"]),
        (_target(0.8, 20_000, 18), _target(0.8, 20_000, 20), ["abandon"]),
        (_target(0.8, 20_000), _target(0.8, 60_000), ["jump"]),
        (_target(0.8, 20_000), _target(0.3, 20_000), ["jump"]),
        ({}, _target(0.8, 20_000), []),
    ],
)
def test_cautions(before: dict[str, object], after: dict[str, object], codes: list[str]) -> None:
    assert [caution.code for caution in sl.cautions(before, after)] == codes


def test_differences_are_sentences() -> None:
    before = {"name": "A", **_target(0.8, 20_000), "state": "active"}
    after = {"name": "B", **_target(0.9, 15_000, 5), "state": "inactive"}
    said = [line.replace("\u00a0", " ") for line in sl.differences(before, after)]
    assert said == [
        "Name: “A” → “B”",
        "Service level: 80 % in 20 s → 90 % in 15 s",
        "Short abandon: organisation default → 5 s",
        "State: active → inactive",
    ]
    assert sl.differences(before, before) == []


def test_words_of_another_language_are_read_in_it() -> None:
    with translation.override("de"):
        assert sl.share_words(0.805).replace("\u00a0", " ") == "80,5 %"
        assert sl.read_share(sl.share_words(0.805)) == 0.805
        assert sl.read_duration(sl.duration_words(2_500)) == 2_500
        assert sl.read_short_abandon(sl.default_words()) is None
