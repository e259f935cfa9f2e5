"""What JSON and YAML can spell and neither the store nor the service can take. For whoever reads what a person typed."""

import re
from math import isfinite
from typing import Any

# More digits are no number that anybody means, and Python itself refuses to read some thousand.
LONGEST_NUMBER = 400
# PostgreSQL stores no zero character, and nobody half a pair.
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


class NoNumber(Exception):
    """A number that no JSON could be made of again, as it is written or cut; the name of one that JSON does not know."""


def number(text: str) -> int | float:
    """A number as it is written. Raises NoNumber, and ValueError for what is none in any spelling."""
    if len(text) <= LONGEST_NUMBER:
        if text.lstrip("+-").isdigit():
            return int(text)
        if isfinite(found := float(text)):
            return found
    raise NoNumber(text if len(text) <= 20 else f"{text[:20]}…")


def no_constant(name: str) -> Any:
    """For `parse_constant`: JSON as Python reads it knows NaN and Infinity."""
    raise NoNumber(name)


def is_sendable(tree: Any) -> bool:
    """Whether all texts in it, names too, have characters that can be stored."""
    left = [tree]
    while left:
        one = left.pop()
        if isinstance(one, str) and _UNSENDABLE.search(one):
            return False
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
    return True
