"""The generated shop: what it sells, its pages, and its screens. Alder & Ash, outdoor goods, at an address that nobody can own."""

from dataclasses import dataclass
from urllib.parse import quote_plus

NAME = "Alder & Ash"
SITE = "https://shop.example"
# Daily life follows this zone: the shop's people and most of its customers live in it.
ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class Product:
    """`price` in euros; `weight` is how often it is looked at compared with the others of its category."""

    key: str
    name: str
    category: str
    price: float
    weight: int = 2

    @property
    def path(self) -> str:
        return f"/p/{self.key}"


@dataclass(frozen=True)
class Page:
    path: str
    title: str

    @property
    def url(self) -> str:
        return SITE + self.path

    @property
    def titled(self) -> str:
        return f"{self.title} · {NAME}"


# key, title, how often people come for it
CATEGORIES = (
    ("shoes", "Walking shoes", 24),
    ("jackets", "Rain jackets", 20),
    ("backpacks", "Backpacks", 16),
    ("tents", "Tents", 13),
    ("sleeping-bags", "Sleeping bags", 9),
    ("cooking", "Camp cooking", 9),
    ("climbing", "Climbing", 6),
    ("care", "Care and repair", 3),
)

_PRODUCTS = (
    ("shoes", ("Ridge Low", 129.0, 5), ("Ridge Mid", 159.0, 4), ("Fell Runner", 139.0, 4), ("Moss Trail", 99.0, 3),
     ("Granite Boot", 219.0, 2), ("Brook Sandal", 69.0, 2), ("Winter Birch", 189.0, 1), ("Kids’ Pathfinder", 64.0, 2)),
    ("jackets", ("Drizzle Shell", 119.0, 4), ("Squall Shell", 249.0, 4), ("Harbour Parka", 289.0, 2),
     ("Featherlight Wind", 89.0, 3), ("Cirrus Down", 229.0, 3), ("Meadow Fleece", 79.0, 4), ("Kids’ Puddle", 59.0, 2)),
    ("backpacks", ("Daypack 18", 74.0, 4), ("Commuter 22", 94.0, 3), ("Traverse 35", 139.0, 3), ("Traverse 50", 189.0, 3),
     ("Expedition 70", 259.0, 1), ("Hydration 8", 64.0, 2), ("Child Carrier", 279.0, 1)),
    ("tents", ("Alcove 1", 229.0, 2), ("Alcove 2", 299.0, 4), ("Alcove 3", 369.0, 3), ("Family Lodge 5", 649.0, 2),
     ("Storm Dome 2", 579.0, 2), ("Tarp 3 × 3", 89.0, 2), ("Roof Nest", 1890.0, 1)),
    ("sleeping-bags", ("Summer 15", 89.0, 3), ("Three-season 5", 159.0, 3), ("Down −8", 329.0, 2), ("Liner Silk", 54.0, 1),
     ("Mat Light", 99.0, 3), ("Mat Comfort", 149.0, 2)),
    ("cooking", ("Gas Stove Mini", 44.0, 3), ("Pot Set 2", 59.0, 3), ("Spork Trio", 12.0, 2), ("Coffee Press", 34.0, 3),
     ("Water Filter", 49.0, 3), ("Cool Box 24", 119.0, 1)),
    ("climbing", ("Harness All-round", 64.0, 3), ("Rope 60 m", 159.0, 2), ("Chalk Bag", 19.0, 2), ("Helmet Light", 74.0, 3),
     ("Quickdraw Set", 109.0, 2)),
    ("care", ("Wax and Brush", 16.0, 2), ("Proofing Wash", 14.0, 3), ("Laces", 6.0, 1), ("Repair Voucher", 25.0, 1)),
)  # fmt: skip

_KEY = str.maketrans({" ": "-", "’": "", "−": "minus-", "×": "x"})
PRODUCTS: dict[str, tuple[Product, ...]] = {
    category: tuple(
        Product(name.lower().translate(_KEY), name, category, price, weight) for name, price, weight in rows
    )
    for category, *rows in _PRODUCTS
}
TITLES = {key: title for key, title, _ in CATEGORIES}

HOME = Page("/", "Outdoor goods that last")
CART = Page("/cart", "Your cart")
ADDRESS = Page("/checkout/address", "Delivery address")
SHIPPING = Page("/checkout/shipping", "Delivery method")
PAYMENT = Page("/checkout/payment", "Payment")
THANKS = Page("/order/thank-you", "Thank you for your order")
SIGN_IN = Page("/account/sign-in", "Sign in")
ACCOUNT = Page("/account", "Your account")
ORDERS = Page("/account/orders", "Your orders")
RETURNS = Page("/returns", "Returns")
RETURN_START = Page("/returns/start", "Send something back")
HELP_DELIVERY = Page("/help/delivery", "Delivery times and costs")
HELP_SIZES = Page("/help/sizes", "Finding your size")
HELP_PAYMENT = Page("/help/payment", "Ways to pay")
STORES = Page("/stores", "Our stores")
SALE = Page("/sale", "Last pieces")
GIFT_CARDS = Page("/gift-cards", "Gift cards")
NEWSLETTER = Page("/newsletter", "Letters from the trail")
STORIES = (
    Page("/stories/first-hut-to-hut-walk", "Your first hut-to-hut walk"),
    Page("/stories/how-to-wash-a-rain-jacket", "How to wash a rain jacket"),
    Page("/stories/tent-pitching-in-wind", "Pitching a tent in the wind"),
    Page("/stories/shoes-that-fit", "Shoes that fit, and how to tell"),
    Page("/stories/cooking-with-one-pot", "Cooking with one pot"),
)
# What people type into the search box, and what of it finds nothing.
SEARCHES = (
    "rain jacket", "tent 2 persons", "hiking shoes wide", "daypack", "sleeping mat", "gas stove", "kids jacket", "gore-tex",
    "trekking poles", "backpack 50l", "waterproof shoes", "down jacket", "chalk", "voucher", "water filter",
)  # fmt: skip
SEARCHES_WITHOUT_RESULT = (
    "snow shoes", "hammock", "size 49 boots", "head torch", "bear spray", "camping chair", "kayak", "satellite phone",
)  # fmt: skip


def category_page(category: str) -> Page:
    return Page(f"/c/{category}", TITLES[category])


def product_page(product: Product) -> Page:
    return Page(product.path, product.name)


def search_page(words: str) -> Page:
    return Page(f"/search?q={quote_plus(words)}", f"Results for “{words}”")
