"""What a person had typed when their sign-in ended: kept encrypted for them alone, and given back after they sign in again.

A view binds its form to `form_data(request)`, and acts on POST alone: after the sign-in the posted data comes back once, to be
shown as it was, unsaved, and the page says so. One that says it in its own words asks `typed(request)` on GET.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from journeyadmin.accounts.models import KeptForm
from journeyadmin.accounts.sealed import KeyLost, seal, unseal

KEPT = "kept_forms"
# Whose session it was until it ended: other tabs may hold forms of theirs.
WHOSE = "whose"
LIFE = timedelta(hours=12)
MOST = 20
# Not part of what was typed; and a secret, which no page shows again, so that it would be kept for nothing.
_DROPPED = ("csrfmiddlewaretoken", "client_secret")


def keep(request: HttpRequest) -> None:
    """Keeps the posted form of a request that comes after the session it belonged to."""
    person_key = request.session.get(WHOSE, "")
    if request.method != "POST" or not request.POST or not person_key:
        return
    KeptForm.objects.filter(created__lt=timezone.now() - LIFE).delete()
    data = request.POST.copy()
    for name in _DROPPED:
        data.pop(name, None)
    if not data:
        return
    kept = KeptForm.objects.create(
        path=request.path[:500], person_key=person_key, sealed=seal(data.urlencode())
    )
    request.session[KEPT] = [*request.session.get(KEPT, []), kept.pk][-MOST:]


def typed(request: HttpRequest) -> QueryDict | None:
    """The form that was typed at this address before the sign-in ended, once; None on every other request."""
    numbers = request.session.get(KEPT)
    if not numbers or request.method != "GET":
        return None
    person_key = getattr(request.user, "key", "")
    mine = KeptForm.objects.filter(pk__in=numbers, path=request.path, person_key=person_key)
    kept = mine.order_by("-pk").first()
    if kept is None:
        return None
    request.session[KEPT] = [number for number in numbers if number != kept.pk]
    kept.delete()
    try:
        return QueryDict(unseal(kept.sealed), encoding=settings.DEFAULT_CHARSET)
    except KeyLost:
        return None


def form_data(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what is posted or, on GET, what was typed before the sign-in ended, which the page then says."""
    if request.method == "POST":
        return request.POST
    found = typed(request)
    if found is not None:
        messages.info(
            request, _("Your sign-in had ended. What you had typed is here again; it is not saved.")
        )
    return found
