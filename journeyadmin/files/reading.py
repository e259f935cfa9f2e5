"""Everything of a connection that a document can hold, read whole or not at all."""

from dataclasses import dataclass
from typing import Any

from journeyadmin.contract.operations import GET_ACTION_TARGET, GET_SEGMENT
from journeyadmin.history import log
from journeyadmin.history.models import Kind
from journeyadmin.http import JourneyRequest
from journeyadmin.plans.documents import Document, document
from journeyadmin.service import Forbidden, JourneyService

Json = dict[str, Any]


@dataclass(frozen=True)
class Held:
    """What a service holds. A listing that gave fewer entries than its total raised `Incomplete` before this."""

    segments: list[Json]
    targets: list[Json]

    def document(self, *, identity: bool = False) -> Document:
        return document(self.segments, self.targets, identity=identity)


def held(service: JourneyService, *, segments: bool = True, targets: bool = True) -> Held:
    return Held(
        list(service.list_segments()) if segments else [],
        list(service.list_action_targets()) if targets else [],
    )


def held_here(request: JourneyRequest, *, segments: bool = True, targets: bool = True) -> Held:
    """What the person may see of this connection; raises Forbidden where that is nothing of what is asked for."""
    may_segments = segments and request.may(GET_SEGMENT.permission)
    may_targets = targets and request.may(GET_ACTION_TARGET.permission)
    if not may_segments and not may_targets:
        raise Forbidden(permissions=[GET_SEGMENT.permission if segments else GET_ACTION_TARGET.permission])
    found = held(request.journey, segments=may_segments, targets=may_targets)
    if may_segments:
        log.notice(request, Kind.SEGMENT, found.segments, complete=True)
    if may_targets:
        log.notice(request, Kind.ACTION_TARGET, found.targets, complete=True)
    return found
