"""Every address of the Journey server."""

from django.urls import URLPattern, URLResolver, path, re_path

from journeyserver.api import capabilities, oauth, users
from journeyserver.auth import unknown_route

urlpatterns: list[URLPattern | URLResolver] = [
    path("oauth/authorize", oauth.authorize),
    path("oauth/token", oauth.token),
    path("oauth/revoke", oauth.revoke),
    path("oauth/page.css", oauth.stylesheet, name="page-css"),
    path("logout", oauth.logout),
    path("api/v2/users/me", users.me),
    path("api/v2/tokens/me", users.token_me),
    path("api/local/v1/capabilities", capabilities.capabilities),
    # Keep last: whatever else is asked for below /api/.
    re_path(r"^api/", unknown_route),
]
