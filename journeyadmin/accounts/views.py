"""Signing in and out, permissions, connections."""

import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from journeyadmin import logs
from journeyadmin.accounts import sessions, signin
from journeyadmin.accounts.capabilities import offers
from journeyadmin.accounts.forms import ClockForm, ConnectionForm, ZoneForm, zone_names
from journeyadmin.accounts.hosts import LOOPBACK
from journeyadmin.accounts.kept import form_data
from journeyadmin.accounts.middleware import ENDED, end_session
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.accounts.permissions import may, scope_state
from journeyadmin.contract.local import ACCOUNT_PAGE
from journeyadmin.contract.operations import OPERATIONS, PERMISSIONS
from journeyadmin.digits import whole_number
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import error_words
from journeyadmin.security import allow_forms_to
from journeyadmin.service import JourneyError, OAuthEndpoint
from journeyadmin.views import safe_next

DEPARTURE = "departure"


def redirect_uri(request: HttpRequest) -> str:
    """Where the service sends the browser back; it must be registered there letter by letter."""
    path = reverse("accounts:callback")
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Choose a connection; then the service's own sign-in page asks who it is."""
    connections = list(Connection.objects.all())
    target = safe_next(request, request.POST.get("next") or request.GET.get("next", ""))
    failure: JourneyError | None = None
    if request.method == "POST":
        connection = get_object_or_404(Connection, pk=whole_number(request.POST.get("connection", "")))
        first = not connection.people.exists()
        try:
            if connection.mode == Connection.Mode.PERSON:
                afresh = {"prompt": "login"} if "afresh" in request.POST else {}
                return _depart(request, connection, target, **afresh)
            return _onwards(first, signin.as_client(request, connection), target)
        except JourneyError as error:
            logs.security.warning("sign-in at connection %s failed: %s", connection.pk, error)
            failure = error
    return _sign_in_page(request, connections, target, failure)


@login_not_required
@require_safe
def demo(request: HttpRequest, ticket: str) -> HttpResponse:
    """The one-time address that `make demo` prints: through the usual sign-in as the demo's administrator.

    Only to the embedded server, on this computer, which knows the ticket; with any other it asks for a password, as
    `prompt=login` has it, so that no address signs anybody in unasked.
    """
    connection = Connection.objects.filter(
        mode=Connection.Mode.PERSON, region="", typed_login_url=settings.EMBEDDED_SERVER
    ).first()
    local = urlsplit(settings.EMBEDDED_SERVER).hostname in LOOPBACK and not settings.PUBLIC_URL
    if connection is None or not local:
        raise Http404
    return _depart(request, connection, "/", prompt="login", login_hint="admin", demo_ticket=ticket)


def _depart(request: HttpRequest, connection: Connection, target: str, **more: str) -> HttpResponse:
    """To the service's sign-in, remembering what the way back is held against."""
    departure = OAuthEndpoint(connection.client()).departure(redirect_uri(request), **more)
    request.session[DEPARTURE] = {
        "state": departure.state,
        "verifier": departure.verifier,
        "connection": connection.pk,
        "next": target,
        "first": "demo_ticket" not in more and not connection.people.exists(),
    }
    return redirect(departure.url)


def _onwards(first: bool, person: Person, target: str) -> HttpResponse:
    """Where a sign-in leads: whoever connected, at the first one, to what the connection may do, and on from there."""
    if first and (person.is_admin or person.connection.mode == Connection.Mode.CLIENT):
        return redirect(f"{reverse('accounts:permissions')}?{urlencode({'next': target})}")
    return redirect(target)


