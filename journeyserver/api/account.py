"""A person's own account: a new password, and the sign-ins that programs hold of theirs.

Reached from the browser's sign-in here, never with a token. What changes something asks for the present password,
counted as a sign-in is.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Min, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect

from journeyserver import passwords, signin
from journeyserver.errors import ApiError
from journeyserver.grants import revoke_family
from journeyserver.models import Person, Token

_CHANGED = "Your password is changed. Every sign-in elsewhere has ended; only this page is still yours."
_ENDED = "Ended. Whoever used it has to sign in again."
_ALL_ENDED = "All your sign-ins elsewhere have ended; only this page is still yours."


@dataclass(frozen=True)
class Held:
    """What one client holds of a person since one sign-in."""

    family: uuid.UUID
    client: str
    scope: str
    begun: datetime
    renewed: datetime


def account(request: HttpRequest) -> HttpResponse:
    """The page of one's own account, or first the form to sign in."""
    if request.method not in ("GET", "POST"):
        raise ApiError(
            405, "method.not.allowed", "Only GET, POST is allowed here.", headers={"Allow": "GET, POST"}
        )
    response: HttpResponse = _account(request)
    return response


@csrf_protect
def _account(request: HttpRequest) -> HttpResponse:
    person = signin.person_of(request)
    if person is None:
        return _sign_in(request)
    if request.method == "GET":
        return _page(request, person)
    action = request.POST.get("action", "")
    problem, done = (_password if action == "password" else _end)(request, person)
    if problem:
        return _page(request, person, **{f"{action or 'end'}_problem": problem})
    request.session["done"] = done
    return _again(request)


def _sign_in(request: HttpRequest) -> HttpResponse:
    # A form of the account that was open when its sign-in ended is no sign-in.
    if request.method != "POST" or "action" in request.POST:
        return signin.login_page(request, None)
    person, problem = signin.check_password(request)
    if person is None:
        return signin.login_page(request, None, problem)
    signin.enter(request, person)
    return _again(request)


def _again(request: HttpRequest) -> HttpResponse:
    """To the page by GET, so that reloading it sends nothing twice."""
    back = {name: request.GET[name] for name in ("client_id", "redirect_uri") if name in request.GET}
    return HttpResponseRedirect(request.path + (f"?{urlencode(back)}" if back else ""))


def _password(request: HttpRequest, person: Person) -> tuple[str, str]:
    new = request.POST.get("new", "")
    if problem := _about_present(request, person):
        return problem, ""
    if new != request.POST.get("again", ""):
        return "The new password was typed differently the second time.", ""
    if new == request.POST.get("current", ""):
        return "That is your present password.", ""
    if why := passwords.problems(new, person):
        return " ".join(why), ""
    person.replace_password(new)
    signin.enter(request, person)
    return "", _CHANGED


def _end(request: HttpRequest, person: Person) -> tuple[str, str]:
    """Ends the chosen sign-ins, or all with every other browser's."""
    chosen = request.POST.getlist("family")
    if not chosen:
        return "Choose what to end.", ""
    if problem := _about_present(request, person):
        return problem, ""
    if "all" in chosen:
        person.end_sign_ins()
        signin.enter(request, person)
        return "", _ALL_ENDED
    for held in held_by_clients(person):
        if str(held.family) in chosen:
            revoke_family(held.family)
    return "", _ENDED


def _about_present(request: HttpRequest, person: Person) -> str:
    """What is wrong with the present password that was typed; empty where it is right."""
    typed = request.POST.get("current", "")
    return signin.check_guess(request, person.username, person, typed, "Your present password is wrong.")


def held_by_clients(person: Person) -> list[Held]:
    """Every sign-in of this person that a client can still use, the newest first."""
    instant = timezone.now()
    usable = Q(expires__gt=instant) | Q(refresh_used=False, refresh_expires__gt=instant)
    families = Token.objects.filter(usable, person=person, revoked=False).values("family")
    rows = (
        Token.objects.filter(person=person, family__in=families)
        .values("family", "client__name")
        .annotate(scope=Max("scope"), begun=Min("issued"), renewed=Max("issued"))
        .order_by("-begun")
    )
    return [
        Held(row["family"], row["client__name"], row["scope"], row["begun"], row["renewed"]) for row in rows
    ]


def _page(request: HttpRequest, person: Person, **problems: str) -> HttpResponse:
    context: dict[str, Any] = {
        "person": person,
        "held": held_by_clients(person),
        "back": signin.way_back(request),
        "done": request.session.pop("done", ""),
        **problems,
    }
    return signin.page(request, "journeyserver/account.html", context, 422 if problems else 200)
