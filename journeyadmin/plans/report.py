"""A plan as text: the same lines on the page, in the terminal and in a pipeline's log."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from journeyadmin.plans.planning import (
    CONFLICT,
    CREATE,
    DELETE,
    SAME,
    SEGMENT,
    UNREADABLE,
    UPDATE,
    Plan,
    Step,
)

MARKS = {CREATE: "+", UPDATE: "~", DELETE: "-", CONFLICT: "!", UNREADABLE: "?", SAME: "="}
# What a terminal would act on instead of showing: control characters and marks that turn the reading direction.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def summary(plan: Plan) -> str:
    """`create 3, change 2, same 30, conflict 1, unreadable 0`"""
    counts = plan.counts
    words = [
        _("create %s") % counts[CREATE],
        _("change %s") % counts[UPDATE],
        *([_("delete %s") % counts[DELETE]] if counts[DELETE] else []),
        _("same %s") % counts[SAME],
        _("conflict %s") % counts[CONFLICT],
        _("unreadable %s") % counts[UNREADABLE],
    ]
    return ", ".join(words)


def lines(plan: Plan) -> Iterator[str]:
    """One line for each object that is not the same, its differences below it; the summary at the end."""
    for step in plan.steps:
        if step.operation != SAME:
            yield heading(step)
            yield from (f"    {shown(text)}" for text in (step.why, *step.said, *step.cautions) if text)
    yield shown(summary(plan))


def heading(step: Step) -> str:
    kind = _("segment") if step.kind == SEGMENT else _("action target")
    name = step.name if step.operation == UNREADABLE else f"“{step.name}”"
    return shown(f"{MARKS[step.operation]} {kind} {name}")


def shown(text: str) -> str:
    """The text with what cannot be seen made visible."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
