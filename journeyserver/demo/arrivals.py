"""Where a visit comes from: the campaign or the site that sent it, and the page it lands on."""

import random
from dataclasses import dataclass
from urllib.parse import quote_plus

from journeyserver.demo import shop
from journeyserver.demo.people import Customer, pick
from journeyserver.demo.rhythm import is_newsletter_hour, is_trail_week
from journeyserver.demo.shop import Page


@dataclass(frozen=True)
class Arrival:
    """`query` is what the link added to the landing page's address; `eager` says how near to buying such visits are."""

    source: str
    landing: Page
    query: str = ""
    referrer: str = ""
    eager: float = 1.0


def _campaign(source: str, medium: str, name: str, content: str = "", term: str = "") -> str:
    parts = {
        "utm_source": source,
        "utm_medium": medium,
        "utm_campaign": name,
        "utm_content": content,
        "utm_term": term,
    }
    return "&".join(f"{key}={quote_plus(value)}" for key, value in parts.items() if value)


def _click(rng: random.Random, length: int = 22) -> str:
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz23456789", k=length))


_SOURCES: list[tuple[str, float]] = [
    ("direct", 24),
    ("search", 27),
    ("brand-ad", 9),
    ("category-ad", 13),
    ("bing-ad", 2),
    ("social", 5),
    ("social-ad", 8),
    ("newsletter", 4),
    ("basket-mail", 2),
    ("affiliate", 3),
    ("blog", 3),
]
_ENGINES: list[tuple[str, float]] = [
    ("https://www.google.com/", 80),
    ("https://www.bing.com/", 8),
    ("https://duckduckgo.com/", 7),
    ("https://www.ecosia.org/", 5),
]
_NETWORKS: list[tuple[str, float]] = [
    ("https://www.instagram.com/", 45),
    ("https://www.pinterest.com/", 25),
    ("https://www.youtube.com/", 20),
    ("https://www.reddit.com/r/hiking/", 10),
]
_BLOGS = (
    "https://hikes.example/gear/rain",
    "https://slowtravel.example/packing-list",
    "https://huts.example/alps",
)


def arrival(rng: random.Random, customer: Customer, hour: int, returning: bool) -> Arrival:
    """How this visit comes about. People who have been here come more often by themselves or by mail."""
    sources = _SOURCES
    if is_newsletter_hour(hour):
        sources = [*sources, ("newsletter", 26)]
    if is_trail_week(hour):
        sources = [*sources, ("trail-week", 18)]
    if returning:
        sources = [*sources, ("direct", 30), ("basket-mail", 3), ("newsletter", 4)]
    return _made(rng, customer, pick(rng, sources))


def _made(rng: random.Random, customer: Customer, source: str) -> Arrival:
    category = customer.interests[0] if rng.random() < 0.7 else rng.choice(customer.interests)
    product = pick(rng, [(row, row.weight) for row in shop.PRODUCTS[category]])
    to_category, to_product = shop.category_page(category), shop.product_page(product)
    words = shop.TITLES[category].lower()
    match source:
        case "search":
            landing = pick(
                rng,
                [(to_category, 34), (to_product, 34), (rng.choice(shop.STORIES), 16), (shop.HOME, 8), (shop.HELP_SIZES, 4),
                 (shop.RETURNS, 4)],
            )  # fmt: skip
            return Arrival(source, landing, referrer=pick(rng, _ENGINES), eager=0.9)
        case "brand-ad":
            query = _campaign("google", "cpc", "brand", term="alder and ash") + f"&gclid={_click(rng)}"
            return Arrival(source, shop.HOME, query, "https://www.google.com/", 1.7)
        case "category-ad":
            query = _campaign("google", "cpc", f"{category}-generic", rng.choice(("text-a", "text-b")), words)
            landing = to_category if rng.random() < 0.6 else to_product
            return Arrival(source, landing, f"{query}&gclid={_click(rng)}", "https://www.google.com/", 0.8)
        case "bing-ad":
            query = (
                _campaign("bing", "cpc", f"{category}-generic", term=words) + f"&msclkid={_click(rng, 32)}"
            )
            return Arrival(source, to_category, query, "https://www.bing.com/", 1.0)
        case "social":
            landing = rng.choice((*shop.STORIES, to_product, to_product))
            return Arrival(source, landing, referrer=pick(rng, _NETWORKS), eager=0.4)
        case "social-ad":
            query = _campaign(
                "facebook", "paid-social", "dress-in-layers", rng.choice(("carousel", "video", "still"))
            )
            return Arrival(
                source, to_category, f"{query}&fbclid={_click(rng, 40)}", "https://www.facebook.com/", 0.45
            )
        case "newsletter":
            query = _campaign(
                "newsletter", "email", "letter-from-the-trail", rng.choice(("hero", "story", "footer"))
            )
            return Arrival(source, rng.choice((*shop.STORIES, to_category, to_product)), query, eager=1.3)
        case "basket-mail":
            query = _campaign("lifecycle", "email", "basket-reminder", rng.choice(("first", "second")))
            return Arrival(source, shop.CART, query, eager=3.0)
        case "trail-week":
            query = _campaign("instagram", "paid-social", "trail week", rng.choice(("story", "reel")))
            return Arrival(source, shop.SALE, query, "https://www.instagram.com/", 1.2)
        case "affiliate":
            query = _campaign("gearfinder", "affiliate", "partner-feed")
            return Arrival(source, to_product, query, "https://gearfinder.example/compare", 1.1)
        case "blog":
            return Arrival(source, to_product, referrer=rng.choice(_BLOGS), eager=0.8)
    landing = pick(
        rng, [(shop.HOME, 60), (to_category, 14), (shop.ORDERS, 12), (shop.CART, 8), (shop.STORES, 6)]
    )
    return Arrival("direct", landing, eager=1.2)
