"""Words, shapes and times of the pages. Times are said in the reader's zone first, then in UTC; `now` and `zone` come from the frame."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.db import DatabaseError
from django.forms import BoundField
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from watchbill.duties.learnings.rules import KINDS as LEARNINGS
from watchbill.incidents.models import Stakeholder
from watchbill.kernel import kinds
from watchbill.notifications.addresses import shown
from watchbill.notifications.models import Contact
from watchbill.people.models import Organization
from watchbill.web import health, times
from watchbill.web.files import files
from watchbill.web.walks import Node
from watchbill.web.words import HOW

register = template.Library()

TYPED = re.compile(r"`([^`<>\n]{1,80})`")
SEVERITIES = {"critical": ("s1", "S1 critical"), "high": ("s2", "S2 high"), "medium": ("s3", "S3 medium"), "low": ("s4", "S4 low")}


def _here(context: Mapping[str, Any]) -> tuple[dt.datetime, dt.tzinfo]:
    return context["now"], context.get("zone") or dt.UTC


@register.simple_tag
def icon(name: str) -> SafeString:
    """A shape of the sprite; the word beside it carries the meaning."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def sev(severity: str) -> SafeString:
    """Severity: bars and a word, in ink."""
    bars, word = SEVERITIES.get(severity, ("s4", severity))
    return format_html('<span class="sev">{}{}</span>', icon(bars), word)


@register.simple_tag
def state(word: str, shape: str, colour: str, box: str = "") -> SafeString:
    """A state: word, shape and colour, always all three."""
    return format_html('<span class="state {}is-{}">{}{}</span>', f"{box} " if box else "", colour, icon(shape), word)


@register.simple_tag(takes_context=True)
def at(
    context: Mapping[str, Any], moment: dt.datetime | None, *, seconds: bool = False, bold: bool = True, twin: bool = True
) -> SafeString:
    """A moment, twice: mine, then UTC."""
    if moment is None:
        return mark_safe("")
    now, zone = _here(context)
    mine = times.moment(moment, zone, now=now, seconds=seconds)
    shown = format_html("<b>{}</b>" if bold else "{}", format_html('<time datetime="{}">{}</time>', times.iso(moment), mine))
    other = times.twin(moment, zone, seconds=seconds) if twin else ""
    between = " " if bold else ", "  # both are dim: a comma must part them
    return format_html('{}{}<span class="zone">{}</span>', shown, between, other) if other else shown


@register.simple_tag(takes_context=True)
def at_text(context: Mapping[str, Any], moment: dt.datetime, *, seconds: bool = False) -> str:
    """The same without markup: at 03:53:05 WAT, 02:53:05 UTC."""
    now, zone = _here(context)
    other = times.twin(moment, zone, seconds=seconds)
    mine = times.moment(moment, zone, now=now, seconds=seconds)
    return f"{mine}, {other}" if other else mine


@register.simple_tag(takes_context=True)
def printed(context: Mapping[str, Any], warning: str = "It may have changed since.") -> SafeString:
    """On paper only: of when it is, with the whole date. The script says when it was printed, where the page was open for long."""
    now, zone = _here(context)
    local = now.astimezone(zone)
    said = f"{times.WEEKDAYS[local.weekday()]} {local.day} {times.MONTHS[local.month - 1]} {local.year}, {times.clock(now, zone)}"
    shown = format_html('<time datetime="{}" data-printed>{}</time> {}', times.iso(now), said, times.zone_word(now, zone))
    return format_html('<span class="only-print">Printed {}. {}</span>', shown, warning)


@register.simple_tag(takes_context=True)
def stamp(context: Mapping[str, Any], moment: dt.datetime, *, seconds: bool = True) -> SafeString:
    """Evidence: the time in UTC, in one narrow column; the day when it is not today; mine on hovering."""
    now, zone = _here(context)
    said = times.clock(moment, dt.UTC, seconds=seconds)
    if not times.same_day(moment, now, dt.UTC):
        local = moment.astimezone(dt.UTC)
        year = f" {local.year}" if local.year != now.year else ""
        said = f"{local.day} {times.MONTHS[local.month - 1]}{year} {said}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', times.iso(moment), times.moment(moment, zone, now=now, seconds=True), said
    )


