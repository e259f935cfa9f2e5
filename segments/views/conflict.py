"""Two people edited one segment: three columns, and a merge in which nothing is lost."""

from typing import Any

from django.http import HttpResponse

from journeyadmin.http import JourneyRequest
from segments.sheet import Sheet
from segments.views import editor


def opened(request: JourneyRequest, sheet: Sheet, theirs: dict[str, Any]) -> HttpResponse:
    return editor.editor(request, sheet, status=409, theirs=theirs)
