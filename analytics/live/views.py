"""The live page."""

from django.http import HttpResponse
from django.shortcuts import render

from journeyadmin.http import JourneyRequest


def live(request: JourneyRequest) -> HttpResponse:
    return render(request, "base.html", {"title": "Live"})
