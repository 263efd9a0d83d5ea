"""Devices that ring: the section of the page You, the button of a notification, and what a browser needs to install the desk."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from watchbill.kernel.clock import database_now
from watchbill.kernel.errors import Invalid, NotFound, WatchbillError
from watchbill.notifications.actions import add_device, answer_drill, push_keys, remove_device, renew_device, try_device
from watchbill.notifications.models import Notification, Rule
from watchbill.notifications.selectors import devices_of
from watchbill.notifications.signing import BUTTON, read_token
from watchbill.response import actions
from watchbill.response.actions import Outcome
from watchbill.web.files import files
from watchbill.web.views.links import Followed, follow
from watchbill.web.visit import DeskRequest, Visit, signed_in

LARGEST = 16 * 1024  # bytes of what a browser says about itself
KEPT = ("watchbill.css", "mark.svg")  # what the offline page is made of; nothing that shows a state
NOT_YOURS = "There is nothing for you to answer any more. Tap to open the desk."


def devices(visit: Visit) -> dict[str, Any]:
    """What the section of the page shows. `devices_unnamed`: urgencies whose rules leave devices silent."""
    rules: dict[str, list[str]] = {}
    for rule in Rule.objects.filter(person=visit.person):
        rules.setdefault(rule.urgency, []).extend(rule.kinds)
    known = devices_of(visit.person.pk, now=visit.now)
    return {
        "devices": known,
        "devices_unnamed": sorted(urgency for urgency, kinds in rules.items() if "push" not in kinds) if known else [],
        "push_key": push_keys(now=visit.now)[0],
    }


@require_POST
@signed_in
def add(request: DeskRequest) -> HttpResponse:
    """A browser says where it can be reached: it rings for whoever is signed in on it."""
    try:
        visit = request.visit
        agent = request.headers.get("User-Agent", "")
        made = add_device(visit.person, _json(request), user_agent=agent, actor=visit.actor, now=visit.now)
    except WatchbillError as error:
        return JsonResponse({"error": error.code, "message": error.message}, status=error.status)
    messages.success(request, f"{made.label} rings for you now. Send a test to hear it.")
    return JsonResponse({"device": made.label}, status=201)


@require_POST
@signed_in
def act(request: DeskRequest, contact_id: int, act: str) -> HttpResponse:
    """Try a device of one's own, or remove it."""
    visit = request.visit
    if act == "try":
        device = try_device(visit.person, contact_id, now=visit.now)
        said = f"A test is on its way to {device.label}. It should ring within a few seconds; reload to see how it went."
    elif act == "remove":
        device = remove_device(visit.person, contact_id, actor=visit.actor, now=visit.now)
        said = f"{device.label} does not ring for you any more."
    else:
        raise NotFound("A device can be tried or removed.")
    messages.success(request, said)
    return HttpResponseRedirect(f"{reverse('you')}#devices", status=303)


@csrf_exempt
@never_cache
@require_POST
def acknowledge(_request: HttpRequest, token: str) -> HttpResponse:
    """The button of a notification. Its token is the right to press it: no session, no cookie. Pressing again changes nothing."""
    now = database_now()
    try:
        said = _drilled(token, now) or _acknowledged(follow(token, salt=BUTTON, via="push"), now)
    except NotFound:
        return _said("gone", NOT_YOURS, status=404)
    except WatchbillError as error:
        return _said("refused", f"{error.message} Tap to open.", status=error.status)
    return said


def _drilled(token: str, now: dt.datetime) -> HttpResponse | None:
    """Of a test page the button says: I got it. None: it is a page."""
    person_id, incident_id, notification_id = read_token(token, salt=BUTTON)
    about = Notification.objects.filter(pk=notification_id, person_id=person_id, person__is_active=True, kind="drill").first()
    if incident_id or about is None or not answer_drill(about, via="push", now=now):
        return None
    return _said("yours", "Thank you: this device reaches you.")


