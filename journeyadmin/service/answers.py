"""From an answer that is not success to the error that says so."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from journeyadmin.contract.operations import Operation
from journeyadmin.service import errors

# The phrase by which the official clients know a version conflict, whatever the status.
STALE_PHRASE = "does not match the current version"

FIELD_WORDS = {
    "missing.required": _lazy("This is needed."),
    "invalid.type": _lazy("This has the wrong type."),
    "invalid.enum": _lazy("This is not one of the values the service knows."),
    "invalid.length": _lazy("This is too short or too long."),
    "invalid.format": _lazy("This is not in the form the service expects."),
    "out.of.range": _lazy("This is out of range."),
    "not.allowed": _lazy("This is not allowed here."),
    "not.unique": _lazy("This is already in use."),
}


def error_from(
    status: int, headers: Mapping[str, str], content: bytes, operation: Operation
) -> errors.JourneyError:
    """The error of an answer; a body that cannot be read is as if it were empty."""
    body = _body(content)
    message = _text(body.get("message") or body.get("messageWithParams"))
    params = body.get("messageParams")
    facts: dict[str, Any] = {
        "status": status,
        "code": _text(body.get("code")),
        "correlation_id": _text(headers.get("inin-correlation-id") or body.get("contextId")),
        "operation": operation.name,
        "params": {str(key): _text(value) for key, value in params.items()}
        if isinstance(params, dict)
        else {},
    }
    # https://developer.genesys.cloud: a stale version is answered with 409, 408, or 400 and this phrase.
    if STALE_PHRASE in message or (status == 408 and operation.method == "PATCH"):
        return errors.Conflict(message, stale=True, **facts)
    match status:
        case 400 | 415 | 422:
            return errors.InvalidRequest(message, fields=_fields(body), **facts)
        case 401:
            return errors.SignInExpired(message, **facts)
        case 403:
            return errors.Forbidden(
                message, permissions=_permissions(message, facts["params"], operation), **facts
            )
        case 404:
            return errors.NotFound(message, **facts)
        case 409:
            return errors.Conflict(message, limit=_limit(body), fields=_fields(body), **facts)
        case 413:
            return errors.TooLarge(message, fields=_fields(body), **facts)
        case 429:
            return errors.RateLimited(message, retry_after=_seconds(headers), **facts)
        case 501:
            return errors.NotEnabled(message, **facts)
    if status < 400:
        return errors.Unreadable("an answer that points elsewhere", **facts)
    # A gateway may have passed the request on before it gave up.
    return errors.ServerFault(
        message, retry_after=_seconds(headers), unsure=status in {500, 502, 504}, **facts
    )


def _body(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fields(body: dict[str, Any]) -> list[errors.FieldError]:
    details = body.get("details")
    found = []
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and _text(detail.get("fieldName")):
            code = _text(detail.get("errorCode"))
            known = FIELD_WORDS.get(code)
            words = (
                str(known) if known else _("The service refuses this (%s).") % (code or _("no reason given"))
            )
            found.append(errors.FieldError(detail["fieldName"], code, words))
    return found


def _permissions(message: str, params: dict[str, str], operation: Operation) -> list[str]:
    """The service brackets the names at the end of its message; without them, the operation says what it needs."""
    bracketed = params.get("permissions") or message
    match = re.search(r"\[([^\[\]]+)\]\s*\.?$", bracketed)
    if match:
        return [name for name in re.split(r"[,\s]+", match[1]) if name]
    return [operation.permission] if operation.permission else []


def _limit(body: dict[str, Any]) -> int | None:
    limit = body.get("limit")
    value = limit.get("value") if isinstance(limit, dict) else None
    return value if isinstance(value, int) else None


def _seconds(headers: Mapping[str, str]) -> float:
    """How long the service asks us to wait; 0 when it does not say."""
    for name in ("Retry-After", "inin-ratelimit-reset"):
        value = headers.get(name, "")
        if value.isascii() and value.isdigit():
            return float(value)
    return 0.0