@register.simple_tag(takes_context=True)
def until(context: Mapping[str, Any], moment: dt.datetime) -> SafeString:
    """A countdown; the script keeps it going, from the server's clock."""
    now, _ = _here(context)
    left = (moment - now).total_seconds()
    return format_html('<time datetime="{}" data-until>{}</time>', times.iso(moment), times.countdown(left))


@register.simple_tag(takes_context=True)
def since(context: Mapping[str, Any], moment: dt.datetime) -> SafeString:
    """How long ago, counting up."""
    now, _ = _here(context)
    return format_html('<time datetime="{}" data-since>{}</time>', times.iso(moment), times.span((now - moment).total_seconds()))


@register.simple_tag(takes_context=True)
def ago(context: Mapping[str, Any], moment: dt.datetime) -> str:
    """How long ago, standing still."""
    now, _ = _here(context)
    return times.span((now - moment).total_seconds())


@register.simple_tag
def length(start: dt.datetime, end: dt.datetime) -> str:
    """How long something took."""
    return times.span((end - start).total_seconds())


@register.simple_tag(takes_context=True)
def local(context: Mapping[str, Any], zone_name: str) -> SafeString:
    """What the clock shows now where somebody else lives; nothing when that is the reader's own time."""
    now, zone = _here(context)
    theirs = times.zone_of(zone_name)
    if now.astimezone(theirs).utcoffset() == now.astimezone(zone).utcoffset():
        return mark_safe("")
    day = (
        ""
        if times.same_day(now, now, theirs) and now.astimezone(theirs).date() == now.astimezone(zone).date()
        else f"{times.WEEKDAYS[now.astimezone(theirs).weekday()]} "
    )
    return format_html('<span class="zone nb">{}{} {}</span>', day, times.clock(now, theirs), times.zone_word(now, theirs))


@register.filter
def first(name: str) -> str:
    """The given name, for narrow places."""
    return name.split(" ", 1)[0] if name else name


@register.filter
def percent(value: float) -> str:
    """A length of a picture, as an attribute: 33.333%."""
    return f"{value:.3f}%"


@register.simple_tag(takes_context=True)
def with_query(context: Mapping[str, Any], **changes: Any) -> str:
    """The address of this page with other parameters; an empty one is dropped."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in ("", None):
            query[name] = value
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag
def iso(moment: dt.datetime) -> str:
    """For machines."""
    return times.iso(moment)


@register.simple_tag
def asset(name: str) -> str:
    """The address of one of our files; it changes with the file, so that a browser may keep it."""
    return f"{reverse('file', args=[name])}?v={files()[name].version}"


@register.filter
def said(text: object) -> SafeString:
    """A sentence of ours; what stands between backticks is what one types, or a field's name. Whatever came in is escaped first."""
    return mark_safe(TYPED.sub(r"<code>\1</code>", conditional_escape(str(text) if not isinstance(text, SafeString) else text)))  # noqa: S308


@register.filter
def bare(field: BoundField) -> SafeString:
    """A field without placeholder; one that was refused says so to a reader of screens as well."""
    attributes: dict[str, Any] = {}
    if field.errors:
        attributes = {"aria-invalid": "true", "aria-describedby": f"{field.auto_id}_error"}
    field.field.widget.attrs.pop("placeholder", None)
    return mark_safe(field.as_widget(attrs=attributes))  # noqa: S308  made by Django, which escapes it


@register.simple_tag
def organization() -> Organization:
    """Whose desk this is."""
    return Organization.objects.first() or Organization(name="Watchbill")


