"""Every address of the pages."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import path, re_path

from watchbill.web import files, live
from watchbill.web.views import acts, audit, callsheet, demo, frame, incident, incidents, inlets, links, now, policies, push, schedules, you

urlpatterns = [
    path("", now.now, name="now"),
    path("incidents", incidents.listed, name="incidents"),
    path("incidents/bulk", acts.bulk, name="bulk"),
    path("incidents/page", acts.page_by_hand, name="page-by-hand"),
    path("incidents/<int:number>", incident.incident, name="incident"),
    path("incidents/<int:number>/give-back", acts.give_back, name="give-back"),
    path("incidents/<int:number>/<slug:act>", acts.act, name="act"),
    path("schedules", schedules.schedules, name="schedules"),
    path("schedules/<int:schedule_id>", schedules.schedule, name="schedule"),
    path("policies", policies.policies, name="policies"),
    path("policies/<int:policy_id>", policies.policy, name="policy"),
    path("callsheet", callsheet.sheets, name="callsheets"),
    path("callsheet/<int:team_id>", callsheet.sheet, name="callsheet"),
    path("callsheet/<int:team_id>/called", callsheet.called, name="callsheet-called"),
    path("callsheet/<int:team_id>/offline", callsheet.offline, name="callsheet-offline"),
    path("inlets", inlets.listed, name="inlets"),
    path("inlets/<int:key_id>", inlets.inlet, name="inlet"),
    path("inlets/<int:key_id>/rotate", inlets.rotate, name="inlet-rotate"),
    path("inlets/<int:key_id>/revoke", inlets.revoke, name="inlet-revoke"),
    path("inlets/<int:key_id>/mapping", inlets.keep_mapping, name="inlet-mapping"),
    path("inlets/<int:key_id>/events/<int:event_id>/again", inlets.again, name="inlet-again"),
    path("audit", audit.records, name="audit"),
    path("permissions", you.permissions, name="permissions"),
    path("you", you.you, name="you"),
    path("you/devices", push.add, name="devices"),
    path("you/devices/<int:contact_id>/<slug:act>", push.act, name="device"),
    path("push/acknowledge/<str:token>", push.acknowledge, name="push-acknowledge"),
    path("push/renew", push.renew, name="push-renew"),
    path("sw.js", push.service_worker, name="service-worker"),
    path("manifest.webmanifest", push.manifest, name="manifest"),
    path("offline", push.offline, name="offline"),
    path("a/<str:token>", links.link, name="link"),
    path("demo/inbox", demo.inbox, name="demo-inbox"),
    path("static/<str:name>", files.file, name="file"),
    path("live", live.stream, name="live"),
    path("theme", frame.theme, name="theme"),
    path("keys", frame.keys, name="keys"),
    path("setup/<str:token>", frame.first_setup, name="first-setup"),
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("accounts/password/reset/", frame.forgotten, name="account_reset_password"),
    path("accounts/password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
