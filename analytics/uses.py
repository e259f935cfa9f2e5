"""Which saved queries, with their alerts, and dashboards name a segment or a target: said before it is deleted."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.alerts import words
from analytics.models import Dashboard, SavedQuery
from journeyadmin.http import JourneyRequest
from journeyadmin.uses import Use


def uses(request: JourneyRequest, kind: str, object_id: str) -> Iterable[Use]:
    """Those of this connection, whoever they belong to: the names of other people's are not told."""
    me = request.user.pk
    queries = SavedQuery.objects.filter(connection=request.connection, address__icontains=object_id)
    for query in queries.prefetch_related("alerts"):
        shown = query.shared or query.owner_id == me
        name = query.name if shown else _("somebody's own")
        path = f"{reverse('analytics:query')}?{query.address}" if shown else ""
        yield Use(_("Saved query"), name, path)
        for alert in query.alerts.all():
            seen = query.shared or alert.owner_id == me
            told = words.condition(alert) if seen else _("somebody's own")
            yield Use(_("Alert"), told, reverse("alerts:alert", args=[alert.pk]) if seen else "")
    for board in Dashboard.objects.filter(connection=request.connection):
        if not any(object_id in str(row.get("address", "")) for row in board.rows):
            continue
        shown = board.shared or board.owner_id == me
        name = board.name if shown else _("somebody's own")
        yield Use(_("Dashboard"), name, reverse("dashboards:board", args=[board.pk]) if shown else "")
