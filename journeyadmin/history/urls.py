"""Addresses of the history: over everything, per object, one change, and the bin."""

from django.urls import path

from journeyadmin.history import views

app_name = "history"
urlpatterns = [
    path("history/", views.change_list, name="list"),
    path("history/<int:pk>/", views.change_page, name="change"),
    path("history/bin/", views.bin_page, name="bin"),
    path("history/bin/<int:pk>/restore", views.bin_restore, name="restore"),
    path("segments/<str:object_id>/history", views.segment_changes, name="segment"),
    path("action-targets/<str:object_id>/history", views.actiontarget_changes, name="actiontarget"),
]
