"""What is a restricted incident called outside, which number does it get, what is searched for? Pure: the dice are an argument.

Its number is of another length than the others and never next to a number that exists, so that nobody can count such cases or guess the
next one. Its code name is made of words that say nothing about it.
"""

from __future__ import annotations

from collections.abc import Collection
from random import Random

FIRST, LAST = 10_000_000, 99_999_999

COLOURS = (
    "amber", "ashen", "azure", "brass", "bronze", "chalk", "clover", "cobalt", "copper", "coral", "cream", "dusky", "ember", "fallow", "flax",
    "frost", "ginger", "hazel", "indigo", "ivory", "jade", "linen", "maple", "mint", "moss", "ochre", "olive", "opal", "pearl", "pewter",
    "plain", "quartz", "quiet", "russet", "saffron", "sandy", "silver", "slate", "sorrel", "tawny", "umber", "velvet", "wheat", "willow",
)  # fmt: skip
THINGS = (
    "anchor", "anvil", "arbour", "basin", "beacon", "bellows", "bramble", "bridge", "brook", "canal", "candle", "canoe", "chapel", "compass",
    "cottage", "delta", "dune", "ferry", "fjord", "garden", "gable", "glacier", "granary", "grove", "harbour", "heath", "island", "kettle",
    "lagoon", "lantern", "ledger", "lock", "marsh", "meadow", "mill", "moor", "orchard", "paddle", "pier", "plateau", "pond", "quarry", "quay",
    "ridge", "rudder", "saddle", "shore", "spindle", "spring", "stable", "summit", "terrace", "thicket", "tower", "trellis", "valley", "weir",
)  # fmt: skip


REPLACEMENT = "\ufffd"
SPACES = "\t\n\x0b\x0c\r\x85\u2028\u2029"  # within a line they are one
UNSEEN = {  # they move a cursor, colour a terminal, or turn what stands beside them round: the reader would read what nobody wrote
    *(chr(n) for n in (*range(0x20), *range(0x7F, 0xA0))),
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
}
IN_A_LINE = str.maketrans({**dict.fromkeys(UNSEEN, REPLACEMENT), **dict.fromkeys(SPACES, " ")})


def in_a_line(text: str) -> str:
    """The text as it may stand in a title, whoever wrote it: what is not seen is shown as a mark, line breaks are spaces."""
    return text.translate(IN_A_LINE)


def plain(text: str) -> str:
    """The text as PostgreSQL can keep it: without NUL, lone surrogates replaced."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


MOST_WORDS = 10


def words_of(text: str) -> str:
    """The text as a query of PostgreSQL: each word may go on, all of them must be there. Quoted, so that no sign in it means anything."""
    quoted = ["'" + word.replace("\\", "\\\\").replace("'", "''") + "':*" for word in text.split()[:MOST_WORDS]]
    return " & ".join(quoted)


def draw_number(dice: Random) -> int:
    """A candidate; the caller refuses one that exists or touches one that exists."""
    return dice.randint(FIRST, LAST)


def draw_code_name(dice: Random, taken: Collection[str]) -> str:
    """Two words that say nothing about the case, and a figure when open cases have used those words."""
    for _ in range(50):
        name = f"{dice.choice(COLOURS)} {dice.choice(THINGS)}"
        if name not in taken:
            return name
    return f"{dice.choice(COLOURS)} {dice.choice(THINGS)} {dice.randint(100, 999)}"
