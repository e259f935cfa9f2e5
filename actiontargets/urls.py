"""URLs of this feature."""

from django.urls import path

from actiontargets.views import grid, target

app_name = "actiontargets"
urlpatterns = [
    path("", grid.action_target_list, name="list"),
    path("check", grid.action_target_check, name="check"),
    path("numbers", grid.action_target_numbers, name="numbers"),
    path("<str:target_id>/", target.action_target_edit, name="edit"),
    path("<str:target_id>/hours", target.action_target_hours, name="hours"),
    path("<str:target_id>/curve", target.action_target_curve, name="curve"),
]
