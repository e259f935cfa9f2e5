"""Addresses of runs."""

from django.urls import path

from journeyadmin.runs import views

app_name = "runs"
urlpatterns = [
    path("<uuid:run_id>/", views.run_page, name="run"),
]
