"""How digits are grouped: everywhere the same way."""

from analytics import labels
from journeyadmin import tags
from journeyadmin.digits import THIN, grouped
from journeyadmin.service import errors


def test_digits_are_grouped_in_one_way() -> None:
    assert grouped(1234567) == f"1{THIN}234{THIN}567"
    assert grouped(-1234.5, 2) == f"-1{THIN}234.50"
    assert grouped(10**400 + 1).endswith(f"{THIN}001")
    assert tags.grouped("9007199254740993") == grouped(2**53 + 1)
    assert grouped(12.5) == "13"
    assert grouped(1e22, 2).endswith(f"{THIN}000.00")
    assert labels.whole(12345.6) == labels.decimal(12346.0, 2) == grouped(12346)


def test_nothing_but_nothing_reads_as_nothing() -> None:
    assert [labels.percent(share) for share in (0, 0.125, 0.0004, 0.00004, 0.0000002)] == [
        f"{text}{THIN}%" for text in ("0", "13", "0.04", "0.004", "0.00002")
    ]
    assert [labels.decimal(number, 2) for number in (0.0, 0.125, -0.0012)] == ["0", "0.13", "-0.001"]
    # What a change loses by counting in binary is no change.
    assert labels.signed_percent(1e-15) == f"±0{THIN}%"


def test_a_refusal_for_its_size_says_its_numbers_as_they_stand_elsewhere() -> None:
    words = errors.TooLarge("", params={"cells": "214000", "allowed": "200000"}).user_message
    assert f"{grouped(214000)} cells, {grouped(200000)} allowed" in words
