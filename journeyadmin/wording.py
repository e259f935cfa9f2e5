"""Conditions of segments and differences between two definitions as English sentences; total over whatever the API holds.

`sentence(segment)` is the one writer for list, editor, difference, export and history. All take JSON in the API's spelling.
"""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from journeyadmin.contract.criteria import OPERATORS, CriteriaKey, Side, attribute_name, find_key
from journeyadmin.direction import isolated

Json = Mapping[str, Any]
PAGE_VIEWS = ("page_viewed", "page_view", "pageview")
QUOTED = set(' ,;()\t\n\r"“”`')

_PARTICIPLES = {
    "equal": gettext_noop("equal to"),
    "notEqual": gettext_noop("not equal to"),
    "containsAny": gettext_noop("containing"),
    "containsAll": gettext_noop("containing all of"),
    "notContainsAny": gettext_noop("not containing"),
    "notContainsAll": gettext_noop("not containing all of"),
    "startsWith": gettext_noop("starting with"),
    "endsWith": gettext_noop("ending with"),
    "greaterThan": gettext_noop("greater than"),
    "greaterThanOrEqual": gettext_noop("at least"),
    "lessThan": gettext_noop("less than"),
    "lessThanOrEqual": gettext_noop("at most"),
}


def sentence(segment: Json) -> str:
    """The conditions of a segment as one sentence."""
    context = [_criteria(pattern, "context") for pattern in patterns(segment, "context")]
    journey = [pattern_words(pattern) for pattern in patterns(segment, "journey")]
    context = [words for words in context if words]
    if not context and not journey:
        if segment.get("externalSegment"):
            return _("No conditions: an external source assigns it.")
        return _("No conditions: assigned by hand or by another system.")
    people = segment.get("scope") == "Customer"
    parts: list[str] = []
    if context:
        start = _("People with a visit where %s") if people else _("Visits where %s")
        parts.append(start % _("; and ").join(context))
    elif journey:
        start = _("People with %s") if people else _("Visits with %s")
        parts.append(start % journey.pop(0))
    return _("; then ").join([*parts, *journey]) + "."


def patterns(segment: Json, side: str) -> list[Json]:
    """The patterns of one side; anything that is not a list of objects counts as none."""
    holder = segment.get(side)
    found = holder.get("patterns") if isinstance(holder, Mapping) else None
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, Sequence) else []


def criteria(pattern: Json) -> list[Json]:
    found = pattern.get("criteria")
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, Sequence) else []


def context_words(pattern: Json) -> str:
    """A context pattern without its beginning: `browser family is Chrome, and country is not DE`."""
    return _criteria(pattern, "context") or _("no criteria yet")


def pattern_words(pattern: Json) -> str:
    """A journey pattern: `at least 3 × page view with path starting with /pricing`."""
    rows = criteria(pattern)
    name = pattern.get("eventName") or ""
    if not name and len(rows) == 1 and _names_event(rows[0]):
        name, rows = rows[0]["values"][0], []
    app = pattern.get("streamType") == "App"
    if name in PAGE_VIEWS:
        what = _("page view")
    elif name:
        what = f"`{name}`"
    else:
        what = _("app event") if app else _("event")
    count = pattern.get("count")
    times = f"{_('at least')} {count} ×" if isinstance(count, int) and count > 1 else "1 ×"
    words = [_participle(row, short=name in PAGE_VIEWS) for row in rows]
    return f"{times} {what}" + (f" {_('with')} {_(' and ').join(words)}" if words else "")


def key_label(found: CriteriaKey | None, key: str) -> str:
    """What a key is called, as far as it is known here: `page path`, `attribute price`."""
    if found is None:
        return key or "…"
    return _("attribute %s") % attribute_name(key) if found.kind == "attribute" else _(found.label)


