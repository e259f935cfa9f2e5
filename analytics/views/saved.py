"""Saved queries, and the last ones asked (QRY16)."""

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from analytics import builder, recent, trail
from analytics.alerts import words
from analytics.answers import PERMISSION
from analytics.dashboards import boards
from analytics.forms import SaveQueryForm
from analytics.models import SavedQuery
from analytics.names import Names
from analytics.question import Question, address, read
from journeyadmin import htmx
from journeyadmin.accounts.kept import form_data
from journeyadmin.http import JourneyRequest


def visible(request: JourneyRequest) -> QuerySet[SavedQuery]:
    """Mine, and those that others of this connection share."""
    return SavedQuery.objects.filter(
        Q(owner=request.user) | Q(shared=True), connection=request.connection
    ).select_related("owner")


def _normal(text: str) -> Question:
    return read(parse_qs(text, keep_blank_values=True), Question()).question


@require_GET
def saved_list(request: JourneyRequest) -> HttpResponse:
    names = Names(request)
    saved = [
        {
            "query": query,
            "words": trail.name_of(_normal(query.address), names),
            "mine": query.owner == request.user,
            "alerts": query.alerts.all(),
            "firing": any(alert.firing for alert in query.alerts.all()),
        }
        for query in visible(request).prefetch_related("alerts")
    ]
    last = [
        {
            "address": row.address,
            "words": trail.name_of(_normal(row.address), names),
            "asked": row.asked,
            "range": builder.range_label(_normal(row.address)),
        }
        for row in recent.last(request)
    ]
    context = {
        "title": _("Saved queries"),
        "saved": saved,
        "last": last,
        "may_ask": request.may(PERMISSION),
    }
    return render(request, "analytics/saved.html", context)


@require_http_methods(["GET", "POST"])
def saved_create(request: JourneyRequest) -> HttpResponse:
    """Keeps the question of an address under a name."""
    data = form_data(request)
    asked = address(_normal((data.get("address") if data else "") or request.GET.urlencode()))
    form = SaveQueryForm(data)
    if request.method == "POST" and form.is_valid():
        query = form.save(commit=False)
        query.connection, query.owner, query.address = request.connection, request.user, asked
        query.changed_by = str(request.user)
        query.save()
        messages.success(request, _("“%s” is saved.") % query.name)
        return htmx.go_to(request, f"{reverse('analytics:query')}?{asked}")
    return _form_page(request, form, _("Save this query"), asked)


@require_http_methods(["GET", "POST"])
def saved_edit(request: JourneyRequest, pk: UUID) -> HttpResponse:
    query = _mine(request, pk)
    form = SaveQueryForm(form_data(request), instance=query)
    if request.method == "POST" and form.is_valid():
        form.save()
        SavedQuery.objects.filter(pk=pk).update(version=F("version") + 1, changed_by=str(request.user))
        messages.success(request, _("“%s” is saved.") % query.name)
        return htmx.go_to(request, reverse("analytics:saved"))
    return _form_page(request, form, query.name, query.address, query)


@require_http_methods(["GET", "POST"])
def saved_delete(request: JourneyRequest, pk: UUID) -> HttpResponse:
    query = _mine(request, pk)
    if request.method == "POST":
        name = query.name
        query.delete()
        messages.success(request, _("“%s” is deleted.") % name)
        return htmx.go_to(request, reverse("analytics:saved"))
    context = {"title": query.name, "query": query, "alerts": words.waiting_on(query)}
    return render(request, "analytics/saved_delete.html", context)


def _mine(request: JourneyRequest, pk: UUID) -> SavedQuery:
    query = get_object_or_404(visible(request), pk=pk)
    if query.owner != request.user:
        raise Http404
    return query


def _form_page(
    request: JourneyRequest, form: SaveQueryForm, title: str, asked: str, query: SavedQuery | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "title": title,
        "form": form,
        "asked": asked,
        "words": trail.name_of(_normal(asked), Names(request)),
        "query": query,
        "boards": boards.visible(request),
    }
    return render(request, "analytics/save.html", context, status=422 if request.method == "POST" else 200)
