"""What the API cannot keep: answers for a short while, names of ids, saved and recent queries, dashboards, alerts."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from journeyadmin.accounts.models import Connection, Person


class KeptAnswer(models.Model):
    """The last good answer to one question, and who is asking it right now, across all processes.

    `content` is compressed JSON. `claim` is held while one process asks; `failed` and `failure` tell the others why there
    is no newer answer. `question` is that of a moving range, such as the last seven days, whose key moves with the days;
    `meant` is the moment it was meant at.
    """

    key = models.CharField(max_length=64, primary_key=True)
    question = models.CharField(max_length=64, blank=True, db_default="", db_index=True)
    meant = models.DateTimeField(null=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    content = models.BinaryField(null=True)
    answered = models.DateTimeField(null=True, db_index=True)
    claim = models.CharField(max_length=32, blank=True)
    claimed = models.DateTimeField(null=True)
    failed = models.DateTimeField(null=True)
    failure = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"answer {self.key[:8]}"


class NamedValue(models.Model):
    """A value of a dimension: the name people here gave it, and its colour in every chart.

    `kind` is the dimension whose values it shares: a blocking action map is an action map.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=200)
    value = models.CharField(max_length=600)
    name = models.CharField(_("name"), max_length=80, blank=True)
    slot = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["connection", "kind", "value"], name="analytics_one_value"),
        ]

    def __str__(self) -> str:
        return self.name or self.value


class Saved(models.Model):
    """What saved queries and dashboards have in common. `version` moves with every save."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    shared = models.BooleanField(_("shared with everyone of this connection"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=256, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class SavedQuery(Saved):
    """A question under a name; `address` is its one query string."""

    address = models.TextField()

    class Meta(Saved.Meta):
        abstract = False


class RecentQuery(models.Model):
    """A question somebody asked lately; the last twenty of each person are kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    address = models.TextField()
    asked = models.DateTimeField(db_index=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-asked"]

    def __str__(self) -> str:
        return self.address[:80]


class Dashboard(Saved):
    """Tiles that share range, zone and filter. `tiles` is a list of {"title", "address", "width"}."""

    tiles = models.JSONField(default=list)

    class Meta(Saved.Meta):
        abstract = False

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for row in self.tiles if isinstance(row, dict)] if isinstance(self.tiles, list) else []


class Alert(models.Model):
    """A condition on a measure of a saved query. It fires when it begins to hold, and is armed again when it no longer does.

    `limit` is in percent where the measure is shown in percent. `facts` is what was seen at `looked` (alerts/evaluating.py),
    `failure` why it could not be looked at then; `language` is that of its owner's mail.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    query = models.ForeignKey(SavedQuery, on_delete=models.CASCADE, related_name="alerts")
    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    measure = models.CharField(_("metric"), max_length=200)
    condition = models.CharField(_("is"), max_length=12)
    limit = models.FloatField(_("limit"))
    by_mail = models.BooleanField(_("also by e-mail"), default=False)
    language = models.CharField(max_length=16, blank=True, editable=False)
    firing = models.BooleanField(default=False, editable=False)
    looked = models.DateTimeField(null=True, editable=False)
    facts = models.JSONField(null=True, editable=False)
    failure = models.JSONField(null=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["query__name", "created", "pk"]

    def __str__(self) -> str:
        return f"alert on {self.query_id}"


class Firing(models.Model):
    """A time at which an alert began to hold, until it no longer did. `mail` is "sent", "failed", or "" where none was wanted."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="firings")
    fired = models.DateTimeField(db_index=True)
    ended = models.DateTimeField(null=True)
    facts = models.JSONField()
    mail = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-fired", "-pk"]

    def __str__(self) -> str:
        return f"firing of {self.alert_id}"
