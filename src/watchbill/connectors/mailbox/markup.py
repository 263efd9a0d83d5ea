"""What would a reader of HTML see, roughly? Pure, and in one pass: each character is looked at a few times, whatever the text is.

The parser of the standard library looks from each tag that is never closed to the end of the text: a mail of 64 KB would cost minutes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote", "pre"})
UNREAD = {
    name: re.compile(f"</{name}[^>]{{0,100}}>", re.IGNORECASE) for name in ("script", "style", "title")
}  # no tag inside is one, but their end
HIDDEN = frozenset({"head", "template"})
_name = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,20})")


def text_of(markup: str) -> str:
    """The text, a line for each block."""
    said = html.unescape("".join(_pieces(markup)))
    return re.sub(r"\n\s*\n+", "\n", "\n".join(" ".join(line.split()) for line in said.splitlines())).strip()


def _pieces(markup: str) -> Iterator[str]:
    """Text and line breaks, in their order. Each search goes on from where the last one ended."""
    at, hidden = 0, 0
    while at < len(markup):
        opens = markup.find("<", at)
        if opens < 0:
            opens = len(markup)
        if not hidden:
            yield markup[at:opens]
        tag = _name.match(markup, opens + 1)
        if tag is None and not markup.startswith(("<!", "<?"), opens):
            if not hidden:
                yield markup[opens : opens + 1]
            at = opens + 1
            continue
        at = _end(markup, opens)
        name, closes = (tag[1].lower(), tag[0].startswith("/")) if tag else ("", False)
        if name in UNREAD and not closes:
            ends = UNREAD[name].search(markup, at)
            at = ends.end() if ends else len(markup)
        elif name in HIDDEN or name == "body":
            hidden = 0 if name == "body" else max(0, hidden - 1) if closes else hidden + 1
        elif name in BREAKS and not hidden:
            yield "\n"


def _end(markup: str, opens: int) -> int:
    """Behind the tag or comment that begins there; the end of the text where it never ends."""
    return _after(markup, "-->", opens + 4) if markup.startswith("<!--", opens) else _after(markup, ">", opens + 1)


def _after(text: str, words: str, at: int) -> int:
    found = text.find(words, at)
    return len(text) if found < 0 else found + len(words)