@login_not_required
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the service's sign-in with a code or a refusal."""
    departure = request.session.pop(DEPARTURE, None)
    state = request.GET.get("state", "")
    connections = list(Connection.objects.all())
    if not departure or not secrets.compare_digest(state.encode(), departure["state"].encode()):
        messages.error(
            request, _("This sign-in was not begun here, or it took too long. Please begin again.")
        )
        return redirect("accounts:sign_in")
    target = departure["next"]
    if "code" not in request.GET:
        logs.security.warning("the service refused a sign-in")
        messages.error(request, _refusal_words(request.GET.get("error", "")))
        return redirect("accounts:sign_in")
    connection = get_object_or_404(Connection, pk=departure["connection"])
    try:
        tokens = OAuthEndpoint(connection.client()).exchange(
            request.GET["code"], departure["verifier"], redirect_uri(request)
        )
        person = signin.as_person(request, connection, tokens)
    except JourneyError as error:
        logs.security.warning("sign-in at connection %s failed: %s", connection.pk, error)
        return _sign_in_page(request, connections, target, error)
    # A sign-in that was begun before an upgrade does not say it.
    return _onwards(departure.get("first", False), person, target)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logs.security.info("person %s signed out", request.user.pk)
    signin.leave(request)
    messages.success(request, _("You are signed out."))
    response = redirect("accounts:sign_in")
    # Nothing of the pages that were open stays behind in this browser.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_POST
def zone(request: JourneyRequest) -> HttpResponse:
    """The zone in which this person reads times."""
    form = ZoneForm(request.POST)
    if form.is_valid():
        request.user.zone = form.cleaned_data["zone"]
        request.user.save(update_fields=["zone"])
    else:
        messages.warning(
            request,
            _("“%s” is no time zone. They are called after a place, such as Europe/London.")
            % request.POST.get("zone", "")[:40],
        )
    return redirect(safe_next(request, request.POST.get("next", "")))


@require_GET
@cache_control(private=True, max_age=24 * 3600)
def zones(request: JourneyRequest) -> HttpResponse:
    """The names of all time zones, for whoever types one."""
    return render(request, "accounts/_zones.html", {"zones": zone_names()})


@require_POST
def clock(request: JourneyRequest) -> HttpResponse:
    """The clock by which this person reads times, and where their weeks begin."""
    form = ClockForm(request.POST)
    if form.is_valid():
        request.user.twelve_hours = form.cleaned_data["hours"] == "12"
        request.user.week_starts = form.cleaned_data["week"]
        request.user.save(update_fields=["twelve_hours", "week_starts"])
        messages.success(request, _("Times are shown to you so from now on."))
    return redirect("accounts:account")


@require_http_methods(["GET", "POST"])
def permission_list(request: JourneyRequest) -> HttpResponse:
    """The seven permissions and their scopes: granted, missing, refused or unknown, and what each governs here.

    A POST asks the service anew. `next` is where somebody goes on who came here by signing in.
    """
    onwards = safe_next(request, request.GET["next"]) if "next" in request.GET else ""
    if request.method == "POST":
        asked = signin.look_anew(request)
        messages.success(
            request,
            _("This is what the service says now.") if asked else _("What was refused is offered again."),
        )
        return redirect(request.get_full_path())
    known = request.user.permissions_known
    scopes = {operation.permission: operation.scopes for operation in OPERATIONS}
    granted = frozenset(sessions.of(request)[0].scope.split())
    rows = [
        {
            "permission": permission,
            "state": _state(request, permission.name),
            "scopes": [(scope, scope_state(granted, scope)) for scope in scopes.get(permission.name, ())],
        }
        for permission in PERMISSIONS
    ]
    missing = sum(row["state"] in ("missing", "refused") for row in rows)
    context = {"rows": rows, "known": known, "missing": missing, "scoped": bool(granted), "next": onwards}
    return render(request, "accounts/permissions.html", context)


def _state(request: JourneyRequest, permission: str) -> str:
    if permission in request.refused.before:
        return "refused"
    if not request.user.permissions_known:
        return "unknown"
    return "granted" if may(request.user.permissions, permission) else "missing"


