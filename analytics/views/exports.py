"""Files of an answer, and pasting a query."""

import json
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from analytics import answering, exports, payloads
from analytics.answering import Answered
from analytics.forms import PasteForm
from analytics.names import Names
from analytics.payloads import NotAQuery
from analytics.question import address, small_number
from analytics.views.query import base_question, read_request
from journeyadmin.http import JourneyRequest


@require_GET
def csv_file(request: JourneyRequest) -> HttpResponse:
    """All groups and buckets of the answer; fails rather than differ from the number of rows that the page said."""
    answered = _answered(request)
    if answered is None:
        return _back(request)
    promised = small_number(request.GET.get("rows", ""))
    try:
        text = exports.csv_text(answered, Names(request), promised)
    except exports.WrongRows as error:
        context = {
            "error_title": _("The numbers have changed"),
            "error_message": _(
                "The page said %(promised)d rows, and now there are %(rows)d. Open the page again and take the file from there."
            )
            % {"promised": error.promised, "rows": error.rows},
        }
        return render(request, "error.html", context, status=409)
    return _file(text.encode(), "text/csv; charset=utf-8", exports.file_name(answered.asked, "csv"))


@require_GET
def json_file(request: JourneyRequest) -> HttpResponse:
    """What was asked and the untouched answer."""
    answered = _answered(request)
    if answered is None:
        return _back(request)
    return _file(exports.json_bytes(answered), "application/json", exports.file_name(answered.asked, "json"))


def _answered(request: JourneyRequest) -> Answered | None:
    now = timezone.now()
    reading = read_request(request.GET, now)
    return None if reading.problems else answering.answer(request, answering.meant(reading.question, now))


def _back(request: JourneyRequest) -> HttpResponse:
    """To the page, which says what was not understood."""
    return HttpResponseRedirect(f"{reverse('analytics:query')}?{request.GET.urlencode()}")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    # A download that is cut short does not look whole.
    response.headers["Content-Length"] = str(len(content))
    response.headers["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def paste(request: JourneyRequest) -> HttpResponse:
    """A query as JSON fills the builder."""
    form = PasteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            question = payloads.from_query(_read_json(form.cleaned_data["query"]), base_question())
        except NotAQuery as error:
            form.add_error("query", _not_a_query(error))
        else:
            response = HttpResponseRedirect(f"{reverse('analytics:query')}?{address(question)}")
            response.status_code = 303
            return response
    context: dict[str, Any] = {"title": _("Paste a query"), "form": form}
    return render(request, "analytics/paste.html", context, status=422 if form.errors else 200)


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NotAQuery("", "JSON") from None


def _not_a_query(error: NotAQuery) -> str:
    if error.reason == "JSON":
        return _("This is not JSON. Copy the whole query, from the first { to the last }.")
    if error.reason == "field":
        return _("“%s” is nothing that can be asked here. Take it out, or correct its spelling.") % error.path
    if not error.path:
        return _("A query is a JSON object with interval and metrics.")
    if error.reason:
        return _("“%(path)s” is not accepted: %(reason)s") % {"path": error.path, "reason": error.reason}
    return _("“%s” is missing or not what the query takes there.") % error.path
