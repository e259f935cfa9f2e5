"""Warnings W01 to W12 about a definition: never blocking, each with a code, a sentence, and what the repair button would do.

`find(definition)` is pure and quick: the list asks it of every segment. `Warned.fix` gives the repaired definition.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.contract.criteria import OPERATORS, CriteriaKey, Side, find_key
from segments import countries
from segments.sameness import normal_criterion

Json = Mapping[str, Any]
Fix = Callable[[dict[str, Any]], None]

HOSTS = frozenset({"page.hostname", "page.domain", "referrer.hostname"})
ADDRESSES = frozenset({"page.url", "referrer.url"})
CAMPAIGN = frozenset(f"mktCampaign.{part}" for part in ("source", "medium", "name", "term", "content"))
CODE, NAME = "geolocation.country", "geolocation.countryName"

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(\+|00)[\d\s().\-/]{7,20}")
_DIGITS = re.compile(r"[\d \-]{13,23}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LOWER, _UPPER = ("greaterThan", "greaterThanOrEqual"), ("lessThan", "lessThanOrEqual")


@dataclass(frozen=True)
class Warned:
    """`path` is the JSON path of what it is about ("" for the whole), `repair` what the button says it does."""

    code: str
    path: str
    text: str
    repair: str
    apply: Fix | None = field(default=None, repr=False, compare=False)

    @property
    def target(self) -> str:
        return row_id(self.path)

    @property
    def repairable(self) -> bool:
        return self.apply is not None

    def fix(self, definition: Json) -> dict[str, Any]:
        repaired: dict[str, Any] = copy.deepcopy(dict(definition))
        if self.apply is not None:
            self.apply(repaired)
        return repaired


@dataclass(frozen=True)
class _Row:
    """A criterion where it stands. `group` is equal for criteria that must hold of the same visit or the same event."""

    side: Side
    pattern: int
    index: int
    group: int
    row: Json
    known: CriteriaKey | None

    @property
    def path(self) -> str:
        return f"{self.side}.patterns[{self.pattern}].criteria[{self.index}]"

    @property
    def key(self) -> str:
        return str(self.row.get("key") or "")

    @property
    def operator(self) -> str:
        return str(self.row.get("operator") or "equal")

    @property
    def values(self) -> list[str]:
        found = self.row.get("values")
        return [str(value) for value in found] if isinstance(found, list) else []

    @property
    def words(self) -> str:
        return wording.criterion_words(self.row, self.side)

    def of(self, definition: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = definition[self.side]["patterns"][self.pattern]["criteria"][self.index]
        return found

    def remove(self, definition: dict[str, Any]) -> None:
        rows = definition[self.side]["patterns"][self.pattern]["criteria"]
        del rows[self.index]
        if not rows:
            del definition[self.side]["patterns"][self.pattern]


def row_id(path: str) -> str:
    """The row's id in the form: `context.patterns[0].criteria[1]` → `context-0-criteria-1`."""
    return re.sub(r"\.patterns\[(\d+)\]|\.criteria\[(\d+)\]", _dashed, path)


def find(definition: Json, *, twins: Sequence[str] = ()) -> list[Warned]:
    """All warnings, those about rows in their order. `twins` are the names of other segments with the same conditions."""
    rows = list(_rows(definition))
    found: list[Warned] = []
    for row in rows:
        for rule in _RULES:
            warned = rule(row)
            if warned is not None:
                found.append(warned)
    found += _among(rows)
    found.sort(key=lambda one: one.path)
    if rows and all(_negative(row.row) for row in rows) and not _names_an_event(definition):
        found.append(
            Warned(
                "W08",
                "",
                _("Only what must not be: this matches almost everyone."),
                _("Add a condition that must hold"),
                _add_condition,
            )
        )
    if twins:
        names = ", ".join(f"“{name}”" for name in twins)
        found.append(Warned("W12", "", _("The same conditions as %s.") % names, ""))
    return found


def asks_first(wanted: Json, base: Json | None) -> list[str]:
    """Why showing this segment to agents is worth a second look; empty where nothing is asked.

    Asked when agents come to see it, or when what they see comes to hold something personal.
    """
    if wanted.get("shouldDisplayToAgent") is not True:
        return []
    reasons = _personal(wanted)
    if base is not None and base.get("shouldDisplayToAgent") is True and set(reasons) <= set(_personal(base)):
        return []
    return reasons


def _personal(definition: Json) -> list[str]:
    reasons = []
    for row in _rows(definition):
        if row.key == "authenticated":
            reasons.append(_("It tells agents whether the visitor is signed in."))
        if any(_private(value) for value in row.values):
            reasons.append(_("A value looks like personal data: %s.") % row.words)
    return list(dict.fromkeys(reasons))


def _rows(definition: Json) -> Iterator[_Row]:
    for number, pattern in enumerate(wording.patterns(definition, "context")):
        for index, row in enumerate(wording.criteria(pattern)):
            yield _Row("context", number, index, -1, row, find_key("context", str(row.get("key") or "")))
    for number, pattern in enumerate(wording.patterns(definition, "journey")):
        for index, row in enumerate(wording.criteria(pattern)):
            known = find_key("journey", str(row.get("key") or ""), "any")
            yield _Row("journey", number, index, number, row, known)


