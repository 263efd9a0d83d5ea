"""What is known of pages: where they stand, what comes next, and whether every step that was due has fired.

Viewers are checked above: whoever may see the incident may see its pages.
"""

from watchbill.paging.selectors.foresight import Foreseen, Reached, described, foresee, policy_named
from watchbill.paging.selectors.proof import Unproven, set_aside, unproven
from watchbill.paging.selectors.rows import Row, rows_of
from watchbill.paging.selectors.walks import Asked, Coming, Fired, Picture, Way, walk_of, walks_of
from watchbill.paging.selectors.world import copies_of, world_of

__all__ = [
    "Asked",
    "Coming",
    "Fired",
    "Foreseen",
    "Picture",
    "Reached",
    "Row",
    "Unproven",
    "Way",
    "copies_of",
    "described",
    "foresee",
    "policy_named",
    "rows_of",
    "set_aside",
    "unproven",
    "walk_of",
    "walks_of",
    "world_of",
]