def account(request: JourneyRequest) -> HttpResponse:
    """One's own sessions here, and the way to one's account at the service where it has a page for that."""
    context = {
        "sessions": sessions.of(request),
        "recent": sessions.is_recent(request),
        "account_page": _account_page(request),
        "clock": ClockForm(
            initial={
                "week": request.user.week_starts,
                "hours": "12" if request.user.twelve_hours else "24",
            }
        ),
    }
    return allow_forms_to(render(request, "accounts/account.html", context), [request.connection.login_url])


@require_POST
def session_end(request: JourneyRequest) -> HttpResponse:
    """Ends one other session or all of them, for somebody who signed in a moment ago."""
    if not sessions.is_recent(request):
        messages.error(request, _("Nothing was ended: sign in again first, so that nobody but you can."))
        return redirect("accounts:account")
    ended = sessions.end_others(request, request.POST.get("session", ""))
    logs.security.info("person %s ended %s other sessions", request.user.pk, ended)
    if ended:
        words = ngettext("%s other session has ended.", "%s other sessions have ended.", ended)
        messages.success(request, words % ended)
    else:
        messages.info(request, _("That session had ended already."))
    return redirect("accounts:account")


def _account_page(request: JourneyRequest) -> str:
    """The address of the person's account at the connected service, empty where it announces none."""
    connection = request.connection
    if connection.mode != Connection.Mode.PERSON or not offers(request, "account"):
        return ""
    back = {
        "client_id": connection.client_id,
        "redirect_uri": redirect_uri(request).rpartition("/")[0] + "/account/",
    }
    return f"{connection.login_url}{ACCOUNT_PAGE}?{urlencode(back)}"


def connection_list(request: JourneyRequest) -> HttpResponse:
    _require_admin(request)
    return render(request, "accounts/connections.html", {"connections": Connection.objects.all()})


@require_http_methods(["GET", "POST"])
def connection_create(request: JourneyRequest) -> HttpResponse:
    _require_admin(request)
    return _connection_form(request, Connection(admins=[request.user.email.lower()]))


@require_http_methods(["GET", "POST"])
def connection_edit(request: JourneyRequest, pk: int) -> HttpResponse:
    _require_admin(request)
    return _connection_form(request, get_object_or_404(Connection, pk=pk))


def _connection_form(request: JourneyRequest, connection: Connection) -> HttpResponse:
    name = connection.name
    form = ConnectionForm(form_data(request), instance=connection)
    posted = request.method == "POST"
    if posted and form.is_valid():
        saved = form.save()
        if form.leads_elsewhere and saved == request.connection:
            words = _("Connection “%s” is saved and leads elsewhere: sign in to it anew.") % saved.name
            end_session(request, {"error_message": words})
            return redirect("accounts:sign_in")
        messages.success(request, _("Connection “%s” is saved.") % saved.name)
        return redirect("accounts:connections")
    if form.is_bound and not posted:
        messages.info(request, _("A client secret is not kept: if you had typed one, type it again."))
    context = {"form": form, "name": name, "redirect_uri": redirect_uri(request)}
    return render(request, "accounts/connection.html", context, status=422 if posted else 200)


def _sign_in_page(
    request: HttpRequest, connections: list[Connection], target: str, failure: JourneyError | None
) -> HttpResponse:
    told = error_words(request, failure)[1] if failure else request.session.pop(ENDED, {})
    context: dict[str, Any] = {"connections": connections, "next": target, **told}
    response = render(request, "accounts/sign_in.html", context, status=502 if failure else 200)
    # The form's answer is a redirect to the login host, and browsers check that too.
    return allow_forms_to(response, [connection.login_url for connection in connections])


def _require_admin(request: JourneyRequest) -> None:
    if not request.user.is_admin:
        raise PermissionDenied(
            _(
                "Only an administrator of this connection may manage connections. The operator names them with the "
                "“connection” command."
            )
        )


def _refusal_words(error: str) -> str:
    if error == "access_denied":
        return _(
            "The service did not let you in. Sign in with another account, or ask an administrator of the service."
        )
    return _("The service ended the sign-in without letting you in. Please begin again.")
