"""URLs of alerts."""

from django.urls import path

from analytics.alerts import views

app_name = "alerts"
urlpatterns = [
    path("", views.alert_list, name="list"),
    path("new/<uuid:query>", views.alert_create, name="new"),
    path("<uuid:pk>/", views.alert, name="alert"),
    path("<uuid:pk>/delete", views.alert_delete, name="delete"),
]
