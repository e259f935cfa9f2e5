"""One segment live: who is just assigned it and why, and who lacks one thing only (LIV7); else its last hour."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from analytics.dashboards.ready import Tile
from analytics.filters import Condition, Filter, Group
from analytics.live import views
from analytics.live.views import Row
from analytics.names import Names
from journeyadmin import service, wording
from journeyadmin.accounts.capabilities import offers
from journeyadmin.contract.criteria import Side, find_key
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words

# For each look the events of up to fifty visits are read.
SECONDS = 4


@require_GET
def choose(request: JourneyRequest) -> HttpResponse:
    """From the live page's choice to the segment's own address."""
    chosen = request.GET.get("segment", "")
    if not chosen or "/" in chosen:
        return redirect(reverse("live:live"))
    return redirect(reverse("live:segment", args=[chosen]))


@require_GET
def segment(request: JourneyRequest, segment_id: str) -> HttpResponse:
    if not offers(request, "watch"):
        return _last_hour(request, segment_id)
    status, context = _now(request, segment_id, "")
    context |= {"segment_id": segment_id, "seconds": SECONDS}
    return render(request, "live/watch.html", context, status=status)


@require_GET
def segment_feed(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """What came since the cursor, and the near misses of now."""
    if not offers(request, "watch"):
        return HttpResponse(status=404)
    status, context = _now(request, segment_id, request.GET.get("since", "")[:64])
    return render(request, "live/_watch_feed.html", context, status=status)


def _now(request: JourneyRequest, segment_id: str, since: str) -> tuple[int, dict[str, Any]]:
    try:
        found = request.journey.local.watch(segment_id, since=since, limit=views.LIMIT)
    except service.SignInExpired:
        raise
    except service.JourneyError as error:
        status, words = error_words(request, error)
        return status, {"error": error, **words}
    watched = found["segment"]
    return 200, {
        **views.head(found),
        "name": str(watched.get("displayName") or segment_id),
        "color": watched.get("color"),
        "inactive": watched.get("isActive") is False,
        "sentence": wording.sentence(watched),
        "matches": [_match(row) for row in views.rows_of(found, "matches")],
        "misses": [_miss(watched, row) for row in views.rows_of(found, "nearMisses")],
    }


def _match(row: dict[str, Any]) -> Row:
    path, key = str(row.get("path") or ""), str(row.get("key") or "")
    return Row(views.moment(row.get("at")), views.completed(path, key, row.get("seen")), "", _who(row))


def _miss(watched: dict[str, Any], row: dict[str, Any]) -> Row:
    """A visit, and the one thing that it lacks."""
    path = str(row.get("path") or "")
    count = int(row.get("eventCount") or 0)
    events = ngettext("%d event so far", "%d events so far", count) % count
    return Row(
        views.moment(row.get("lastEvent")),
        wording.path_words(watched, path, whole=True),
        f"{_seen(path, row)} · {events}",
        _who(row),
    )


def _seen(path: str, row: dict[str, Any]) -> str:
    if not row.get("key"):
        return _("%(reached)d of %(needed)d times") % {
            "reached": int(row.get("reached") or 0),
            "needed": int(row.get("needed") or 1),
        }
    side: Side = "journey" if path.startswith("journey") else "context"
    label = find_key(side, str(row["key"]))
    what = wording.key_label(label, str(row["key"]))
    if row.get("seen") in (None, ""):
        return _("no %s there") % what
    return _("%(what)s was “%(seen)s”") % {"what": what, "seen": row["seen"]}


def _who(row: dict[str, Any]) -> str:
    return str(row.get("sessionId") or row.get("customerId") or "")


def _last_hour(request: JourneyRequest, segment_id: str) -> HttpResponse:
    """The substitute: its assignments in the last hour."""
    its = Condition("journeySegmentId", value=segment_id)
    only = Filter("and", (Group("and", (its,)),))
    tile = Tile(_("Segments assigned"), replace(views.hour("nJourneySegmentsAssigned"), filter=only), 12)
    name = Names(request).value("journeySegmentId", segment_id)
    return views.last_hour(request, _("Live: %s") % name, (tile,))
