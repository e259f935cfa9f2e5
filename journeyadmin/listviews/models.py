"""Named views of lists."""

from typing import ClassVar

from django.db import models

from journeyadmin.accounts.models import Person

MAX_NAME_LENGTH = 80
MAX_QUERY_LENGTH = 2000


class ListView(models.Model):
    """`query` is what stands behind the `?` of the list's address; `place` names the list.

    The one without a name says how the list opens for this person where an address does not say it.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=16)
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    query = models.CharField(max_length=MAX_QUERY_LENGTH, blank=True)
    shared = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "place", "name"], name="list_view_once"),
        ]

    def __str__(self) -> str:
        return self.name
