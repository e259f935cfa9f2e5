"""Segments that one test alone uses on the shared server, made and looked at without the dashboard."""

import re
import uuid
from typing import Any

import requests
from django.test import Client as Browser

from tests import cast

Json = dict[str, Any]


class Shop:
    """`word` stands in the name of everything that the test makes; `tidy` deletes all that has it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session: requests.Session = cast.api(url)
        self.word = f"w{uuid.uuid4().hex[:10]}"

    def name(self, name: str) -> str:
        return f"{name} {self.word}"

    def make(self, name: str, **fields: Any) -> Json:
        return self.ask("POST", json={"displayName": self.name(name), **fields})

    def ask(self, method: str, segment_id: str = "", **how: Any) -> Json:
        url = f"{self.url}/api/v2/journey/segments" + (f"/{segment_id}" if segment_id else "")
        answer = self.session.request(method, url, timeout=30, **how)
        assert answer.ok, answer.text
        found: Json = answer.json() if answer.content else {}
        return found

    def all(self) -> dict[str, Json]:
        """By the name before the word."""
        found = self.ask(
            "GET", params={"queryFields": "displayName", "queryValue": self.word, "pageSize": 200}
        )
        return {one["displayName"].removesuffix(f" {self.word}"): one for one in found["entities"]}

    def tidy(self) -> None:
        for one in self.all().values():
            self.session.delete(f"{self.url}/api/v2/journey/segments/{one['id']}", timeout=30)


def steps_on(page: str) -> list[str]:
    """The numbers of the steps that a plan's page offers."""
    return re.findall(r'name="step" value="(\d+)"', page)


def apply(browser: Browser, address: str, **more: Any) -> str:
    """Applies everything that a plan's page offers, and gives the page after it."""
    page = browser.get(address).content.decode()
    answer = browser.post(address, {"do": "apply", "step": steps_on(page), **more})
    assert answer.status_code == 303, answer.content.decode()
    return browser.get(address).content.decode()
