"""Dashboards."""

from django.http import HttpResponse
from django.shortcuts import render

from journeyadmin.http import JourneyRequest


def board_list(request: JourneyRequest) -> HttpResponse:
    return render(request, "base.html", {"title": "Dashboards"})