@register.simple_tag
def desk_health() -> dict[str, Any]:
    """Does the paging engine turn? For people at the door."""
    try:
        tick, _ = health.engine_ages()
    except DatabaseError:
        return {"fine": False, "reason": "The database does not answer."}
    if tick is None:
        return {"fine": False, "reason": "The paging engine does not run."}
    if tick > health.OLDEST_TICK:
        return {"fine": False, "reason": f"The last round of the paging engine is {times.span(tick)} old: nobody is being paged."}
    return {"fine": True, "age": times.span(tick)}


@register.filter
def here(nodes: Iterable[Node] | None) -> Node | None:
    """The station of a walk at which people are being paged."""
    return next((node for node in nodes or () if node.kind == "here" and node.word == "being paged"), None)


@register.filter
def plural(names: str) -> bool:
    """Does this name more than one?"""
    return " and " in names


@register.simple_tag(takes_context=True)
def share(context: Mapping[str, Any], start: dt.datetime, end: dt.datetime) -> int:
    """How much of a wait is gone, in thousandths."""
    now, _ = _here(context)
    whole = (end - start).total_seconds() or 1
    return int(min(1000, max(0, 1000 * (now - start).total_seconds() / whole)))


@register.simple_tag(takes_context=True)
def in_zone_text(context: Mapping[str, Any], moment: dt.datetime, zone: dt.tzinfo) -> SafeString:
    """A moment in the zone of a picture, always with its day: Sat 28 Mar 08:00."""
    now, _ = _here(context)
    return format_html('<time datetime="{}">{} {}</time>', times.iso(moment), times.day(moment, zone, now=now), times.clock(moment, zone))


@register.simple_tag(takes_context=True)
def span_text(context: Mapping[str, Any], start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> str:
    """A stretch of time and its length: Fri 3 Apr, 08:00 to 20:00 UTC, 12 h."""
    now, _ = _here(context)
    until = times.clock(end, zone) if times.same_day(start, end, zone) else f"{times.day(end, zone, now=now)}, {times.clock(end, zone)}"
    word = times.zone_word(start, zone)
    return f"{times.day(start, zone, now=now)}, {times.clock(start, zone)} to {until} {word}, {times.span((end - start).total_seconds())}"


@register.simple_tag
def days_text(start: dt.datetime, end: dt.datetime, zone: dt.tzinfo) -> str:
    """The days of a picture: 23 March to 5 April."""
    first, last = start.astimezone(zone), (end - dt.timedelta(hours=1)).astimezone(zone)
    year = f" {first.year}" if first.year != last.year else ""
    return f"{first.day} {first:%B}{year} to {last.day} {last:%B} {last.year}"


@register.filter
def active(kind: str) -> bool:
    """Can this installation send by this kind of contact?"""
    return kinds.is_active(kind)


@register.filter
def reached_at(contact: Contact) -> str:
    """The address of a contact, as far as it may be shown."""
    return shown(contact.kind, contact.address, contact.secret_env)


@register.filter
def duration(seconds: int) -> str:
    """When a rule fires: at once, or after so long."""
    return f"after {times.span(seconds)}" if seconds else "at once"


@register.filter
def span(length: dt.timedelta) -> str:
    """A length of time in words."""
    return times.span(length.total_seconds())


@register.filter
def way_word(kind: str) -> str:
    """A kind of contact, as a person says it."""
    return HOW.get(kind, kind)


@register.filter
def late(stakeholder: Stakeholder, now: dt.datetime) -> bool:
    """Is what they last heard older than was promised?"""
    if not stakeholder.every_minutes:
        return False
    return now - (stakeholder.updated_at or stakeholder.added_at) > dt.timedelta(minutes=stakeholder.every_minutes)


@register.simple_tag
def learning_kinds() -> Mapping[str, str]:
    """What a learning can be, with the words for it."""
    return LEARNINGS


@register.filter
def learning_word(kind: str) -> str:
    """A kind of learning, as a person says it."""
    return LEARNINGS.get(kind, kind)
