"""Pages of the project itself: the root, theme, and the error pages Django asks for."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from journeyadmin import logs
from journeyadmin.frame import THEMES
from journeyadmin.htmx import answer
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import support_text
from journeyadmin.palette import entries as gather
from journeyadmin.palette import matching

YEAR = 365 * 24 * 3600


def root(request: HttpRequest) -> HttpResponse:
    return redirect("segments:list")


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remembers light, dark or system in a cookie, so that the server can send the page in the right one."""
    response = redirect(safe_next(request, request.POST.get("next", "")))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        # Our scripts read it as well.
        response.set_cookie(
            settings.THEME_COOKIE_NAME,
            chosen,
            max_age=YEAR,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def palette(request: JourneyRequest) -> HttpResponse:
    """Everything one can go to; `q` filters on the server for those without scripts."""
    found, problems = gather(request)
    text = request.GET.get("q", "")
    context = {"entries": matching(found, text) if text else found, "problems": problems, "q": text}
    return answer(request, "palette/page.html", "palette/_found.html", context)


@require_http_methods(["GET", "POST"])
def keyboard(request: JourneyRequest) -> HttpResponse:
    """The keyboard map; a POST switches single letters on or off for this person."""
    if request.method != "POST":
        back = request.htmx.current_url_abs_path if request.htmx else request.get_full_path()
        return answer(request, "keyboard.html", "_keys.html", {"back": back})
    request.user.letters_off = request.POST.get("letters") == "off"
    request.user.save(update_fields=["letters_off"])
    return redirect(safe_next(request, request.POST.get("next", "")))


def safe_next(request: HttpRequest, target: str) -> str:
    """`target` if it is a path of this dashboard, else the root: sign-in never sends anyone elsewhere."""
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts=None, require_https=request.is_secure()
    )
    return target if ours else "/"


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    logs.security.warning("a form without its token: %s", reason)
    return _error_page(
        request,
        403,
        _("This page was open too long"),
        _("Reload the page and send it again. Nothing was changed."),
    )


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent)):
        return _error_page(
            request,
            413,
            _("Too much at once"),
            _(
                "This is more than a form may send (%s MB), so nothing was changed. Go back: what you typed is still "
                "there. Send it in parts, or as a file."
            )
            % (settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20),
        )
    return _error_page(
        request, 400, _("Not understood"), _("The request could not be read. Go back and try again.")
    )


@login_not_required
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = str(exception) or _("You may not do this here.")
    return _error_page(request, 403, _("Not allowed"), words, stays=True)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = _("There is no page at this address. Check it, or start from the list.")
    return _error_page(request, 404, _("Not found"), words, stays=True)


@login_not_required
def failed(request: HttpRequest) -> HttpResponse:
    return _error_page(
        request,
        500,
        _("Something went wrong here"),
        _(
            "The dashboard failed on this page; your work at the service is untouched. Try again, or give the id below "
            "to your administrator."
        ),
    )


def _error_page(
    request: HttpRequest, status: int, title: str, message: str, *, stays: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {
        "error_title": title,
        "error_message": message,
        "error_details": support_text(
            ("What", title),
            ("Request id", getattr(request, "request_id", "")),
            ("Page", logs.masked(request.path)),
        ),
        "error_stays": stays,
    }
    return render(request, "error.html", context, status=status)
