"""Addresses below /api/local/v1/."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from journeyserver.auth import route
from journeyserver.local import (
    curve,
    data,
    erase,
    explain,
    faults,
    live,
    overlap,
    preview,
    suggest,
    uploads,
    watch,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("preview", preview.preview),
    path("preview/<path:editor>", preview.stop_preview),
    path("explain", explain.explain),
    path("suggest", suggest.suggest),
    path("overlap", overlap.overlap),
    path("actiontargets/<str:action_target_id>/curve", curve.curve),
    path("live", live.live),
    path("live/<str:segment_id>", watch.watch),
    path("data", data.data),
    path("erase", erase.erase),
    path("uploads", uploads.post_upload),
    path("uploads/<str:upload_id>", route(uploads.get_upload, uploads.remove_upload)),
    path("uploads/<str:upload_id>/import", uploads.start_upload),
]

if settings.FAULTS:
    urlpatterns.append(path("faults", route(faults.get_faults, faults.put_faults, faults.delete_faults)))
