"""How does a stretch of time become a picture? Pure: bars with a start and an end become places in percent of the window.

Percent of real seconds: a day of 23 hours is narrower than one of 25, and a bar of 12 hours is as wide wherever it stands. The words in a
bar never shrink; which words fit is judged from the narrowest layout that shows the picture (`room`, in pixels).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

LETTER = 7.0  # pixels of an average letter in the label's size, with a wide font
PADDING = 10.0
SQUEEZE = 0.6  # a label may be drawn this narrow, never narrower
SLIVER = 0.55  # percent: the least width of a bar, so that a short gap is still seen


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time that somebody, or nobody, has. `labels` are words for it, the longest first; `words` says all of it."""

    start: dt.datetime
    end: dt.datetime
    labels: tuple[str, ...]
    kind: str = ""  # me | swap | off | void | gap | beside, or nothing: somebody else
    words: str = ""
    give: str = ""  # what the form of a swap is sent for it, when it is the reader's ...
    take: str = ""  # ... or somebody else's


@dataclass(frozen=True, slots=True)
class Segment:
    """A bar in its place. `squeeze`: the label is drawn narrower than it is, to fit."""

    x: float
    width: float
    kind: str
    label: str
    squeeze: bool
    centred: bool
    words: str
    label_x: float | None = None  # percent of the segment, where the now-line would cross the label
    give: str = ""
    take: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the grid; a heavy one begins a week."""

    x: float
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A word on the axis."""

    x: float
    label: str
    current: bool = False

    @property
    def half(self) -> float:
        """Half the width of the box behind the current one, in pixels."""
        return len(self.label) * 3.9 + 6

    @property
    def box(self) -> float:
        """Its whole width."""
        return 2 * self.half


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of a picture."""

    name: str
    segments: tuple[Segment, ...]
    lines: tuple[Line, ...]
    now: float | None
    height: int
    words: str

    @property
    def baseline(self) -> float:
        """Where the label stands."""
        return self.height / 2 + 4.2


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, and how many pixels it has at least."""

    start: dt.datetime
    end: dt.datetime
    room: float

    def place(self, at: dt.datetime) -> float:
        """Where a moment stands, in percent; may lie outside 0 to 100."""
        return 100 * (at - self.start).total_seconds() / (self.end - self.start).total_seconds()

    def holds(self, at: dt.datetime) -> bool:
        """Is it inside?"""
        return self.start <= at < self.end


def strip(
    name: str,
    bars: Sequence[Bar],
    window: Window,
    *,
    now: dt.datetime,
    lines: Sequence[Line] = (),
    height: int = 28,
    words: str = "",
    may_squeeze: bool = True,
) -> Strip:
    """The bars of one row that meet the window, cut at its ends.

    `may_squeeze`: labels may be drawn narrower. Not where the picture grows far beyond its room: there they would be drawn wider.
    """
    shown = [bar for bar in bars if bar.end > window.start and bar.start < window.end]
    said = words or f"{name}: " + ("; ".join(bar.words or bar.labels[0] for bar in shown) if shown else "nothing")
    return Strip(
        name=name,
        segments=tuple(_segment(bar, window, now, may_squeeze=may_squeeze) for bar in shown),
        lines=tuple(lines),
        now=window.place(now) if window.holds(now) else None,
        height=height,
        words=said,
    )


def _segment(bar: Bar, window: Window, now: dt.datetime, *, may_squeeze: bool) -> Segment:
    left, right = max(0.0, window.place(bar.start)), min(100.0, window.place(bar.end))
    width = max(right - left, SLIVER)
    left = min(left, 100.0 - width)
    pixels = width * window.room / 100
    label, squeeze = _fitting(
        bar.labels, pixels, cut=bar.kind != "gap", may_squeeze=may_squeeze
    )  # half of the word "Nobody" would say something else
    past = " past" if bar.end <= now and bar.kind != "gap" else ""
    running = bar.start < now < bar.end and window.holds(now)
    crossed = (window.place(now) - left) * window.room / 100 if running else None
    reach = PADDING + len(label) * LETTER
    label_x = 100 * (crossed + 6) / pixels if crossed is not None and crossed < reach and crossed + 6 + reach < pixels else None
    return Segment(
        x=left,
        width=width,
        kind=f"{bar.kind}{past}".strip(),
        label=label,
        squeeze=squeeze,
        centred=pixels < 70 and label_x is None,
        words=bar.words or bar.labels[0],
        label_x=label_x,
        give=bar.give,
        take=bar.take,
    )


def _fitting(labels: Sequence[str], pixels: float, *, cut: bool, may_squeeze: bool) -> tuple[str, bool]:
    """The longest label that fits, and whether it must be squeezed; initials where none does and names may be cut."""
    space = pixels - PADDING / 2
    for label in labels:
        if len(label) * LETTER <= space:
            return label, False
    for label in labels if may_squeeze else ():
        if len(label) * LETTER * SQUEEZE <= space:
            return label, True
    return (_initials(labels[-1], pixels) if cut else ""), False


def _initials(label: str, pixels: float) -> str:
    """One or two letters, or nothing where even they do not fit."""
    words = [word for word in label.replace("(you)", "").split() if word]
    letters = "".join(word[0] for word in words)[:2] if len(words) > 1 else label[:2]
    return letters if len(letters) * LETTER <= pixels else ""


def midnights(first: dt.date, days: int, zone: dt.tzinfo) -> list[dt.datetime]:
    """The beginnings of so many days and the end of the last one, in UTC: 23, 24 or 25 hours apart."""
    return [dt.datetime.combine(first + dt.timedelta(days=n), dt.time(), zone).astimezone(dt.UTC) for n in range(days + 1)]


def day_lines(borders: Sequence[dt.datetime], window: Window, zone: dt.tzinfo) -> list[Line]:
    """A line at each midnight, a heavy one where a week begins."""
    return [Line(x=window.place(at), heavy=at.astimezone(zone).weekday() == 0) for at in borders]
