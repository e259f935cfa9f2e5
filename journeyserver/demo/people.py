"""Who comes: every customer's place, devices, language and habits, each made from a number and the seed alone."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from journeyserver.demo.shop import CATEGORIES

Row = TypeVar("Row")


@dataclass(frozen=True)
class Place:
    """Where somebody is; region is ISO 3166-2."""

    country: str
    country_name: str
    region: str
    locality: str
    postal_code: str
    language: str


@dataclass(frozen=True)
class Machine:
    """What somebody holds: the user agent of a browser, or an app's device."""

    category: str
    type: str
    os_family: str
    user_agent: str


@dataclass(frozen=True)
class Customer:
    """`member` level is empty for people without an account; `interests` are categories of the shop, dearest first."""

    id: str
    number: int
    place: Place
    provider: str
    machines: tuple[Machine, ...]
    interests: tuple[str, ...]
    member: str
    uses_app: bool
    thrift: float


# country, its name, language, share of visits, then region, city and postal code with their share
_COUNTRIES = (
    ("DE", "Germany", "de-de", 35, (("DE-BE", "Berlin", "10115", 8), ("DE-HH", "Hamburg", "20095", 6),
     ("DE-BY", "Munich", "80331", 7), ("DE-NW", "Cologne", "50667", 6), ("DE-SN", "Leipzig", "04109", 4))),
    ("GB", "United Kingdom", "en-gb", 15, (("GB-LND", "London", "EC1A", 8), ("GB-MAN", "Manchester", "M1", 4),
     ("GB-EDH", "Edinburgh", "EH1", 3))),
    ("FR", "France", "fr-fr", 9, (("FR-IDF", "Paris", "75001", 5), ("FR-ARA", "Grenoble", "38000", 3))),
    ("NL", "Netherlands", "nl-nl", 9, (("NL-NH", "Amsterdam", "1012", 4), ("NL-UT", "Utrecht", "3511", 3))),
    ("AT", "Austria", "de-at", 7, (("AT-9", "Vienna", "1010", 4), ("AT-7", "Innsbruck", "6020", 3))),
    ("CH", "Switzerland", "de-ch", 6, (("CH-ZH", "Zürich", "8001", 4), ("CH-BE", "Bern", "3011", 2))),
    ("SE", "Sweden", "sv-se", 6, (("SE-AB", "Stockholm", "111 29", 4), ("SE-O", "Göteborg", "411 03", 3))),
    ("DK", "Denmark", "da-dk", 4, (("DK-84", "København", "1050", 3), ("DK-82", "Aarhus", "8000", 2))),
    ("NO", "Norway", "nb-no", 3, (("NO-03", "Oslo", "0150", 3), ("NO-46", "Bergen", "5003", 2))),
    ("PL", "Poland", "pl-pl", 3, (("PL-14", "Kraków", "30-001", 2), ("PL-02", "Wrocław", "50-101", 2))),
    ("US", "United States", "en-us", 3, (("US-CO", "Denver", "80202", 1), ("US-WA", "Seattle", "98101", 1))),
)  # fmt: skip
_PLACES = [
    (Place(code, name, region, city, postal, language), share * part / sum(row[3] for row in cities))
    for code, name, language, share, cities in _COUNTRIES
    for region, city, postal, part in cities
]
# Invented providers, in no country in particular.
_PROVIDERS = (
    ("Lindenbad Broadband", 30), ("Harbour Mobile", 26), ("Nordlicht Cable", 18), ("Westwind Fibre", 14),
    ("Alpine Net", 7), ("University of Example", 3), ("Example Logistics Group", 2),
)  # fmt: skip

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


def _chrome(system: str, version: int, mobile: bool = False) -> str:
    return f"{system} {_BLINK} Chrome/{version}.0.0.0 {'Mobile ' if mobile else ''}Safari/537.36"


def _android(model: str) -> str:
    return f"Mozilla/5.0 (Linux; Android 14; {model})"


_PHONES = (
    (Machine("mobile", "Apple", "iOS", f"{_IPHONE} Version/18.5 Mobile/15E148 Safari/604.1"), 38),
    (Machine("mobile", "Apple", "iOS", f"{_IPHONE} CriOS/138.0.7204.33 Mobile/15E148 Safari/604.1"), 5),
    (Machine("mobile", "Samsung", "Android", _chrome(_android("SM-S921B"), 138, True)), 20),
    (Machine("mobile", "Samsung", "Android", _chrome(_android("SM-A546B"), 137, True)), 9),
    (Machine("mobile", "Google", "Android", _chrome(_android("Pixel 8"), 138, True)), 9),
    (Machine("mobile", "Xiaomi", "Android", _chrome(_android("23117PCBBG"), 136, True)), 8),
    (Machine("mobile", "Samsung", "Android",
             "Mozilla/5.0 (Android 14; Mobile; rv:139.0) Gecko/139.0 Firefox/139.0"), 4),
)  # fmt: skip
_DESKS = (
    (Machine("desktop", "Unknown", "Windows NT", _chrome(_WINDOWS, 138)), 34),
    (Machine("desktop", "Unknown", "Windows NT", f"{_chrome(_WINDOWS, 138)} Edg/138.0.0.0"), 15),
    (Machine("desktop", "Unknown", "Windows NT",
             "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0"), 12),
    (Machine("desktop", "Apple", "Mac OS",
             f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"), 17),
    (Machine("desktop", "Apple", "Mac OS", _chrome(_MAC, 138)), 12),
    (Machine("desktop", "Unknown", "Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"), 6),
    (Machine("desktop", "Unknown", "Windows NT", _chrome(_WINDOWS, 109)), 4),
)  # fmt: skip
_TABLETS = (
    (Machine("tablet", "Apple", "iOS",
             "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
             "Version/17.6 Mobile/15E148 Safari/604.1"), 7),
    (Machine("tablet", "Samsung", "Android", _chrome(_android("SM-X710"), 138)), 3),
)  # fmt: skip
_INTERESTS = [(key, share) for key, _, share in CATEGORIES]
_LEVELS = (("", 66), ("green", 22), ("silver", 9), ("gold", 3))


def pick(rng: random.Random, rows: Sequence[tuple[Row, float]]) -> Row:
    """One of the rows, each as likely as the number beside it says."""
    return rng.choices([row[0] for row in rows], [row[1] for row in rows])[0]


def customer(number: int, seed: int) -> Customer:
    """The customer of this number. Numbers below 10,000 are the regulars: members, many of them with the app."""
    rng = random.Random(f"{seed}:customer:{number}")  # noqa: S311
    regular = number < 10_000
    phone, desk, tablet = pick(rng, _PHONES), pick(rng, _DESKS), pick(rng, _TABLETS)
    kind = rng.random()
    machines = (
        (phone, desk) if kind < 0.3 else (phone,) if kind < 0.64 else (desk,) if kind < 0.93 else (tablet,)
    )
    interests: list[str] = []
    while len(interests) < 3:
        found = pick(rng, _INTERESTS)
        if found not in interests:
            interests.append(found)
    member = pick(rng, _LEVELS)
    if regular and not member:
        member = rng.choice(("green", "silver", "gold"))
    return Customer(
        id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        number=number,
        place=pick(rng, _PLACES),
        provider=pick(rng, _PROVIDERS),
        machines=machines,
        interests=tuple(interests),
        member=member,
        uses_app=bool(member) and phone in machines and rng.random() < (0.6 if regular else 0.25),
        thrift=rng.random(),
    )
