"""A definition typed as JSON: read, or told where it cannot be."""

import json
import re
from math import isfinite
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from segments import payloads

Json = dict[str, Any]

# More digits are no number that anybody means, and Python itself refuses to read some thousand.
_LONGEST_NUMBER = 400
# PostgreSQL stores no zero character, and nobody half a pair.
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(ValueError):
    """Why the text is no definition, for a person."""


def read(text: str) -> Json:
    """The definition a text holds. What the form cannot show is refused, fields nobody knows are kept."""
    try:
        found = json.loads(text, parse_constant=_no_constant, parse_int=_number, parse_float=_number)
    except json.JSONDecodeError as error:
        raise Unreadable(
            _("Line %(line)d, column %(column)d: %(reason)s.")
            % {"line": error.lineno, "column": error.colno, "reason": error.msg}
        ) from None
    except RecursionError:
        raise Unreadable(_("This is nested too deeply.")) from None
    if _unsendable(found):
        raise Unreadable(_("It holds half of a character, or one that cannot be stored."))
    if not isinstance(found, dict):
        raise Unreadable(_("A definition is an object: it begins with “{”."))
    _check_shapes(found)
    return payloads.definition(found)


def _check_shapes(found: Json) -> None:
    for side in payloads.SIDES:
        held = found.get(side)
        if held is None:
            continue
        if not isinstance(held, dict) or not isinstance(held.get("patterns", []), list):
            raise Unreadable(_("“%s” is an object with a list of “patterns”.") % side)
        for index, pattern in enumerate(held.get("patterns", [])):
            path = f"{side}.patterns[{index}]"
            if not isinstance(pattern, dict) or not isinstance(pattern.get("criteria", []), list):
                raise Unreadable(_("“%s” is an object with a list of “criteria”.") % path)
            for inner, row in enumerate(pattern.get("criteria", [])):
                _check_criterion(row, f"{path}.criteria[{inner}]")


def _check_criterion(row: Any, path: str) -> None:
    if not isinstance(row, dict):
        raise Unreadable(_("“%s” is an object with “key”, “operator” and “values”.") % path)
    values = row.get("values", [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Unreadable(_("“%s.values” is a list of texts, numbers in quotation marks too.") % path)


def _unsendable(found: Any) -> bool:
    """Whether a text in it is one that JSON can spell and neither the store nor the service can take."""
    left = [found]
    while left:
        one = left.pop()
        if isinstance(one, str) and _UNSENDABLE.search(one):
            return True
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
    return False


def _number(text: str) -> int | float:
    """A number as it is written; what no JSON could be made of again is none."""
    if len(text) <= _LONGEST_NUMBER:
        if text.removeprefix("-").isdigit():
            return int(text)
        if isfinite(found := float(text)):
            return found
    return _no_constant(text if len(text) <= 20 else f"{text[:20]}…")


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"“{name}” is not JSON", name, 0)
