"""The dashboard's addresses."""

from django.urls import include, path
from django.views.i18n import set_language

from journeyadmin import views

urlpatterns = [
    path("", views.root, name="root"),
    path("accounts/", include("journeyadmin.accounts.urls")),
    path("segments/", include("segments.urls")),
    path("action-targets/", include("actiontargets.urls")),
    path("analytics/alerts/", include("analytics.alerts.urls")),
    path("analytics/", include("analytics.urls")),
    path("dashboards/", include("analytics.dashboards.urls")),
    path("live/", include("analytics.live.urls")),
    path("theme", views.theme, name="theme"),
    path("language", set_language, name="language"),
    path("search/", views.palette, name="palette"),
    path("keyboard/", views.keyboard, name="keyboard"),
    path("operations/", include("journeyadmin.operations.urls")),
    path("", include("journeyadmin.monitoring.urls")),
    path("", include("journeyadmin.history.urls")),
    path("history/runs/", include("journeyadmin.runs.urls")),
    path("", include("journeyadmin.files.urls")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.failed