def criterion_words(criterion: Json, side: Side) -> str:
    """`browser family is Chrome or Firefox (case ignored)`."""
    key, operator = str(criterion.get("key") or ""), str(criterion.get("operator") or "equal")
    found = find_key(side, key)
    values = _values(criterion)
    if (
        found
        and found.kind == "boolean"
        and operator in ("equal", "notEqual")
        and values in (["true"], ["false"])
    ):
        return _("signed in") if (values == ["true"]) == (operator == "equal") else _("not signed in")
    label = key_label(found, key)
    known = OPERATORS.get(operator)
    return f"{label} {_(known.label) if known else operator} {_listed(criterion, operator)}"


_PATH = re.compile(r"(context|journey)\.patterns\[(\d+)\](?:\.criteria\[(\d+)\]|\.(\w+))?")


def path_words(segment: Json, path: str, *, whole: bool = False) -> str:
    """What a JSON path of this definition is about: a criterion, the event a step names, or a step.

    `whole` says a step with its criteria; else they are left to their own paths.
    """
    found = _PATH.fullmatch(path)
    side = cast("Side", found[1]) if found else "context"
    asked = patterns(segment, side)
    if found is None or int(found[2]) >= len(asked):
        return path
    pattern = asked[int(found[2])]
    if found[3] is not None:
        rows = criteria(pattern)
        return criterion_words(rows[int(found[3])], side) if int(found[3]) < len(rows) else path
    if found[4] == "eventName":
        return _("event `%s`") % str(pattern.get("eventName", ""))
    if side == "context":
        return context_words(pattern)
    rows = criteria(pattern)
    # A step whose only criterion names its event is that event, so many times.
    whole = whole or (len(rows) == 1 and rows[0].get("key") == "eventName")
    return pattern_words(pattern) if whole else step_words(pattern)


def step_words(pattern: Json) -> str:
    """`at least 3 × page view` of a journey pattern, without its criteria."""
    return pattern_words({**pattern, "criteria": []})


def _criteria(pattern: Json, side: Side) -> str:
    return _(", and ").join(criterion_words(row, side) for row in criteria(pattern))


def _participle(criterion: Json, short: bool) -> str:
    key, operator = str(criterion.get("key") or ""), str(criterion.get("operator") or "equal")
    found = find_key("journey", key, "any")
    label = key_label(found, key)
    if short:
        label = label.removeprefix("page ")
    words = _PARTICIPLES.get(operator)
    return f"{label} {_(words) if words else operator} {_listed(criterion, operator)}"


def _names_event(criterion: Json) -> bool:
    return (
        criterion.get("key") == "eventName"
        and (criterion.get("operator") or "equal") == "equal"
        and not criterion.get("shouldIgnoreCase")
        and len(_values(criterion)) == 1
    )


def _values(criterion: Json) -> list[str]:
    found = criterion.get("values")
    return (
        [str(value) for value in found] if isinstance(found, Sequence) and not isinstance(found, str) else []
    )


def _listed(criterion: Json, operator: str) -> str:
    known = OPERATORS.get(operator)
    values = [quoted(value) for value in _values(criterion)]
    joiner = f" {_(known.joiner)} " if known else ", "
    words = joiner.join([", ".join(values[:-1]), values[-1]]) if len(values) > 1 else "".join(values) or "…"
    if operator == "notContainsAll":
        words += f" {_('(may contain some)')}"
    if criterion.get("shouldIgnoreCase") and not (known and known.numeric):
        words += f" {_('(case ignored)')}"
    return words


def quoted(value: str) -> str:
    """The value as it is, in quotation marks where it would not be seen as one word."""
    shown = isolated(value)
    return f"“{shown}”" if not value or QUOTED & set(value) or value != value.strip() else shown


_FIELDS = {
    "displayName": "Name",
    "description": "Description",
    "isActive": "Active",
    "shouldDisplayToAgent": "Visible to agents",
    "color": "Colour",
    "assignmentExpirationDays": "Expires after",
    "scope": "Scope",
}


def field_label(field: str) -> str:
    return _(_FIELDS.get(field, field))


def value_words(field: str, value: Any) -> str:
    """One field's value for a person: `on`, `never`, `30 days`."""
    if field == "assignmentExpirationDays":
        return _("%s days") % value if value else _("never")
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if value is None or value == "":
        return _("empty")
    return f"“{isolated(str(value))}”" if field in ("displayName", "description") else str(value)


