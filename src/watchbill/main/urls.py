"""Every address, in one place."""

from __future__ import annotations

from django.urls import include, path

from watchbill.web import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/", include("watchbill.api.app")),
    path("", include("watchbill.web.urls")),
]

handler500 = "watchbill.web.views.frame.broken"
