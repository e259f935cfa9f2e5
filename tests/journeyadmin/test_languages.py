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
from django.utils import translation

from journeyadmin import middleware
from journeyadmin.contract.criteria import OPERATORS
from journeyadmin.service import answers, errors
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
            # The document's own language is no mark of somebody's words.
            theirs = tag != "html" and ("translate" in told or "lang" in told)
            self._open.append((tag, tag in DATA or theirs))

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


# Of these operators more than one value makes sense.
MANY = ("equal", "notEqual", "containsAny", "containsAll", "notContainsAny", "notContainsAll")


def with_every_operator(server: Program) -> str:
    """The page of a segment whose sentence needs every word there is for operators."""
    criteria = [
        {
            "key": "attributes.price.value" if operator.numeric else "page.url",
            "values": ["7", "8"] if operator.joiner and not operator.numeric and name in MANY else ["7"],
            "operator": name,
            "shouldIgnoreCase": not operator.numeric,
        }
        for name, operator in OPERATORS.items()
    ]
    body = {
        "displayName": "7",
        "color": "#112233",
        "scope": "Session",
        "isActive": False,
        "journey": {
            "patterns": [
                {
                    "criteria": [one],
                    "count": 7,
                    "streamType": "Web",
                    "sessionType": "web",
                }
                for one in criteria
            ]
        },
    }
    made = cast.api(server.url).post(f"{server.url}/api/v2/journey/segments", json=body, timeout=30)
    assert made.status_code == 200, made.text
    return f"/segments/{made.json()['id']}/"


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
    segment = with_every_operator(server)
    data = words_of_data(server)
    left: dict[str, str] = {}
    # The walk has a bound, and may not come to these.
    sure = [(address, browser.get(address)) for address in (segment, "/accounts/permissions/")]
    for address, answer in (*sure, *walk(browser)):
        if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        texts = Texts(answer.content.decode()).found
        assert any("⟦" in text for text in texts), address
        # A translation may hold markup: then it begins in one text and ends in another.
        inside = 0
        for text in texts:
            plain, whole = "", not inside and "⟦" not in text
            for sign in text:
                inside += (sign == "⟦") - (sign == "⟧")
                plain += " " if inside or sign == "⟧" else sign
            if text in ALLOWED or all(part in data for part in text.split(", ")) or SHAPES.search(text):
                continue
            # Of what is put together of several texts: a word that is neither translated nor anybody's data.
            words = [word for word in re.findall(r"[A-Za-z]{3,}", plain) if whole or word not in data]
            if words:
                left.setdefault(f"{text} ({', '.join(words)})", address)
    assert not left, "\n".join(f"{address}: {text}" for text, address in list(left.items())[:60])


# What is the same in every language: ids, addresses, calls and operations by name, moments, examples of what may be typed.
SHAPES = re.compile(
    r"^[0-9a-f-]{36}$|^https?://\S+$|^\S+@\S+$|^(GET|POST|PATCH) /|^[a-z]+[A-Z]\w*$|^\d+ \w{3} \d{4}, [\d:]+$|^⟦e\.g\.⟧ "
)
ALLOWED = {
    "Ada Okafor",
    "YAML",
    "JSON",
    "CSV",
    "Terraform",
    "capabilities",
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


def test_what_failed_is_told_in_the_second_language() -> None:
    kinds = [errors.JourneyError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    words = [word for kind in kinds for word in (kind.summary, kind.advice) if word]
    words += [*middleware.TITLES.values(), *answers.FIELD_WORDS.values()]
    for word in words:
        with translation.override("de"):
            told = str(word)
        with translation.override("en"):
            assert told != str(word), told
