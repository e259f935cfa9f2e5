"""Sign-in: the login page, the token endpoint, revocation and sign-out. Source: docs/api/journey-api.md §8."""

from datetime import timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.base import invalid_error_characters
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect

from journeyserver.errors import ApiError, json_response
from journeyserver.grants import server
from journeyserver.limits import Windows
from journeyserver.models import Client, Person, digest

# Five minutes of failures, counted per account (or client) and address.
_failed = Windows(settings.FAILED_SIGN_INS, 300)


@csrf_protect
def authorize(request: HttpRequest) -> HttpResponse:
    """The login page, or, where the browser is signed in already, the way back with a code."""
    if request.method not in ("GET", "POST"):
        raise _only("GET", "POST")
    wanted = (
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "code_challenge",
        "code_challenge_method",
    )
    if any(invalid_error_characters(request.GET.get(name, "")) for name in wanted):
        return _refused(request, "The sign-in request holds characters that no address may hold.")
    try:
        grant = server.get_consent_grant(request)
    except OAuth2Error as error:
        if error.redirect_uri:
            return server.handle_error_response(request, error)
        return _refused(request, error.description or "The sign-in request is not valid.", error.error)
    if request.method == "POST":
        person, problem = _check_password(request)
        if person is None:
            return _login_page(request, grant, problem)
        request.session.flush()
        request.session["person"] = str(person.pk)
        request.session["password"] = digest(person.password)
    elif request.GET.get("prompt") == "login":
        return _login_page(request, grant)
    else:
        person = _signed_in(request)
        if person is None:
            return _login_page(request, grant)
    response: HttpResponse = server.create_authorization_response(request, grant_user=person, grant=grant)
    return response


def token(request: HttpRequest) -> HttpResponse:
    """Exchanges client credentials, a code or a refresh token for an access token."""
    if request.method != "POST":
        raise _only("POST")
    if request.content_type != "application/x-www-form-urlencoded":
        return _oauth_error(
            415, "invalid_request", "The body must be sent as application/x-www-form-urlencoded."
        )
    if any(invalid_error_characters(request.POST.get(name, "")) for name in ("grant_type", "client_id")):
        return _oauth_error(400, "invalid_request", "The request holds characters that are not allowed.")
    client_id = extract_basic_authorization(request.headers)[0] or request.POST.get("client_id", "")
    window = ("client", client_id, request.META["REMOTE_ADDR"])
    count = _failed.look(window)
    if count.used >= count.allowed:
        return _too_many(count.reset)
    try:
        response: HttpResponse = server.create_token_response(request)
    except OAuth2Error as error:
        return _oauth_error(error.status_code, error.error, error.description or "")
    if response.status_code == 401:
        _failed.add(window)
    return response


def revoke(request: HttpRequest) -> HttpResponse:
    """Revokes a token and all that came from the same sign-in (RFC 7009)."""
    if request.method != "POST":
        raise _only("POST")
    response: HttpResponse = server.create_endpoint_response("revocation", request)
    return response


def logout(request: HttpRequest) -> HttpResponse:
    """Forgets the browser's sign-in and goes back to the client, to an address of the client's own only."""
    if request.method != "GET":
        raise _only("GET")
    request.session.flush()
    target = request.GET.get("redirect_uri", "")
    client = Client.objects.filter(client_id=request.GET.get("client_id", "")).first()
    if target and client and _origin(target) in {_origin(uri) for uri in client.redirect_uris}:
        return HttpResponseRedirect(target)
    return _page(request, "journeyserver/signed_out.html", {})


def stylesheet(request: HttpRequest) -> HttpResponse:
    """The one style sheet of the pages here."""
    text = files("journeyserver").joinpath("templates/journeyserver/page.css").read_bytes()
    return HttpResponse(text, content_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What Django shows where a form did not come from our own page."""
    message = (
        "This sign-in page was open for too long or cookies are switched off. Go back and sign in again."
    )
    return _page(request, "journeyserver/refused.html", {"message": message}, 403)


def _signed_in(request: HttpRequest) -> Person | None:
    """The person this browser signed in as, unless they were switched off or changed their password."""
    kept = str(request.session.get("person", ""))
    person = Person.objects.filter(pk=kept, is_active=True).first() if kept else None
    if person is None or request.session.get("password") != digest(person.password):
        return None
    return person


def _check_password(request: HttpRequest) -> tuple[Person | None, str]:
    """The person whose name and password were posted, or None and what to tell them."""
    username = request.POST.get("username", "").strip()
    window = ("person", username.casefold(), request.META["REMOTE_ADDR"])
    count = _failed.look(window)
    if count.used >= count.allowed:
        minutes = timedelta(seconds=count.reset) // timedelta(minutes=1) + 1
        return None, f"Too many failed sign-ins. Try again in {minutes} min."
    person = Person.objects.filter(username__iexact=username, is_active=True).first()
    password = request.POST.get("password", "")
    if person is None:
        # As slow as a wrong password, so that nobody can tell which names exist.
        make_password(password)
    elif person.check_password(password):
        _failed.forget(window)
        return person, ""
    _failed.add(window)
    return None, "The name or the password is wrong."


def _login_page(request: HttpRequest, grant: Any, problem: str = "") -> HttpResponse:
    context = {
        "client": grant.client,
        "problem": problem,
        "username": request.POST.get("username", request.GET.get("login_hint", "")),
    }
    # The answer to the form redirects to the client, which browsers check against form-action.
    return _page(request, "journeyserver/login.html", context, 422 if problem else 200, grant.redirect_uri)


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200, redirect_uri: str = ""
) -> HttpResponse:
    response = render(request, template, context, status=status)
    form_action = " ".join(["'self'", *([_origin(redirect_uri)] if redirect_uri else [])])
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    )
    return response


def _refused(request: HttpRequest, message: str, error: str = "invalid_request") -> HttpResponse:
    """400 without a redirect: the client or its address is not known, so there is nowhere safe to go."""
    if request.accepts("text/html") and "html" in request.headers.get("Accept", ""):
        return _page(request, "journeyserver/refused.html", {"message": message}, 400)
    return _oauth_error(400, error, message)


def _oauth_error(status: int, error: str, description: str) -> HttpResponse:
    response = json_response({"error": error, "error_description": description}, status)
    response["Cache-Control"] = "no-store"
    return response


def _too_many(seconds: int) -> HttpResponse:
    message = f"Too many failed attempts. Try again in {seconds} s."
    response = _oauth_error(429, "temporarily_unavailable", message)
    response["Retry-After"] = str(seconds)
    return response


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _only(*methods: str) -> ApiError:
    allowed = ", ".join(methods)
    return ApiError(405, "method.not.allowed", f"Only {allowed} is allowed here.", headers={"Allow": allowed})
