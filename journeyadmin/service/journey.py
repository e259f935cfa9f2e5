"""The Journey API as nine methods. Bodies and answers are JSON in the API's own spelling."""

from typing import Any
from urllib.parse import quote

from journeyadmin.contract import operations
from journeyadmin.contract.operations import Operation
from journeyadmin.service.errors import (
    JourneyError,
    NobodyWaits,
    RateLimited,
    ServerFault,
    SignInExpired,
    Unreachable,
    Unreadable,
)
from journeyadmin.service.local import LocalService
from journeyadmin.service.pages import Entity, Listing, Page, page_from
from journeyadmin.service.transport import Transport, only_reads

PAGE_SIZE = 200


class JourneyService:
    """The service as one person or client sees it. Every failure is a `JourneyError`.

    `local` holds what the embedded server offers beyond the nine, where it announces it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.local = LocalService(transport)

    @property
    def correlation_id(self) -> str:
        """The id by which the service knows the latest call."""
        return self._transport.correlation_id

    def list_segments(self, **filters: Any) -> Listing:
        """Segments by the API's own filters (`isActive=True`, `sortBy="displayName"`, `segmentIds=[…]`, …)."""
        return self._listing(operations.LIST_SEGMENTS, filters)

    def get_segment(self, segment_id: str) -> Entity:
        return self._object(operations.GET_SEGMENT, segment_id)

    def create_segment(self, body: Entity) -> Entity:
        """Never repeated by itself; `error.unsure` says when nobody knows whether it was saved."""
        return self._object(operations.CREATE_SEGMENT, body=body)

    def update_segment(self, segment_id: str, patch: Entity) -> Entity:
        """Send `version` in the patch: only then is a newer version noticed (`Conflict.stale`) and a repeat safe."""
        return self._object(
            operations.UPDATE_SEGMENT, segment_id, body=patch, repeatable=patch.get("version") is not None
        )

    def delete_segment(self, segment_id: str) -> None:
        self._transport.send(operations.DELETE_SEGMENT, path=_path(operations.DELETE_SEGMENT, segment_id))

    def list_action_targets(self) -> Listing:
        return self._listing(operations.LIST_ACTION_TARGETS, {})

    def get_action_target(self, action_target_id: str) -> Entity:
        return self._object(operations.GET_ACTION_TARGET, action_target_id)

    def update_action_target(self, action_target_id: str, patch: Entity) -> Entity:
        """There is no version: read the target again just before and compare."""
        return self._object(operations.UPDATE_ACTION_TARGET, action_target_id, body=patch)

    def query_journey_aggregates(self, query: Entity) -> Entity:
        return self._object(operations.QUERY_JOURNEY_AGGREGATES, body=query)

    def person(self) -> Entity:
        """The signed-in person with roles and permissions; not valid for a client's own token."""
        return self._get("users/me", "/api/v2/users/me", {"expand": "authorization"})

    def capabilities(self) -> Entity:
        """What the embedded server offers beyond the nine operations; empty when the service announces nothing. Raises where
        it cannot tell: it does not answer, or fails, or knows nobody who asks."""
        try:
            return self._get("capabilities", "/api/local/v1/capabilities", {}, repeatable=False)
        except (Unreachable, ServerFault, RateLimited, SignInExpired, NobodyWaits):
            raise
        except JourneyError:
            return {}

    def _get(self, name: str, path: str, params: dict[str, Any], repeatable: bool = True) -> Entity:
        operation = Operation(name, "GET", path, "", (), repeatable)
        answer = self._transport.send(operation, path=path, params=params)
        return _object(answer.content, operation, answer.correlation_id)

    def _object(
        self,
        operation: Operation,
        entity_id: str = "",
        body: Entity | None = None,
        repeatable: bool | None = None,
    ) -> Entity:
        answer = self._transport.send(
            operation, path=_path(operation, entity_id), body=body, repeatable=repeatable
        )
        return _object(answer.content, operation, answer.correlation_id)

    def _listing(self, operation: Operation, filters: dict[str, Any]) -> Listing:
        params = {name: value for name, value in filters.items() if value is not None}
        # A choice of ids goes without paging: the contract refuses the two together.
        paged = "segmentIds" not in params

        def fetch(number: int) -> Page:
            paging = {"pageSize": PAGE_SIZE, "pageNumber": number} if paged else {}
            answer = self._transport.send(operation, path=operation.path, params={**paging, **params})
            content = _object(answer.content, operation, answer.correlation_id)
            return page_from(content, number, answer.correlation_id)

        return Listing(fetch, operation.name)


def _path(operation: Operation, entity_id: str) -> str:
    return operation.path.replace("{id}", quote(entity_id, safe=""))


def _object(content: Any, operation: Operation, correlation_id: str) -> Entity:
    if not isinstance(content, dict):
        raise Unreadable(
            "not a JSON object",
            operation=operation.name,
            correlation_id=correlation_id,
            unsure=not only_reads(operation),
        )
    return content
