"""Every word of the dashboard can be translated: a made-up language shows what was forgotten, and the second one is complete."""

import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings
from django.test import Client as Browser

from tests import cast
from tests.journeyadmin.test_security import walk
from tests.programs import ROOT, Program

BOOK = ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"
# Elements whose text is data, code, or says itself in every language.
DATA = {"code", "pre", "kbd", "time", "script", "style", "textarea", "option", "title", "svg", "noscript"}
PLACEHOLDER = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>|\n)")


class Texts(HTMLParser):
    """The pieces of text that a person reads, but for those inside data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        for name in ("aria-label", "placeholder", "title"):
            # A title beside a text says that text again in full: names, addresses.
            if told.get(name) and name != "title":
                self.found.append(str(told[name]))
        if tag not in ("br", "img", "input", "hr", "link", "meta", "col"):
            self._open.append((tag, tag in DATA or "translate" in told or "lang" in told))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(skipped for _, skipped in self._open):
            self.found.append(" ".join(data.split()))


def pseudo(text: str) -> str:
    """The text in brackets that no page has by itself; placeholders and markup stay as they are."""
    return f"⟦{text}⟧" if text else text


@pytest.fixture
def pseudo_language(tmp_path: Path, settings: Any) -> str:
    folder = tmp_path / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    book = polib.pofile(str(BOOK))
    book.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for entry in book:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: pseudo(entry.msgid), 1: pseudo(entry.msgid_plural)}
        else:
            entry.msgstr = pseudo(entry.msgid)
    book.save_as_mofile(str(folder / "django.mo"))
    settings.LANGUAGES = [("en", "English"), ("eo", "Esperanto")]
    settings.LOCALE_PATHS = [tmp_path]
    return "eo"


def words_of_data(server: Program) -> str:
    """Everything the API gives: what is shown of it stays as it is in every language."""
    api = cast.api(server.url)
    texts: list[str] = []
    for path in ("journey/segments?pageSize=200", "journey/actiontargets?pageSize=200"):
        texts.append(api.get(f"{server.url}/api/v2/{path}", timeout=30).text)
    return "".join(texts)


@pytest.mark.parametrize("username", ["admin"])
def test_every_word_on_every_page_is_translatable(
    sign_in: Callable[..., Browser], server: Program, pseudo_language: str, username: str
) -> None:
    browser = sign_in(username)
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = pseudo_language
    data = words_of_data(server)
    left: dict[str, str] = {}
    for address, answer in walk(browser):
        if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        texts = Texts(answer.content.decode()).found
        assert any("⟦" in text for text in texts), address
        for text in texts:
            plain = re.sub(r"⟦.*?⟧|⟦|⟧", " ", text)
            letters = re.findall(r"[A-Za-z]{3,}", plain)
            if "⟦" not in text and letters and text not in data and text not in ALLOWED:
                left.setdefault(text, address)
    assert not left, "\n".join(f"{address}: {text}" for text, address in list(left.items())[:60])


ALLOWED = {
    "Journey Admin",
    "Test shop",
    "UTC",
    "GET",
    "POST",
    "PATCH",
    # Examples of what may be typed are the same everywhere.
    "https://shop.example/cart",
    "Mozilla/5.0 …",
    '{"eventName": "order_completed"}',
}


def test_the_second_language_is_complete_and_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "tools/messages.py", "missing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[:4000]


def test_translations_keep_their_placeholders() -> None:
    for entry in polib.pofile(str(BOOK)):
        wanted = sorted(PLACEHOLDER.findall(entry.msgid))
        for text in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            found = sorted(PLACEHOLDER.findall(text))
            # A singular may leave its number out.
            assert not text or set(found) <= set(wanted) | set(PLACEHOLDER.findall(entry.msgid_plural)), (
                entry.msgid
            )
            if not entry.msgid_plural and text:
                assert found == wanted, entry.msgid
