"""A visit in a browser: the pages somebody sees, what they do there, what they are offered."""

import random
from collections.abc import Mapping

from journeyserver.demo import shop
from journeyserver.demo.arrivals import Arrival
from journeyserver.demo.offers import Row
from journeyserver.demo.people import pick
from journeyserver.demo.shop import Page, Product
from journeyserver.demo.visits import Setting, Value, Visit


class WebVisit(Visit):
    """A visit in a browser."""

    def __init__(self, rng: random.Random, setting: Setting, arrival: Arrival) -> None:
        super().__init__(rng, setting)
        self.common["user_agent"] = setting.machine.user_agent
        self.arrival = arrival
        self.page = arrival.landing
        self.referrer = arrival.referrer
        self.query = arrival.query
        self.empty_searches = 0
        self.stories = 0
        self.orders_seen = 0
        phone = setting.machine.category == "mobile"
        self.eager = arrival.eager * (0.75 if phone else 1.15) * (1.5 if self.customer.member else 1.0)

    # What a page leaves behind

    def url(self) -> str:
        if not self.query:
            return self.page.url
        return f"{self.page.url}{'&' if '?' in self.page.path else '?'}{self.query}"

    def shown(self) -> Row:
        return {"page_url": self.url(), "page_title": self.page.titled, "referrer_url": self.referrer or None}

    def look(self, page: Page, search: str = "") -> None:
        """Goes to this page and stays a while."""
        if self.events:
            self.referrer, self.query = self.url(), ""
        self.page = page
        self.record("page_viewed", {**self.shown(), "search_query": search or None}, {})
        self.wait(5, 75)

    def do(self, name: str, traits: Mapping[str, Value] | None = None, **attributes: Value) -> None:
        """Something other than seeing a page, on the page that is seen."""
        self.record(name, self.shown(), attributes, traits)
        self.wait(1, 12)

    # The visit

    def walk(self) -> None:
        landing, rng = self.arrival.landing, self.rng
        if landing is shop.CART:
            self.basket = [self.product() for _ in range(rng.choice((1, 1, 2, 3)))]
            self.see_basket()
            self.maybe_buy(0.38)
            return
        if landing is shop.ORDERS:
            self.sign_in()
            self.service()
            return
        if landing is shop.RETURNS:
            self.look(landing)
            self.service(returning=True)
            return
        if landing.path.startswith("/p/"):
            self.look_at(self.named(landing))
        else:
            self.look(landing)
        leaves = {"social-ad": 0.58, "social": 0.55, "search": 0.42, "category-ad": 0.4}.get(
            self.arrival.source, 0.27
        )
        if rng.random() < leaves:
            if landing in shop.STORIES and rng.random() < 0.3:
                self.do("story_finished", minutes=rng.randrange(2, 9))
                self.sign_up()
            return
        if landing in shop.STORIES:
            self.read()
        mood = pick(rng, (("browse", 58), ("compare", 22), ("search", 12), ("service", 6), ("visit", 2)))
        if mood == "service":
            self.sign_in()
            self.service(returning=not self.customer.member)
        elif mood == "visit":
            self.look(shop.STORES)
            if rng.random() < 0.4:
                self.do("store_selected", store=self.customer.place.locality)
                self.outcomes.achieve("store-appointment", self.at, self.offers.actions)
        else:
            self.shop_around(mood)

    def named(self, page: Page) -> Product:
        category = next(row for row in shop.PRODUCTS.values() if any(one.path == page.path for one in row))
        return next(one for one in category if one.path == page.path)

    def read(self) -> None:
        for story in self.rng.sample(shop.STORIES, self.rng.choice((1, 1, 2))):
            self.look(story)
            self.stories += 1
        if self.rng.random() < 0.2:
            self.look(shop.category_page(self.customer.interests[0]))
        self.sign_up()

    def sign_up(self) -> None:
        """The letter is offered to whoever reads, and some take it."""
        state = self.offers.trigger("letter-sign-up", self.at, self.page.path)
        if state == "accepted":
            self.wait(4, 20)
            self.look(shop.NEWSLETTER)
            self.do("newsletter_subscribed", source="offer")
            self.outcomes.achieve("newsletter-subscribed", self.at, self.offers.actions)

    def shop_around(self, mood: str) -> None:
        rng = self.rng
        steps = {
            "browse": rng.randrange(1, 6),
            "compare": rng.randrange(4, 10),
            "search": rng.randrange(2, 5),
        }[mood]
        if mood == "search":
            self.search()
        category = self.customer.interests[0] if mood == "compare" else ""
        for _ in range(steps):
            turn = rng.random()
            if turn < 0.18:
                self.look(
                    shop.category_page(category or pick(rng, [(key, 1) for key in self.customer.interests]))
                )
                if rng.random() < 0.2:
                    self.do("filter_applied", filter=rng.choice(("size", "price", "colour", "weight")))
            elif turn < 0.26 and mood != "compare":
                self.search()
            elif turn < 0.31:
                self.look(rng.choice((shop.SALE, shop.HOME, shop.HELP_SIZES, shop.GIFT_CARDS)))
            else:
                self.look_at(self.product(category))
            if self.basket and rng.random() < 0.35:
                break
        if self.basket:
            if rng.random() < 0.78:
                self.see_basket()
                self.maybe_buy(0.4)
        elif rng.random() < 0.05:
            self.look(shop.STORES)

    def look_at(self, product: Product) -> None:
        rng = self.rng
        self.look(shop.product_page(product))
        self.do("product_viewed", product_id=product.key, category=product.category, price=product.price)
        self.products_seen += 1
        if rng.random() < 0.14:
            self.do(
                rng.choice(("size_guide_opened", "reviews_opened", "picture_enlarged")),
                product_id=product.key,
            )
        advised = False
        if self.products_seen == 4:
            advised = self.offers.trigger("product-advice", self.at, self.page.path) in (
                "engaged",
                "completed",
            )
            if advised:
                self.wait(120, 400)
        if rng.random() < (0.07 * self.eager * (4 if advised else 1)):
            self.add(product)

    def add(self, product: Product) -> None:
        self.basket.append(product)
        self.do(
            "product_added",
            product_id=product.key,
            category=product.category,
            price=product.price,
            quantity=1,
            cart_value=self.basket_value,
        )
        if self.basket_value >= 250 and self.rng.random() < 0.8:
            state = self.offers.trigger("call-me-back", self.at, self.page.path)
            if state == "completed":
                self.eager *= 2.5
        if self.rng.random() < 0.06 and len(self.basket) > 1:
            gone = self.basket.pop()
            self.do("product_removed", product_id=gone.key, cart_value=self.basket_value)

    def search(self) -> None:
        rng = self.rng
        nothing = rng.random() < 0.2
        words = rng.choice(shop.SEARCHES_WITHOUT_RESULT if nothing else shop.SEARCHES)
        self.look(shop.search_page(words), search=words)
        self.do("search_performed", words=words, results=0 if nothing else rng.randrange(2, 40))
        self.empty_searches += nothing
        if nothing and self.empty_searches == 1 and rng.random() < 0.6:
            self.search()
        elif self.empty_searches == 2:
            self.offers.trigger("tell-buyers-what-is-missing", self.at, self.page.path)

    def sign_in(self) -> None:
        if self.signed_in or not self.customer.member:
            return
        self.look(shop.SIGN_IN)
        self.signed_in = True
        self.do("signed_in", self.member_traits(), loyalty_level=self.customer.member)
        if self.customer.member in ("silver", "gold"):
            self.offers.trigger("member-to-crm", self.at, self.page.path)

    def see_basket(self) -> None:
        self.look(shop.CART)
        value = self.basket_value
        if 35 <= value < 80 or self.arrival.source in ("newsletter", "basket-mail"):
            state = self.offers.trigger("free-delivery-banner", self.at, self.page.path)
            if state == "accepted":
                self.eager *= 1.25
                self.add(self.product("care"))
                self.look(shop.CART)

    def maybe_buy(self, chance: float) -> None:
        """From the basket through the checkout, as far as they get."""
        rng = self.rng
        if not self.basket or rng.random() > min(0.85, chance * (0.8 + 0.2 * self.eager)):
            if rng.random() < 0.25:
                self.look(rng.choice((shop.HELP_DELIVERY, shop.HELP_PAYMENT)))
            return
        if rng.random() < 0.8:
            self.sign_in()
        self.look(shop.ADDRESS)
        self.do("checkout_started", cart_value=self.basket_value, items=len(self.basket))
        stays = 0.78 if self.signed_in else 0.6
        if rng.random() < 0.3:
            # Second thoughts: back to the basket or to the help pages, and perhaps somebody helps.
            self.look(rng.choice((shop.CART, shop.HELP_DELIVERY, shop.HELP_PAYMENT)))
            self.look(shop.ADDRESS)
            state = self.offers.trigger("checkout-help", self.at, self.page.path)
            if state == "completed":
                self.wait(100, 500)
                stays = 0.92
            elif state in ("engaged", "started"):
                stays = 0.8
            else:
                stays *= 0.6
        for page in (shop.SHIPPING, shop.PAYMENT):
            if rng.random() > stays**0.5:
                return
            self.look(page)
            self.do("checkout_step_completed", step=page.title)
        self.pay()

    def pay(self) -> None:
        rng = self.rng
        method = pick(rng, (("card", 45), ("wallet", 30), ("invoice", 17), ("gift card", 8)))
        if rng.random() < 0.07:
            self.do("payment_failed", method=method, cart_value=self.basket_value)
            if rng.random() < 0.5:
                self.look(shop.HELP_PAYMENT)
                if self.offers.trigger("checkout-help", self.at, self.page.path) != "completed":
                    return
            method = "invoice"
        self.look(shop.THANKS)
        value = self.basket_value
        self.do(
            "order_completed",
            self.member_traits() if self.signed_in else None,
            order_value=value,
            items=len(self.basket),
            method=method,
            delivery=rng.choice(("standard", "standard", "express", "store")),
        )
        self.outcomes.achieve("order-placed", self.at, self.offers.actions, value)
        self.basket = []
        if not self.customer.member and rng.random() < 0.2:
            self.do("account_created")
            self.outcomes.achieve("account-created", self.at, self.offers.actions)

    def service(self, returning: bool = False) -> None:
        """About an order that exists: where it is, or how to send it back."""
        rng = self.rng
        if not returning:
            self.look(shop.ORDERS)
            if rng.random() < 0.55:
                self.look(shop.HELP_DELIVERY)
                self.look(shop.ORDERS)
                self.offers.trigger("where-is-my-parcel", self.at, self.page.path)
            returning = rng.random() < 0.3
        if returning:
            self.look(shop.RETURNS)
            self.offers.trigger("returns-guide", self.at, self.page.path)
            if rng.random() < 0.5:
                self.look(shop.RETURN_START)
                if self.offers.trigger("return-with-help", self.at, self.page.path) == "completed":
                    self.wait(90, 600)
                self.do("return_requested", reason=rng.choice(("size", "colour", "faulty", "changed mind")))
        if rng.random() < 0.2:
            self.look_at(self.product())