def _number_on_text(row: _Row) -> Warned | None:
    operator = OPERATORS.get(row.operator)
    if not (operator and operator.numeric and row.known and row.known.kind in ("text", "enum")):
        return None

    def fix(definition: dict[str, Any]) -> None:
        row.of(definition)["operator"] = "equal"

    text = _("“%s” is text; a number comparison never holds on it.") % _(row.known.label)
    return Warned("W02", row.path, text, _("Compare it with “is”"), fix)


def _blanks(row: _Row) -> Warned | None:
    if all(value == _tidy(value) for value in row.values):
        return None

    def fix(definition: dict[str, Any]) -> None:
        here = row.of(definition)
        here["values"] = list(dict.fromkeys(_tidy(value) for value in row.values))

    text = _("Blanks at the ends or doubled ones count: %s.") % ", ".join(
        f"“{value}”" for value in row.values if value != _tidy(value)
    )
    return Warned("W03", row.path, text, _("Remove them"), fix)


def _tidy(value: str) -> str:
    return re.sub(r"[ \t]{2,}", " ", value.strip())


def _host(row: _Row) -> Warned | None:
    if row.key not in HOSTS or not any("/" in value for value in row.values):
        return None

    def fix(definition: dict[str, Any]) -> None:
        row.of(definition)["values"] = list(dict.fromkeys(_only_host(value) for value in row.values))

    text = _("A host has neither “https://” nor a path.")
    return Warned("W04", row.path, text, _("Keep only the host"), fix)


def _only_host(value: str) -> str:
    rest = value.split("://", 1)[-1]
    return rest.split("/", 1)[0] or value.strip("/")


def _campaign(row: _Row) -> Warned | None:
    if row.key not in CAMPAIGN:
        return None
    coded = [value for value in row.values if "%20" in value or "+" in value]
    cased = row.row.get("shouldIgnoreCase") is not True and any(
        value != value.lower() for value in row.values
    )
    if not coded and not cased:
        return None

    def fix(definition: dict[str, Any]) -> None:
        here = row.of(definition)
        here["values"] = [value.replace("%20", " ").replace("+", " ") for value in row.values]
        if cased:
            here["shouldIgnoreCase"] = True

    if coded:
        text = _("Campaign values are stored decoded: “%20” and “+” are blanks there.")
        return Warned("W05", row.path, text, _("Write blanks"), fix)
    text = _("Campaign values count letter case: links often differ in it.")
    return Warned("W05", row.path, text, _("Ignore upper and lower case"), fix)


def _country(row: _Row) -> Warned | None:
    convert: Callable[[str], str | None]
    if row.key == CODE:
        wrong = [value for value in row.values if len(value.strip()) != 2]
        other, convert = NAME, countries.code_of
        text = _("Countries are two letters here, such as DE; names are under “country name”.")
    elif row.key == NAME:
        wrong = [value for value in row.values if countries.name_of(value) and len(value.strip()) == 2]
        other, convert = CODE, countries.name_of
        text = _("Here countries are written out, such as Germany; codes are under “country”.")
    else:
        return None
    if not wrong or row.operator not in ("equal", "notEqual"):
        return None
    converted = {value: convert(value) for value in wrong}
    if all(converted.values()):

        def rewrite(definition: dict[str, Any]) -> None:
            row.of(definition)["values"] = list(dict.fromkeys(converted.get(v) or v for v in row.values))

        pairs = ", ".join(f"{value} → {new}" for value, new in converted.items())
        return Warned("W06", row.path, text, _("Write %s") % pairs, rewrite)

    def switch(definition: dict[str, Any]) -> None:
        row.of(definition)["key"] = other

    label = find_key("context", other)
    return Warned(
        "W06", row.path, text, _("Test “%s” instead") % (_(label.label) if label else other), switch
    )


def _whole_address(row: _Row) -> Warned | None:
    if row.key not in ADDRESSES or row.operator not in ("equal", "notEqual"):
        return None
    if not any("?" in value or "#" in value for value in row.values):
        return None

    def fix(definition: dict[str, Any]) -> None:
        here = row.of(definition)
        here["operator"] = "startsWith" if row.operator == "equal" else "notContainsAny"
        here["values"] = list(dict.fromkeys(re.split(r"[?#]", value)[0] for value in row.values))

    text = _("A whole address with “?” or “#” rarely comes again exactly so.")
    return Warned("W07", row.path, text, _("Compare only the part before it"), fix)


def _repeated_value(row: _Row) -> Warned | None:
    seen: dict[str, str] = {}
    ignore = row.row.get("shouldIgnoreCase") is True
    for value in row.values:
        seen.setdefault(value.casefold() if ignore else value, value)
    if len(seen) == len(row.values):
        return None

    def fix(definition: dict[str, Any]) -> None:
        row.of(definition)["values"] = list(seen.values())

    return Warned("W09", row.path, _("A value is there twice."), _("Keep each once"), fix)


