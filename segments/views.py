"""Views of this feature."""

from django.http import HttpResponse
from django.shortcuts import render

from journeyadmin.http import JourneyRequest


def segment_list(request: JourneyRequest) -> HttpResponse:
    return render(request, "base.html", {"title": "Segments"})
