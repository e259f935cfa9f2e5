"""The last calls to each service, shared by all workers: no body, no query string, no token."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from journeyadmin.accounts.models import Connection


class ServiceCall(models.Model):
    """One call and what the service said of our rate. `status` 0 is no answer; then `note` names what happened."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField(auto_now_add=True)
    method = models.CharField(max_length=8)
    operation = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField()
    milliseconds = models.PositiveIntegerField()
    tried = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=100, blank=True)
    rate_allowed = models.PositiveIntegerField(null=True)
    rate_used = models.PositiveIntegerField(null=True)
    rate_reset = models.PositiveIntegerField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.method} {self.operation} {self.status or '-'}"

    @property
    def today(self) -> bool:
        """Whether its time of day says it all, where the reader is."""
        return timezone.localdate(self.at) == timezone.localdate()
