"""The sign-in of a browser at this server: whose it is, checking what is typed, and the pages that both need.

A session holds the person, a digest of their stored password, when it began, and the clients that its owner went on to.
It ends when the password changes, when its person is switched off, or when they end all their sign-ins. Between the password
and the code of a second factor (secondfactor.py) it holds `half` of a sign-in, which is nobody's yet.
"""

import secrets
import threading
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.utils import timezone

from journeyserver import secondfactor
from journeyserver.attempts import Attempts
from journeyserver.loopback import is_loopback
from journeyserver.models import MAX_USERNAME_LENGTH, Client, Person, digest

attempts = Attempts(settings.FAILED_SIGN_INS)
# So long a password that was typed waits for its code.
_HALF_SECONDS = 300
# Taken for good by the first use of the demo's one-time address; the server is one process.
_demo_ticket = threading.Lock()


def person_of(request: HttpRequest) -> Person | None:
    """The person this browser signed in as, unless that has ended since."""
    kept = str(request.session.get("person", ""))
    person = Person.objects.filter(pk=kept, is_active=True).first() if kept else None
    if person is None or request.session.get("password") != digest(person.password):
        return None
    begun = request.session.get("begun", 0)
    if person.sessions_since is not None and begun < person.sessions_since.timestamp():
        return None
    return person


def enter(request: HttpRequest, person: Person, *clients: str) -> None:
    """Makes this browser the person's, in a session with a new id, for going on to these clients unasked."""
    # Nothing that was known before the sign-in is worth anything after it.
    request.session.flush()
    rotate_token(request)
    request.session["person"] = str(person.pk)
    request.session["password"] = digest(person.password)
    request.session["begun"] = timezone.now().timestamp()
    request.session["clients"] = list(clients)


def sign_in(request: HttpRequest, *clients: str) -> tuple[Person | None, str]:
    """The person whom the posted form signs in, for going on to these clients unasked; or None, and what to tell them.

    Where nothing is to be told, the code of their second factor is asked for next (`login_page`). Whoever has just set one up on
    the way is not sent on unasked: they have yet to see their recovery codes (`shown_codes`).
    """
    if "code" in request.POST:
        return _complete(request, *clients)
    request.session.pop("half", None)
    person, problem = _check_password(request)
    if person is None:
        return None, problem
    if secondfactor.has(person):
        _begin_half(request, person)
    elif secondfactor.is_required(person):
        _begin_half(request, person, secondfactor.seal(secondfactor.new_secret()))
    else:
        enter(request, person, *clients)
        return person, ""
    return None, ""


def _begin_half(request: HttpRequest, person: Person, secret: str = "") -> None:
    """Remembers whose password was right; `secret` is of the app that they have to set up first."""
    request.session.flush()
    rotate_token(request)
    request.session["half"] = [str(person.pk), digest(person.password), timezone.now().timestamp(), secret]


def _half(request: HttpRequest) -> tuple[Person | None, str]:
    """Who still owes a code, and the sealed secret of the app that they are setting up."""
    pk, password, begun, secret = request.session.get("half", ("", "", 0, ""))
    if not pk or timezone.now().timestamp() - begun > _HALF_SECONDS:
        return None, ""
    person = Person.objects.filter(pk=pk, is_active=True).first()
    return (person, secret) if person is not None and digest(person.password) == password else (None, "")


def _complete(request: HttpRequest, *clients: str) -> tuple[Person | None, str]:
    person, secret = _half(request)
    if person is None:
        return None, "The code came too late. Sign in again."
    if not secret:
        if problem := check_code(request, person):
            return None, problem
        enter(request, person, *clients)
        return person, ""
    codes, problem = set_up(request, person, secret)
    if problem:
        return None, problem
    enter(request, person)
    show_codes(request, codes)
    return person, ""


def set_up(request: HttpRequest, person: Person, sealed: str) -> tuple[list[str], str]:
    """Recovery codes, if the posted code shows that the person's app knows the sealed secret; or what to tell them."""
    secret = secondfactor.unseal(sealed)
    step = secondfactor.step_of(secret, request.POST.get("code", ""))
    if step is None:
        return [], "That is not the code that the app shows now. Is the clock of your phone right?"
    return secondfactor.add(person, secret, step), ""


def show_codes(request: HttpRequest, codes: list[str]) -> None:
    """Has the next page show these recovery codes."""
    request.session["codes"] = secondfactor.seal_codes(codes)


def shown_codes(request: HttpRequest) -> list[str]:
    """The recovery codes that this page, and no later one, shows."""
    return secondfactor.unseal_codes(request.session.pop("codes", ""))


def check_code(request: HttpRequest, person: Person) -> str:
    """Why the posted code is not good for this person; empty where it is. Failures are counted as those of passwords are."""
    account, address = person.username.casefold(), address_of(request)
    if wait := _told_to_wait("code", account, address):
        return wait
    try:
        good = secondfactor.take(person, request.POST.get("code", ""))
    except secondfactor.Unreadable:
        return "This server can no longer read your second factor. Ask whoever runs it to reset it, or use a recovery code."
    if good:
        attempts.succeeded("code", account, address)
        return ""
    attempts.failed("code", account, address, known=True)
    return "This code is wrong, or it was used already. Wait for the next one."


