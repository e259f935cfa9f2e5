"""Carrying out a run: step by step, as long as there is time, never a create twice."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from journeyadmin import logs, servicelevel
from journeyadmin.history import log
from journeyadmin.history.models import Change, Kind, Operation
from journeyadmin.history.writes import ChangedMeanwhile, Writer
from journeyadmin.plans import planning
from journeyadmin.runs.models import Run, RunState, Step, StepState
from journeyadmin.service import Conflict, JourneyError, NotFound, RateLimited, SignInExpired

_log = logging.getLogger("journeyadmin.runs")

# Longer than a step can take: the transport gives up after its budget, and a lost answer is looked up once.
SPARE = timedelta(seconds=5)
# A service that gives no number of seconds.
DEFAULT_WAIT_SECONDS = 15


def advance(run: Run, writer: Writer, seconds: float, clock: Callable[[], float] = time.monotonic) -> bool:
    """Carries out steps for about so many seconds. False, at once, where someone else is at it (or died at it a moment ago)."""
    if not _take(run):
        run.refresh_from_db()
        return run.state != RunState.RUNNING
    try:
        _settle_interrupted(run, writer)
        begun = clock()
        while clock() - begun < seconds:
            run.refresh_from_db(fields=["state"])
            step = (
                run.steps.filter(state=StepState.WAITING).first() if run.state == RunState.RUNNING else None
            )
            if step is None:
                break
            Run.objects.filter(pk=run.pk).update(held_until=_held_until())
            if not _carry_out(run, step, writer):
                break
    finally:
        left = run.steps.filter(state__in=(StepState.WAITING, StepState.SENDING)).exists()
        Run.objects.filter(pk=run.pk).update(held_until=None)
        if not left:
            Run.objects.filter(pk=run.pk, state__in=(RunState.RUNNING, RunState.PAUSED)).update(
                state=RunState.DONE
            )
        run.refresh_from_db()
    return True


def _held_until() -> datetime:
    return timezone.now() + timedelta(seconds=settings.SERVICE_BUDGET_SECONDS) + SPARE


def _take(run: Run) -> bool:
    free = Q(held_until=None) | Q(held_until__lt=timezone.now())
    taken = Run.objects.filter(free, pk=run.pk, state=RunState.RUNNING).update(
        held_until=_held_until(), wait_until=None
    )
    return taken == 1


def _carry_out(run: Run, step: Step, writer: Writer) -> bool:
    """False where the run has to wait: the step is then as if it had not been begun."""
    step.state, step.started, step.message = StepState.SENDING, timezone.now(), ""
    step.save(update_fields=["state", "started", "message"])
    failure: JourneyError | None = None
    try:
        step.result_id = _send(step, writer)
        step.state = StepState.DONE
    except RateLimited as error:
        step.state = StepState.WAITING
        run.wait_until = timezone.now() + timedelta(seconds=error.retry_after or DEFAULT_WAIT_SECONDS)
        run.save(update_fields=["wait_until"])
        return False
    except SignInExpired:
        # Nothing was sent; after signing in again the run goes on here.
        step.state = StepState.WAITING
        raise
    except ChangedMeanwhile as met:
        step.state = StepState.CHANGED
        step.message = _("Changed meanwhile: it is %s now.") % servicelevel.level_words(met.now)
    except Conflict as error:
        failure = error
        step.state = StepState.CHANGED if error.stale else StepState.FAILED
        step.message = _("Somebody saved a newer version meanwhile.") if error.stale else error.user_message
    except JourneyError as error:
        failure = error
        step.state, step.message = StepState.FAILED, _words(error)
        if error.unsure:
            _settle_unsure(step, writer)
    finally:
        # Of the call that failed: the service may have been asked again since, and a call without an answer has none.
        known = writer.service if failure is None else failure
        step.correlation_id = known.correlation_id[:64]
        step.request_id = logs.request_id.get("")
        step.message = step.message[:1000]
        step.save(update_fields=["state", "message", "correlation_id", "request_id", "result_id"])
    return True


def _send(step: Step, writer: Writer) -> str:
    """The id of what is there afterwards."""
    before, body = step.before or {}, step.body or {}
    if step.kind == Kind.ACTION_TARGET:
        return str(writer.change_target(step.object_id, before, body).get("id", step.object_id))
    if step.operation == planning.CREATE:
        return str(writer.create_segment(body, *_creation(step)).get("id", ""))
    if step.operation == planning.UPDATE:
        return str(writer.change_segment(before, body).get("id", step.object_id))
    _delete(step, writer)
    return ""


def _creation(step: Step) -> tuple[Operation, Change | None]:
    """How the log calls it: where it takes back a delete, as what brought that very segment back from the bin."""
    if not step.run.undoes_id:
        return Operation.CREATE, None
    deletes = log.all_changes(step.run.connection).filter(
        batch=str(step.run.undoes_id), kind=step.kind, operation=Operation.DELETE, name=step.name
    )
    return Operation.RESTORE, deletes.first()


def _delete(step: Step, writer: Writer) -> None:
    """A delete has no version, so the segment is read again first; one that is gone already is as wanted."""
    before = step.before or {}
    try:
        now = writer.service.get_segment(step.object_id)
    except NotFound:
        step.message = _("It was deleted already.")
        return
    if now.get("version") != before.get("version"):
        raise Conflict(stale=True)
    writer.delete_segment(now)


def _settle_interrupted(run: Run, writer: Writer) -> None:
    """What was being sent when the process ended: looked up, written down if it happened, sent again only if that is safe."""
    for step in run.steps.filter(state=StepState.SENDING):
        _log.info("run %s step %s was interrupted", run.pk, step.position)
        if step.operation == planning.CREATE:
            _look_up(step, writer)
        else:
            # On its version (or compared before) a change is safe to repeat, once it is known not to have happened.
            step.state = StepState.DONE if _happened(step, writer) else StepState.WAITING
        step.save(update_fields=["state", "message", "result_id"])


def _settle_unsure(step: Step, writer: Writer) -> None:
    """The answer to a write was lost: it is looked up whether it was carried out."""
    if step.operation == planning.CREATE:
        _look_up(step, writer)
        return
    try:
        if _happened(step, writer):
            step.state, step.message = StepState.DONE, _("The answer was lost; it was looked up and is done.")
        else:
            step.message = _("The answer was lost; it was looked up and is not done.")
    except JourneyError:
        return


def _happened(step: Step, writer: Writer) -> bool:
    before = step.before or {}
    try:
        now = (
            writer.service.get_action_target(step.object_id)
            if step.kind == Kind.ACTION_TARGET
            else writer.service.get_segment(step.object_id)
        )
    except NotFound:
        if step.operation == planning.DELETE:
            writer.note(Operation.DELETE, step.kind, step.object_id, before, None)
        return step.operation == planning.DELETE
    if step.operation == planning.DELETE:
        return False
    step.result_id = step.object_id
    wanted = planning.after_of(step.kind, before, step.body or {})
    same = not planning.differences(step.kind, wanted, now)
    if same and log.digest(now) != log.digest(before):
        writer.note(Operation.UPDATE, step.kind, step.object_id, before, now)
    return same


def _look_up(step: Step, writer: Writer) -> None:
    """After a create whose answer was lost: done if a segment of that name and content is there, else failed, to be retried by a person."""
    body = step.body or {}
    try:
        found = [
            one
            for one in writer.service.list_segments()
            if planning.name_of(one).casefold() == planning.name_of(body).casefold()
        ]
    except JourneyError:
        step.state = StepState.FAILED
        step.message = _("It is not known whether this was created. Look at the list before you retry.")
        return
    if found and not planning.differences(step.kind, {**found[0], **body}, found[0]):
        step.state, step.result_id = StepState.DONE, str(found[0]["id"])
        step.message = _("The answer was lost; it was looked up and is there.")
        operation, restores = _creation(step)
        writer.note(operation, step.kind, step.result_id, None, found[0], restores)
    else:
        step.state = StepState.FAILED
        step.message = (
            _("Another segment has this name.") if found else _("It was not created; the answer was lost.")
        )


def _words(error: JourneyError) -> str:
    fields = [f"{one.path}: {one.message}" for one in getattr(error, "fields", ())]
    return "; ".join(fields) or error.user_message
