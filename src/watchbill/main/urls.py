"""Every address, in one place."""

from __future__ import annotations

from django.urls import include, path

from watchbill.frontdoor.callbacks import callback
from watchbill.frontdoor.opsgenie_reads import alerts
from watchbill.web import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("in/<slug:kind>/<str:name>", callback, name="callback"),
    path("in/<slug:kind>/<str:name>/<path:rest>", callback),
    path("v2/alerts", alerts),
    path("v2/alerts/<path:rest>", alerts),
    path("api/", include("watchbill.api.app")),
    path("", include("watchbill.web.urls")),
]

handler500 = "watchbill.web.views.frame.broken"
