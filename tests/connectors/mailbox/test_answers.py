"""What an answer to one of our mails asks for: what its writer wrote, never what is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.connectors.mailbox.answers import Said, understood

QUOTE = "\n\nOn Mon, 2 Mar 2026 at 09:00, Watchbill <desk@example.org> wrote:\n> #12 critical: disk full\n> resolve\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ack", Said("acknowledge")),
        ("Ack.", Said("acknowledge")),
        ("  ACKNOWLEDGE!  ", Said("acknowledge")),
        ("acknowledged", Said("acknowledge")),
        ("ack #418", Said("acknowledge", 418)),
        ("Ack 418", Said("acknowledge", 418)),
        ("ack, I look at it now", Said("acknowledge", 0, "I look at it now")),
        ("ack\nI look at it now\n\nAda", Said("acknowledge", 0, "I look at it now\n\nAda")),
        ("resolve", Said("resolve")),
        ("Resolved.", Said("resolve")),
        ("resolve\nIt was the disk.", Said("resolve", 0, "It was the disk.")),
        ("escalate", Said("escalate")),
        ("ack" + QUOTE, Said("acknowledge")),
        # no command
        ("resolve this tomorrow", Said("note", 0, "resolve this tomorrow")),
        ("Resolve, please, somebody", Said("note", 0, "Resolve, please, somebody")),
        ("escalate: no, wait", Said("note", 0, "escalate: no, wait")),
        ("I cannot ack this", Said("note", 0, "I cannot ack this")),
        ("acknowledge please", Said("note", 0, "acknowledge please")),
        ("thanks\nack", Said("note", 0, "thanks\nack")),
        ("acking", Said("note", 0, "acking")),
        ("a", Said("note", 0, "a")),
        # nothing of their own
        ("", Said("nothing")),
        ("   \n\n", Said("nothing")),
        (QUOTE, Said("nothing")),
        ("> resolve\n> ack", Said("nothing")),
        ("-- \nack", Said("nothing")),
        ("Sent from my iPhone" + QUOTE, Said("nothing")),
        # how mail programs quote
        ("ack\n\n-----Original Message-----\nFrom: desk\nresolve", Said("acknowledge")),
        ("ack\n________________________________\nFrom: desk@example.org\nresolve", Said("acknowledge")),
        ("ack\n\nFrom: Watchbill <desk@example.org>\nSent: Monday\nresolve", Said("acknowledge")),
        ("ack\n\nVon: Watchbill\nGesendet: Montag\nresolve", Said("acknowledge")),
        ("ack\n\nAm 02.03.2026 um 09:00 schrieb Watchbill:\n> resolve", Said("acknowledge")),
        ("ack\n\nOn Mon, 2 Mar 2026 at 09:00, Watchbill\n<desk@example.org> wrote:\n\nresolve", Said("acknowledge")),
        ("ack\n\nLe lun. 2 mars 2026 à 09:00, Watchbill a écrit :\n> resolve", Said("acknowledge")),
        ("ack\n\nSent from my iPhone", Said("acknowledge")),
        ("ack\n-- \nAda Osei\nresolve", Said("acknowledge")),
        ("On the way, will look.", Said("note", 0, "On the way, will look.")),
        ("From: here it looks fine", Said("note", 0, "From: here it looks fine")),
    ],
)
def test_what_an_answer_means(text, said):
    assert understood(text) == said


@given(st.text(max_size=400))
def test_a_quote_never_acts(text):
    quoted = "\n".join(f"> {line}" for line in (text + "\nresolve\nack").splitlines())
    assert understood(quoted).what in ("nothing", "note")
    assert understood("thanks, all is well\n" + quoted).what == "note"
