"""Keeping a plan as a run that someone can look at and apply; and the plan that takes a batch back."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from journeyadmin import servicelevel
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.history import log
from journeyadmin.history.models import Change, Kind
from journeyadmin.http import JourneyRequest
from journeyadmin.plans import planning
from journeyadmin.plans.documents import IDENTITY, NEVER
from journeyadmin.plans.planning import Plan
from journeyadmin.runs.models import LONGEST_BACK, Run, RunState, Step, StepState
from journeyadmin.service import NotFound

Json = Mapping[str, Any]


def begin(
    request: JourneyRequest,
    title: str,
    steps: Iterable[planning.Step],
    *,
    back: str = "",
    reason: str = "",
    undoes: Run | None = None,
) -> Run:
    """A run in the state PLANNED; nothing is sent before someone applies it on its page."""
    return keep(request.connection, request.user, title, steps, back=back, reason=reason, undoes=undoes)


def keep(
    connection: Connection,
    person: Person,
    title: str,
    steps: Iterable[planning.Step],
    *,
    back: str = "",
    reason: str = "",
    undoes: Run | None = None,
) -> Run:
    """As `begin`, for callers without a request."""
    with transaction.atomic():
        run = Run.objects.create(
            connection=connection,
            person=person,
            title=title[:300],
            reason=reason[:200],
            back=back[:LONGEST_BACK],
            undoes=undoes,
        )
        Step.objects.bulk_create(_row(run, number, step) for number, step in enumerate(steps))
    return run


def planned(request: JourneyRequest, run_id: str, kind: str) -> dict[str, Step]:
    """By object id what a run of this person wants that was not applied yet; for a form that goes back to it."""
    try:
        key = uuid.UUID(run_id)
    except ValueError:
        return {}
    rows = Step.objects.filter(
        run=key,
        run__person=request.user,
        run__state=RunState.PLANNED,
        kind=kind,
        operation=planning.UPDATE,
    )
    return {row.object_id: row for row in rows}


def objects(request: JourneyRequest, run_id: str, kind: str) -> list[str]:
    """The ids of everything that a run of this person is about, whether it changes or not."""
    try:
        key = uuid.UUID(run_id)
    except ValueError:
        return []
    rows = Step.objects.filter(
        run=key, run__person=request.user, run__connection=request.connection, kind=kind
    )
    return list(rows.values_list("object_id", flat=True))


def undo(request: JourneyRequest, run: Run) -> Plan:
    """What takes a batch back, object by object from the history; what was changed since is left alone and said."""
    changes = log.all_changes(run.connection).filter(batch=str(run.pk))
    steps = []
    segments = (
        {str(one["id"]): one for one in request.journey.list_segments()}
        if _touches(run, Kind.SEGMENT)
        else {}
    )
    for change in changes:
        now = (
            segments.get(change.object_id)
            if change.kind == Kind.SEGMENT
            else _target(request, change.object_id)
        )
        steps.append(_reverse(change, now))
    return Plan(tuple(steps))


def _touches(run: Run, kind: str) -> bool:
    return run.steps.filter(kind=kind).exists()


def _target(request: JourneyRequest, target_id: str) -> dict[str, Any] | None:
    try:
        return request.journey.get_action_target(target_id)
    except NotFound:
        return None


def _reverse(change: Change, now: dict[str, Any] | None) -> planning.Step:
    kind, before, after = change.kind, change.before, change.after

    def skipped(why: str) -> planning.Step:
        return planning.Step(planning.CONFLICT, kind, change.name, change.object_id, now, why=why)

    if after is None:
        if now is not None:
            return skipped(_("it exists again"))
        return planning.creation(before or {})
    if now is None:
        return skipped(_("it was deleted since"))
    if kind == Kind.SEGMENT and now.get("version") != after.get("version"):
        return skipped(
            _("it was changed since: version %(old)s → %(new)s")
            % {"old": after.get("version"), "new": now.get("version")}
        )
    if kind == Kind.ACTION_TARGET and servicelevel.settings_of(now) != servicelevel.settings_of(after):
        return skipped(_("it was changed since: it is %s now") % servicelevel.level_words(now))
    if before is None:
        return planning.removal(now)
    return planning.change(kind, now, patch_back(kind, now, before))


def patch_back(kind: str, now: Json, before: Json) -> dict[str, Any]:
    """The patch from `now` to an earlier state: only what differs, and null for what was not set then."""
    if kind == Kind.ACTION_TARGET:
        then, present = servicelevel.settings_of(before), servicelevel.settings_of(now)
        return {
            name: then.get(name)
            for name in ("name", "serviceLevel", "shortAbandonThreshold")
            if then.get(name) != present.get(name)
        }
    left_out = (*IDENTITY, *NEVER, "scope", "externalSegment")
    names = [name for name in {**now, **before} if name not in left_out]
    return {name: before.get(name) for name in names if before.get(name) != now.get(name)}


def _row(run: Run, number: int, step: planning.Step) -> Step:
    return Step(
        run=run,
        position=number,
        operation=step.operation,
        kind=step.kind,
        object_id=step.object_id,
        name=step.name[:256],
        before=step.before if step.writes else None,
        body=step.body if step.writes else None,
        said=list(step.said),
        cautions=list(step.cautions),
        why=step.why[:500],
        state=StepState.WAITING if step.writes else StepState.LEFT_OUT,
    )
