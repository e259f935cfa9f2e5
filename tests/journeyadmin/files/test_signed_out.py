"""CON6: the sign-in ends while a form is open, and after signing in again it is there as it was typed."""

import re
from typing import Any

from django.test import Client as Browser

from tests import cast
from tests.journeyadmin.shop import Shop
from tests.programs import Program

BACK = "/segments/?q=x"


def sent_too_late(browser: Browser, server: Program, address: str, form: dict[str, Any]) -> str:
    """Sends a form after the sign-in ended, signs in again, and gives the page that follows."""
    session = browser.session
    session["seen"] = 0
    session.save()
    answer = browser.post(address, form)
    assert answer["Location"].startswith("/accounts/sign-in")
    kept = browser.session["kept_forms"]
    cast.signed_in(server.url, "marketer", browser)
    session = browser.session
    session["kept_forms"] = kept
    session.save()
    return browser.get(address, follow=True).content.decode()


def test_a_change_of_many(marketer: Browser, server: Program, shop: Shop) -> None:
    made = shop.make("A")
    form = {"id": made["id"], "back": BACK, "description_choice": "set", "description": "Typed"}
    page = sent_too_late(marketer, server, "/segments/bulk", {"do": "plan", **form})
    assert "Your sign-in had ended." in page
    assert f'name="id" value="{made["id"]}"' in page
    assert 'value="Typed"' in page
    assert f'name="back" value="{BACK}"' in page
    answer = marketer.post("/segments/bulk", {"do": "plan", **form})
    assert "Description: empty → “Typed”" in marketer.get(answer["Location"]).content.decode()


def test_what_was_chosen_in_the_list_leads_back_to_it(marketer: Browser, server: Program, shop: Shop) -> None:
    made = shop.make("A")
    back = f"/segments/?q={shop.word}"
    page = sent_too_late(marketer, server, "/segments/bulk", {"do": "delete", "id": made["id"], "back": back})
    assert made["displayName"] in page
    assert shop.all(), "nothing was deleted"


def test_a_pasted_file(marketer: Browser, server: Program, shop: Shop) -> None:
    text = f"journey: 1\nsegments:\n- displayName: A {shop.word}\n"
    page = sent_too_late(marketer, server, "/files/import", {"text": text, "overwrite": "on"})
    assert "Your sign-in had ended." in page
    assert f"A {shop.word}" in page
    assert re.search(r'name="overwrite"[^>]* checked', page)
    assert shop.all() == {}
