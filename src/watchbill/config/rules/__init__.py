"""What does the configuration file say, is it valid, and what would applying it change? Pure: no clock, no database, no network."""

from watchbill.config.rules.difference import ORGANIZATION, Change, FieldChange, Key, Plan, Standing, Verb, compare, mentions
from watchbill.config.rules.document import check
from watchbill.config.rules.entries import Entry, File
from watchbill.config.rules.inactive import NotActive, not_active, spoken_for
from watchbill.config.rules.meaning import Full, brief, fill, in_week, written
from watchbill.config.rules.nodes import Leaf, Map, Node, Pair, Problem, Row
from watchbill.config.rules.parts import BY_KIND, HEAD, PARTS, Part, json_schema
from watchbill.config.rules.shapes import Facts

__all__ = [
    "BY_KIND",
    "HEAD",
    "ORGANIZATION",
    "PARTS",
    "Change",
    "Entry",
    "Facts",
    "FieldChange",
    "File",
    "Full",
    "Key",
    "Leaf",
    "Map",
    "Node",
    "NotActive",
    "Pair",
    "Part",
    "Plan",
    "Problem",
    "Row",
    "Standing",
    "Verb",
    "brief",
    "check",
    "compare",
    "fill",
    "in_week",
    "json_schema",
    "mentions",
    "not_active",
    "spoken_for",
    "written",
]
