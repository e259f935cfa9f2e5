"""The words of the search box: parsing what was typed, and whether a segment is meant. Pure.

Free text looks at name, description and the sentence. `key:` `value:` `op:` `event:` look inside one and the same condition,
`is:` at what a segment is, `changed:` at its date; `-` in front turns a word round. An unknown word is text like any other.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.contract.criteria import OPERATORS, find_key

WORDS = ("key", "value", "op", "event", "is", "changed")
IS = ("active", "inactive", "unused", "duplicate", "warned", "agents", "expiring", "visit", "person")
_CONDITION = ("key", "value", "op", "event")
_TERM = re.compile(r'(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_CHANGED = re.compile(r"([<>]=?|=)?(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True)
class Condition:
    """One criterion of a segment as the search sees it, everything in lower case."""

    keys: str
    operators: tuple[str, ...]
    values: tuple[str, ...]
    event: str


@dataclass(frozen=True)
class Searched:
    """What of a segment is searched."""

    text: str
    conditions: tuple[Condition, ...]
    traits: frozenset[str]
    changed: date | None


@dataclass(frozen=True)
class Term:
    word: str
    text: str
    negated: bool


@dataclass(frozen=True)
class Query:
    """`unknown` are words before a colon that mean nothing here; the page lists those that do."""

    terms: tuple[Term, ...] = ()
    unknown: tuple[str, ...] = field(default=())

    def asks(self, trait: str) -> bool:
        """Whether `is:` this, or that it is not, is among the words."""
        return any(term.word == "is" and term.text == trait for term in self.terms)

    def without(self, trait: str) -> "Query":
        terms = tuple(term for term in self.terms if (term.word, term.text) != ("is", trait))
        return Query(terms, self.unknown)

    def matches(self, segment: Searched) -> bool:
        inside = [term for term in self.terms if term.word in _CONDITION and not term.negated]
        if inside and not any(
            all(_TESTS[term.word](one, term.text) for term in inside) for one in segment.conditions
        ):
            return False
        return all(_holds(term, segment) for term in self.terms if term not in inside)


def parse(typed: str) -> Query:
    terms, unknown = [], []
    for found in _TERM.finditer(typed):
        negated, word = bool(found[1]), (found[2] or "").lower()
        text = found[3] if found[3] is not None else found[4]
        if word and not _understood(word, text):
            # An address such as https://… is no attempt at a search word.
            if not text.startswith("//"):
                unknown.append(f"{found[2]}:" if word not in WORDS else found[0].lstrip("-"))
            text, word = f"{found[2]}:{text}", ""
        if text:
            terms.append(Term(word or "text", text.casefold(), negated))
    return Query(tuple(terms), tuple(unknown))


def searched(
    segment: Mapping[str, Any], sentence: str, changed: date | None, traits: frozenset[str]
) -> Searched:
    """What the search looks at in this segment."""
    words = (str(segment.get("displayName") or ""), str(segment.get("description") or ""), sentence)
    conditions: list[Condition] = []
    for pattern in wording.patterns(segment, "context"):
        conditions += [_condition(row, "context", "") for row in wording.criteria(pattern)]
    for pattern in wording.patterns(segment, "journey"):
        event = str(pattern.get("eventName") or "")
        rows = wording.criteria(pattern)
        conditions += [_condition(row, "journey", event) for row in rows]
        if event and not rows:
            conditions.append(Condition("", (), (), event.casefold()))
    return Searched("\n".join(words).casefold(), tuple(conditions), traits, changed)


def _condition(row: Mapping[str, Any], side: Any, event: str) -> Condition:
    key, operator = str(row.get("key") or ""), str(row.get("operator") or "equal")
    known, named = find_key(side, key, "any"), OPERATORS.get(operator)
    values = row.get("values")
    texts = tuple(str(value).casefold() for value in values) if isinstance(values, list) else ()
    if key == "eventName" and operator == "equal" and not event:
        event = " ".join(texts)
    # Found by its label in the person's language and, as the API is documented in it, in English.
    labels = (known.label, _(known.label)) if known else ()
    words = (named.label, _(named.label)) if named else ()
    return Condition(
        "\n".join((key, *labels)).casefold(),
        tuple(one.casefold() for one in (operator, *words)),
        texts,
        event.casefold(),
    )


def _understood(word: str, text: str) -> bool:
    if word == "changed":
        return _date_test(text) is not None
    if word == "is":
        return text.casefold() in IS
    return word in WORDS


def _holds(term: Term, segment: Searched) -> bool:
    if term.word == "text":
        found = term.text in segment.text
    elif term.word == "is":
        found = term.text in segment.traits
    elif term.word == "changed":
        test = _date_test(term.text)
        found = bool(test and segment.changed and test(segment.changed))
    else:
        found = any(_TESTS[term.word](one, term.text) for one in segment.conditions)
    return found != term.negated


_TESTS: Mapping[str, Callable[[Condition, str], bool]] = {
    "key": lambda one, text: text in one.keys,
    "value": lambda one, text: any(text in value for value in one.values),
    "op": lambda one, text: text in one.operators,
    "event": lambda one, text: bool(one.event) and text in one.event,
}


def _date_test(text: str) -> Callable[[date], bool] | None:
    """`>2026-01-01`, `<=2026-01`, `2026`: a month or year stands for all of its days."""
    found = _CHANGED.fullmatch(text)
    if found is None:
        return None
    sign, year, month, day = found[1] or "=", int(found[2]), found[3], found[4]
    try:
        first = date(year, int(month or 1), int(day or 1))
    except ValueError:
        return None

    def place(changed: date) -> int:
        """-1 before what was named, 0 within, 1 after."""
        parts = (changed.year, changed.month, changed.day)
        width = 3 if day else 2 if month else 1
        named = (first.year, first.month, first.day)
        return (parts[:width] > named[:width]) - (parts[:width] < named[:width])

    tests: dict[str, Callable[[date], bool]] = {
        "=": lambda changed: place(changed) == 0,
        ">": lambda changed: place(changed) > 0,
        "<": lambda changed: place(changed) < 0,
        ">=": lambda changed: place(changed) >= 0,
        "<=": lambda changed: place(changed) <= 0,
    }
    return tests[sign]
