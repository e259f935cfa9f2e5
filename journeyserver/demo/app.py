"""A visit in the shop's app: the same people, screens instead of pages, and no offers."""

import random

from journeyserver.demo import shop
from journeyserver.demo.people import pick
from journeyserver.demo.visits import Setting, Value, Visit


class AppVisit(Visit):
    """A visit in the app, signed in from its first screen on."""

    stream = "App"

    def __init__(self, rng: random.Random, setting: Setting) -> None:
        super().__init__(rng, setting)
        machine = setting.machine
        self.common |= {
            "app_name": shop.NAME,
            "device_category": machine.category,
            "device_type": machine.type,
            "device_os_family": machine.os_family,
        }
        self.signed_in = True

    def see(self, screen: str, **attributes: Value) -> None:
        self.record("screen_viewed", {"screen_name": screen}, attributes)
        self.wait(3, 40)

    def do(self, name: str, screen: str, **attributes: Value) -> None:
        self.record(name, {"screen_name": screen}, attributes)
        self.wait(1, 8)

    def walk(self) -> None:
        rng = self.rng
        self.record("app_opened", {"screen_name": "Home"}, {}, self.member_traits())
        self.wait(1, 4)
        self.see("Home")
        mood = pick(rng, (("browse", 60), ("orders", 22), ("glance", 18)))
        if mood == "glance":
            return
        if mood == "orders":
            self.see("Orders")
            if rng.random() < 0.5:
                self.see("Parcel")
            return
        for _ in range(rng.randrange(1, 7)):
            product = self.product()
            if rng.random() < 0.35:
                self.see("Category", category=product.category)
            self.see("Product", product_id=product.key, price=product.price)
            if rng.random() < 0.16:
                self.basket.append(product)
                self.do("product_added", "Product", product_id=product.key, cart_value=self.basket_value)
        if self.basket and rng.random() < 0.6:
            self.see("Cart")
            if rng.random() < 0.6:
                self.see("Checkout")
                if rng.random() < 0.7:
                    value = self.basket_value
                    self.do("order_completed", "Checkout", order_value=value, items=len(self.basket))
                    self.outcomes.achieve("order-placed", self.at, [], value)
