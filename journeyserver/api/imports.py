"""Imports for the commands of this machine: files are named by path, and the owner's key is asked for, not a token."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse

from journeyserver import owner
from journeyserver.auth import json_body
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.errors import ApiError, InvalidFields, bad_request, json_response, not_found
from journeyserver.fields import Fields
from journeyserver.imports import imports
from journeyserver.ingest.importer import Result
from journeyserver.ingest.incoming import Options, Unreadable


def collection(request: HttpRequest) -> HttpResponse:
    """POST: puts a file in line."""
    owner.check(request, ("POST",))
    fields = Fields(json_body(request))
    path = fields.text("path", least=1, most=4096, required=True)
    name = fields.text("format", most=64)
    options = Options(
        shift=fields.integer("shift", -(10**11), 10**11) or 0,
        with_robots=fields.flag("withRobots") or False,
        site=fields.text("site", most=2048) or "",
        more=_texts(fields),
    )
    if fields.problems or path is None:
        raise InvalidFields(fields.problems)
    try:
        progress = imports.add(Path(path), name, options)
    except Unreadable as error:
        raise bad_request(str(error)) from None
    except WarehouseError as error:
        raise ApiError(503, "service.unavailable", str(error)) from None
    return json_response(_shown(Result(progress)), 202)


def one(request: HttpRequest, import_id: str) -> HttpResponse:
    """GET: how it stands. DELETE: stops it, to go on another time."""
    owner.check(request, ("DELETE", "GET"))
    result = imports.result(import_id)
    if result is None:
        raise not_found("There is no such import.", import_id)
    if request.method == "DELETE":
        imports.stop_one(import_id)
    return json_response(_shown(result))


def _texts(fields: Fields) -> dict[str, str]:
    more = fields.child("more")
    return {} if more is None else {name: more.text(name, most=2048) or "" for name in more.values}


def _shown(result: Result) -> dict[str, Any]:
    return {"progress": asdict(result.progress), "refusals": [asdict(row) for row in result.refusals]}