def _acknowledged(found: Followed, now: dt.datetime) -> HttpResponse:
    number, page_id = found.incident.number, found.page.id if found.page else None
    outcome = actions.acknowledge(number, person=found.person, actor=found.actor, now=now, page_id=page_id)
    others = [incident.number for incident in found.others]
    done = actions.bulk(others, "acknowledge", person=found.person, actor=found.actor, now=now) if others else []
    state, text = _how(outcome, found)
    if done:
        text += f" With it {sum(each.won for each in done)} of {len(done)} others."
    return _said(state, text)


def _how(outcome: Outcome, found: Followed) -> tuple[str, str]:
    """In the fewest words, for a lock screen: of a restricted one no names."""
    me = found.person.pk
    holders = [each for each in (outcome.acting, outcome.owner) if each is not None]
    if any(each.pk == me for each in holders):
        return "yours", "It is yours."
    if not holders or "resolved" in outcome.message:
        return "over", outcome.message
    return "theirs", "It is taken care of." if found.incident.restricted else f"{holders[0].name} has it."


@csrf_exempt
@never_cache
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """The browser changed its subscription by itself, in the background. Its old one, secret and all, proves that it is that browser."""
    try:
        given = _json(request)
        if not isinstance(given, dict):
            raise Invalid("Expected an object with `old` and `new`.")
        renew_device(given.get("old"), given.get("new"), now=database_now())
    except WatchbillError as error:
        return JsonResponse({"error": error.code, "message": error.message}, status=error.status)
    return JsonResponse({"renewed": True})


@require_safe
def service_worker(_request: HttpRequest) -> HttpResponse:
    """The script that rings, for the whole site. Asked for again at each visit, so that a new release rings in the new way."""
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@functools.cache
def _worker() -> str:
    kept = [reverse("offline"), *(f"{reverse('file', args=[name])}?v={files()[name].version}" for name in KEPT)]
    page = hashlib.sha256(_offline_page().encode()).hexdigest()[:12]
    icons = {
        name: f"{reverse('file', args=[file])}?v={files()[file].version}"
        for name, file in (("icon", "icon-192.png"), ("badge", "badge-96.png"))
    }
    given = {"kept": kept, "cache": f"watchbill-{page}", "offline": kept[0], "renew": reverse("push-renew"), **icons}
    return f"const GIVEN = {json.dumps(given)};\n" + files()["sw.js"].body.decode()


@require_safe
def manifest(_request: HttpRequest) -> HttpResponse:
    """What makes the desk an application on a home screen."""

    def icon(name: str, size: int, purpose: str) -> dict[str, str]:
        return {
            "src": f"{reverse('file', args=[name])}?v={files()[name].version}",
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }

    said = {
        "id": "/",
        "name": "Watchbill",
        "short_name": "Watchbill",
        "description": "The on-call desk: who has the watch, who was woken, who owns it",
        "start_url": reverse("now"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#0c1319",
        "theme_color": "#0c1319",
        "icons": [icon("icon-192.png", 192, "any"), icon("icon-512.png", 512, "any"), icon("maskable-512.png", 512, "maskable")],
        "shortcuts": [{"name": "Incidents", "url": reverse("incidents")}, {"name": "This device", "url": f"{reverse('you')}#devices"}],
    }
    return JsonResponse(said, content_type="application/manifest+json", headers={"Cache-Control": "public, max-age=3600"})


@require_safe
def offline(_request: HttpRequest) -> HttpResponse:
    """What the service worker shows when nothing answers. Made without the database, so that it is the same for everybody."""
    return HttpResponse(_offline_page())


def _offline_page() -> str:
    return render_to_string("offline.html")


def _said(state: str, text: str, *, status: int = 200) -> JsonResponse:
    answer = JsonResponse({"state": state, "text": text}, status=status)
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address is a capability
    return answer


def _json(request: HttpRequest) -> Any:
    body = request.body
    if len(body) > LARGEST:
        raise Invalid("That is too long for a subscription of a browser.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid("Expected the subscription of a browser as JSON.") from error
