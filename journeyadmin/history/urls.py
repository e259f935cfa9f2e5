"""Addresses of the history: over everything, and per object."""

from django.urls import path

from journeyadmin.history import views

app_name = "history"
urlpatterns = [
    path("history/", views.change_list, name="list"),
    path("segments/<str:object_id>/history", views.segment_changes, name="segment"),
    path("action-targets/<str:object_id>/history", views.actiontarget_changes, name="actiontarget"),
]
