"""URLs of this feature."""

from django.urls import path

from analytics import views

app_name = "analytics"
urlpatterns = [path("", views.query, name="query")]
