"""Warnings W01 to W12 about a definition: never blocking, each with its code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Warned:
    """One warning: its code and the JSON path of what it is about."""

    code: str
    path: str
    text: str


def find(definition: Mapping[str, Any], *, twins: Sequence[str] = ()) -> list[Warned]:
    """`twins` are the names of other segments with the same conditions."""
    return []


def asks_first(wanted: Mapping[str, Any], base: Mapping[str, Any] | None) -> list[str]:
    """Why showing this segment to agents is worth a second look; empty where nothing is asked."""
    return []
