"""URLs of dashboards."""

from django.urls import path

from analytics.dashboards import views

app_name = "dashboards"
urlpatterns = [path("", views.board_list, name="list")]
