"""Who may do what at every address: the table that the matrix holds the desk to. A new address needs a row here.

A row is `address: {method: Rule}`, the address as the URL map writes it. Read `Rule` below, copy the row of a neighbour, and say who may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.push import Browser
from tests.matrix.cast import ADMINS, ANYBODY, KNOWING, MANAGERS, NOBODY, OWNER, PAGED, PASSWORD, RESPONDERS, SIGNED_IN, TEAM_ADMINS
from watchbill.web import mailing, reporting
from watchbill.web.views import acts, contacts, covers, duties, handoffs, learnings, queues, runbooks, swaps


@dataclass(frozen=True)
class Rule:
    """One method of one address.

    `to`: who gets through when it is about something that is open to the team. Everybody else is refused, and nothing is stored: 403 for
    people who are signed in, a way to sign in (302; the API and `live`: 401) for others.
    `unseen`: who hears 404 in the place of that.
    `secret`: who gets through when it is about something restricted; None: nothing of it can be restricted. Where this is narrower than
    `to`, everybody else hears `hidden`, word for word as for what never was.
    `at`: what a placeholder of the address stands for here, if not for what tests/matrix/cast.py says: {"number": "{owned}"}.
    `send`: the form (pages) or JSON body (API) of a valid request, or a function that answers a JSON body; `query` that of the address;
    with placeholders, as {number}.
    `silent`: why it writes nothing down although it is no GET; empty: whoever gets through leaves a record or a line in a timeline.
    `no_csrf`: why it needs no token against forged requests; empty: without the token a POST of a signed-in person is refused.
    `status`: what whoever gets through hears, if not 200 (GET) or 200, 201, 202, 303 (others).
    """

    to: frozenset[str]
    secret: frozenset[str] | None = None
    unseen: frozenset[str] = NOBODY
    hidden: int = 404
    at: Mapping[str, str] = field(default_factory=dict)
    send: Any = None
    query: str = ""
    silent: str = ""
    no_csrf: str = ""
    status: int = 0


PROVED = {"password_again": PASSWORD}  # where a form hands out a key
LINK = "its token is the right to press it, in the bare browser of a mail program"
FOR_A_BROWSER = "kept in the browser alone"
ALLAUTH = "evidence of sign-ins is tested in tests/web/test_accounts.py"
NOTHING = "stores nothing"
OTHERS_THAN_ADMINS, OTHERS_THAN_ROOT = SIGNED_IN - TEAM_ADMINS, SIGNED_IN - ADMINS
OWNED, DONE, MINE = {"number": "{owned}"}, {"number": "{done}"}, {"contact_id": "{own_id}"}
REVIEWED = {"duty_id": "{review_id}"}
BEGUN = {"duty_id": "{begun_id}"}
STEP = {"step": "cve", "answer": "done"}
HELD = {"issue_id": "{held_id}"}
PLANNED = {"id": "{maintenance_id}"}
GIVER = frozenset({"alice"})  # whose watch it is
RESTED = frozenset({"bob", "grace", "olga"})  # of the team, without a watch around it
WANTED = {"id": "{cover_id}"}
OFFERED = {"id": "{swap_id}"}
HANDED = {"summary": "disk full", "engaged": ["alice"], "next_steps": [{"who": "olga", "what": "find what writes"}]}
HANDED_FORM = {"summary": "disk full", "engaged": "alice", "next_steps": "olga: find what writes"}
ALL_HANDED = {f"{{owned}}.{name}": text for name, text in HANDED_FORM.items()}
TAKEN, GIVEN, LENT = ({"handoff_id": f"{{{name}_id}}"} for name in ("taken", "given", "lent"))
RESPOND = {"to": RESPONDERS, "secret": PAGED}
OUTSIDE = frozenset({"charlie", "vera"})
OTHERS = SIGNED_IN - OWNER
KEEPERS = OWNER | MANAGERS  # of Alice's time off
RANGE = "from=2026-11-02T00:00:00Z&to=2026-11-16T00:00:00Z"


SENT = {"confirm": "1", "sent": "1"}


def on_report(stage: str, **send: str) -> dict[str, Rule]:
    """An act on a report that has come so far. Who need not know of it hears that there is none."""
    circle = KNOWING | {"vera"} if stage == "read" else KNOWING  # Vera was named on that one
    return {"POST": Rule(circle, unseen=SIGNED_IN - circle, at={"report_number": f"{{r_{stage}}}"}, send=send)}


def on_mail(thread: str, **send: str) -> dict[str, Rule]:
    """An act on a thread of a shared mailbox. Whoever is not of its team hears that there is none."""
    return {"POST": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"mail_number": f"{{{thread}}}"}, send=send)}


MAIL_ACTS: Mapping[str, dict[str, Rule]] = {
    "take": on_mail("mail_open"),
    "assign": on_mail("mail_open", to="bob"),
    "no-action": on_mail("mail_open"),
    "complete": on_mail("mail_open"),
    "duplicate": on_mail("mail_open", duplicate_of="{mail_other}"),
    "reopen": on_mail("mail_done"),
    "spam": on_mail("mail_open"),
    "not-spam": on_mail("mail_spam"),
    "tracked": on_mail("mail_open", address="https://x.example.org/3"),
    "link": on_mail("mail_open", address="https://x.example.org/4"),
    "report": on_mail("mail_open"),
    "answer": on_mail("mail_open", text="Thank you.", confirm="1"),
}
REPORT_ACTS: Mapping[str, dict[str, Rule]] = {
    "take": on_report("new"),
    "assign": on_report("new", to="bob"),
    "enough": on_report("read"),
    "ask-reporter": on_report("read", text="More?", **SENT),
    "relay": on_report("read", text="More?", **SENT),
    "heard": on_report("waits"),
    "ask-experts": on_report("valid", experts="bob", text="What is it?"),
    "understood": on_report("valid"),
    "rate": on_report("rated", severity="low", reason="it is"),
    "link-issue": on_report("rated", address="https://x.example.org/2"),
    "tell": on_report("tracked", text="A fix comes.", embargo_on="2199-01-01", **SENT),
    "propose": on_report("told", amount="100", reason="no table"),
    "not-eligible": on_report("told", reason="of the team"),
    "awarded": on_report("approved", amount="100"),
    "begin-incident": on_report("told", service="S"),
    "resolve": on_report("triaged", text="Fixed.", **SENT),
    "close": on_report("new", reason="no", **{"as": "spam"}),
    "reopen": on_report("closed", reason="yes"),
    "say": on_report("new", text="hello", audience="team"),
    "watch": on_report("new"),
    "unwatch": on_report("read"),
    "name": on_report("new", whom="charlie"),
    "unname": on_report("read", whom="vera"),
    "circle": on_report("new", circle="named"),
    "keep-text": on_report("new", name="Thanks", text="Thank you."),
    "keep-secret": on_report("new", reason="upstream", review_on="2199-01-01"),
    "end-secrecy": on_report("told", reason="published"),
    "ask-disclosure": on_report("resolved", **SENT),
    "publish": on_report("agreed", number="{r_agreed}", fingerprint="{leaves}", kind="full", password=PASSWORD, **SENT),
    "reporter-asks": on_report("resolved", asked_on="2026-01-01"),
    "agreed": on_report("asked"),
    "cancel-disclosure": on_report("asked", reason="later", **SENT),
    # a manager proposed it: whoever proposed cannot approve
    "approve": {
        "POST": Rule(KNOWING - {"grace"}, unseen=SIGNED_IN - KNOWING, at={"report_number": "{r_proposed}"}, send={"amount": "100"})
    },
    # it is on no platform that is read here: what is refused comes back on the page
    **{
        act: {
            "POST": Rule(
                KNOWING,
                unseen=SIGNED_IN - KNOWING,
                at={"report_number": "{r_approved}"},
                send=send,
                silent="refused: nothing sends awards here",
                status=422,
            )
        }
        for act, send in {
            "award": {"amount": "100", "confirm": "1"},
            "look-again": {},
            "send-again": {"sure": "yes"},
            "looked-there": {"found": "yes"},
        }.items()
    },
    # its programme has no tracker: what is refused comes back on the page
    "file-issue": {
        "POST": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"report_number": "{r_rated}"}, silent="refused without a tracker", status=422)
    },
}


def subscription() -> dict[str, Any]:
    return Browser("https://push.example.org/b").subscription


def renewal() -> dict[str, Any]:
    return {"old": subscription(), "new": subscription()}


# Without a change there is nothing to review: the form comes back, and says so.
CHANGED_BY_ADMINS = {
    "GET": Rule(TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS),
    "POST": Rule(TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS, silent=NOTHING, status=422),
}

PAGES: Mapping[str, Mapping[str, Rule]] = {
    "/report": {"GET": Rule(ANYBODY), "POST": Rule(ANYBODY, send={"title": "by form", "body": "steps", "begun": "{begun}"})},
    "/report/status": {"GET": Rule(ANYBODY), "POST": Rule(ANYBODY, send={"receipt": "{receipt}"}, silent="only reads")},
    "/.well-known/security.txt": {"GET": Rule(ANYBODY)},
    "/reports/<int:report_number>/files/<slug:file_id>": {
        "GET": Rule(NOBODY, unseen=SIGNED_IN, at={"report_number": "{r_new}", "file_id": "900"})  # it came by hand: nothing is attached
    },
    "/mail": {"GET": Rule(SIGNED_IN)},
    "/mail/<int:mail_number>": {"GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"mail_number": "{mail_open}"})},
    "/mail/<int:mail_number>/letters/<int:letter_id>": {
        "GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"mail_number": "{mail_open}"})
    },
    "/mail/<int:mail_number>/letters/<int:letter_id>/files/<int:which>": {
        "GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"mail_number": "{mail_open}", "which": "1"})
    },
    **{f"/mail/<int:mail_number>/{act}": rule for act, rule in MAIL_ACTS.items()},
    "/reports": {"GET": Rule(SIGNED_IN)},
    "/reports/views": {
        "POST": Rule(SIGNED_IN, send={"name": "mine", "view": "mine"}, silent="a view of the board is nobody else's matter")
    },
    "/reports/views/<int:view_id>/remove": {
        "POST": Rule(OWNER, unseen=SIGNED_IN - OWNER, silent="a view of the board is nobody else's matter")
    },
    "/reports/bounties": {"GET": Rule(SIGNED_IN)},
    "/reports/new": {
        "GET": Rule(KNOWING),
        "POST": Rule(KNOWING, send={"title": "by hand", "body": "steps", "program": "Example bounty", "source": "mail"}),
    },
    "/reports/<int:report_number>": {"GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING)},
    **{f"/reports/<int:report_number>/{act}": rule for act, rule in REPORT_ACTS.items()},
    "/healthz": {"GET": Rule(ANYBODY)},
    "/readyz": {"GET": Rule(ANYBODY, status=503)},  # there is no engine here
    "/metrics": {"GET": Rule(ANYBODY)},
    "/": {"GET": Rule(SIGNED_IN)},
    "/incidents": {"GET": Rule(SIGNED_IN, query="status=all")},
    "/incidents/bulk": {"POST": Rule(RESPONDERS, PAGED, hidden=303, send={"act": "acknowledge", "number": "{number}"})},
    "/incidents/page": {"POST": Rule(SIGNED_IN, send={"summary": "by hand", "service": "S", "severity": "high"})},
    "/incidents/<int:number>": {"GET": Rule(SIGNED_IN, PAGED)},
    "/incidents/<int:number>/give-back": {"POST": Rule(OWNER, PAGED, at=OWNED, send={"reason": "ill"})},
    "/incidents/<int:number>/acknowledge": {"POST": Rule(**RESPOND)},
    "/incidents/<int:number>/resolve": {"POST": Rule(**RESPOND)},
    "/incidents/<int:number>/resolve-page": {"POST": Rule(**RESPOND)},
    "/incidents/<int:number>/reopen": {"POST": Rule(**RESPOND, at=DONE, send={"reason": "it is back"})},
    "/incidents/<int:number>/escalate": {"POST": Rule(**RESPOND)},
    "/incidents/<int:number>/snooze": {"POST": Rule(OWNER, PAGED, at=OWNED, send={"hours": "2", "reason": "waits"})},
    "/incidents/<int:number>/assign": {"POST": Rule(**RESPOND, send={"to": "bob"})},
    "/incidents/<int:number>/page-people": {"POST": Rule(**RESPOND, send={"to": "bob", "reason": "knows"})},
    "/incidents/<int:number>/note": {"POST": Rule(**RESPOND, send={"text": "looked", "kind": "finding"})},
    "/incidents/<int:number>/severity": {"POST": Rule(**RESPOND, send={"severity": "critical"})},
    "/incidents/<int:number>/task": {"POST": Rule(**RESPOND, send={"what": "reimage the laptop"})},
    "/incidents/<int:number>/task-done": {"POST": Rule(**RESPOND, send={"task": "{task_id}"})},
    "/incidents/<int:number>/stakeholder": {"POST": Rule(**RESPOND, send={"name": "Legal", "every": "30"})},
    "/incidents/<int:number>/stakeholder-gone": {"POST": Rule(**RESPOND, send={"stakeholder": "{stakeholder_id}"})},
    "/incidents/<int:number>/stakeholders-told": {"POST": Rule(**RESPOND, send={"text": "contained"})},
    "/incidents/<int:number>/write-again": {"POST": Rule(**RESPOND)},
    "/incidents/<int:number>/flow": {"POST": Rule(**RESPOND, send=STEP)},
    "/incidents/<int:number>/merge": {"POST": Rule(RESPONDERS, NOBODY, send={"into": "{owned}"})},  # a restricted one goes nowhere
    "/incidents/<int:number>/manager": {"POST": Rule(MANAGERS, NOBODY, send={"act": "calling"})},
    "/incidents/<int:number>/split": {
        "GET": Rule(**RESPOND),
        "POST": Rule(**RESPOND, send={"key": "{alert_key}"}),
    },
    "/schedules": {"GET": Rule(SIGNED_IN)},
    "/schedules/stand-in": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(RESPONDERS, send={"who": "bob", "replaced": "alice", "from": "{typed_time}", "to": "{typed_end}", "seen": "{stood}"}),
    },
    "/schedules/<int:schedule_id>": {"GET": Rule(SIGNED_IN), "POST": Rule(RESPONDERS, send={"start": "{soon}", "end": "{later}"})},
    "/schedules/<int:schedule_id>/change": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(RESPONDERS, send={"kind": "take", "who": "bob", "from": "{typed_time}", "to": "{typed_end}"}),
    },
    "/schedules/<int:schedule_id>/exchange": {
        "GET": Rule(MANAGERS),
        "POST": Rule(MANAGERS, send={"give": "{give}", "take": "{take}"}, silent="it was not looked at first", status=422),
    },
    "/schedules/<int:schedule_id>/hour": {"POST": Rule(RESPONDERS)},
    "/schedules/<int:schedule_id>/overrides/<int:override_id>": {"GET": Rule(SIGNED_IN), "POST": Rule(RESPONDERS)},
    "/schedules/<int:schedule_id>/history": {"GET": Rule(SIGNED_IN)},
    "/schedules/<int:schedule_id>/month": {"GET": Rule(SIGNED_IN)},
    "/policies": {"GET": Rule(SIGNED_IN)},
    "/policies/<int:policy_id>": {"GET": Rule(SIGNED_IN)},
    "/callsheet": {"GET": Rule(SIGNED_IN)},
    "/callsheet/<int:team_id>": {"GET": Rule(RESPONDERS, PAGED, query="incident={number}")},
    "/callsheet/<int:team_id>/called": {
        "POST": Rule(RESPONDERS, PAGED, send={"incident": "{number}", "person": "bob", "ended": "no_answer"})
    },
    "/callsheet/<int:team_id>/offline": {"POST": Rule(RESPONDERS, send={"passphrase": "correct horse battery staple"})},
    "/inlets": {"GET": Rule(RESPONDERS | {"charlie"}, unseen=frozenset({"vera"}))},  # he responds elsewhere: the list of his own teams
    "/inlets/<int:key_id>": {
        "GET": Rule(RESPONDERS, RESPONDERS, unseen=OUTSIDE),
        "POST": Rule(RESPONDERS, RESPONDERS, unseen=OUTSIDE, send={"sample": '{"title": "x"}'}, silent=NOTHING),
    },
    "/inlets/<int:key_id>/rotate": {"POST": Rule(TEAM_ADMINS, TEAM_ADMINS, unseen=OUTSIDE, send={"overlap": "24"})},
    "/inlets/<int:key_id>/revoke": {"POST": Rule(TEAM_ADMINS, TEAM_ADMINS, unseen=OUTSIDE)},
    "/inlets/<int:key_id>/mapping": {"POST": Rule(TEAM_ADMINS, TEAM_ADMINS, unseen=OUTSIDE, send={"mapping": '{"summary": "title"}'})},
    "/inlets/<int:key_id>/events/<int:event_id>/again": {"POST": Rule(RESPONDERS, NOBODY, unseen=OUTSIDE)},
    "/providers": {"GET": Rule(ADMINS)},
    "/providers/test": {"POST": Rule(ADMINS, send={"provider": "email"})},
    "/mailboxes": {"GET": Rule(ADMINS)},
    "/admin": {"GET": Rule(TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS)},
    "/admin/organization": {
        "GET": Rule(ADMINS, unseen=OTHERS_THAN_ROOT),
        "POST": Rule(ADMINS, unseen=OTHERS_THAN_ROOT, send={"organization": ""}, silent=NOTHING, status=422),
    },
    "/admin/people": {"GET": Rule(ADMINS, unseen=OTHERS_THAN_ROOT)},
    "/admin/people/new": {
        "GET": Rule(ADMINS, unseen=OTHERS_THAN_ROOT),
        "POST": Rule(ADMINS, unseen=OTHERS_THAN_ROOT, send={"handle": "new", "name": "New"}, silent=NOTHING, status=422),
    },
    "/admin/people/<int:person_id>": {
        "GET": Rule(ADMINS, unseen=OTHERS_THAN_ROOT),
        "POST": Rule(ADMINS, unseen=OTHERS_THAN_ROOT, send={"name": "Robert"}, silent=NOTHING, status=422),
    },
    "/admin/people/<int:person_id>/invite": {"POST": Rule(ADMINS, unseen=OTHERS_THAN_ROOT)},
    "/admin/people/<int:person_id>/administration": {
        "GET": Rule(ADMINS, unseen=OTHERS_THAN_ROOT),
        "POST": Rule(ADMINS, unseen=OTHERS_THAN_ROOT, send={"do": "give"}),
    },
    "/admin/teams/new": {
        "GET": Rule(ADMINS, unseen=OTHERS_THAN_ROOT),
        "POST": Rule(ADMINS, unseen=OTHERS_THAN_ROOT, send={"name": "New"}, silent=NOTHING, status=422),
    },
    "/admin/teams/<int:team_id>": CHANGED_BY_ADMINS,
    "/admin/schedules/new": CHANGED_BY_ADMINS,
    "/admin/schedules/templates/<slug:pattern>": CHANGED_BY_ADMINS,
    "/admin/schedules/<int:schedule_id>": CHANGED_BY_ADMINS,
    "/admin/policies/new": CHANGED_BY_ADMINS,
    "/admin/policies/<int:policy_id>": CHANGED_BY_ADMINS,
    "/admin/services/new": CHANGED_BY_ADMINS,
    "/admin/services/<int:service_id>": CHANGED_BY_ADMINS,
    "/admin/services/<int:service_id>/routes": {
        "GET": Rule(TEAM_ADMINS, TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS),
        "POST": Rule(
            TEAM_ADMINS,
            TEAM_ADMINS,
            unseen=OTHERS_THAN_ADMINS,
            send={"route": "0", "r0.when": "class = test"},
            silent=NOTHING,
            status=422,
        ),
    },
    "/admin/services/<int:service_id>/keys": {
        "POST": Rule(TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS, send={"kind": "events", "name": "x", **PROVED})
    },
    "/admin/heartbeats/new": CHANGED_BY_ADMINS,
    "/admin/heartbeats/<int:heartbeat_id>": {
        "GET": Rule(TEAM_ADMINS, TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS),
        "POST": Rule(TEAM_ADMINS, TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS, silent=NOTHING, status=422),
    },
    "/admin/changes/<int:record_id>": {"GET": Rule(TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS)},
    "/admin/changes/<int:record_id>/undo": {
        "GET": Rule(TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS),
        "POST": Rule(TEAM_ADMINS, unseen=OTHERS_THAN_ADMINS, silent="it did not say what it saw", status=409),
    },
    "/queues": {"GET": Rule(SIGNED_IN)},
    "/duties": {"GET": Rule(SIGNED_IN)},
    "/duties/<int:duty_id>": {"GET": Rule(SIGNED_IN)},
    "/duties/<int:duty_id>/prove": {"POST": Rule(RESPONDERS, send={"text": "looked"})},
    "/duties/<int:duty_id>/begin": {"POST": Rule(RESPONDERS, at=BEGUN)},
    "/duties/<int:duty_id>/seen": {"POST": Rule(RESPONDERS, PAGED, at=REVIEWED, send={"item": "{issue_id}"})},
    "/duties/<int:duty_id>/finish": {"POST": Rule(RESPONDERS, at=REVIEWED)},
    "/queues/<int:queue_id>": {"GET": Rule(SIGNED_IN)},
    "/queues/<int:queue_id>/pass": {"POST": Rule(RESPONDERS)},
    "/queues/<int:queue_id>/items/<int:issue_id>": {"GET": Rule(SIGNED_IN, PAGED)},
    "/queues/<int:queue_id>/items/<int:issue_id>/answer": {"POST": Rule(RESPONDERS, PAGED, send={"word-1": "met"})},
    "/queues/<int:queue_id>/items/<int:issue_id>/decide": {"POST": Rule(RESPONDERS, PAGED, send={"verdict": "ask", "reason": "Who?"})},
    "/queues/<int:queue_id>/items/<int:issue_id>/take": {"POST": Rule(RESPONDERS, PAGED)},
    "/queues/<int:queue_id>/items/<int:issue_id>/give-back": {
        "POST": Rule(MANAGERS | {"alice"}, PAGED, at=HELD, send={"reason": "I am away"}),
    },
    "/queues/<int:queue_id>/items/<int:issue_id>/done": {"POST": Rule(MANAGERS | {"alice"}, PAGED, at=HELD)},
    "/queues/<int:queue_id>/items/<int:issue_id>/promote": {
        # An item of a restricted incident is that incident's issue already: nobody promotes it, and others learn nothing of it.
        "POST": Rule(RESPONDERS, NOBODY, send={"service": "S", "severity": "high"}),
    },
    "/learnings": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(
            RESPONDERS,
            PAGED,
            hidden=422,
            send={"text": "end all sessions by one command", "kind": "automatable", "incident": "{number}"},
        ),
    },
    "/learnings/new": {"GET": Rule(SIGNED_IN, PAGED, query="incident={number}")},
    "/learnings/<int:learning_id>": {"GET": Rule(SIGNED_IN, PAGED)},
    "/learnings/<int:learning_id>/correct": {"POST": Rule(OWNER, PAGED, send={"text": "said better", "kind": "question"})},
    "/learnings/<int:learning_id>/close": {"POST": Rule(RESPONDERS, PAGED, send={"document": "https://handbook.example.org/x"})},
    "/learnings/<int:learning_id>/issue": {
        "POST": Rule(RESPONDERS, PAGED, send={"place": "x"}, silent="its team has no project that takes issues", status=422)
    },
    "/runbooks": {"GET": Rule(SIGNED_IN)},
    "/runbooks/new": {
        "GET": Rule(RESPONDERS | {"charlie"}),  # of a team of their own
        "POST": Rule(RESPONDERS | {"charlie"}, send={"title": "Another one", "text": "Do this."}),
    },
    "/runbooks/<int:runbook_id>": {"GET": Rule(SIGNED_IN)},
    "/runbooks/<int:runbook_id>/edit": {
        "GET": Rule(RESPONDERS),
        "POST": Rule(RESPONDERS, send={"title": "Disk full", "text": "Do that.", "seen": "1"}),
    },
    "/runbooks/<int:runbook_id>/versions/<int:number>": {"GET": Rule(SIGNED_IN, at={"number": "1"})},
    "/runbooks/<int:runbook_id>/retire": {"POST": Rule(RESPONDERS)},
    "/runbooks/<int:runbook_id>/bring-back": {"POST": Rule(RESPONDERS, silent="it is in use")},
    "/shift": {"GET": Rule(frozenset({"alice", "grace", "olga", "root"}), query="person=alice")},
    "/shift/text": {"GET": Rule(frozenset({"alice", "grace", "olga", "root"}), query="person=alice")},
    "/stale": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(RESPONDERS, PAGED, send={"number": "{number}", "days": "3", "reason": "waits for upstream"}),
    },
    "/maintenance": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(RESPONDERS, send={"service": "S", "for": "60", "reason": "new disks"}),
    },
    "/maintenance/<int:maintenance_id>/end": {"POST": Rule(RESPONDERS, RESPONDERS)},
    "/maintenance/<int:maintenance_id>/extend": {"POST": Rule(RESPONDERS, RESPONDERS, send={"to": "{typed_time}"})},
    "/heartbeats": {"GET": Rule(SIGNED_IN)},
    "/heartbeats/<int:heartbeat_id>/key": {"POST": Rule(TEAM_ADMINS, TEAM_ADMINS)},
    "/routes": {"GET": Rule(SIGNED_IN)},
    "/routes/<int:service_id>": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, send={"sample": "{}"}, silent=NOTHING)},
    "/audit": {"GET": Rule(MANAGERS)},
    "/permissions": {"GET": Rule(SIGNED_IN, PAGED, query="number={number}")},
    "/you": {"GET": Rule(SIGNED_IN)},
    "/handoffs": {"GET": Rule(SIGNED_IN), "POST": Rule(OWNER, send={"to": "olga", "number": "{owned}", **ALL_HANDED})},
    "/handoffs/<int:handoff_id>": {"GET": Rule(SIGNED_IN, PAGED, at=TAKEN)},
    "/handoffs/<int:handoff_id>/accept": {"POST": Rule(OWNER, PAGED, at=TAKEN, send={"readback": "I look"})},
    "/handoffs/<int:handoff_id>/decline": {"POST": Rule(OWNER, PAGED, at=TAKEN, send={"why": "no"})},
    "/handoffs/<int:handoff_id>/ask": {"POST": Rule(OWNER, PAGED, at=TAKEN, send={"text": "which rack?"})},
    "/handoffs/<int:handoff_id>/answer": {"POST": Rule(OWNER, PAGED, at=GIVEN, send={"question": "{question_id}", "text": "B7"})},
    "/handoffs/<int:handoff_id>/withdraw": {"POST": Rule(OWNER, PAGED, at=GIVEN)},
    "/handoffs/<int:handoff_id>/come-back": {"POST": Rule(OWNER, PAGED, at=LENT)},
    "/handoffs/<int:handoff_id>/write-again": {"POST": Rule(RESPONDERS, PAGED, at=LENT)},
    "/incidents/<int:number>/handoff": {
        "GET": Rule(OWNER, PAGED, at=OWNED),
        "POST": Rule(OWNER, PAGED, at=OWNED, send={"to": "olga", "kind": "shift", "do": "offer", **HANDED_FORM}),
    },
    "/incidents/<int:number>/keep": {"POST": Rule(OWNER, PAGED, at=OWNED, send={"until": "{typed_time}"})},
    "/swaps": {"GET": Rule(SIGNED_IN), "POST": Rule(GIVER, send={"give": "{give}", "take": "{take}"})},
    "/swaps/<int:swap_id>": {"GET": Rule(SIGNED_IN)},
    "/swaps/<int:swap_id>/accept": {"POST": Rule(MANAGERS | {"bob"})},
    "/swaps/<int:swap_id>/decline": {"POST": Rule(MANAGERS | {"bob"}, send={"why": "no nights"})},
    "/swaps/<int:swap_id>/withdraw": {"POST": Rule(MANAGERS | {"alice"})},
    "/swaps/<int:swap_id>/undo": {"POST": Rule(MANAGERS | {"alice", "bob"}, at={"swap_id": "{agreed_id}"})},
    "/covers": {"POST": Rule(GIVER, send={"watch": "{give}"})},
    "/covers/<int:cover_id>": {"GET": Rule(SIGNED_IN)},
    "/covers/<int:cover_id>/take": {"POST": Rule(RESTED)},
    "/covers/<int:cover_id>/withdraw": {"POST": Rule(MANAGERS | {"alice"})},
    "/you/month": {"GET": Rule(SIGNED_IN)},
    "/you/calendars": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, send={"schedule": "{watch}", **PROVED})},
    "/you/calendars/<int:feed_id>/end": {"POST": Rule(OWNER, unseen=OTHERS)},
    "/you/time-off": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, send={"first": "{some_day}", "last": "{some_day}"})},
    "/you/time-off/<int:time_off_id>/end": {"POST": Rule(KEEPERS, unseen=SIGNED_IN - KEEPERS)},
    "/you/time-off/<int:time_off_id>/dismiss": {"POST": Rule(OWNER, unseen=OTHERS, at={"time_off_id": "{read_id}"})},
    "/you/time-off/dismissed/<int:dismissed_id>/end": {"POST": Rule(OWNER, unseen=OTHERS)},
    "/you/time-off/calendars": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(SIGNED_IN, send={"address": "https://calendar.example.org/mine.ics", "counts": "titles"}),
    },
    "/you/time-off/calendars/<int:calendar_id>/end": {"POST": Rule(OWNER, unseen=OTHERS)},
    "/calendar/<str:token>.ics": {"GET": Rule(ANYBODY, at={"token": "{feed}"})},
    "/you/contacts": {"POST": Rule(SIGNED_IN, send={"kind": "email", "address": "someone@else.example.org"})},
    "/you/contacts/<int:contact_id>/code": {"POST": Rule(OWNER, unseen=OTHERS, at=MINE)},
    "/you/contacts/<int:contact_id>/verify": {"POST": Rule(OWNER, unseen=OTHERS, at=MINE, send={"code": "1"}, silent="a wrong code")},
    "/you/contacts/<int:contact_id>/up": {"POST": Rule(OWNER, unseen=OTHERS, at=MINE)},
    "/you/contacts/<int:contact_id>/down": {"POST": Rule(OWNER, unseen=OTHERS, at=MINE, silent="it is the last already")},
    "/you/contacts/<int:contact_id>/remove": {"POST": Rule(OWNER, unseen=OTHERS, at=MINE)},
    "/you/test": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, silent="once in a while")},
    "/you/access": {"GET": Rule(SIGNED_IN)},
    "/you/tokens": {"POST": Rule(SIGNED_IN, send={"scope": "incidents:read", "days": "7", **PROVED})},
    "/you/tokens/<int:token_id>/revoke": {"POST": Rule(OWNER, unseen=OTHERS)},
    "/you/sessions/end-others": {"POST": Rule(SIGNED_IN, silent="nothing to end")},
    "/you/sessions/<int:sign_in_id>/end": {"POST": Rule(OWNER, unseen=OTHERS)},
    "/answer/<str:token>": {
        "GET": Rule(ANYBODY, at={"token": "{answer}"}),
        "POST": Rule(ANYBODY, at={"token": "{answer}"}, no_csrf=LINK),
    },
    "/you/rules": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, send={"do": "preview"}, silent=NOTHING)},
    "/chat/link/<str:token>": {
        "GET": Rule(SIGNED_IN, at={"token": "{chat_link}"}),
        "POST": Rule(SIGNED_IN, at={"token": "{chat_link}"}),
    },
    "/you/devices": {"POST": Rule(SIGNED_IN, send=subscription, status=201)},
    "/you/devices/<int:contact_id>/try": {"POST": Rule(OWNER, unseen=OTHERS, silent="a test that its owner asked for, once a minute")},
    "/you/devices/<int:contact_id>/remove": {"POST": Rule(OWNER, unseen=OTHERS)},
    "/push/acknowledge/<str:token>": {"POST": Rule(ANYBODY, ANYBODY, at={"token": "{button}"}, no_csrf=LINK)},
    "/push/renew": {
        "POST": Rule(NOBODY, unseen=ANYBODY, send=renewal, no_csrf="the old subscription, secret and all, is the proof", silent=NOTHING)
    },
    "/sw.js": {"GET": Rule(ANYBODY)},
    "/manifest.webmanifest": {"GET": Rule(ANYBODY)},
    "/offline": {"GET": Rule(ANYBODY)},
    "/a/<str:token>": {"GET": Rule(ANYBODY, ANYBODY), "POST": Rule(ANYBODY, ANYBODY, no_csrf=LINK)},
    "/demo/inbox": {"GET": Rule(NOBODY, unseen=SIGNED_IN)},  # this installation is no demo
    "/static/<str:name>": {"GET": Rule(ANYBODY, at={"name": "watchbill.css"})},
    "/live": {"GET": Rule(SIGNED_IN)},
    "/theme": {"POST": Rule(ANYBODY, silent=FOR_A_BROWSER)},
    "/keys": {"GET": Rule(ANYBODY)},
    "/setup/<str:token>": {"GET": Rule(NOBODY, unseen=ANYBODY), "POST": Rule(NOBODY, unseen=ANYBODY)},  # somebody can sign in here
    "/accounts/login/": {"GET": Rule(ANYBODY), "POST": Rule(ANYBODY, silent=ALLAUTH)},
    "/accounts/logout/": {"GET": Rule(SIGNED_IN), "POST": Rule(ANYBODY, silent=ALLAUTH, status=302)},
    "/accounts/inactive/": {"GET": Rule(ANYBODY)},
    "/accounts/signup/": {"GET": Rule(ANYBODY), "POST": Rule(ANYBODY, silent="closed: nobody makes an account by themselves")},
    "/accounts/password/change/": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, silent=ALLAUTH)},
    "/accounts/password/set/": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, silent=ALLAUTH)},
    "/accounts/password/reset/": {"GET": Rule(ANYBODY)},
    "/accounts/password/reset/key/done/": {"GET": Rule(ANYBODY)},
    "/accounts/password/reset/key/<uidb36>-<key>/": {"GET": Rule(ANYBODY), "POST": Rule(ANYBODY, silent=ALLAUTH)},
}

API: Mapping[str, Mapping[str, Rule]] = {
    "/api/v1/openapi.json": {"GET": Rule(ANYBODY)},
    "/api/v1/docs": {"GET": Rule(ANYBODY)},
    "/api/v1/mail": {"GET": Rule(SIGNED_IN, query="view=all")},
    "/api/v1/mail/<int:id>": {
        "GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{mail_open}"}),
        "POST": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{mail_open}"}, send={"act": "take"}),
    },
    "/api/v1/mail/<int:id>/letters/<int:letter_id>": {"GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{mail_open}"})},
    "/api/v1/mail/<int:id>/letters/<int:letter_id>/files/<int:which>": {
        "GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{mail_open}", "which": "1"})
    },
    "/api/v1/reports/<int:id>/files/<slug:file_id>": {"GET": Rule(NOBODY, unseen=SIGNED_IN, at={"id": "{r_new}", "file_id": "900"})},
    "/api/v1/reports/bounties": {"GET": Rule(SIGNED_IN)},
    "/api/v1/reports/<int:id>/award": {
        "POST": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{r_approved}"}, send={"act": "awarded", "amount": 100})
    },
    "/api/v1/reports/<int:id>/watch": {"POST": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{r_new}"}, send={"watch": True})},
    "/api/v1/reports/<int:id>/preview": {
        "POST": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{r_new}"}, send={}, silent="it shows what would leave")
    },
    "/api/v1/reports/<int:id>/disclosure": {
        "POST": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{r_resolved}"}, send={"act": "ask", "sent": True})
    },
    "/api/v1/reports/<int:id>/publish": {
        "POST": Rule(
            KNOWING,
            unseen=SIGNED_IN - KNOWING,
            at={"id": "{r_agreed}"},
            send={"number": "{r_agreed}", "fingerprint": "{leaves}", "kind": "full", "sent": True},
        )
    },
    "/api/v1/reports/<int:id>/secrecy": {
        "POST": Rule(
            KNOWING,
            unseen=SIGNED_IN - KNOWING,
            at={"id": "{r_new}"},
            send={"act": "keep", "reason": "upstream", "review_on": "2199-01-01"},
        )
    },
    "/api/v1/reports": {
        "GET": Rule(SIGNED_IN, query="view=all"),
        "POST": Rule(KNOWING, send={"title": "by hand", "body": "steps", "program": "Example bounty"}),
    },
    "/api/v1/reports/<int:id>": {"GET": Rule(KNOWING, unseen=SIGNED_IN - KNOWING, at={"id": "{r_new}"})},
    "/api/v1/oncall": {"GET": Rule(SIGNED_IN)},
    "/api/v1/schedules": {"GET": Rule(SIGNED_IN)},
    "/api/v1/schedules/<path:name>/shifts": {"GET": Rule(SIGNED_IN, query=RANGE)},
    "/api/v1/schedules/<path:name>/overrides": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(RESPONDERS, send={"kind": "take", "person": "grace", "start": "{soon}", "end": "{later}"}),
    },
    "/api/v1/schedules/<path:name>/overrides/<int:id>": {"DELETE": Rule(RESPONDERS, at={"id": "{override_id}"})},
    "/api/v1/stand-ins": {"POST": Rule(RESPONDERS, send={"person": "bob", "replaced": "alice", "start": "{soon}", "end": "{later}"})},
    "/api/v1/swaps": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(
            GIVER,
            send={"to": "bob", "give": {"schedule": "Swapped", "at": "{give_at}"}, "take": {"schedule": "Swapped", "at": "{take_at}"}},
        ),
    },
    "/api/v1/swaps/<int:id>": {"GET": Rule(SIGNED_IN, at=OFFERED)},
    "/api/v1/swaps/<int:id>/accept": {"POST": Rule(MANAGERS | {"bob"}, at=OFFERED, send={})},
    "/api/v1/swaps/<int:id>/decline": {"POST": Rule(MANAGERS | {"bob"}, at=OFFERED, send={"why": "no nights"})},
    "/api/v1/swaps/<int:id>/withdraw": {"POST": Rule(MANAGERS | {"alice"}, at=OFFERED, send={})},
    "/api/v1/swaps/<int:id>/undo": {"POST": Rule(MANAGERS | {"alice", "bob"}, at={"id": "{agreed_id}"}, send={})},
    "/api/v1/covers": {"GET": Rule(SIGNED_IN), "POST": Rule(GIVER, send={"schedule": "Swapped", "at": "{give_at}"})},
    "/api/v1/covers/<int:id>": {"GET": Rule(SIGNED_IN, at=WANTED)},
    "/api/v1/covers/<int:id>/take": {"POST": Rule(RESTED, at=WANTED, send={})},
    "/api/v1/covers/<int:id>/withdraw": {"POST": Rule(MANAGERS | {"alice"}, at=WANTED, send={})},
    "/api/v1/schedules/<path:name>/why": {"GET": Rule(SIGNED_IN, query="at=2026-11-02T00:00:00Z")},
    "/api/v1/schedules/<path:name>/history": {"GET": Rule(SIGNED_IN, query="from=2026-10")},
    "/api/v1/incidents": {
        "GET": Rule(SIGNED_IN, query="status=all"),
        "POST": Rule(SIGNED_IN, send={"title": "by hand", "service": "S"}),
    },
    "/api/v1/incidents/<int:number>": {"GET": Rule(SIGNED_IN, PAGED)},
    "/api/v1/incidents/<int:number>/timeline": {"GET": Rule(SIGNED_IN, PAGED)},
    "/api/v1/incidents/<int:number>/acknowledge": {"POST": Rule(**RESPOND, send={})},
    "/api/v1/incidents/<int:number>/resolve": {"POST": Rule(**RESPOND, send={})},
    "/api/v1/incidents/<int:number>/resolve-page": {"POST": Rule(**RESPOND, send={})},
    "/api/v1/incidents/<int:number>/reopen": {"POST": Rule(**RESPOND, at=DONE, send={"reason": "it is back"})},
    "/api/v1/incidents/<int:number>/escalate": {"POST": Rule(**RESPOND, send={})},
    "/api/v1/incidents/<int:number>/snooze": {"POST": Rule(OWNER, PAGED, at=OWNED, send={"reason": "waits", "until": "{soon}"})},
    "/api/v1/incidents/<int:number>/note": {"POST": Rule(**RESPOND, send={"text": "looked at it"})},
    "/api/v1/learnings": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(RESPONDERS, PAGED, send={"text": "end sessions", "kind": "risky", "incident": "{number}"}),
    },
    "/api/v1/runbooks": {"GET": Rule(SIGNED_IN)},
    "/api/v1/runbooks/<int:id>": {"GET": Rule(SIGNED_IN, at={"id": "{runbook_id}"})},
    "/api/v1/shift": {"GET": Rule(frozenset({"alice", "grace", "olga", "root"}), query="person=alice")},
    "/api/v1/learnings/<int:id>/close": {
        "POST": Rule(RESPONDERS, PAGED, at={"id": "{learning_id}"}, send={"outcome": "done in the runbook"})
    },
    "/api/v1/incidents/<int:number>/handoff": {"POST": Rule(OWNER, PAGED, at=OWNED, send={"to": "olga", **HANDED})},
    "/api/v1/incidents/<int:number>/keep": {"POST": Rule(OWNER, PAGED, at=OWNED, send={"until": "{later}"})},
    "/api/v1/handoffs/<int:id>": {"GET": Rule(SIGNED_IN, PAGED, at={"id": "{taken_id}"})},
    "/api/v1/handoffs/<int:id>/accept": {"POST": Rule(OWNER, PAGED, at={"id": "{taken_id}"}, send={"readback": "I look"})},
    "/api/v1/handoffs/<int:id>/decline": {"POST": Rule(OWNER, PAGED, at={"id": "{taken_id}"}, send={"why": "no"})},
    "/api/v1/handoffs/<int:id>/withdraw": {"POST": Rule(OWNER, PAGED, at={"id": "{given_id}"}, send={})},
    "/api/v1/handoffs/<int:id>/write-again": {"POST": Rule(RESPONDERS, PAGED, at={"id": "{lent_id}"}, send={})},
    "/api/v1/incidents/<int:number>/assign": {"POST": Rule(**RESPOND, send={"to": "bob"})},
    "/api/v1/incidents/<int:number>/reassign": {"POST": Rule(**RESPOND, send={"to": "bob"})},
    "/api/v1/incidents/<int:number>/page": {"POST": Rule(**RESPOND, send={"to": ["bob"], "reason": "knows the disk"})},
    "/api/v1/incidents/<int:number>/give-back": {"POST": Rule(OWNER, PAGED, at=OWNED, send={"reason": "I am ill"})},
    "/api/v1/incidents/<int:number>/severity": {"POST": Rule(**RESPOND, send={"severity": "critical"})},
    "/api/v1/incidents/<int:number>/split": {"POST": Rule(**RESPOND, send={"keys": ["{alert_key}"]})},
    "/api/v1/incidents/<int:number>/write-again": {"POST": Rule(**RESPOND, send={})},
    "/api/v1/incidents/<int:number>/merge": {"POST": Rule(RESPONDERS, NOBODY, send={"into": "{owned}"})},
    "/api/v1/incidents/<int:number>/steps": {"GET": Rule(SIGNED_IN, PAGED), "POST": Rule(**RESPOND, send=STEP)},
    "/api/v1/incidents/<int:number>/tasks": {
        "GET": Rule(SIGNED_IN, PAGED),
        "POST": Rule(**RESPOND, send={"what": "reimage the laptop", "assignee": "bob"}),
    },
    "/api/v1/incidents/<int:number>/tasks/<int:task_id>/done": {"POST": Rule(**RESPOND, send={})},
    "/api/v1/incidents/<int:number>/participants": {"GET": Rule(SIGNED_IN, PAGED)},
    "/api/v1/incidents/<int:number>/stakeholders": {
        "GET": Rule(SIGNED_IN, PAGED),
        "POST": Rule(**RESPOND, send={"name": "Legal", "every_minutes": 30}),
    },
    "/api/v1/incidents/<int:number>/stakeholders/told": {"POST": Rule(**RESPOND, send={"text": "contained"})},
    "/api/v1/incidents/<int:number>/stakeholders/<int:stakeholder_id>/remove": {"POST": Rule(**RESPOND, send={})},
    "/api/v1/duties": {"GET": Rule(SIGNED_IN)},
    "/api/v1/duties/<int:duty_id>/prove": {"POST": Rule(RESPONDERS, send={"text": "looked"})},
    "/api/v1/queues": {"GET": Rule(SIGNED_IN)},
    "/api/v1/queues/<int:queue_id>": {"GET": Rule(SIGNED_IN)},
    "/api/v1/queues/<int:queue_id>/pass": {"POST": Rule(RESPONDERS, send={})},
    "/api/v1/queues/<int:queue_id>/items/<int:issue_id>": {"GET": Rule(SIGNED_IN, PAGED)},
    "/api/v1/queues/<int:queue_id>/items/<int:issue_id>/answer": {
        "POST": Rule(RESPONDERS, PAGED, send={"answers": [{"number": 1, "word": "met"}]})
    },
    "/api/v1/queues/<int:queue_id>/items/<int:issue_id>/decide": {
        "POST": Rule(RESPONDERS, PAGED, send={"verdict": "ask", "reason": "Who?"})
    },
    "/api/v1/queues/<int:queue_id>/items/<int:issue_id>/take": {"POST": Rule(RESPONDERS, PAGED, send={})},
    "/api/v1/queues/<int:queue_id>/items/<int:issue_id>/give-back": {
        "POST": Rule(MANAGERS | {"alice"}, PAGED, at=HELD, send={"reason": "I am away"}),
    },
    "/api/v1/queues/<int:queue_id>/items/<int:issue_id>/done": {"POST": Rule(MANAGERS | {"alice"}, PAGED, at=HELD, send={})},
    "/api/v1/queues/<int:queue_id>/items/<int:issue_id>/promote": {
        "POST": Rule(RESPONDERS, NOBODY, send={"service": "S", "severity": "high"}),
    },
    "/api/v1/incidents/<int:number>/manager": {"POST": Rule(MANAGERS, NOBODY, send={"act": "calling"})},
    "/api/v1/maintenances": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(RESPONDERS, send={"service": "S", "reason": "new disks", "ends_at": "{later}"}),
    },
    "/api/v1/maintenances/<int:id>": {"GET": Rule(SIGNED_IN, RESPONDERS, at=PLANNED)},
    "/api/v1/maintenances/<int:id>/end": {"POST": Rule(RESPONDERS, RESPONDERS, at=PLANNED, send={})},
    "/api/v1/maintenances/<int:id>/extend": {"POST": Rule(RESPONDERS, RESPONDERS, at=PLANNED, send={"ends_at": "{much_later}"})},
    "/api/v1/time-off/<int:id>/dismiss": {"POST": Rule(OWNER, unseen=OTHERS, at={"id": "{read_id}"}, send={})},
    "/api/v1/time-off/dismissed": {"GET": Rule(SIGNED_IN)},
    "/api/v1/time-off/dismissed/<int:id>/end": {"POST": Rule(OWNER, unseen=OTHERS, at={"id": "{dismissed_id}"}, send={})},
    "/api/v1/time-off/calendars": {
        "GET": Rule(SIGNED_IN),
        "POST": Rule(SIGNED_IN, send={"address": "https://calendar.example.org/mine.ics"}),
    },
    "/api/v1/time-off/calendars/<int:id>/end": {"POST": Rule(OWNER, unseen=OTHERS, at={"id": "{calendar_id}"}, send={})},
    "/api/v1/time-off": {"GET": Rule(SIGNED_IN), "POST": Rule(SIGNED_IN, send={"start": "{later}", "end": "{much_later}"})},
    "/api/v1/time-off/<int:id>/end": {
        "POST": Rule(KEEPERS, unseen=SIGNED_IN - KEEPERS, at={"id": "{time_off_id}"}, send={}),
    },
    "/api/v1/heartbeats": {"GET": Rule(SIGNED_IN)},
    "/api/v1/readiness": {"GET": Rule(SIGNED_IN)},
    "/api/v1/notifications": {"GET": Rule(SIGNED_IN, PAGED, query="incident={number}")},
    "/api/v1/audit": {"GET": Rule(MANAGERS)},
    "/api/v1/people": {"GET": Rule(SIGNED_IN)},
    "/api/v1/teams": {"GET": Rule(SIGNED_IN)},
    "/api/v1/services": {"GET": Rule(SIGNED_IN)},
    "/api/v1/policies": {"GET": Rule(SIGNED_IN)},
    "/api/v1/policies/<path:name>/preview": {"GET": Rule(SIGNED_IN, at={"name": "P"})},
}


# A row stands for one act of an address that takes many: these placeholders are written out.
ACTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "/incidents/<int:number>/<slug:act>": ("<slug:act>", sorted(set(acts.ACTS) - {"give-back"})),
    "/you/contacts/<int:contact_id>/<slug:act>": ("<slug:act>", contacts.ACTS),
    "/swaps/<int:swap_id>/<slug:act>": ("<slug:act>", sorted(swaps.DONE)),
    "/handoffs/<int:handoff_id>/<slug:act>": ("<slug:act>", sorted(handoffs.ACTS)),
    "/covers/<int:cover_id>/<slug:act>": ("<slug:act>", covers.ACTS),
    "/learnings/<int:learning_id>/<slug:act>": ("<slug:act>", sorted(learnings.ACTS)),
    "/mail/<int:mail_number>/<slug:act>": ("<slug:act>", sorted(mailing.ACTS)),
    "/reports/<int:report_number>/<slug:act>": ("<slug:act>", sorted(reporting.ACTS)),
    "/runbooks/<int:runbook_id>/<slug:act>": ("<slug:act>", runbooks.ACTS),
    "/queues/<int:queue_id>/items/<int:issue_id>/<slug:act>": ("<slug:act>", queues.ACTS),
    "/duties/<int:duty_id>/<slug:act>": ("<slug:act>", duties.ACTS),
    "/you/devices/<int:contact_id>/<slug:act>": ("<slug:act>", ("try", "remove")),
}
# Views of libraries that take any method as one of those above: as a form (Django's own, with the token), or to read (django-ninja's).
ANY_METHOD = ("/accounts/", "/api/v1/openapi.json", "/api/v1/docs")
NOT_FOR_PEOPLE = ("/in/", "/v2/alerts")  # addresses of the URL map that machines use: see DOORS and SIGNED
NO_SUCH_THING = ("/api/", "/api/v1/")  # say that there is nothing here


@dataclass(frozen=True)
class Door:
    """An address of machines that takes events by a key. `where` the key stands: path | bearer | genie | body; `wrong` is what one hears
    who has no key that works, `ok` who has."""

    key: str  # kind of integration key; empty: it needs none
    send: Any = None
    where: str = "path"
    method: str = "POST"
    wrong: int = 401
    ok: int = 202


ALERT = {"payload": {"summary": "disk full", "source": "h", "severity": "error"}, "event_action": "trigger", "routing_key": "{key}"}

DOORS: Mapping[str, Door] = {
    "/v2/enqueue": Door("events", ALERT, "body", wrong=400),
    "/v2/change/enqueue": Door("events", {"payload": {"summary": "deployed"}, "routing_key": "{key}"}, "body", wrong=400),
    "/generic/2010-04-15/create_event.json": Door(
        "events", {"service_key": "{key}", "event_type": "trigger", "description": "x"}, "body", wrong=400, ok=200
    ),
    "/acceptz": Door("", method="GET", ok=200),
    "/v2/alerts": Door("opsgenie", {"message": "disk full"}, "genie"),
    "/in/alertmanager": Door("alertmanager", {"version": "4", "alerts": []}),
    "/in/grafana": Door("grafana", {"status": "firing", "alerts": []}),
    "/in/generic": Door("generic", {"title": "x"}),
    "/in/github-alerts": Door("github-alerts", {}),
    "/in/gitlab-alerts": Door("gitlab-alerts", {}),
    "/in/sentry": Door("sentry", {}),
}

# Kinds that call back and prove it by a signature: an address of each, and what an unsigned call hears there.
SIGNED: Mapping[str, tuple[str, int]] = {
    "github": ("/in/github/hub", 401),
    "gitlab": ("/in/gitlab/lab", 401),
    "hackerone": ("/in/hackerone/bounty", 401),
    "phone": ("/in/phone/gateway/status", 403),
    "slack": ("/in/slack/team/command", 401),
    "twilio": ("/in/twilio/main/status/x", 403),
}
ITS_OWN = ("/in/heartbeat",)  # takes signs of life by keys of its own: tests/frontdoor/test_heartbeats.py
