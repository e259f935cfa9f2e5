"""One error shape for the whole API: every answer that is not success is an ErrorBody.

    ApiError                  status, code, one sentence, and what the code needs beside it
    └── InvalidFields         400 with one detail per wrong field, all at once

A view raises; `middleware.Failures` answers. Source: docs/api/journey-api.md §7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Problem:
    """A wrong field: its JSON path (`journey.patterns[0].count`), an error code of §7, and why in words."""

    path: str
    code: str
    reason: str


class ApiError(Exception):
    """An answer that is not success. `params` become messageParams, `limit` and `details` are as in ErrorBody."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        params: Mapping[str, str] | None = None,
        details: Sequence[Mapping[str, str]] = (),
        limit: Mapping[str, Any] | None = None,
        entity_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.params = dict(params or {})
        self.details = [dict(detail) for detail in details]
        self.limit = dict(limit) if limit else None
        self.entity_id = entity_id
        self.headers = dict(headers or {})

    def body(self, context_id: str) -> dict[str, Any]:
        """The ErrorBody; `context_id` is the correlation id of the request."""
        answer: dict[str, Any] = {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "messageParams": self.params,
            "contextId": context_id,
            "details": self.details,
            "errors": [],
        }
        if self.entity_id is not None:
            answer["entityId"] = self.entity_id
        if self.limit is not None:
            answer["limit"] = self.limit
        return answer


class InvalidFields(ApiError):
    """400 `invalid.value`: all problems of a body or of query parameters at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        if len(problems) == 1:
            message = f"{problems[0].path or 'The body'}: {problems[0].reason}"
        else:
            message = f"{len(problems)} fields are not valid: " + " ".join(
                f"{problem.path}: {problem.reason}" for problem in problems[:10]
            )
        super().__init__(
            400,
            "invalid.value",
            message,
            details=[{"errorCode": problem.code, "fieldName": problem.path} for problem in problems],
        )
        self.problems = tuple(problems)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "bad.request", message)


def not_found(message: str, entity_id: str | None = None) -> ApiError:
    return ApiError(404, "not.found", message, entity_id=entity_id)


def conflict(message: str, **more: Any) -> ApiError:
    return ApiError(409, "general.conflict", message, **more)


def method_not_allowed(*allowed: str) -> ApiError:
    methods = ", ".join(allowed)
    return ApiError(405, "method.not.allowed", f"Only {methods} is allowed here.", headers={"Allow": methods})


def only_read(request: HttpRequest) -> None:
    """Raises 405 where a request wants anything of a page or a file but to read it."""
    if request.method not in ("GET", "HEAD"):
        raise method_not_allowed("GET", "HEAD")


def json_response(value: object, status: int = 200) -> HttpResponse:
    """A JSON answer. Values are written as they are: dates must be text by now."""
    return HttpResponse(orjson.dumps(value), status=status, content_type="application/json")


def error_response(error: ApiError, context_id: str) -> HttpResponse:
    response = json_response(error.body(context_id), error.status)
    for name, value in error.headers.items():
        response[name] = value
    return response
