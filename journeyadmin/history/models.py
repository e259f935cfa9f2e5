"""The log of changes, which only grows; the last state known of each object; drafts of what is being typed, and who is typing."""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from journeyadmin import servicelevel, wording
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.plans import planning


class Kind(models.TextChoices):
    SEGMENT = "segment", _("Segment")
    ACTION_TARGET = "actiontarget", _("Action target")


class Operation(models.TextChoices):
    CREATE = "create", _("created")
    UPDATE = "update", _("changed")
    DELETE = "delete", _("deleted")
    RESTORE = "restore", _("restored")
    OUTSIDE = "outside", _("changed outside")
    GONE = "gone", _("deleted outside")


class AppendOnly(Exception):
    """History is never rewritten."""


class ChangeSet(models.QuerySet["Change"]):
    """Changes are added and read, nothing else."""

    def update(self, **values: Any) -> NoReturn:
        raise AppendOnly("history is never rewritten")

    def delete(self) -> NoReturn:
        raise AppendOnly("history is never deleted")


class Change(models.Model):
    """One write: `before` and `after` are the whole object as the API gave it, None where it did not exist."""

    when = models.DateTimeField(auto_now_add=True, db_index=True)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    # The name is kept too: the log outlives the person's row. Both are empty where nobody here did it.
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    person_name = models.CharField(max_length=256, blank=True)
    operation = models.CharField(max_length=16)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    object_id = models.CharField(max_length=64)
    name = models.CharField(max_length=256, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    # What was applied together carries one batch id.
    batch = models.CharField(max_length=36, blank=True, db_index=True)
    correlation_id = models.CharField(max_length=64, blank=True)
    version_before = models.IntegerField(null=True)
    version_after = models.IntegerField(null=True)
    # The delete that a restore took back.
    restores = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    # An "outside" entry that turned out to be this very write, seen by somebody before it was written down.
    explains = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="explained_by")

    objects: ClassVar[models.Manager["Change"]] = models.Manager.from_queryset(ChangeSet)()

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["connection", "kind", "object_id"], name="history_object"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.object_id} {self.operation}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnly("history is never rewritten")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("history is never deleted")

    @property
    def operation_words(self) -> str:
        labels = dict(Operation.choices)
        return str(labels.get(self.operation, self.operation))

    @property
    def who(self) -> str:
        return self.person_name or str(_("Someone elsewhere"))

    @property
    def said(self) -> list[str]:
        """What was changed, a sentence each; for a create or delete, what it was."""
        if self.before is not None and self.after is not None:
            return planning.differences(self.kind, self.before, self.after)
        entity = self.after or self.before or {}
        if self.kind == Kind.SEGMENT:
            return [wording.sentence(entity)]
        return [servicelevel.level_words(entity)]


class Known(models.Model):
    """The last state of an object that this dashboard saw or wrote; what differs from it came from outside."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    object_id = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    seen = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "kind", "object_id"], name="known_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class ReadWhole(models.Model):
    """When all objects of a kind were last read at once, so that what is known of them is known to be all."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    read = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "kind"], name="read_whole_once"),
        ]

    def __str__(self) -> str:
        return f"all of {self.kind}"


class Draft(models.Model):
    """What one person typed into one form and has not saved. `object_id` is empty for something new."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    object_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField()
    # The version the form was filled from; None for something new or without versions.
    base_version = models.IntegerField(null=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "kind", "object_id"], name="draft_once"),
        ]

    def __str__(self) -> str:
        return f"draft of {self.kind} {self.object_id or 'new'}"


class Opening(models.Model):
    """One person's open edit form: since when, when it last asked for something, and when they saved it, if they did."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    object_id = models.CharField(max_length=64)
    opened = models.DateTimeField()
    seen = models.DateTimeField(db_index=True)
    saved = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kind", "object_id", "person"], name="opening_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} open"
