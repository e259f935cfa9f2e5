"""URLs of this feature."""

from django.urls import path

from actiontargets import views

app_name = "actiontargets"
urlpatterns = [path("", views.action_target_list, name="list")]
