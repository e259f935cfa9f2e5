"""A definition typed as JSON: read, or told where it cannot be."""

import json
from typing import Any

from django.utils.translation import gettext as _

from journeyadmin.contract import sendable
from segments import payloads

Json = dict[str, Any]


class Unreadable(ValueError):
    """Why the text is no definition, for a person."""


def read(text: str) -> Json:
    """The definition a text holds. What the form cannot show is refused, fields nobody knows are kept."""
    try:
        found = json.loads(
            text, parse_constant=sendable.no_constant, parse_int=sendable.number, parse_float=sendable.number
        )
    except json.JSONDecodeError as error:
        raise _at(error.lineno, error.colno, error.msg) from None
    except sendable.NoNumber as error:
        raise _at(1, 1, f"“{error}” is not JSON") from None
    except RecursionError:
        raise Unreadable(_("This is nested too deeply.")) from None
    if not sendable.is_sendable(found):
        raise Unreadable(_("It holds half of a character, or one that cannot be stored."))
    if not isinstance(found, dict):
        raise Unreadable(_("A definition is an object: it begins with “{”."))
    _check_shapes(found)
    return payloads.definition(found)


def _at(line: int, column: int, reason: str) -> Unreadable:
    return Unreadable(
        _("Line %(line)d, column %(column)d: %(reason)s.")
        % {"line": line, "column": column, "reason": reason}
    )


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
