"""The security headers that Django does not set by itself; the content policy allows nothing inline and nothing from elsewhere."""

from collections.abc import Callable, Iterable
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def content_policy(form_hosts: Iterable[str] = ()) -> str:
    """`form_hosts` are origins a form may end up at: browsers check `form-action` on redirects too."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            " ".join(("form-action 'self'", *sorted(set(form_hosts)))),
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def allow_forms_to(response: HttpResponse, hosts: Iterable[str]) -> HttpResponse:
    """Let the forms of this one page lead to these origins; used where a sign-in begins."""
    response.headers["Content-Security-Policy"] = content_policy(hosts)
    return response


def static_headers(headers: Headers, path: str, url: str) -> None:
    """What a static file carries: what keeps it from being taken for something else or read from elsewhere.

    The content policy is for documents, and of the static files only a drawing can be opened as one. Left away, the policy
    and the rest save half a kilobyte on each of two dozen files.
    """
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if settings.SECURE_HSTS_SECONDS:
        below = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}{below}"
    if url.endswith(".svg"):
        headers["Content-Security-Policy"] = content_policy()


class SecurityHeaders:
    """Adds the headers to whatever comes back but static files, errors included."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", content_policy())
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # Pages hold an organisation's own words; no shared or disk cache keeps them.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
