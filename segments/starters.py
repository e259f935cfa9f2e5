"""Eight definitions to start from, each explained in a sentence."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

Json = dict[str, Any]


@dataclass(frozen=True)
class Starter:
    key: str
    name: Any
    why: Any
    icon: str
    definition: Json


def _visit(key: str, operator: str, *values: str, ignore: bool = True) -> Json:
    return _criterion(key, operator, *values, ignore=ignore) | {"entityType": "visit"}


def _criterion(key: str, operator: str, *values: str, ignore: bool = True) -> Json:
    return {"key": key, "operator": operator, "values": list(values), "shouldIgnoreCase": ignore}


def _step(count: int, *criteria: Json, event: str = "", stream: str = "Web") -> Json:
    row: Json = {
        "criteria": list(criteria),
        "count": count,
        "streamType": stream,
        "sessionType": stream.lower(),
    }
    return row | ({"eventName": event} if event else {})


def _event(count: int, *names: str, stream: str = "Web") -> Json:
    return _step(count, _criterion("eventName", "equal", *names, ignore=False), stream=stream)


def _pages(count: int, *paths: str) -> Json:
    return _step(count, _criterion("page.pathname", "startsWith", *paths), event="page_viewed")


def _definition(
    scope: str = "Session", context: tuple[Json, ...] = (), journey: tuple[Json, ...] = ()
) -> Json:
    return {
        "scope": scope,
        "context": {"patterns": [{"criteria": list(context)}] if context else []},
        "journey": {"patterns": list(journey)},
    }


STARTERS = (
    Starter(
        "cart-leavers",
        _("Cart leavers"),
        _("Put something into the cart and opened the checkout: the moment to offer help."),
        "shopping-cart",
        _definition(journey=(_event(1, "add_to_cart"), _pages(1, "/checkout"))),
    ),
    Starter(
        "mobile-browsers",
        _("Three product views on mobile"),
        _("Looks at products on a small screen, again and again."),
        "smartphone",
        _definition(
            context=(_visit("device.category", "equal", "mobile"),),
            journey=(_event(3, "product_viewed", "view_item"),),
        ),
    ),
    Starter(
        "newsletter",
        _("Came from the newsletter"),
        _("The visit began with a click in your e-mail campaign. Campaign values count letter case."),
        "mail",
        _definition(context=(_visit("mktCampaign.medium", "equal", "email", ignore=False),)),
    ),
    Starter(
        "paid-search",
        _("Came from paid search"),
        _("An advertisement brought this visit: greet it with what the advertisement promised."),
        "megaphone",
        _definition(context=(_visit("mktCampaign.medium", "equal", "cpc", "ppc", ignore=False),)),
    ),
    Starter(
        "help-seekers",
        _("Looks for help"),
        _("Two or more help or contact pages in one visit: a question is open."),
        "life-buoy",
        _definition(journey=(_pages(2, "/help", "/faq", "/contact"),)),
    ),
    Starter(
        "searchers",
        _("Searches again and again"),
        _("Three searches in one visit: what is wanted was not found yet."),
        "scan-search",
        _definition(journey=(_event(3, "search_performed", "view_search_results", "search"),)),
    ),
    Starter(
        "regulars",
        _("Bought twice"),
        _("Two orders by the same person, over all visits."),
        "repeat",
        _definition("Customer", journey=(_event(2, "order_completed", "purchase"),)),
    ),
    Starter(
        "signed-in",
        _("Signed in, looking at prices"),
        _("A known customer on the price pages, perhaps about to change the contract."),
        "key-round",
        _definition(
            context=(_visit("authenticated", "equal", "true"),),
            journey=(_pages(1, "/pricing", "/plans"),),
        )
        # That somebody is signed in is shown to agents only if it is asked for.
        | {"shouldDisplayToAgent": False},
    ),
)
BY_KEY = {starter.key: starter for starter in STARTERS}
