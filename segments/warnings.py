"""Warnings W01 to W12 about a definition: never blocking, each with a code, a sentence, and what the repair button would do.

`find(definition)` is pure and quick: the list asks it of every segment. `Warned.fix` gives the repaired definition.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.contract.criteria import OPERATORS, find_key
from segments import countries
from segments.pairs import among
from segments.warned import Placed, Warned

Json = Mapping[str, Any]

HOSTS = frozenset({"page.hostname", "page.domain", "referrer.hostname"})
ADDRESSES = frozenset({"page.url", "referrer.url"})
CAMPAIGN = frozenset(f"mktCampaign.{part}" for part in ("source", "medium", "name", "term", "content"))
CODE, NAME = "geolocation.country", "geolocation.countryName"

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(\+|00)[\d\s().\-/]{7,20}")
_DIGITS = re.compile(r"[\d \-]{13,23}")


def find(definition: Json, *, twins: Sequence[str] = ()) -> list[Warned]:
    """All warnings, those about rows in their order. `twins` are the names of other segments with the same conditions."""
    rows = list(_rows(definition))
    found: list[Warned] = []
    for row in rows:
        for rule in _RULES:
            warned = rule(row)
            if warned is not None:
                found.append(warned)
    found += among(rows)
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


def _rows(definition: Json) -> Iterator[Placed]:
    for number, pattern in enumerate(wording.patterns(definition, "context")):
        for index, row in enumerate(wording.criteria(pattern)):
            yield Placed("context", number, index, -1, row, find_key("context", str(row.get("key") or "")))
    for number, pattern in enumerate(wording.patterns(definition, "journey")):
        for index, row in enumerate(wording.criteria(pattern)):
            known = find_key("journey", str(row.get("key") or ""), "any")
            yield Placed("journey", number, index, number, row, known)


def _number_on_text(row: Placed) -> Warned | None:
    operator = OPERATORS.get(row.operator)
    if not (operator and operator.numeric and row.known and row.known.kind in ("text", "enum")):
        return None

    def fix(definition: dict[str, Any]) -> None:
        row.of(definition)["operator"] = "equal"

    text = _("“%s” is text; a number comparison never holds on it.") % _(row.known.label)
    return Warned("W02", row.path, text, _("Compare it with “is”"), fix)


def _blanks(row: Placed) -> Warned | None:
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


def _host(row: Placed) -> Warned | None:
    if row.key not in HOSTS or not any("/" in value for value in row.values):
        return None

    def fix(definition: dict[str, Any]) -> None:
        row.of(definition)["values"] = list(dict.fromkeys(_only_host(value) for value in row.values))

    text = _("A host has neither “https://” nor a path.")
    return Warned("W04", row.path, text, _("Keep only the host"), fix)


def _only_host(value: str) -> str:
    rest = value.split("://", 1)[-1]
    return rest.split("/", 1)[0] or value.strip("/")


def _campaign(row: Placed) -> Warned | None:
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


def _country(row: Placed) -> Warned | None:
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


def _whole_address(row: Placed) -> Warned | None:
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


def _repeated_value(row: Placed) -> Warned | None:
    seen: dict[str, str] = {}
    ignore = row.row.get("shouldIgnoreCase") is True
    for value in row.values:
        seen.setdefault(value.casefold() if ignore else value, value)
    if len(seen) == len(row.values):
        return None

    def fix(definition: dict[str, Any]) -> None:
        row.of(definition)["values"] = list(seen.values())

    return Warned("W09", row.path, _("A value is there twice."), _("Keep each once"), fix)


def _private_value(row: Placed) -> Warned | None:
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


_RULES: tuple[Callable[[Placed], Warned | None], ...] = (
    _number_on_text,
    _blanks,
    _host,
    _campaign,
    _country,
    _whole_address,
    _repeated_value,
    _private_value,
)


def _negative(row: Json) -> bool:
    known = OPERATORS.get(str(row.get("operator") or "equal"))
    return bool(known and known.negative)


def _names_an_event(definition: Json) -> bool:
    return any(pattern.get("eventName") for pattern in wording.patterns(definition, "journey"))


def _add_condition(definition: dict[str, Any]) -> None:
    row = {"key": "", "operator": "equal", "values": [], "shouldIgnoreCase": True, "entityType": "visit"}
    definition["context"]["patterns"].append({"criteria": [row]})
