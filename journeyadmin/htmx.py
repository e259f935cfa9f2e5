"""Page or fragment? And where to go after a save."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event


def is_partial(request: HttpRequest) -> bool:
    """Whether HTMX asked for a piece of the page; boosted links and restored history want whole pages."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def answer(
    request: HttpRequest,
    page: str,
    fragment: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page, or only its fragment when HTMX asked for that. An invalid form is sent with status 422."""
    response = render(request, fragment if is_partial(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect after a save: 303 for a browser, `HX-Redirect` where HTMX would swap the target page into a fragment."""
    if is_partial(request):
        return HttpResponseClientRedirect(url)
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def announce(response: HttpResponse, sentence: str) -> HttpResponse:
    """Have one polite sentence read out after the swap."""
    return trigger_client_event(response, "announce", {"value": sentence})


def focus_on(response: HttpResponse, selector: str) -> HttpResponse:
    """Move the focus after the swap; `data-focus` in the fragment does the same without a header."""
    return trigger_client_event(response, "focus-on", {"value": selector}, after="settle")
