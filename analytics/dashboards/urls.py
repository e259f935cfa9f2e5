"""URLs of dashboards."""

from django.urls import path

from analytics.dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("", views.board_list, name="list"),
    path("new", views.new, name="new"),
    path("from-file", views.from_file, name="from-file"),
    path("add", views.add, name="add"),
    path("tile", views.tile, name="tile"),
    path("<str:key>/", views.board, name="board"),
    path("<str:key>/file", views.file, name="file"),
    path("<str:key>/copy", views.copy, name="copy"),
    path("<str:key>/edit", views.edit, name="edit"),
    path("<str:key>/delete", views.delete, name="delete"),
]
