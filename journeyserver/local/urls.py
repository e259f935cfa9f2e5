"""Addresses below /api/local/v1/."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from journeyserver.auth import route
from journeyserver.local import faults

urlpatterns: list[URLPattern | URLResolver] = []

if settings.FAULTS:
    urlpatterns.append(path("faults", route(faults.get_faults, faults.put_faults, faults.delete_faults)))
