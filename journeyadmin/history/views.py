"""Views of the history."""

from django.http import HttpResponse
from django.shortcuts import render

from journeyadmin.http import JourneyRequest


def change_list(request: JourneyRequest) -> HttpResponse:
    return render(request, "base.html", {"title": "History"})


def segment_changes(request: JourneyRequest, object_id: str) -> HttpResponse:
    return render(request, "base.html", {"title": "History"})


def actiontarget_changes(request: JourneyRequest, object_id: str) -> HttpResponse:
    return render(request, "base.html", {"title": "History"})
