"""Every address of the Journey server."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from journeyserver.api import (
    account,
    actiontargets,
    aggregates,
    backups,
    capabilities,
    events,
    health,
    imports,
    oauth,
    segments,
    users,
)
from journeyserver.auth import route, unknown_route
from journeyserver.local import description

urlpatterns: list[URLPattern | URLResolver] = [
    path("oauth/authorize", oauth.authorize),
    path("oauth/token", oauth.token),
    path("oauth/revoke", oauth.revoke),
    path("oauth/page.css", oauth.stylesheet, name="page-css"),
    path("logout", oauth.logout, name="logout"),
    path("account", account.account, name="account"),
    path("api/v2/journey/segments", route(segments.list_segments, segments.create_segment)),
    path(
        "api/v2/journey/segments/<str:segment_id>",
        route(segments.get_segment, segments.update_segment, segments.delete_segment),
    ),
    path("api/v2/journey/actiontargets", actiontargets.list_action_targets),
    path(
        "api/v2/journey/actiontargets/<str:action_target_id>",
        route(actiontargets.get_action_target, actiontargets.update_action_target),
    ),
    path("api/v2/analytics/journeys/aggregates/query", aggregates.query),
    path("api/local/v1/queries/<str:query_id>", aggregates.stop),
    path("api/v2/journey/deployments/<str:deployment_id>/webevents", events.web_event),
    path("api/v2/journey/deployments/<str:deployment_id>/actionevent", events.action_event),
    path("api/local/v1/deployments/<str:deployment_id>/blockedevent", events.blocked_event),
    path("api/local/v1/deployments/<str:deployment_id>/outcomeevent", events.outcome_event),
    path("api/local/v1/backups", backups.collection),
    path("api/local/v1/imports", imports.collection),
    path("api/local/v1/imports/<str:import_id>", imports.one),
    path("api/v2/users/me", users.me),
    path("api/v2/tokens/me", users.token_me),
    path("api/local/v1/capabilities", capabilities.capabilities),
    path("api/local/v1/", include("journeyserver.local.urls")),
    path("healthz", health.live),
    path("readyz", health.ready),
    path("openapi.json", description.openapi, name="openapi"),
    path("docs", description.page),
    path("docs/page.css", description.stylesheet, name="docs-css"),
    # Keep last: whatever else is asked for below /api/.
    re_path(r"^api/", unknown_route),
]

handler400 = "journeyserver.middleware.handler400"
handler404 = "journeyserver.middleware.handler404"
handler500 = "journeyserver.middleware.handler500"
