"""URLs of the live page."""

from django.urls import path

from analytics.live import views

app_name = "live"
urlpatterns = [path("", views.live, name="live"), path("feed", views.feed, name="feed")]
