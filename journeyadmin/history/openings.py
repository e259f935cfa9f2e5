"""Who has the edit form of an object open, so that two people know of each other before either saves (HIS6).

Kept in the database, so it holds across workers. Nobody says that they closed a page: an opening ends with a save, or when the
form has asked for nothing for a while.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from journeyadmin.accounts.models import Person
from journeyadmin.history.models import Opening
from journeyadmin.http import JourneyRequest

LATELY = timedelta(minutes=15)
# The page that a save leads to may show the form again; that is no new opening.
AFTER_SAVE = timedelta(seconds=10)
MOST_NAMED = 3


def note(request: JourneyRequest, kind: str, object_id: str) -> list[str]:
    """Notes that this person has the form open, and says who else has, a sentence each. Called at each request of the form."""
    now = timezone.now()
    mine: dict[str, Any] = {"person": request.user, "kind": kind, "object_id": object_id}
    row = Opening.objects.filter(**mine).first()
    if row is None:
        Opening.objects.filter(seen__lt=now - LATELY).delete()
    if row is None or row.saved is None or row.saved < now - AFTER_SAVE:
        goes_on = row is not None and row.saved is None and row.seen > now - LATELY
        opened = row.opened if row is not None and goes_on else now
        Opening.objects.update_or_create(**mine, defaults={"opened": opened, "seen": now, "saved": None})
    others = (
        Opening.objects.filter(
            person__connection=request.connection,
            kind=kind,
            object_id=object_id,
            saved=None,
            seen__gt=now - LATELY,
        )
        .exclude(person=request.user)
        .select_related("person")
        .order_by("-opened")
    )
    return [_sentence(one, int((now - one.opened).total_seconds() // 60)) for one in others[:MOST_NAMED]]


def end(person: Person | None, kind: str, object_id: str) -> None:
    """This person saved it."""
    Opening.objects.filter(person=person, kind=kind, object_id=object_id).update(saved=timezone.now())


def _sentence(one: Opening, minutes: int) -> str:
    who = str(one.person)
    if minutes < 1:
        return _("%s opened this just now.") % who
    return _("%(who)s opened this %(minutes)d min ago.") % {"who": who, "minutes": minutes}