def differences(before: Json, after: Json) -> list[str]:
    """What `after` changes, a sentence each; empty exactly when nothing that a person may edit differs."""
    found: list[str] = []
    for field in _FIELDS:
        old, new = before.get(field), after.get(field)
        if (old or None) != (new or None):
            found.append(f"{field_label(field)}: {value_words(field, old)} → {value_words(field, new)}")
    found += _side_differences(before, after, "context", _("Visit conditions"))
    found += _side_differences(before, after, "journey", _("Journey step"))
    return found


def _side_differences(before: Json, after: Json, side: Side, name: str) -> list[str]:
    """Pattern by pattern; one put in front of others does not make the others look changed."""
    words = context_words if side == "context" else pattern_words
    old_rows, new_rows = patterns(before, side), patterns(after, side)
    old_texts, new_texts = (
        [json.dumps(row, sort_keys=True) for row in rows] for rows in (old_rows, new_rows)
    )
    matcher = SequenceMatcher(None, old_texts, new_texts, autojunk=False)
    found: list[str] = []
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            continue
        both = min(old_to - old_from, new_to - new_from)
        for step in range(both):
            title = f"{name} {new_from + step + 1}"
            lines = _pattern_differences(old_rows[old_from + step], new_rows[new_from + step], side)
            found += [f"{title}, {line}" for line in lines]
        for at in range(old_from + both, old_to):
            removed = {"what": f"{name} {at + 1}", "words": words(old_rows[at])}
            found.append(_("%(what)s removed: %(words)s") % removed)
        for at in range(new_from + both, new_to):
            added = {"what": f"{name} {at + 1}", "words": words(new_rows[at])}
            found.append(_("%(what)s added: %(words)s") % added)
    return found


def _pattern_differences(old: Json, new: Json, side: Side) -> list[str]:
    """What differs between two patterns, criterion by criterion; their order says nothing, all of them must hold."""
    found: list[str] = []
    if (old.get("eventName") or "") != (new.get("eventName") or ""):
        names = [
            quoted(str(one.get("eventName"))) if one.get("eventName") else _("any") for one in (old, new)
        ]
        found.append(f"{_('event')}: {names[0]} → {names[1]}")
    if old.get("count") != new.get("count"):
        found.append(f"{_('times')}: {old.get('count', 1)} → {new.get('count', 1)}")
    if old.get("streamType") != new.get("streamType"):
        found.append(f"{_('stream')}: {old.get('streamType')} → {new.get('streamType')}")
    left, right = _without_common(criteria(old), criteria(new))
    for criterion in list(left):
        same_key = next((one for one in right if one.get("key") == criterion.get("key")), None)
        if same_key is not None:
            left.remove(criterion)
            right.remove(same_key)
            found.append(_criterion_difference(criterion, same_key, side))
    found += [_("removed: %s") % criterion_words(criterion, side) for criterion in left]
    found += [_("added: %s") % criterion_words(criterion, side) for criterion in right]
    return found or [_("changed in details that the sentence does not show")]


def _without_common(old: list[Json], new: list[Json]) -> tuple[list[Json], list[Json]]:
    left, right = [], list(new)
    for criterion in old:
        if criterion in right:
            right.remove(criterion)
        else:
            left.append(criterion)
    return left, right


def _criterion_difference(old: Json, new: Json, side: Side) -> str:
    """`page path starts with: /a → /b`, or both in full where more than the values differs."""
    key = str(new.get("key") or "")
    found = find_key(side, key, "any")
    label = key_label(found, key)
    values = [_listed(one, str(one.get("operator") or "equal")) for one in (old, new)]
    operators = [str(one.get("operator") or "equal") for one in (old, new)]
    known = OPERATORS.get(operators[1])
    verb = _(known.label) if known else operators[1]
    if operators[0] == operators[1] and values[0] != values[1]:
        return f"{label} {verb}: {values[0]} → {values[1]}"
    words = [criterion_words(one, side) for one in (old, new)]
    if words[0] == words[1]:
        return _("%s changed in details that the sentence does not show") % label
    return f"{words[0]} → {words[1]}"
