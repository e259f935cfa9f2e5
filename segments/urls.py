"""URLs of this feature."""

from django.urls import path

from segments.views import asides, deleting, detail, editing, grid, listing, named, overlap, switch

app_name = "segments"
urlpatterns = [
    path("", listing.segment_list, name="list"),
    path("activity", listing.segment_list_activity, name="list-activity"),
    path("new", editing.segment_new, name="new"),
    path("grid", grid.segment_grid, name="grid"),
    path("views", named.segment_list_views, name="named"),
    path("columns", named.segment_list_columns, name="columns"),
    path("suggest", asides.segment_suggest, name="suggest"),
    path("<str:segment_id>/", detail.segment_view, name="view"),
    path("<str:segment_id>/edit", editing.segment_edit, name="edit"),
    path("<str:segment_id>/delete", deleting.segment_delete, name="delete"),
    path("<str:segment_id>/activity", detail.segment_activity, name="activity"),
    path("<str:segment_id>/overlap", overlap.segment_overlap, name="overlap"),
    path("<str:segment_id>/active", switch.segment_active, name="active"),
    path("<str:segment_id>/row", listing.segment_row, name="row"),
]
