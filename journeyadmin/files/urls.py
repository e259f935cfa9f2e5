"""Addresses of files and of many at once."""

from django.urls import path

from journeyadmin.files import bulk, compare, transfer

app_name = "files"
urlpatterns = [
    path("files/", transfer.files_page, name="page"),
    path("files/export", transfer.export_file, name="export"),
    path("files/import", transfer.import_file, name="import"),
    path("files/compare", compare.compare_page, name="compare"),
    path("segments/bulk", bulk.segments_bulk, name="bulk"),
]
