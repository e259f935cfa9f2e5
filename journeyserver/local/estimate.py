"""What a sample of customers says of all of them, and how far off it may be. Pure."""

import math
from collections.abc import Sequence

# 95 of 100 times the exact number lies within so many standard deviations.
_SURE = 1.96
# None in the sample still leaves some in the whole: the rule of three.
_NONE = 3


def bounds(counted: int, squares: int, parts: int, everything: int) -> tuple[int, int]:
    """Between which numbers the exact one lies, 95 of 100 times.

    `counted` units were found among every `parts`-th customer; `squares` is the sum of the squares of what each customer
    brought along, as they are in the sample together or not at all. `everything` is the most there can be.
    """
    if parts == 1:
        return counted, counted
    spread = _SURE * math.sqrt((1 - 1 / parts) * squares) * parts
    low = max(counted, math.floor(counted * parts - spread))
    high = math.ceil(counted * parts + spread) if counted else _NONE * parts
    return min(low, everything), min(max(low, high), everything)


def falling(kept: Sequence[int], parts: int, everything: int) -> list[int]:
    """What each step keeps of all, none more than the step before it."""
    shown: list[int] = []
    for number in kept:
        everything = min(everything, number * parts)
        shown.append(everything)
    return shown
