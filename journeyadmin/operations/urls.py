"""Addresses of the embedded server's operation."""

from django.urls import path

from journeyadmin.operations import views

app_name = "operations"
urlpatterns = [
    path("", views.data, name="data"),
    path("import/", views.import_new, name="import"),
    path("import/<uuid:upload>/", views.import_one, name="import_one"),
    path("erase/", views.erase, name="erase"),
    path("faults/", views.faults, name="faults"),
]
