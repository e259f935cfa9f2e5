"""The analytics page: a question, its answer, and what can be done with a point of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.http import push_url

from analytics import answering, builder, exports, forms, moves, page, recent, trail
from analytics.answering import Answered, Asked
from analytics.answers import AT_LEAST, PERMISSION
from analytics.builder import Builder
from analytics.checks import repairs_for_size, unfinished
from analytics.forms import Draft
from analytics.marks import marks_for
from analytics.names import Names
from analytics.question import Problem, Question, address, read
from analytics.ranges import RangeError
from journeyadmin import htmx, service
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words


@dataclass
class Reading:
    """What a request asks for: the question in normal form, the filter rows as typed, and what was not understood."""

    question: Question
    draft: Draft | None
    problems: list[Problem]
    typed: dict[str, str]
    runs: bool
    anew: bool
    anyway: bool


def base_question() -> Question:
    """What an address may leave out; times are those of the person's zone."""
    return Question(zone=timezone.get_current_timezone_name())


def read_request(data: QueryDict, now: datetime) -> Reading:
    """The question of an address or of the builder's fields."""
    draft = forms.draft_from(data) if forms.is_form(data) else None
    params = forms.params_from(data, draft) if draft is not None else dict(data.lists())
    reading = read(params, base_question())
    problems, question = reading.problems, reading.question
    try:
        question = answering.plain(question, now)
    except RangeError as error:
        problems.append(Problem("range", error.problem, error.text))
    typed = {name: next(iter(params.get(name, [])), "") for name in ("range", "zone", "top", "goal")}
    return Reading(
        question,
        draft,
        problems,
        {name: text for name, text in typed.items() if any(row.field == name for row in problems)},
        runs=not problems and not (draft is not None and data.get("row")),
        anew=data.get("fresh") == "1",
        anyway=data.get("anyway") == "1",
    )


def build(reading: Reading, names: Names, now: datetime) -> Builder:
    return builder.build(
        reading.question,
        names,
        now,
        draft=reading.draft,
        problems=reading.problems,
        typed=reading.typed,
        anyway=reading.anyway,
    )


@require_GET
def query(request: JourneyRequest) -> HttpResponse:
    """The question of the address and its answer. The builder's fields lead to the one address of their question."""
    now = timezone.now()
    data = request.GET
    reading = read_request(data, now)
    canonical = address(reading.question)
    here = f"{reverse('analytics:query')}?{canonical}"
    partial = htmx.is_partial(request)
    moved = _moved(reading.question, data, now)
    if moved is not None:
        return HttpResponseRedirect(f"{reverse('analytics:query')}?{address(moved)}")
    special = reading.anyway or reading.anew
    # What is begun has a place in the form alone: an address would lose it.
    begun = reading.runs and reading.draft is not None and reading.draft.unfinished
    if reading.runs and not partial and not special and not begun and _written(data) != canonical:
        return HttpResponseRedirect(here)
    names = Names(request)
    built = build(reading, names, now)
    if begun:
        built.checks.append(unfinished())
    context: dict[str, Any] = {"title": _("Analytics"), "builder": built, "place": reverse("analytics:query")}
    status = 200
    if not reading.runs or built.stops:
        context["waiting"] = True
        status = 422 if reading.problems or built.stops else 200
    else:
        status = _add_answer(request, context, reading, names, now)
    response = htmx.answer(request, "analytics/page.html", "analytics/_page.html", context, status=status)
    if partial and reading.runs:
        push_url(response, here)
    # What failed says so itself: it is an alert.
    if partial and (said := context.get("sentence") or built.obstacle):
        htmx.announce(response, said)
    if not partial and reading.anew:
        return HttpResponseRedirect(here)
    return response


def _written(data: QueryDict) -> str:
    """The query string in the order and spelling of `address`, to compare with it."""
    return urlencode(
        [(name, value) for name, values in data.lists() for value in values], quote_via=quote, safe=":,/~;=."
    )


def _moved(question: Question, data: QueryDict, now: datetime) -> Question | None:
    """The narrower question where two moments were marked in a chart: `zoom=first-last` in minutes since 1970."""
    first, _dash, last = data.get("zoom", "").partition("-")
    start, end = moves.moment(first), moves.moment(last)
    if start is None or end is None:
        return None
    try:
        return moves.narrower(answering.meant(question, now), min(start, end), max(start, end))
    except RangeError:
        return None


def _add_answer(
    request: JourneyRequest, context: dict[str, Any], reading: Reading, names: Names, now: datetime
) -> int:
    """Adds the answer, or why there is none, to the context; the status of the response."""
    asked = answering.meant(reading.question, now)
    try:
        answered = answering.answer(
            request, asked, within=AT_LEAST if reading.anew else None, or_earlier=True
        )
    except service.SignInExpired:
        raise
    except service.JourneyError as error:
        status, words = error_words(request, error)
        context |= {"error": error, "retry": address(reading.question), **words}
        if isinstance(error, service.TooLarge):
            context["repairs"] = repairs_for_size(reading.question, asked.span)
        return status
    recent.remember(request, reading.question)
    marks = marks_for(request, answered, names)
    restated = answering.restated_from(request, asked)
    context |= page.answer_context(answered, names, marks=marks, restated=restated)
    context |= {
        "toolbar": toolbar(request, asked, answered),
        "copies": copies(request, asked),
        "permission": PERMISSION,
        "has_marks": bool(marks),
        "trail": trail.steps(request, reading.question),
        "restated": restated is not None,
    }
    return 200


def toolbar(request: JourneyRequest, asked: Asked, answered: Answered) -> dict[str, Any]:
    unfiltered = ""
    if asked.question.filter:
        unfiltered = address(replace(asked.question, filter=Question().filter))
    return {
        "charts": page.chart_choices(asked),
        "nav": page.navigation(asked),
        "rows": page.export_rows(answered),
        "file": exports.file_name(asked, "").rstrip("."),
        "share": {
            name: request.build_absolute_uri(f"{reverse('analytics:query')}?{text}")
            for name, text in page.share_addresses(asked).items()
        },
        "unfiltered": unfiltered,
    }


def copies(request: JourneyRequest, asked: Asked) -> dict[str, str]:
    """The request to hand to an engineer; a placeholder stands where the token goes."""
    body, api_url = asked.query, request.connection.api_url
    return {
        "json": exports.as_json(body),
        "curl": exports.as_curl(body, api_url),
        "python": exports.as_python(body, api_url),
    }


@require_GET
def form(request: JourneyRequest) -> HttpResponse:
    """The builder while it is being changed: its filter rows, or only what is wrong and how many buckets there would be."""
    now = timezone.now()
    reading = read_request(request.GET, now)
    if not forms.is_form(request.GET):
        return HttpResponseRedirect(f"{reverse('analytics:query')}?{address(reading.question)}")
    context: dict[str, Any] = {"builder": build(reading, Names(request), now)}
    wanted = getattr(request.htmx, "target", "") or ""
    template = (
        "analytics/_filter_and_notes.html"
        if wanted == "builder-filter"
        else "analytics/_notes_and_counts.html"
    )
    if not htmx.is_partial(request):
        context |= {"title": _("Analytics"), "waiting": True}
        template = "analytics/page.html"
    response = render(request, template, context)
    if reading.draft is not None and reading.draft.edited is not None:
        edited = reading.draft.edited
        htmx.announce(response, _("A condition is added.") if edited.added else _("A condition is removed."))
        htmx.focus_on(response, edited.focus)
    return response
