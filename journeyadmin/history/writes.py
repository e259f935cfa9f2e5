"""Writing to the service so that nothing is overwritten unseen, and writing down what was done.

`Writer` is for pages, for work that goes on over many requests, and for the command line alike.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _lazy

from journeyadmin import servicelevel
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.history import log, openings
from journeyadmin.history.models import Change, Kind, Operation
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError, JourneyService

Json = Mapping[str, Any]
_log = logging.getLogger("journeyadmin.history")


class ChangedMeanwhile(Exception):
    """The object is not as it was seen; `now` is what it is."""

    def __init__(self, now: dict[str, Any]) -> None:
        super().__init__("changed meanwhile")
        self.now = now


class NoLongerOffered(JourneyError):
    """The service answers reads of action targets, but not their change: newer organisations lost that operation."""

    summary = _lazy("Changing action targets is no longer offered by this organisation.")
    advice = _lazy("Nothing was changed. Ask an administrator of the service where it is done now.")


@dataclass
class Writer:
    """Whoever writes: through which service and connection, as whom, why, and as part of which batch."""

    service: JourneyService
    connection: Connection
    person: Person | None
    by: str = ""
    reason: str = ""
    batch: str = ""

    @classmethod
    def of(cls, request: JourneyRequest, reason: str = "", batch: str = "") -> "Writer":
        return cls(request.journey, request.connection, request.user, reason=reason, batch=batch)

    def change_target(
        self, target_id: str, seen: Json, patch: Json, operation: str = Operation.UPDATE
    ) -> dict[str, Any]:
        """The target after the patch. It has no version, so it is read again first and compared with what was `seen`."""
        now = self.service.get_action_target(target_id)
        settings = servicelevel.settings_of(now)
        if settings == servicelevel.settings_of(servicelevel.with_patch(seen, patch)):
            return now
        if settings != servicelevel.settings_of(seen):
            raise ChangedMeanwhile(now)
        try:
            after = self.service.update_action_target(target_id, dict(patch))
        except JourneyError as error:
            # It was read a moment ago, so it is the operation that is missing.
            if error.status in (404, 405):
                raise NoLongerOffered(
                    status=error.status, correlation_id=error.correlation_id, operation=error.operation
                ) from None
            raise
        self.note(operation, Kind.ACTION_TARGET, target_id, now, after)
        return after

    def create_segment(
        self, body: Json, operation: str = Operation.CREATE, restores: Change | None = None
    ) -> dict[str, Any]:
        """Never repeated by itself: `error.unsure` says when nobody knows whether it was saved."""
        after = self.service.create_segment(dict(body))
        self.note(operation, Kind.SEGMENT, str(after.get("id", "")), None, after, restores)
        return after

    def change_segment(self, before: Json, patch: Json, operation: str = Operation.UPDATE) -> dict[str, Any]:
        """The segment after the patch, on the version of `before`."""
        versioned = {**patch, "version": before.get("version")}
        after = self.service.update_segment(str(before["id"]), versioned)
        self.note(operation, Kind.SEGMENT, str(before["id"]), before, after)
        return after

    def delete_segment(self, before: Json) -> None:
        self.service.delete_segment(str(before["id"]))
        self.note(Operation.DELETE, Kind.SEGMENT, str(before["id"]), before, None)

    def note(
        self,
        operation: str,
        kind: str,
        object_id: str,
        before: Json | None,
        after: Json | None,
        restores: Change | None = None,
    ) -> None:
        """Writes down what was done. The service has done it already, so a log that cannot be written to does not turn it into an error."""
        name = log.name_of(kind, after or before or {})
        try:
            log.write(
                self.connection,
                self.person,
                operation,
                kind,
                object_id,
                name,
                before,
                after,
                by=self.by,
                reason=self.reason,
                batch=self.batch,
                correlation_id=self.service.correlation_id,
                restores=restores,
            )
            openings.end(self.person, kind, object_id)
        except DatabaseError as error:
            _log.error("history of %s %s was not written: %s", kind, object_id, type(error).__name__)
