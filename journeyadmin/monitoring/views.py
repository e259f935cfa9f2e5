"""Health, readiness, metrics, and the page of the last calls."""

import ipaddress
import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from journeyadmin.http import JourneyRequest
from journeyadmin.monitoring import calls, metrics, readiness


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether the process runs."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether pages can be served, and how each part does."""
    ready, parts = readiness.check()
    return JsonResponse(parts, status=200 if ready else 503)


@login_not_required
def metric_list(request: HttpRequest) -> HttpResponse:
    """For Prometheus: with the token of JOURNEYADMIN_METRICS_TOKEN, or, where none is set, from this computer only."""
    if not _may_read_metrics(request):
        raise PermissionDenied
    return HttpResponse(metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def service(request: JourneyRequest) -> HttpResponse:
    """The last fifty calls through this connection, and how much of the rate limit is used."""
    found = calls.rate(request.connection)
    context = {"calls": calls.last_calls(request.connection), "kept": calls.KEPT, "read": timezone.now()}
    if found:
        rate, left = found
        context |= {"rate": rate, "left": left, "share": rate.used / rate.allowed if rate.allowed else 0}
    return render(request, "monitoring/service.html", context)


def _may_read_metrics(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if settings.BEHIND_PROXY:
        # Everyone seems to come from the proxy.
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
