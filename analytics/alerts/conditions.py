"""When an alert holds: its conditions as rows, and numbers held against them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.parts import Number
from analytics.series import change


@dataclass(frozen=True)
class Condition:
    """`holds(value, limit)`; with `relative`, `value` is the change in percent and the sentence says so.

    `words` is the sentence that follows the measure's name, with `%s` for the limit.
    """

    key: str
    label: str | Promise
    words: str | Promise
    holds: Callable[[float, float], bool]
    relative: bool = False


CONDITIONS = {
    row.key: row
    for row in (
        Condition("above", _("above"), _("above %s"), lambda value, limit: value > limit),
        Condition("below", _("below"), _("below %s"), lambda value, limit: value < limit),
        Condition("at_least", _("at least"), _("at least %s"), lambda value, limit: value >= limit),
        Condition("at_most", _("at most"), _("at most %s"), lambda value, limit: value <= limit),
        Condition(
            "rises",
            _("higher than in the period before by at least … %"),
            _("higher than in the period before by at least %s"),
            lambda moved, limit: moved >= limit,
            relative=True,
        ),
        Condition(
            "falls",
            _("lower than in the period before by at least … %"),
            _("lower than in the period before by at least %s"),
            lambda moved, limit: -moved >= limit,
            relative=True,
        ),
    )
}


def holds(
    condition: Condition, limit: float, value: Number | None, before: Number | None, *, in_percent: bool
) -> bool | None:
    """Whether a number meets the condition; None where there is nothing to compare. With `in_percent` the limit of a
    share is meant in percent, as it is shown."""
    if condition.relative:
        moved = change(value, before)
        # 0.8 × 100 is a little more than 80.
        return None if moved is None else condition.holds(round(moved * 100, 9), limit)
    if value is None:
        return None
    return condition.holds(round(value * 100, 9) if in_percent else value, limit)
