"""URLs of this feature."""

from django.urls import path

from analytics.views import exports, points, query, saved

app_name = "analytics"
urlpatterns = [
    path("", query.query, name="query"),
    path("form", query.form, name="form"),
    path("point", points.point, name="point"),
    path("step", points.step, name="step"),
    path("name", points.name, name="name"),
    path("paste", exports.paste, name="paste"),
    path("answer.csv", exports.csv_file, name="csv"),
    path("answer.json", exports.json_file, name="json"),
    path("saved/", saved.saved_list, name="saved"),
    path("saved/new", saved.saved_create, name="save"),
    path("saved/<uuid:pk>/", saved.saved_edit, name="saved-edit"),
    path("saved/<uuid:pk>/delete", saved.saved_delete, name="saved-delete"),
]
