"""A run is a plan that someone looks at, applies, pauses, repeats in part or undoes; a step is one object of it.

Everything needed to go on is in these rows, so a run survives a restart. A step that was being carried out when the process
ended is looked up before anything is sent again: nothing is created twice.
"""

import uuid
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from journeyadmin.accounts.models import Connection, Person
from journeyadmin.history.models import Kind
from journeyadmin.plans.planning import DELETE


class RunState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    DISCARDED = "discarded", _("Discarded")


class StepState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    # Not chosen, or nothing to do.
    LEFT_OUT = "left-out", _("left out")
    SENDING = "sending", _("being sent")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    # Somebody changed the object since the plan was made.
    CHANGED = "changed", _("changed meanwhile")


# What *Retry failed* takes up again.
UNDONE = (StepState.FAILED, StepState.CHANGED)
# Of the address that a plan leads back to.
LONGEST_BACK = 2000


class Run(models.Model):
    """`reason` and the run's id go with every change into the history."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.PLANNED)
    reason = models.CharField(max_length=200, blank=True)
    # The path of the page it came from.
    back = models.CharField(max_length=LONGEST_BACK, blank=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    # Whoever carries steps out holds this for a moment; two open tabs do not send a step twice.
    held_until = models.DateTimeField(null=True)
    # The service asked us to wait until then.
    wait_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("runs:run", args=[self.pk])

    @property
    def from_a_form(self) -> bool:
        """Whether `back` is a form that shows again what was typed for this plan."""
        places = (reverse("segments:list"), reverse("files:compare"))
        return bool(self.back) and self.undoes_id is None and urlsplit(self.back).path not in places


class Step(models.Model):
    """`operation`, `before`, `body` and `said` are those of `journeyadmin.plans.planning.Step`."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    operation = models.CharField(max_length=10)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    object_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=256)
    before = models.JSONField(null=True)
    body = models.JSONField(null=True)
    said = models.JSONField(default=list)
    cautions = models.JSONField(default=list)
    why = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=StepState.choices, default=StepState.WAITING)
    message = models.CharField(max_length=1000, blank=True)
    # The ids that find the try in the service's logs and in ours; the latter is empty for the command, which has no request.
    correlation_id = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    started = models.DateTimeField(null=True)
    # What was made of it, for the link in the result.
    result_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["run", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "position"], name="step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.name}"

    @property
    def page(self) -> str:
        """Where the object can be looked at; empty where it is not there (yet, or any more)."""
        gone = self.state == StepState.DONE and self.operation == DELETE
        object_id = "" if gone else self.result_id or self.object_id
        if not object_id:
            return ""
        return reverse(
            "actiontargets:edit" if self.kind == Kind.ACTION_TARGET else "segments:view", args=[object_id]
        )
