"""Addresses of signing in and of connections."""

from django.urls import path

from journeyadmin.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("callback", views.callback, name="callback"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("zone", views.zone, name="zone"),
    path("zones", views.zones, name="zones"),
    path("clock", views.clock, name="clock"),
    path("demo/<str:ticket>", views.demo, name="demo"),
    path("account/", views.account, name="account"),
    path("account/end", views.session_end, name="session_end"),
    path("permissions/", views.permission_list, name="permissions"),
    path("connections/", views.connection_list, name="connections"),
    path("connections/new", views.connection_create, name="connection_create"),
    path("connections/<int:pk>", views.connection_edit, name="connection_edit"),
]
