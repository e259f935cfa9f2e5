"""Sign-in: the login page, the token endpoint, revocation and sign-out. Source: docs/api/journey-api.md §8."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.base import invalid_error_characters
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_protect

from journeyserver.attempts import Attempts
from journeyserver.auth import limit_pauses
from journeyserver.errors import ApiError, json_response
from journeyserver.grants import server
from journeyserver.models import MAX_USERNAME_LENGTH, Person, digest

_attempts = Attempts(settings.FAILED_SIGN_INS)


def authorize(request: HttpRequest) -> HttpResponse:
    """The login page, or, where the browser is signed in already, the way back with a code."""
    if request.method not in ("GET", "POST"):
        raise _only("GET", "POST")
    response: HttpResponse = _authorize(request)
    return response


@csrf_protect
def _authorize(request: HttpRequest) -> HttpResponse:
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
        # Nothing that was known before the sign-in is worth anything after it.
        request.session.flush()
        rotate_token(request)
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
    return _for_clients(request, server.create_token_response)


def revoke(request: HttpRequest) -> HttpResponse:
    """Revokes a token and all that came from the same sign-in (RFC 7009)."""
    return _for_clients(request, lambda asked: server.create_endpoint_response("revocation", asked))


def _for_clients(request: HttpRequest, respond: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    """Answers a form that a client posted, unless the client or its address failed too often of late."""
    if request.method != "POST":
        refusal = _oauth_error(405, "invalid_request", "Only POST is allowed here.")
        refusal["Allow"] = "POST"
        return refusal
    if request.content_type != "application/x-www-form-urlencoded":
        return _oauth_error(
            415, "invalid_request", "The body must be sent as application/x-www-form-urlencoded."
        )
    limit_pauses(request)
    try:
        form = request.POST
    except (RequestDataTooBig, TooManyFieldsSent):
        return _oauth_error(413, "invalid_request", "The body is too large.")
    except BadRequest as error:
        return _oauth_error(400, "invalid_request", str(error))
    if repeated := [name for name, given in form.lists() if len(given) > 1]:
        return _oauth_error(
            400, "invalid_request", f"Given more than once: {', '.join(sorted(repeated)[:5])[:200]}."
        )
    if any(invalid_error_characters(form.get(name, "")) for name in ("grant_type", "client_id")):
        return _oauth_error(400, "invalid_request", "The request holds characters that are not allowed.")
    # What is in the address ends up in logs, so nothing is read from there.
    request.GET = QueryDict()
    try:
        client_id, secret = extract_basic_authorization(request.headers)
    except ValueError:
        # Not text, or nothing after “Basic”.
        return _oauth_error(401, "invalid_client", "The Authorization header cannot be read.")
    if client_id and ("client_secret" in form or form.get("client_id", client_id) != client_id):
        # RFC 6749 §2.3. With two at once, the failure of one would hide behind the success of the other.
        return _oauth_error(400, "invalid_request", "The client must authenticate in one way only.")
    client_id = client_id or form.get("client_id", "")
    seconds = _attempts.wait("client", client_id, _address(request))
    if seconds:
        return _too_many(seconds)
    try:
        response = respond(request)
    except OAuth2Error as error:
        return _oauth_error(error.status_code, error.error, error.description or "")
    if response.status_code == 401:
        is_known = server.query_client(client_id) is not None
        _attempts.failed("client", client_id, _address(request), known=is_known)
        if client_id and not is_known:
            # As slow as a wrong secret, so that nobody can tell which clients exist.
            make_password(secret or form.get("client_secret", ""))
    return response


def logout(request: HttpRequest) -> HttpResponse:
    """Forgets the browser's sign-in and goes back to the client, to an address of the client's own only."""
    if request.method != "GET":
        raise _only("GET")
    request.session.flush()
    target = request.GET.get("redirect_uri", "")
    client = server.query_client(request.GET.get("client_id", ""))
    origin = _origin(target)
    if origin and client and origin in {_origin(uri) for uri in client.redirect_uris}:
        return HttpResponse(status=302, headers={"Location": iri_to_uri(target)})
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
    seconds = _attempts.wait("person", username.casefold(), _address(request))
    if seconds:
        return None, f"Too many failed sign-ins. Try again in {-(-seconds // 60)} min."
    person = _find_person(username)
    password = request.POST.get("password", "")
    if person is None:
        # As slow as a wrong password, so that nobody can tell which names exist.
        make_password(password)
    elif person.check_password(password):
        _attempts.succeeded("person", username.casefold(), _address(request))
        return person, ""
    _attempts.failed("person", username.casefold(), _address(request), known=person is not None)
    return None, "The name or the password is wrong."


def _find_person(username: str) -> Person | None:
    """The active person of this name, in whatever case it was typed."""
    if "\0" in username or len(username) > MAX_USERNAME_LENGTH:
        # Nobody's, and neither PostgreSQL nor SQLite can be asked for every text.
        return None
    people = Person.objects.filter(username__iexact=username, is_active=True)
    return people.filter(username=username).first() or people.first()


def _address(request: HttpRequest) -> str:
    """Where a request comes from; behind a proxy, what the proxy says last."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return str(request.META["REMOTE_ADDR"])


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
    """Scheme, host and port of an address; the scheme alone for an app's own; nothing where it cannot be read."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if not parts.scheme:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _only(*methods: str) -> ApiError:
    allowed = ", ".join(methods)
    return ApiError(405, "method.not.allowed", f"Only {allowed} is allowed here.", headers={"Allow": allowed})
