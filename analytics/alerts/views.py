"""Alerts: the list with their state, one alert with its firings, and what it would do now."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from analytics import answers
from analytics.alerts import watching, words
from analytics.alerts.evaluating import NothingFinished, evaluate
from analytics.alerts.forms import AlertForm
from analytics.answers import PERMISSION
from analytics.models import Alert
from analytics.names import Names
from analytics.ranges import RangeError
from analytics.views import saved
from journeyadmin import htmx
from journeyadmin.accounts.kept import form_data
from journeyadmin.accounts.permissions import require
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError

# An alert that nobody looked at for so long: the command does not run.
OVERDUE = timedelta(hours=24)


@dataclass(frozen=True)
class Tried:
    """What an alert would do now: the verdict, and what it was made from."""

    verdict: str
    seen: str = ""
    fires: bool = False


def visible(request: JourneyRequest) -> QuerySet[Alert]:
    """Mine, and those on queries that are shared in this connection."""
    return Alert.objects.filter(
        Q(owner=request.user) | Q(query__shared=True), query__connection=request.connection
    ).select_related("query", "owner")


@require_GET
def alert_list(request: JourneyRequest) -> HttpResponse:
    names = Names(request)
    alerts = list(visible(request).annotate(times=Count("firings")))
    rows = [
        {
            "alert": one,
            "mine": one.owner_id == request.user.pk,
            "condition": words.condition(one),
            **_state(one, names),
        }
        for one in alerts
    ]
    overdue = timezone.now() - OVERDUE
    context = {
        "title": _("Alerts"),
        "rows": rows,
        "nobody_asks": rows and request.connection.asks_unattended is None,
        "overdue": rows and all((one.looked or one.created) < overdue for one in alerts),
    }
    return render(request, "alerts/list.html", context)


@require_http_methods(["GET", "POST"])
def alert_create(request: JourneyRequest, query: UUID) -> HttpResponse:
    """An alert on a saved query that one may see."""
    require(request, PERMISSION)
    on = get_object_or_404(saved.visible(request), pk=query)
    return _form(request, Alert(query=on, owner=request.user, language=get_language() or ""))


@require_http_methods(["GET", "POST"])
def alert(request: JourneyRequest, pk: UUID) -> HttpResponse:
    """One alert: its form where it is one's own, and when it fired."""
    one = get_object_or_404(visible(request), pk=pk)
    if one.owner_id == request.user.pk:
        return _form(request, one)
    if request.method == "POST":
        raise Http404
    return render(request, "alerts/alert.html", _context(request, one))


@require_http_methods(["GET", "POST"])
def alert_delete(request: JourneyRequest, pk: UUID) -> HttpResponse:
    one = get_object_or_404(visible(request).filter(owner=request.user), pk=pk)
    if request.method == "POST":
        one.delete()
        messages.success(request, _("The alert is deleted."))
        return htmx.go_to(request, reverse("alerts:list"))
    context = {"title": one.query.name, "alert": one, "condition": words.condition(one)}
    return render(request, "alerts/delete.html", context)


def _form(request: JourneyRequest, one: Alert) -> HttpResponse:
    """The form; "test" says what it would do now as it stands there, and keeps nothing."""
    # How it stands is said of the alert that is kept: reading the form changes it.
    context = _context(request, one)
    form, posted = AlertForm(form_data(request), instance=one), request.method == "POST"
    tried = None
    if posted and form.is_valid():
        changed = form.save(commit=False)
        anew = bool({"measure", "condition", "limit"} & set(form.changed_data))
        if request.POST.get("do") == "test":
            tried = _tried(request, changed, anew=anew)
        else:
            _save(changed, anew=anew)
            messages.success(request, _("The alert on “%s” is saved.") % one.query.name)
            return htmx.go_to(request, reverse("alerts:list"))
    context |= {"form": form, "tried": tried, "may": request.may(PERMISSION)}
    return render(request, "alerts/alert.html", context, status=422 if posted and form.errors else 200)


def _save(one: Alert, *, anew: bool) -> None:
    """What waits for something else is armed again: what was seen was held against the old condition."""
    if one._state.adding:
        one.save()
        return
    fields = ["measure", "condition", "limit", "by_mail"]
    if anew:
        one.firing, one.facts, one.failure, one.looked = False, None, None, None
        one.firings.filter(ended=None).update(ended=timezone.now())
        fields += ["firing", "facts", "failure", "looked"]
    one.save(update_fields=fields)


def _context(request: JourneyRequest, one: Alert) -> dict[str, Any]:
    names = Names(request)
    new = one._state.adding
    return {
        "title": one.query.name,
        "alert": one,
        "new": new,
        "condition": "" if new else words.condition(one),
        "nobody_asks": request.connection.asks_unattended is None,
        "firings": []
        if new
        else [{"firing": row, "seen": words.seen(one, row.facts, names)} for row in one.firings.all()],
        **({} if new else _state(one, names)),
    }


def _state(one: Alert, names: Names) -> dict[str, str]:
    return {
        "seen": words.seen(one, one.facts, names) if one.facts else "",
        "failure": words.failure(one.failure) if one.failure else "",
    }


def _tried(request: JourneyRequest, one: Alert, *, anew: bool) -> Tried:
    """Looked at now, with the person's own sign-in."""
    try:
        outcome = evaluate(one, lambda query: answers.ask(request, query).content, timezone.now())
    except (JourneyError, NothingFinished, RangeError) as error:
        return Tried(words.failure(words.kept_failure(error)))
    found = watching.rehearsed(one, outcome, anew=anew)
    verdict = {
        "fires": _("It would fire now."),
        "holds": _("It holds still: it has fired already and would not be told again."),
        "arms": _("It no longer holds: the alert would be armed again."),
        "nothing": _("It would not fire now."),
        "no_number": _("There is no number to compare, so nothing would change."),
    }[found]
    return Tried(verdict, words.seen(one, outcome.facts, Names(request)), found == "fires")
