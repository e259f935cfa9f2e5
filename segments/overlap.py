"""Which other segments were assigned to the visits and people that a definition matches; counted only when asked for.

Only where the service announces `overlap`. What it counts beside are assignments in the window, so what a segment was
assigned before it, or while it was not there yet, is no overlap.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeyadmin import wording
from journeyadmin.http import JourneyRequest
from journeyadmin.service import InvalidRequest
from segments import audience, catalogue

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Other:
    """A segment that was assigned too. `share` is of the people matched here, `of_theirs` of those it was assigned to;
    both between 0 and 1."""

    id: str
    name: str
    colour: str
    visits: int
    people: int
    share: float
    of_theirs: float

    @property
    def percent(self) -> str:
        return audience.percent_words(self.share)

    @property
    def percent_of_theirs(self) -> str:
        return audience.percent_words(self.of_theirs)


@dataclass(frozen=True)
class Overlap:
    """`state` is counted, noEvents, noConditions, incomplete, stopped or failed; the largest overlap stands first."""

    state: str
    days: int
    sentence: str = ""
    window: str = ""
    visits: int = 0
    people: int = 0
    others: tuple[Other, ...] = ()
    counted: datetime | None = None

    @property
    def told(self) -> str:
        """What is read out when it is there."""
        if self.state != "counted":
            return _("Not counted.")
        count = len(self.others)
        return (
            ngettext(
                "%d other segment shares people with it.", "%d other segments share people with it.", count
            )
            % count
        )


def count(request: JourneyRequest, wanted: Json, saved_id: str, days: int) -> Overlap:
    """The overlap of `wanted`, saved or not, in the last days. Raises `JourneyError` for what is no statement about it."""
    if not wording.patterns(wanted, "context") and not wording.patterns(wanted, "journey"):
        return Overlap("noConditions", days)
    zone = timezone.get_current_timezone_name()
    try:
        answer = request.journey.local.overlap(
            dict(wanted), interval=audience.interval(days, zone), saved_id=saved_id or None
        )
    except InvalidRequest:
        return Overlap("incomplete", days)
    found = catalogue.known(request)
    colours = {row.id: str(row.entity.get("color") or "") for row in found.rows} if found else {}
    return from_answer(answer, wanted, days, colours)


def from_answer(answer: Json, wanted: Json, days: int, colours: Mapping[str, str]) -> Overlap:
    """What is shown of the service's answer (service/local.py describes it)."""
    state = str(answer.get("state"))
    if state != "counted":
        return Overlap(state if state in ("noEvents", "noConditions", "stopped") else "failed", days)
    matched = answer["matched"]
    return Overlap(
        "counted",
        days,
        sentence=wording.sentence(wanted),
        window=audience.window_words(days),
        visits=int(matched["sessions"]),
        people=int(matched["customers"]),
        counted=timezone.now(),
        others=tuple(
            Other(
                str(row["segmentId"]),
                str(row.get("displayName") or row["segmentId"]),
                colours.get(str(row["segmentId"]), ""),
                int(row["sessions"]),
                int(row["customers"]),
                float(row["share"]),
                float(row["ofTheirs"]),
            )
            for row in answer.get("segments") or ()
        ),
    )
