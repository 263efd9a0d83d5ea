"""Mailboxes in the file: kept, checked, active when they are for something that is and their variable is set."""

from __future__ import annotations

import pytest

from tests.config.example import SMALL, problems
from watchbill.config import selectors
from watchbill.config.rules import Verb
from watchbill.incidents.models import Service
from watchbill.intake.models import Mailbox

WHOLE = """mailboxes:
  - name: alerts
    team: Ops
    imap_env: ALERTS_IMAP
    address: alerts@example.org
    for: [replies, alerts]
    service: S
    senders: ["@example.org", mon@example.com]
    folder: Pages
    move_to: Done
    authserv: mx.example.org
"""
LEAST = "mailboxes:\n  - {name: alerts, team: Ops, imap_env: ALERTS_IMAP, address: alerts@example.org}\n"


@pytest.mark.parametrize("part", [WHOLE, LEAST])
def test_a_mailbox_is_stored_and_exported_without_a_change(apply, part):
    apply(SMALL + part)
    assert Mailbox.objects.get().imap_env == "ALERTS_IMAP"
    assert apply(selectors.export()).is_empty
    assert apply(SMALL + part).is_empty


def test_everything_that_the_file_says_is_stored(apply):
    apply(SMALL + WHOLE)
    row = Mailbox.objects.select_related("service").get()
    assert (row.purposes, row.service.name, row.senders) == (["alerts", "replies"], "S", ["@example.org", "mon@example.com"])
    assert (row.folder, row.move_to, row.authserv) == ("Pages", "Done", "mx.example.org")


def test_a_service_has_a_list_of_senders_of_its_own(apply):
    text = SMALL.replace("policy: P}", 'policy: P, senders: ["@vendor.example", mon@example.com]}')
    apply(text + WHOLE)
    assert Service.objects.get().senders == ["@vendor.example", "mon@example.com"]
    assert apply(selectors.export()).is_empty
    apply(SMALL + WHOLE)
    assert Service.objects.get().senders == []
    (found,) = problems(SMALL.replace("policy: P}", "policy: P, senders: [vendor.example]}"))
    assert "a mail address, or @domain" in str(found)


def test_how_far_it_was_read_stays_until_it_is_another_mailbox(apply):
    apply(SMALL + WHOLE)
    Mailbox.objects.update(uid_validity=7, last_uid=9)
    apply(SMALL + WHOLE.replace("move_to: Done", "move_to: Gone"))
    assert Mailbox.objects.get().last_uid == 9
    apply(SMALL + WHOLE.replace("folder: Pages", "folder: Other"))
    assert (Mailbox.objects.get().uid_validity, Mailbox.objects.get().last_uid) == (0, 0)


def test_pruned_it_is_read_no_more_and_named_again_it_is(apply):
    apply(SMALL + WHOLE)
    diff = apply(SMALL, prune=True)
    assert [change.kind for change in diff.having(Verb.REMOVED)] == ["mailboxes"]
    assert not Mailbox.objects.get().is_active
    apply(SMALL + WHOLE)
    assert Mailbox.objects.get().is_active


@pytest.mark.parametrize(
    ("part", "environment", "why", "missing"),
    [
        (WHOLE, {"ALERTS_IMAP": "x"}, [], ()),
        (WHOLE, {}, ["it is not read before its variable is set."], ("ALERTS_IMAP",)),
        (LEAST, {"ALERTS_IMAP": "x"}, [], ()),
        (LEAST, {}, ["it is not read before its variable is set."], ("ALERTS_IMAP",)),
        (WHOLE.replace("[replies, alerts]", "[alerts, reports]"), {"ALERTS_IMAP": "x"}, [], ()),
    ],
)
def test_what_is_not_active_is_said(apply, part, environment, why, missing):
    found = [one for one in apply(SMALL + part, environment=environment).not_active if one.kind == "mailboxes"]
    assert [one.why for one in found] == why
    assert all(one.missing == missing for one in found)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("move_to", "writes: [answer]\n    move_to", "`writes` goes with `for: [reports]`"),
        ("move_to", "automatic_answer: Use the form.\n    move_to", "`automatic_answer` goes with `for: [reports]`"),
        ("[replies, alerts]", "[replies]", "`service` goes with `for: [alerts]`"),
        ("alerts@example.org", "alerts+x@example.org", "expected the plain address"),
        ("service: S", "service: Nothing", "nothing under `services` is called Nothing"),
        ('"@example.org"', '"example.org"', "a mail address, or @domain"),
        ("[replies, alerts]", "[pages]", "expected"),
        ("imap_env: ALERTS_IMAP", "imap_env: imaps://u:p@mx", "the name of an environment variable"),
    ],
)
def test_what_makes_no_sense_is_refused(old, new, says):
    assert any(says in problem.text for problem in problems(SMALL + WHOLE.replace(old, new)))


def test_answers_go_to_one_mailbox_and_each_has_an_address_of_its_own():
    twice = "  - {name: second, team: Ops, imap_env: X_IMAP, address: Alerts@example.org, for: [replies]}\n"
    said = " ".join(problem.text for problem in problems(SMALL + WHOLE + twice))
    assert "expected one mailbox for replies" in said
    assert "expected one of its own" in said
