"""What the service refused about one target, at the fields it is about."""

import re
from collections.abc import Iterable, Iterator, Sequence

from django.forms import Form

from actiontargets.forms import LevelForm
from journeyadmin.service import FieldError, JourneyError, NotEnabled, RateLimited

# The API's paths and the field of the form in which each is typed.
_FIELDS = {
    "name": "name",
    "serviceLevel": "share",
    "serviceLevel.percentage": "share",
    "serviceLevel.durationMs": "duration",
    "shortAbandonThreshold": "abandon",
}


def place(form: LevelForm, error: JourneyError) -> bool:
    """Puts what the service refused at the fields it names; false where it names none, so that it is said above the form."""
    fields: Sequence[FieldError] = getattr(error, "fields", ())
    if isinstance(error, NotEnabled):
        paths = [field.path for field in fields] or list(_named(error))
        fields = [FieldError(path, error.code, error.user_message) for path in paths]
    form.is_valid()
    for found in fields:
        name = _FIELDS.get(found.path)
        if name not in form.fields:
            # What has no field here is not swallowed: it is said at the row.
            form.add_error(None, f"{found.path}: {found.message}")
        elif found.message not in form.errors.get(name, ()):
            form.add_error(name, found.message)
    return bool(fields)


def _named(error: JourneyError) -> Iterator[str]:
    """The settings that the words of an answer name, as the API spells them; a bare "name" may mean anything."""
    words = " ".join([error.detail, *error.params.values()])
    for path in _FIELDS:
        if path != "name" and re.search(rf"(?<![\w.]){re.escape(path)}(?!\.?\w)", words):
            yield path


def number(forms: Iterable[Form]) -> int:
    """How many fields need attention."""
    return sum(len(form.errors) for form in forms)


def wait(error: JourneyError) -> int:
    """After how many seconds the same save may be sent again by itself; 0 where it may not."""
    if isinstance(error, RateLimited) and error.retry_after and not error.unsure:
        return max(1, round(error.retry_after))
    return 0
