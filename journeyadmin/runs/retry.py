"""Taking up again what failed or was changed meanwhile: planned anew on what is there now, to be looked at once more."""

from typing import Any

from django.utils.translation import gettext as _

from journeyadmin import servicelevel
from journeyadmin.history.models import Kind
from journeyadmin.plans import planning
from journeyadmin.runs.models import UNDONE, Run, RunState, Step, StepState
from journeyadmin.service import JourneyService, NotFound


def take_up_again(run: Run, service: JourneyService) -> None:
    for step in run.steps.filter(state__in=UNDONE):
        if step.operation != planning.CREATE:
            _refresh(step, service)
        elif step.state == StepState.FAILED:
            step.state = StepState.WAITING
        step.message = ""
        step.save()
    Run.objects.filter(pk=run.pk, state=RunState.DONE).update(state=RunState.PLANNED)
    run.refresh_from_db()


def _refresh(step: Step, service: JourneyService) -> None:
    now = _now(step, service)
    if now is None:
        # As wanted for a delete; for a change there is nothing left to change.
        step.state, step.why = StepState.LEFT_OUT, _("it was deleted since")
        return
    step.before = now
    step.state = StepState.WAITING
    if step.operation == planning.UPDATE:
        after = planning.after_of(step.kind, now, step.body or {})
        step.said = planning.differences(step.kind, now, after)
        step.cautions = (
            [caution.text for caution in servicelevel.cautions(now, after)]
            if step.kind == Kind.ACTION_TARGET
            else []
        )
        if not step.said:
            step.state, step.why = StepState.LEFT_OUT, _("it is so already")


def _now(step: Step, service: JourneyService) -> dict[str, Any] | None:
    try:
        if step.kind == Kind.ACTION_TARGET:
            return service.get_action_target(step.object_id)
        return service.get_segment(step.object_id)
    except NotFound:
        return None
