"""Warnings W01 to W12 about a definition: never blocking, each with its code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Warning:
    code: str


def find(definition: Mapping[str, Any]) -> list[Warning]:
    return []
