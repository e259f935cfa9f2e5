"""Country codes and names, from the list that comes with the time zones."""

from functools import cache
from importlib import resources


@cache
def names() -> dict[str, str]:
    """ISO 3166-1 alpha-2 code → English name."""
    text = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


@cache
def _codes() -> dict[str, str]:
    return {name.casefold(): code for code, name in names().items()}


def name_of(code: str) -> str | None:
    return names().get(code.strip().upper())


def code_of(name: str) -> str | None:
    return _codes().get(name.strip().casefold())
