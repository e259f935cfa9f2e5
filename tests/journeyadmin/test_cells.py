"""CSV cells that no spreadsheet runs."""

import csv
import io

import pytest

from journeyadmin.cells import MARK, csv_lines, harmless


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(1)", "+1", "-1+2", "@SUM", "\t=1", "\r=1", "\n=1", " =1", "＝1"]
)
def test_a_formula_is_only_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["plain", "a=b", "日本語", "😀", "", -5, 0.5, True])
def test_everything_else_stays(value: object) -> None:
    assert harmless(value) == value


def test_rows_come_back_as_they_were() -> None:
    rows = [["a", 'say "hi", you\nthere', None, -1], ["Ünïcode", "😀", "x,y", 0.25]]
    text = "".join(csv_lines(rows))
    assert text.startswith(MARK)
    read = list(csv.reader(io.StringIO(text.removeprefix(MARK), newline="")))
    assert read == [["a", 'say "hi", you\nthere', "", "-1"], ["Ünïcode", "😀", "x,y", "0.25"]]
