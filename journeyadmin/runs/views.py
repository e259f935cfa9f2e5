"""The page of a run: the plan before, progress, and a result for each row after."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from journeyadmin.accounts.permissions import require
from journeyadmin.accounts.production import FIELD, misnamed
from journeyadmin.contract.operations import (
    CREATE_SEGMENT,
    DELETE_SEGMENT,
    UPDATE_ACTION_TARGET,
    UPDATE_SEGMENT,
)
from journeyadmin.history.models import Kind
from journeyadmin.history.reasons import ReasonForm, required
from journeyadmin.history.writes import Writer
from journeyadmin.htmx import announce, answer, go_to, is_partial
from journeyadmin.http import JourneyRequest
from journeyadmin.middleware import support_text
from journeyadmin.plans import planning, report
from journeyadmin.runs.begin import begin, undo
from journeyadmin.runs.models import UNDONE, Run, RunState, Step, StepState
from journeyadmin.runs.retry import take_up_again
from journeyadmin.runs.work import advance
from journeyadmin.service import UNSURE

# A page that goes on by itself shows progress often; a press of a button without scripts does more at once.
SLICE_SECONDS = 1.5
PRESS_SECONDS = 10

WRITING = {planning.CREATE, planning.UPDATE, planning.DELETE}
PERMISSIONS = {
    (Kind.SEGMENT, planning.CREATE): CREATE_SEGMENT.permission,
    (Kind.SEGMENT, planning.UPDATE): UPDATE_SEGMENT.permission,
    (Kind.SEGMENT, planning.DELETE): DELETE_SEGMENT.permission,
    (Kind.ACTION_TARGET, planning.UPDATE): UPDATE_ACTION_TARGET.permission,
}


@require_http_methods(["GET", "POST"])
def run_page(request: JourneyRequest, run_id: str) -> HttpResponse:
    run = get_object_or_404(Run, pk=run_id, connection=request.connection, person=request.user)
    if request.method == "GET":
        return _page(request, run)
    does: dict[str, Callable[[JourneyRequest, Run], HttpResponse]] = {
        "apply": _apply,
        "go": _go,
        "pause": _pause,
        "resume": _resume,
        "retry": _retry,
        "undo": _undo,
        "discard": _discard,
    }
    return does.get(request.POST.get("do", ""), _page)(request, run)


def missing_permissions(request: JourneyRequest, run: Run) -> list[str]:
    wanted = run.steps.filter(state=StepState.WAITING).values_list("kind", "operation").distinct()
    needed = {PERMISSIONS[pair] for pair in wanted if pair in PERMISSIONS}
    return sorted(name for name in needed if not request.may(name))


def _apply(request: JourneyRequest, run: Run) -> HttpResponse:
    if run.state != RunState.PLANNED:
        return _page(request, run)
    _demand(request, run)
    form = ReasonForm(request.POST, required=required(request))
    chosen = set(request.POST.getlist("step"))
    waiting = list(run.steps.filter(state=StepState.WAITING))
    left_out = [step.pk for step in waiting if str(step.pk) not in chosen]
    if not form.is_valid() or misnamed(request) or len(left_out) == len(waiting):
        context = {"reason": form, "chosen": chosen, "refused": True}
        context |= {"misnamed": misnamed(request), "typed": request.POST.get(FIELD, "")}
        context["none_chosen"] = len(left_out) == len(waiting)
        return _page(request, run, context, status=422)
    run.steps.filter(pk__in=left_out).update(state=StepState.LEFT_OUT)
    # Only one of two presses finds the plan still unapplied.
    reason = form.cleaned_data["reason"]
    if Run.objects.filter(pk=run.pk, state=RunState.PLANNED).update(state=RunState.RUNNING, reason=reason):
        run.refresh_from_db()
        advance(run, _writer(request, run), SLICE_SECONDS)
    return _forward(request, run)


def _go(request: JourneyRequest, run: Run) -> HttpResponse:
    _demand(request, run)
    seconds = SLICE_SECONDS if is_partial(request) else PRESS_SECONDS
    taken = advance(run, _writer(request, run), seconds)
    return _page(request, run, {"elsewhere": not taken}) if is_partial(request) else _forward(request, run)


def _pause(request: JourneyRequest, run: Run) -> HttpResponse:
    Run.objects.filter(pk=run.pk, state=RunState.RUNNING).update(state=RunState.PAUSED)
    run.refresh_from_db()
    return _forward(request, run)


def _resume(request: JourneyRequest, run: Run) -> HttpResponse:
    _demand(request, run)
    Run.objects.filter(pk=run.pk, state=RunState.PAUSED).update(state=RunState.RUNNING)
    run.refresh_from_db()
    return _go(request, run)


def _retry(request: JourneyRequest, run: Run) -> HttpResponse:
    """Only what failed is taken up again, and shown as a plan again: what is there may have changed."""
    if run.state == RunState.DONE:
        take_up_again(run, request.journey)
    return _forward(request, run)


def _undo(request: JourneyRequest, run: Run) -> HttpResponse:
    plan = undo(request, run)
    if not plan.writing:
        messages.warning(
            request, _("There is nothing to undo: everything was changed since, or was undone already.")
        )
        return _forward(request, run)
    title = _("Undo: %s") % run.title
    again = begin(request, title, plan.steps, back=run.get_absolute_url(), reason=title, undoes=run)
    return go_to(request, again.get_absolute_url())


def _discard(request: JourneyRequest, run: Run) -> HttpResponse:
    begun = run.steps.filter(state__in=(StepState.DONE, StepState.SENDING, *UNDONE)).exists()
    stopped = Run.objects.filter(pk=run.pk, state__in=(RunState.PLANNED, RunState.PAUSED)).update(
        state=RunState.DONE if begun else RunState.DISCARDED
    )
    if begun:
        # What was carried out stays a batch with results, which can be undone.
        if stopped:
            run.steps.filter(state=StepState.WAITING).update(state=StepState.LEFT_OUT)
            run.steps.filter(state=StepState.SENDING).update(state=StepState.FAILED, message=str(UNSURE))
        run.refresh_from_db()
        return _forward(request, run)
    messages.info(request, _("The plan was thrown away; nothing more is written."))
    return go_to(request, run.back or reverse("history:list"))


def _demand(request: JourneyRequest, run: Run) -> None:
    for name in missing_permissions(request, run):
        require(request, name)


def _writer(request: JourneyRequest, run: Run) -> Writer:
    return Writer.of(request, run.reason, str(run.pk))


def _forward(request: JourneyRequest, run: Run) -> HttpResponse:
    """The fragment where HTMX goes on, else the page by its address, so that a reload repeats nothing."""
    return _page(request, run) if is_partial(request) else go_to(request, run.get_absolute_url())


def _page(
    request: JourneyRequest, run: Run, more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    steps = list(run.steps.all())
    written = [step for step in steps if step.operation in WRITING]
    waiting = [step for step in written if step.state in (StepState.WAITING, StepState.SENDING)]
    done = [step for step in written if step.state == StepState.DONE]
    failed = [step for step in written if step.state in UNDONE]
    tried = len(done) + len(failed)
    operations = {step.operation for step in steps}
    chosen = (more or {}).get("chosen", ())
    for step in steps:
        step.chosen = str(step.pk) in chosen  # type: ignore[attr-defined]
        step.details = _details(run, step) if step.state == StepState.FAILED else ""  # type: ignore[attr-defined]
    wait = max(0, round((run.wait_until - timezone.now()).total_seconds())) if run.wait_until else 0
    context = {
        "run": run,
        "steps": [step for step in steps if step.operation != planning.SAME],
        "same": [step for step in steps if step.operation == planning.SAME],
        "waiting": waiting,
        "done": done,
        "failed": failed,
        "share": tried / (tried + len(waiting)) if written else 1,
        "tried": tried,
        "all": tried + len(waiting),
        "summary": report.summary(_as_plan(steps)),
        "mixed": len(operations) != 1 or not operations & WRITING,
        "deletes": any(step.operation == planning.DELETE for step in waiting),
        "missing": missing_permissions(request, run),
        "reason": ReasonForm({"reason": run.reason}, required=required(request)),
        "wait": wait,
        "outcome": _outcome(run, done, failed, waiting, operations),
        "undone_by": run.undone_by.exclude(state=RunState.DISCARDED).first(),
        **(more or {}),
    }
    response = answer(request, "runs/run.html", "runs/_run.html", context, status=status)
    return announce(response, context["outcome"]) if run.state == RunState.DONE else response


def _details(run: Run, step: Step) -> str:
    """What finds a failed step in the logs."""
    return support_text(
        ("What", f"{step.operation} {step.get_kind_display()}"),
        ("Correlation id", step.correlation_id),
        ("Request id", step.request_id),
        ("Time", step.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if step.started else ""),
        ("Page", run.get_absolute_url()),
    )


def _as_plan(steps: list[Step]) -> planning.Plan:
    return planning.Plan(tuple(planning.Step(step.operation, step.kind, step.name) for step in steps))


def _outcome(
    run: Run, done: list[Step], failed: list[Step], waiting: list[Step], operations: set[str]
) -> str:
    """The answer at the top of the page."""
    if run.state == RunState.DISCARDED:
        return _("Thrown away")
    if run.state == RunState.PLANNED:
        count = len(waiting)
        if not count:
            hindered = operations & {planning.CONFLICT, planning.UNREADABLE}
            return _("Nothing can be applied") if hindered else _("Nothing to do")
        return ngettext("%(count)s change planned", "%(count)s changes planned", count) % {"count": count}
    if run.state in (RunState.RUNNING, RunState.PAUSED):
        counts = {"tried": len(done) + len(failed), "all": len(done) + len(failed) + len(waiting)}
        return (
            _("%(tried)s of %(all)s done")
            if run.state == RunState.RUNNING
            else _("Paused at %(tried)s of %(all)s")
        ) % counts
    if failed:
        return _("%(done)s done, %(failed)s not done") % {"done": len(done), "failed": len(failed)}
    return ngettext("%(count)s change done", "All %(count)s changes done", len(done)) % {"count": len(done)}