def _told_to_wait(kind: str, account: str, address: str) -> str:
    seconds = attempts.wait(kind, account, address)
    return f"Too many failed sign-ins. Try again in {-(-seconds // 60)} min." if seconds else ""


def _check_password(request: HttpRequest) -> tuple[Person | None, str]:
    """The person whose name and password were posted, or None and what to tell them."""
    username = request.POST.get("username", "").strip()
    password = request.POST.get("password", "")
    person = _find_person(username)
    problem = check_guess(request, username, person, password)
    return (None, problem) if problem else (person, "")


def check_guess(
    request: HttpRequest,
    username: str,
    person: Person | None,
    password: str,
    wrong: str = "The name or the password is wrong.",
) -> str:
    """Why this password does not let anybody in as `username` (`wrong`, or that they have to wait); empty where it does.

    Failures are counted.
    """
    account, address = username.casefold(), address_of(request)
    if wait := _told_to_wait("person", account, address):
        return wait
    if person is None:
        # As slow as a wrong password, so that nobody can tell which names exist.
        make_password(password)
    elif person.check_password(password):
        attempts.succeeded("person", account, address)
        return ""
    attempts.failed("person", account, address, known=person is not None)
    return wrong


def _find_person(username: str) -> Person | None:
    """The active person of this name, in whatever case it was typed."""
    if "\0" in username or len(username) > MAX_USERNAME_LENGTH:
        # Nobody's, and neither PostgreSQL nor SQLite can be asked for every text.
        return None
    people = Person.objects.filter(username__iexact=username, is_active=True)
    return people.filter(username=username).first() or people.first()


def demo_people(request: HttpRequest) -> list[Person]:
    """Those whom everybody may sign in as, for a browser on this computer; nobody for any other."""
    if not _is_here(request):
        return []
    return list(Person.objects.filter(is_demo=True, is_active=True).order_by("id"))


def demo_person(request: HttpRequest) -> Person | None:
    """The demo's person that the one-time address of `make demo` names, the first time it is opened on this computer."""
    given = request.GET.get("demo_ticket", "")
    if not given or not settings.DEMO_TICKET or not _is_here(request):
        return None
    if not secrets.compare_digest(given.encode(), settings.DEMO_TICKET.encode()):
        return None
    hint = request.GET.get("login_hint", "")
    person = next((one for one in demo_people(request) if one.username == hint), None)
    return person if person is not None and _demo_ticket.acquire(blocking=False) else None


def _is_here(request: HttpRequest) -> bool:
    """Whether a request comes from this computer, and not through a proxy on it."""
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "Via")):
        return False
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    return is_loopback(str(request.META["REMOTE_ADDR"])) and is_loopback(host)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; behind a proxy, what the proxy says last."""
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return str(request.META["REMOTE_ADDR"])


def login_page(
    request: HttpRequest, client: Client | None, problem: str = "", redirect_uri: str = ""
) -> HttpResponse:
    """The form for name and password, or after them for a code; without a client, on the way to one's own account."""
    owing, secret = _half(request) if request.method == "POST" else (None, "")
    if owing is not None:
        enrolment = secondfactor.enrolment(owing, secret)
        asked = {"client": client, "problem": problem, "person": owing, "enrolment": enrolment}
        return page(request, "journeyserver/code.html", asked, 422 if problem else 200, redirect_uri)
    context = {
        "client": client,
        "problem": problem,
        "username": request.POST.get("username", request.GET.get("login_hint", "")),
        "demo_people": demo_people(request),
    }
    # The answer to the form redirects to the client, which browsers check against form-action.
    return page(request, "journeyserver/login.html", context, 422 if problem else 200, redirect_uri)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200, redirect_uri: str = ""
) -> HttpResponse:
    """A page with the policy of its own that it needs to be one."""
    response = render(request, template, context, status=status)
    form_action = " ".join(["'self'", *([origin(redirect_uri)] if redirect_uri else [])])
    response["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    )
    return response


def way_back(request: HttpRequest) -> tuple[Client, str] | None:
    """The client that sent the browser here and its address to go back to, if that is of the client's own origin."""
    target, client_id = request.GET.get("redirect_uri", ""), request.GET.get("client_id", "")
    # No id holds a NUL, and PostgreSQL cannot even be asked for one.
    client = None if "\0" in client_id else Client.objects.filter(client_id=client_id).first()
    own = origin(target)
    if not own or client is None or own not in {origin(uri) for uri in client.redirect_uris}:
        return None
    return client, target


def origin(uri: str) -> str:
    """Scheme, host and port of an address; the scheme alone for an app's own; nothing where it cannot be read."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if not parts.scheme:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
