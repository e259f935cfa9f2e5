"""One visit from its first event to its last: what visits in a browser (web.py) and in the app (app.py) share."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from journeyserver.demo import shop
from journeyserver.demo.offers import Offers, Row, Target
from journeyserver.demo.outcomes import Outcomes
from journeyserver.demo.people import Customer, Machine, pick
from journeyserver.demo.shop import Product

Value = str | int | float | bool


@dataclass(frozen=True)
class Setting:
    """All that a visit depends on besides chance; `age` is how many hours the shop has been open."""

    customer: Customer
    machine: Machine
    start: datetime
    hour: int
    age: int
    targets: Mapping[int, Target]


def kind_of(value: Value) -> str:
    """The contract's data type of a Python value."""
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number"}.get(type(value), "string")


def text_of(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


class Visit:
    """What web visits and app visits share: a clock, a basket, the signed-in member, and the rows they leave behind."""

    stream = "Web"

    def __init__(self, rng: random.Random, setting: Setting) -> None:
        self.rng = rng
        self.setting = setting
        self.customer = setting.customer
        self.at = setting.start
        self.events: list[Row] = []
        self.basket: list[Product] = []
        self.signed_in = False
        self.products_seen = 0
        self.offers = Offers(rng, self.customer, setting.hour, setting.targets, setting.age)
        self.outcomes = Outcomes(rng, self.customer)
        place = self.customer.place
        self.common: Row = {
            "stream": self.stream,
            "customer_id": self.customer.id,
            "browser_lang": place.language,
            "geolocation_country": place.country,
            "geolocation_country_name": place.country_name,
            "geolocation_region": place.region,
            "geolocation_locality": place.locality,
            "geolocation_postal_code": place.postal_code,
            "ip_organization": self.customer.provider,
        }

    @property
    def basket_value(self) -> float:
        return round(sum(product.price for product in self.basket), 2)

    def wait(self, least: float, most: float) -> None:
        """Time passes; most people are nearer to the least."""
        self.at += timedelta(seconds=round(self.rng.triangular(least, most, least + (most - least) / 5), 3))

    def record(
        self,
        name: str,
        shown: Row,
        attributes: Mapping[str, Value],
        traits: Mapping[str, Value] | None = None,
    ) -> None:
        self.events.append(
            {
                **self.common,
                **shown,
                "ts": self.at,
                "event_name": name,
                "authenticated": self.signed_in,
                "attributes": [(key, text_of(value)) for key, value in attributes.items()],
                "attribute_types": [(key, kind_of(value)) for key, value in attributes.items()],
                "traits": [(key, text_of(value)) for key, value in (traits or {}).items()],
                "trait_types": [(key, kind_of(value)) for key, value in (traits or {}).items()],
            }
        )

    def member_traits(self) -> dict[str, Value]:
        return {
            "loyalty_level": self.customer.member,
            "customer_number": f"AA-{self.customer.number % 10**7:07d}",
        }

    def product(self, category: str = "") -> Product:
        """What this customer looks at next: mostly something of their interests, thrifty ones the cheaper half."""
        category = category or pick(self.rng, list(zip(self.customer.interests, (60, 28, 12), strict=True)))
        rows = sorted(shop.PRODUCTS[category], key=lambda row: row.price)
        if self.customer.thrift > 0.6:
            rows = rows[: len(rows) // 2 + 1]
        return pick(self.rng, [(row, row.weight) for row in rows])
