"""Markdown that people wrote, as a page may show it. Hostile text: no markup of its own, no pictures, links only to the web and to mail."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

UNDER = 2  # its first heading stands below the page's and the section's
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
WRITER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


@lru_cache(maxsize=200)
def render(text: str) -> str:
    """HTML that is safe to put into a page: written without markup of the text, and cleaned once more on the way out."""
    tokens = WRITER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + UNDER)}"
    html = WRITER.renderer.render(tokens, WRITER.options, {})
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
