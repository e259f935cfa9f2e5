"""The way one came by choosing points: kept in the session, so that equal questions keep equal addresses (CHT9)."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from analytics import labels, sentences
from analytics.names import Names
from analytics.question import Question, address, read
from journeyadmin.http import JourneyRequest

KEY = "analytics_trail"
LONGEST = 12


@dataclass(frozen=True)
class Step:
    label: str
    address: str


def follow(request: JourneyRequest, come_from: Question, to: Question) -> None:
    """Notes that a point of one question led to another."""
    here, there = address(come_from), address(to)
    kept: list[str] = request.session.get(KEY, [])
    before = kept[: kept.index(here) + 1] if here in kept else [here]
    request.session[KEY] = [*before, there][-LONGEST:]


def steps(request: JourneyRequest, question: Question) -> list[Step]:
    """The questions that led to this one, the first one first; none where it was not come to by choosing points."""
    kept: list[str] = request.session.get(KEY, [])
    here = address(question)
    if here not in kept:
        return []
    names = Names(request)
    return [Step(name_of(question_of(text), names), text) for text in kept[: kept.index(here)]]


def question_of(text: str) -> Question:
    """The question of a kept address; what is no longer understood is left out of it."""
    return read(parse_qs(text, keep_blank_values=True), Question()).question


def name_of(question: Question, names: Names) -> str:
    """A question in a few words: `Sessions by device category, where country is DE`."""
    words = ", ".join(labels.measure(made) for made in question.made)
    if question.group_by:
        words += " " + ", ".join(_by(name) for name in question.group_by)
    found = sentences.filter_words(question.filter, names)
    return f"{words}, {found}" if found else words


def _by(name: str) -> str:
    return _("by %s") % labels.within(labels.dimension(name))
