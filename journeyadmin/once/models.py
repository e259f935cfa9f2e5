"""What became of the forms that create something."""

import uuid

from django.db import models

from journeyadmin.accounts.models import Person


class Mark(models.Model):
    """The mark of one form, written down when it is first sent. `result` is the id of what was created, once that is known."""

    class State(models.TextChoices):
        SENDING = "sending"
        DONE = "done"
        UNSURE = "unsure"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.SENDING)
    result = models.CharField(max_length=64, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.state} {self.result}".strip()
