"""Addresses of health, metrics and the service's last calls."""

from django.urls import path

from journeyadmin.monitoring import views

app_name = "monitoring"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metric_list, name="metrics"),
    path("service/", views.service, name="service"),
]
