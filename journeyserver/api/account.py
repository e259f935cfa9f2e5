"""A person's own account: a new password, a second factor, and the sign-ins that programs hold of theirs.

Reached from the browser's sign-in here, never with a token. What changes something asks for the present password, and for a
code where the person has a second factor, counted as a sign-in is.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, Min, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect

from journeyserver import passwords, secondfactor, signin
from journeyserver.errors import method_not_allowed
from journeyserver.grants import revoke_family
from journeyserver.models import Person, Token

_CHANGED = "Your password is changed. Every sign-in elsewhere has ended; only this page is still yours."
_ENDED = "Ended. Whoever used it has to sign in again."
_ALL_ENDED = "All your sign-ins elsewhere have ended; only this page is still yours."
_SET_UP = "From now on signing in asks for a code of your app. Every sign-in elsewhere has ended."
_REMOVED = "Your second factor is gone: the password alone signs you in. Every sign-in elsewhere has ended."
_NEW_CODES = "These are your recovery codes now; those from before are worth nothing."
_NONE = "You have no second factor any more. Set one up first; recovery codes come with it."
_KEPT = "Whoever runs this server asks you for a second factor, so it cannot be removed."


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
        raise method_not_allowed("GET", "POST")
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
    act, place = _ACTIONS.get(action, _ACTIONS["end"])
    problem, done = act(request, person)
    if problem:
        return _page(request, person, **{f"{place}_problem": problem})
    request.session["done"] = done
    return _again(request)


def _sign_in(request: HttpRequest) -> HttpResponse:
    # A form of the account that was open when its sign-in ended is no sign-in.
    if request.method != "POST" or "action" in request.POST:
        return signin.login_page(request, None)
    person, problem = signin.sign_in(request)
    if person is None:
        return signin.login_page(request, None, problem)
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
        _start_anew(request, person)
        return "", _ALL_ENDED
    for held in held_by_clients(person):
        if str(held.family) in chosen:
            revoke_family(held.family)
    return "", _ENDED


def _begin_factor(request: HttpRequest, person: Person) -> tuple[str, str]:
    """Shows the secret for an app; nothing is asked for before a code of it has been typed."""
    if person.is_demo:
        return "The demo's people have none: everybody knows their password.", ""
    if problem := _about_present(request, person):
        return problem, ""
    request.session["enrolling"] = secondfactor.seal(secondfactor.new_secret())
    return "", ""


def _set_up_factor(request: HttpRequest, person: Person) -> tuple[str, str]:
    sealed = request.session.get("enrolling", "")
    if not sealed or secondfactor.has(person):
        return "Begin again.", ""
    codes, problem = signin.set_up(request, person, sealed)
    if problem:
        return problem, ""
    _start_anew(request, person)
    signin.show_codes(request, codes)
    return "", _SET_UP


def _remove_factor(request: HttpRequest, person: Person) -> tuple[str, str]:
    if secondfactor.is_required(person):
        return _KEPT, ""
    if problem := _about_present(request, person):
        return problem, ""
    secondfactor.remove(person)
    _start_anew(request, person)
    return "", _REMOVED


def _new_codes(request: HttpRequest, person: Person) -> tuple[str, str]:
    if problem := _about_present(request, person):
        return problem, ""
    # A page from before it was removed offers new codes still; they would open nothing.
    if not secondfactor.has(person):
        return _NONE, ""
    signin.show_codes(request, secondfactor.new_recovery(person))
    return "", _NEW_CODES


def _start_anew(request: HttpRequest, person: Person) -> None:
    """Ends every sign-in but this browser's."""
    person.end_sign_ins()
    signin.enter(request, person)


# What a form of the page asks for, and beside which heading is said what was wrong.
_ACTIONS: Mapping[str, tuple[Callable[[HttpRequest, Person], tuple[str, str]], str]] = {
    "password": (_password, "password"),
    "end": (_end, "end"),
    "factor": (_begin_factor, "factor"),
    "set_up": (_set_up_factor, "factor"),
    "remove": (_remove_factor, "factor"),
    "codes": (_new_codes, "factor"),
}


def _about_present(request: HttpRequest, person: Person) -> str:
    """What is wrong with the present password that was typed, or with the code beside it; empty where both are right."""
    typed = request.POST.get("current", "")
    wrong = signin.check_guess(request, person.username, person, typed, "Your present password is wrong.")
    if wrong or not secondfactor.has(person):
        return wrong
    return signin.check_code(request, person)


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
    codes_left = secondfactor.left(person)
    sealed = request.session.get("enrolling", "") if codes_left is None else ""
    context: dict[str, Any] = {
        "person": person,
        "factor": codes_left is not None,
        "codes_left": codes_left,
        "enrolment": secondfactor.enrolment(person, sealed),
        "required": secondfactor.is_required(person),
        "codes": signin.shown_codes(request),
        "held": held_by_clients(person),
        "back": signin.way_back(request),
        # What was about to be ended is so still where the password beside it was wrong.
        "chosen": request.POST.getlist("family"),
        "done": request.session.pop("done", ""),
        **problems,
    }
    return signin.page(request, "journeyserver/account.html", context, 422 if problems else 200)
