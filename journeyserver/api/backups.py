"""Backups for the commands of this machine: the file is named by path, and the owner's key is asked for, not a token."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse

from journeyserver import backups, owner
from journeyserver.auth import json_body
from journeyserver.errors import InvalidFields, bad_request, json_response
from journeyserver.fields import Fields
from journeyserver.store import Refusal


def collection(request: HttpRequest) -> HttpResponse:
    """POST: writes a backup of both stores, and answers when it is whole."""
    owner.check(request, ("POST",))
    fields = Fields(json_body(request))
    path = fields.text("path", least=1, most=4096, required=True)
    if fields.problems or path is None:
        raise InvalidFields(fields.problems)
    try:
        return json_response(backups.write(Path(path)), 201)
    except Refusal as refusal:
        raise bad_request(str(refusal)) from None
