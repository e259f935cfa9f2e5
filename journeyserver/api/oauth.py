"""Sign-in: the login page, the token endpoint, revocation and sign-out. Source: docs/api/journey-api.md §8."""

from collections.abc import Callable
from importlib.resources import files

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.base import invalid_error_characters
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from django.contrib.auth.hashers import make_password
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_protect

from journeyserver import signin
from journeyserver.auth import limit_pauses
from journeyserver.errors import json_response, method_not_allowed, only_read
from journeyserver.grants import server
from journeyserver.models import Client, Person


def authorize(request: HttpRequest) -> HttpResponse:
    """The login page, or, where the browser is signed in already, the way back with a code."""
    if request.method not in ("GET", "POST"):
        raise method_not_allowed("GET", "POST")
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
    person, problem = _who(request, grant.client)
    if person is None:
        return signin.login_page(request, grant.client, problem, grant.redirect_uri)
    if grant.client.client_id not in request.session.get("clients", []):
        # Signed in for something else: whether this client too may act for them is for the person to say.
        codes = signin.shown_codes(request)
        context = {"client": grant.client, "person": person, "codes": codes}
        return signin.page(request, "journeyserver/go_on.html", context, redirect_uri=grant.redirect_uri)
    response: HttpResponse = server.create_authorization_response(request, grant_user=person, grant=grant)
    return response


def _who(request: HttpRequest, client: Client) -> tuple[Person | None, str]:
    """The person in whose name the client may go on, or None and what was wrong with what they typed."""
    afresh = request.GET.get("prompt") == "login"
    if request.method == "POST" and not ("go_on" in request.POST and not afresh):
        return signin.sign_in(request, client.client_id)
    person = signin.demo_person(request)
    if person is not None:
        signin.enter(request, person, client.client_id)
        return person, ""
    if afresh:
        return None, ""
    person = signin.person_of(request)
    if person is not None and request.method == "POST":
        request.session["clients"] = [*request.session.get("clients", []), client.client_id]
    return person, ""


def token(request: HttpRequest) -> HttpResponse:
    """Exchanges client credentials, a code or a refresh token for an access token."""

    def issue(asked: HttpRequest) -> HttpResponse:
        if not asked.POST.get("grant_type"):
            # RFC 6749 §5.2; Authlib would call what is not there "unsupported".
            raise InvalidRequestError("The parameter grant_type is missing.")
        response: HttpResponse = server.create_token_response(asked)
        return response

    return _for_clients(request, issue)


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
    seconds = signin.attempts.wait("client", client_id, signin.address_of(request))
    if seconds:
        return _too_many(seconds)
    try:
        response = respond(request)
    except OAuth2Error as error:
        return _oauth_error(error.status_code, error.error, error.description or "")
    if response.status_code == 401:
        is_known = server.query_client(client_id) is not None
        signin.attempts.failed("client", client_id, signin.address_of(request), known=is_known)
        if client_id and not is_known:
            # As slow as a wrong secret, so that nobody can tell which clients exist.
            make_password(secret or form.get("client_secret", ""))
    return response


def logout(request: HttpRequest) -> HttpResponse:
    """Forgets the browser's sign-in and goes back to the client, to an address of the client's own only."""
    if request.method != "GET":
        raise method_not_allowed("GET")
    request.session.flush()
    if back := signin.way_back(request):
        return HttpResponse(status=302, headers={"Location": iri_to_uri(back[1])})
    return signin.page(request, "journeyserver/signed_out.html", {})


def stylesheet(request: HttpRequest) -> HttpResponse:
    """The one style sheet of the pages here."""
    only_read(request)
    text = files("journeyserver").joinpath("templates/journeyserver/page.css").read_bytes()
    return HttpResponse(text, content_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What Django shows where a form did not come from our own page."""
    message = (
        "This sign-in page was open for too long or cookies are switched off. Go back and sign in again."
    )
    return signin.page(request, "journeyserver/refused.html", {"message": message}, 403)


def _refused(request: HttpRequest, message: str, error: str = "invalid_request") -> HttpResponse:
    """400 without a redirect: the client or its address is not known, so there is nowhere safe to go."""
    if request.accepts("text/html") and "html" in request.headers.get("Accept", ""):
        return signin.page(request, "journeyserver/refused.html", {"message": message}, 400)
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
