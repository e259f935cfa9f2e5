"""What is wrong with a form, as a list in reading order, each with the control it belongs to; and errors of the API on their rows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from journeyadmin.service import FieldError, NotEnabled
from segments.criteria import CriterionForm
from segments.forms import PatternForm, SegmentForm

_PATH = re.compile(
    r"(context|journey)\.patterns(?:\[(\d+)\])?(?:\.criteria(?:\[(\d+)\])?)?(?:\.(\w+))?(?:\[\d+\])?"
)
_SETTINGS = {
    "displayName": "name",
    "description": "description",
    "isActive": "active",
    "shouldDisplayToAgent": "agents",
    "color": "color",
    "assignmentExpirationDays": "expiry",
    "scope": "scope",
}
_PATTERN = {"count": "count", "streamType": "stream", "sessionType": "stream", "eventName": "event_name"}
_CRITERION = {
    "key": "key",
    "operator": "operator",
    "values": "values",
    "shouldIgnoreCase": "ignore_case",
    "entityType": "key",
}


# Names of the API in a sentence of the service.
_NAMED = re.compile(r"\b(?:" + "|".join((*_SETTINGS, "externalSegment")) + r")\b|" + _PATH.pattern)
# Where what is linked outside is shown: nothing is typed there.
EXTERNAL = "external-segment"

# The code of an error about the reason, which stands beside the form's own fields.
REASON = "reason"


@dataclass(frozen=True)
class Fault:
    """`target` is the id of the control, `place` says where it is in words."""

    target: str
    place: str
    text: str


def listed(form: SegmentForm) -> list[Fault]:
    """Every error of the form, of its patterns and of their criteria."""
    found = list(_of(form, "", {name: str(field.label or name) for name, field in form.fields.items()}))
    for side, title in (("context", _("Visit")), ("journey", _("Step"))):
        formset = getattr(form, side)
        for error in formset.non_form_errors():
            found.append(Fault(f"add-{side}", title, str(error)))
        for number, pattern in enumerate(formset.forms, start=1):
            place = f"{title} {number}"
            found += _of(pattern, place, {})
            for error in pattern.criteria.non_form_errors():
                found.append(Fault(f"add-{pattern.criteria.prefix}", place, str(error)))
            for line, row in enumerate(pattern.criteria.forms, start=1):
                found += _of(row, f"{place}, {_('criterion')} {line}", {})
    return found


def _of(form: Any, place: str, labels: dict[str, str]) -> Iterator[Fault]:
    for name, errors in form.errors.items():
        field = name if name in form.fields else next(iter(form.fields))
        if name == "__all__" and isinstance(form, PatternForm):
            target = f"add-{form.criteria.prefix}"
        elif name == "__all__" and isinstance(form, SegmentForm):
            target = "add-context"
        elif name == "extra" and isinstance(form, SegmentForm):
            target = EXTERNAL
        else:
            target = form[field].auto_id
        for error in errors.as_data():
            if error.code == REASON:
                yield Fault("id_reason", _("Reason"), " ".join(error.messages))
            else:
                yield Fault(target, place or labels.get(name, ""), " ".join(error.messages))


def place(form: SegmentForm, fields: Sequence[FieldError]) -> list[FieldError]:
    """Puts each error of the API on the control it is about; gives back those that belong nowhere here.

    The form has been checked; what it found itself is not said twice.
    """
    rest = []
    for error in fields:
        target = _target(form, error.path)
        if target is None:
            rest.append(error)
            continue
        row, name = target
        if name is None or name not in row.errors:
            row.add_error(name, error.message)
    return rest


def not_enabled(sent: Iterable[str], error: NotEnabled) -> list[FieldError]:
    """The fields that a 501 is about: those of the `sent` ones that it names, else the expiry, which some organisations lack."""
    words = str(error.summary)
    sent = set(sent)
    paths = dict.fromkeys(found[0] for found in _NAMED.finditer(error.detail))
    named = [path for path in paths if re.split(r"[.\[]", path)[0] in sent]
    if not named and not paths and "assignmentExpirationDays" in sent:
        named = ["assignmentExpirationDays"]
    return [
        FieldError(
            path,
            "not.enabled",
            f"{words} {_('Leave it empty.')}" if path == "assignmentExpirationDays" else words,
        )
        for path in named
    ]


def _target(form: SegmentForm, path: str) -> tuple[Any, str | None] | None:
    if path in _SETTINGS:
        return form, _SETTINGS[path]
    if path.startswith("externalSegment"):
        return form, "extra"
    if path in ("context", "journey"):
        return form, None
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    side, outer, inner, name = found[1], found[2], found[3], found[4] or ""
    patterns: list[PatternForm] = getattr(form, side).forms
    if outer is None:
        return form, None
    if int(outer) >= len(patterns):
        return None
    pattern = patterns[int(outer)]
    if inner is None:
        return pattern, _PATTERN.get(name) if side == "journey" else None
    rows: list[CriterionForm] = pattern.criteria.forms
    if int(inner) >= len(rows):
        # A step that names only an event has its criterion written by us.
        return (pattern, "event_name") if side == "journey" else (pattern, None)
    return rows[int(inner)], _CRITERION.get(name, "key")
