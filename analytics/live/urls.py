"""URLs of the live page."""

from django.urls import path

from analytics.live import views, watch

app_name = "live"
urlpatterns = [
    path("", views.live, name="live"),
    path("feed", views.feed, name="feed"),
    path("segments/", watch.choose, name="choose"),
    path("segments/<str:segment_id>/", watch.segment, name="segment"),
    path("segments/<str:segment_id>/feed", watch.segment_feed, name="segment-feed"),
]
