"""Codes of countries and regions by their English names, for sources that give names only. Pure."""

import unicodedata
from collections.abc import Mapping
from functools import cache

import pycountry

# English names that Google uses and ISO 3166 does not; XK is in general use for Kosovo, which has no code of its own.
_COUNTRIES = {
    "Bosnia & Herzegovina": "BA",
    "Brunei": "BN",
    "Cape Verde": "CV",
    "Caribbean Netherlands": "BQ",
    "Congo - Brazzaville": "CG",
    "Congo - Kinshasa": "CD",
    "Hong Kong": "HK",
    "Kosovo": "XK",
    "Macao": "MO",
    "Myanmar (Burma)": "MM",
    "Palestine": "PS",
    "Russia": "RU",
    "St. Helena": "SH",
    "St. Kitts & Nevis": "KN",
    "St. Lucia": "LC",
    "St. Martin": "MF",
    "St. Pierre & Miquelon": "PM",
    "St. Vincent & Grenadines": "VC",
    "São Tomé & Príncipe": "ST",
    "Turkey": "TR",
    "U.S. Virgin Islands": "VI",
    "British Virgin Islands": "VG",
    "Vatican City": "VA",
}


@cache
def country_code(name: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country by its English name."""
    if code := _COUNTRIES.get(name):
        return code
    plain = name.replace("’", "'")
    for spelling in (plain, plain.replace(" & ", " and ").replace("St. ", "Saint ")):
        try:
            found: str = pycountry.countries.lookup(spelling).alpha_2
        except LookupError:
            continue
        return found
    return None


@cache
def region_code(country: str | None, name: str) -> str | None:
    """The ISO 3166-2 code of a region by its name, where the two agree on the name."""
    plain = _plain(name)
    for spelling in (
        plain,
        plain.removesuffix(" county"),
        plain.removesuffix(" province"),
        plain.removeprefix("county "),
    ):
        if code := _regions().get((country, spelling)):
            return code
    return None


@cache
def _regions() -> Mapping[tuple[str | None, str], str]:
    return {(row.country_code, _plain(row.name)): row.code for row in pycountry.subdivisions}


def _plain(name: str) -> str:
    """Without accents and case: Québec, Quebec."""
    if name.isascii():
        return name.casefold()
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
