"""The API alone, so that its tests stand on nothing of the pages."""

from django.urls import include, path

urlpatterns = [path("api/", include("watchbill.api.app"))]