def _private_value(row: _Row) -> Warned | None:
    found = [value for value in row.values if _private(value)]
    if not found:
        return None

    def fix(definition: dict[str, Any]) -> None:
        rest = [value for value in row.values if value not in found]
        if rest:
            row.of(definition)["values"] = rest
        else:
            row.remove(definition)

    text = _(
        "This looks like an e-mail address, a phone or a card number; a segment is no place for personal data."
    )
    return Warned("W11", row.path, text, _("Remove it"), fix)


def _private(value: str) -> bool:
    text = value.strip()
    if _EMAIL.fullmatch(text):
        return True
    if _PHONE.fullmatch(text) and 8 <= len(re.sub(r"\D", "", text)) <= 15:
        return True
    digits = re.sub(r"[ -]", "", text)
    return bool(_DIGITS.fullmatch(text)) and 13 <= len(digits) <= 19 and digits.isdigit() and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


_RULES: tuple[Callable[[_Row], Warned | None], ...] = (
    _number_on_text,
    _blanks,
    _host,
    _campaign,
    _country,
    _whole_address,
    _repeated_value,
    _private_value,
)


def _among(rows: Sequence[_Row]) -> list[Warned]:
    """What two criteria that must hold at once say to one another."""
    found: list[Warned] = []
    seen: dict[Any, _Row] = {}
    equals: dict[Any, _Row] = {}
    bounds: dict[Any, _Row] = {}
    for row in rows:
        same = (row.group, row.side, normal_criterion(row.row))
        if row.key and same in seen:
            found.append(_twice(row))
            continue
        seen[same] = row
        place = (row.group, row.side, row.key)
        if row.operator == "equal" and row.key and row.values:
            first = equals.setdefault(place, row)
            if first is not row and not _share(first, row):
                found.append(_never_both(first, row))
        for signs, others in ((_LOWER, _UPPER), (_UPPER, _LOWER)):
            if row.operator in signs:
                other = bounds.get((*place, others))
                if other is not None and _empty_range(row, other):
                    found.append(_swap(other, row))
                bounds.setdefault((*place, signs), row)
    return found


def _twice(row: _Row) -> Warned:
    return Warned("W09", row.path, _("The same criterion is there twice."), _("Remove this one"), row.remove)


def _share(one: _Row, other: _Row) -> bool:
    ignore = one.row.get("shouldIgnoreCase") is True or other.row.get("shouldIgnoreCase") is True
    mine, theirs = ({value.casefold() if ignore else value for value in row.values} for row in (one, other))
    return bool(mine & theirs)


def _never_both(first: _Row, second: _Row) -> Warned:
    def fix(definition: dict[str, Any]) -> None:
        first.of(definition)["values"] = list(dict.fromkeys([*first.values, *second.values]))
        second.remove(definition)

    text = _("Both %(one)s and %(other)s: that never holds.") % {"one": first.words, "other": second.words}
    return Warned("W01", second.path, text, _("Make it one or the other"), fix)


def _empty_range(one: _Row, other: _Row) -> bool:
    lower, upper = (one, other) if one.operator in _LOWER else (other, one)
    low, high = _measure(lower), _measure(upper)
    if low is None or high is None:
        return False
    strict = lower.operator == "greaterThan" or upper.operator == "lessThan"
    return low > high or (strict and low == high)


def _measure(row: _Row) -> tuple[float, ...] | None:
    """A number, or a version as its parts, to be put in order."""
    if len(row.values) != 1:
        return None
    text = row.values[0].strip()
    if row.key == "browser.version":
        return (
            tuple(float(part) for part in text.split("."))
            if re.fullmatch(r"\d+(\.\d+)*", text, re.ASCII)
            else None
        )
    return (float(text),) if _NUMBER.fullmatch(text) else None


def _swap(first: _Row, second: _Row) -> Warned:
    def fix(definition: dict[str, Any]) -> None:
        if first.values == second.values:
            for row in (first, second):
                here = row.of(definition)
                here["operator"] = "greaterThanOrEqual" if row.operator in _LOWER else "lessThanOrEqual"
            return
        first.of(definition)["values"], second.of(definition)["values"] = second.values, first.values

    text = _("No number is both: %(one)s and %(other)s.") % {"one": first.words, "other": second.words}
    label = _("Let the bounds count too") if first.values == second.values else _("Swap the two numbers")
    return Warned("W10", second.path, text, label, fix)


def _negative(row: Json) -> bool:
    known = OPERATORS.get(str(row.get("operator") or "equal"))
    return bool(known and known.negative)


def _names_an_event(definition: Json) -> bool:
    return any(pattern.get("eventName") for pattern in wording.patterns(definition, "journey"))


def _add_condition(definition: dict[str, Any]) -> None:
    row = {"key": "", "operator": "equal", "values": [], "shouldIgnoreCase": True, "entityType": "visit"}
    definition["context"]["patterns"].append({"criteria": [row]})


def _dashed(found: re.Match[str]) -> str:
    return f"-{found[1]}" if found[1] is not None else f"-criteria-{found[2]}"
