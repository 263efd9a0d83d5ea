"""How alike are two reports? By simhash over what they say, on this machine alone. Pure.

The same report by two ways differs in greetings, quotes and line ends, not in what it says. A human decides; this only points.
"""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

BITS = 64
MASK = (1 << BITS) - 1
WORD = re.compile(r"[^\W_]{2,}")
MOST_WORDS = 5_000
NEAR = 18  # bits of difference up to which it is worth a look: two texts that have nothing in common differ in about 32
LEAST_WORDS = 5  # fewer say too little to be compared


def fingerprint(title: str, body: str) -> int:
    """64 bits of which texts that are alike share most; as a signed number, as a database keeps it. 0: too little to say.

    Pairs of words that follow each other: their order counts, and a sentence more or less does not.
    """
    words = [word.lower() for word in WORD.findall(f"{title}\n{body}")[:MOST_WORDS]]
    if len(words) < LEAST_WORDS:
        return 0
    weights = [0] * BITS
    for piece in {*words, *(" ".join(pair) for pair in pairwise(words))}:
        digest = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big")
        for bit in range(BITS):
            weights[bit] += 1 if digest >> bit & 1 else -1
    value = sum(1 << bit for bit in range(BITS) if weights[bit] > 0)
    return value - (1 << BITS) if value >> (BITS - 1) else value


def distance(one: int, other: int) -> int:
    """In how many bits they differ."""
    return ((one ^ other) & MASK).bit_count()


def alike(one: int, other: int) -> int:
    """In percent, for people: 100 is the same, 0 is as far apart as chance."""
    return max(0, round(100 - distance(one, other) * 100 / (BITS / 2)))


def is_near(one: int, other: int) -> bool:
    """Worth a look? Never where one of them says too little."""
    return bool(one and other) and distance(one, other) <= NEAR
