"""Which events of a calendar mean that somebody is away, and what follows from another reading of it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tests.factories import DAY, HOUR, MIN, T0
from watchbill.people.rules.away import WORDS, Away, Kept, changes, clean_address, next_look, says_away

pytestmark = pytest.mark.req("S10")


@pytest.mark.parametrize(
    "title",
    ["Vacation", "Ada: vacation!", "OOO", "[OOO] dentist", "Out of office", "out-of-office", "Urlaub", "Urlaub (genehmigt)", "time off", "PTO",
     "Sick", "sick leave", "Public Holiday", "Congés", "VACANCES", "Nicht im Büro", "Ada is away"],
)  # fmt: skip
def test_titles_that_say_so(title: str):
    assert says_away(title)


@pytest.mark.parametrize("title", ["", "Stand-up", "Holidaycheck", "Sickbay review", "Cooorporate", "ptolemy", "Urlaubsplanung", "office"])
def test_titles_that_do_not(title: str):
    assert not says_away(title)


def test_an_accent_that_is_a_letter_of_its_own_is_no_other_word():
    assert says_away(unicodedata.normalize("NFD", "Congé annuel"))


def test_every_word_is_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs/howto/time-off.md").read_text()
    assert [word for word in WORDS if f"`{word}`" not in page] == []


def test_what_was_dismissed_does_not_come_again():
    found = [Away("one", T0 + DAY, T0 + 2 * DAY), Away("two", T0 + DAY, T0 + 2 * DAY, "all")]
    assert not changes([], found, now=T0, dismissed={"one", "all"})


def test_exchange_says_it_by_a_status():
    assert says_away("Private", "OOF")
    assert not says_away("Private", "BUSY")


def test_added_moved_removed_and_left_alone():
    same = Kept(1, "same", T0 + DAY, T0 + 2 * DAY)
    moved, gone = Kept(2, "moved", T0 + DAY, T0 + 2 * DAY), Kept(3, "gone", T0 + DAY, T0 + 2 * DAY)
    over = Kept(4, "over", T0 - 2 * DAY, T0 - DAY)
    new, later = Away("new", T0 + DAY, T0 + 2 * DAY), Away("moved", T0 + 5 * DAY, T0 + 6 * DAY)
    found = changes([same, moved, gone, over], [Away("same", same.start, same.end), new, later], now=T0)
    assert (found.add, found.move, found.end) == ((new,), ((moved, later),), (gone,))
    assert not changes([same], [Away("same", same.start, same.end)], now=T0)


def test_what_runs_and_is_moved_ends_now_and_begins_again_then():
    runs, later = Kept(1, "a", T0 - DAY, T0 + DAY), Away("a", T0 + 5 * DAY, T0 + 6 * DAY)
    found = changes([runs], [later], now=T0)
    assert (found.add, found.move, found.end) == ((later,), (), (runs,))
    over = Kept(1, "a", T0 - 2 * DAY, T0 - DAY)
    assert changes([over], [later], now=T0).end == (over,)
    assert not changes([over], [], now=T0)


def test_what_was_over_and_is_longer_now_is_moved():
    ill, longer = Kept(1, "ill", T0 - 3 * DAY, T0 - DAY), Away("ill", T0 - 3 * DAY, T0 + DAY)
    assert changes([ill], [longer], now=T0).move == ((ill, longer),)


def test_it_is_read_every_hour_and_less_often_while_it_fails():
    assert next_look(now=T0, spread=0.5) == T0 + HOUR
    assert next_look(now=T0, spread=0.0) == T0 + 48 * MIN
    pauses = [next_look(now=T0, failures=n, spread=0.5) - T0 for n in (1, 2, 3, 100)]
    assert pauses == [5 * MIN, 10 * MIN, 20 * MIN, 6 * HOUR]


def test_an_address_is_https():
    assert clean_address(" webcal://Cal.example.org/a.ics?k=1 ", plain_too=False) == (
        "https://Cal.example.org/a.ics?k=1",
        "cal.example.org",
    )
    assert clean_address("http://10.0.0.1:80/a", plain_too=True) == ("http://10.0.0.1:80/a", "10.0.0.1")
    for wrong in (
        "http://cal.example.org/a",
        "ftp://x/a",
        "https://",
        "cal",
        "https://a b/",
        "https://u:p@x/",
        "https://x:99999/",
        "x" * 3000,
        "https://[x/",
    ):
        with pytest.raises(ValueError, match="address"):
            clean_address(wrong, plain_too=False)
