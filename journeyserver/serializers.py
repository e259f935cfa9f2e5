"""Stored segments, action targets and people → the JSON that the API shows."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from journeyserver.models import ActionTarget, Person, Role, Segment


def timestamp(instant: datetime) -> str:
    """ISO 8601 in UTC with three digits of milliseconds and `Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def segment_json(segment: Segment) -> dict[str, Any]:
    """A JourneySegment; a field without a value is left out."""
    shown: dict[str, Any] = {
        "id": str(segment.id),
        "isActive": segment.is_active,
        "displayName": segment.display_name,
        "version": segment.version,
        "description": segment.description,
        "color": segment.color,
        "scope": segment.scope,
        "shouldDisplayToAgent": segment.should_display_to_agent,
        "context": segment.context,
        "journey": segment.journey,
        "externalSegment": external_json(segment),
        "assignmentExpirationDays": segment.assignment_expiration_days,
        "selfUri": f"/api/v2/journey/segments/{segment.id}",
        "createdDate": timestamp(segment.created),
        "modifiedDate": timestamp(segment.modified),
    }
    return {name: value for name, value in shown.items() if value is not None}


def external_json(segment: Segment) -> dict[str, Any] | None:
    if segment.external_id is None:
        return None
    return {
        "id": segment.external_id,
        "name": segment.external_name,
        "source": segment.external_source,
    }


def action_target_json(target: ActionTarget) -> dict[str, Any]:
    """An ActionTarget; the short abandon threshold is left out where the organisation's default applies."""
    shown: dict[str, Any] = {
        "id": str(target.id),
        "name": target.name,
        "userData": target.user_data,
        "supportedMediaTypes": target.supported_media_types,
        "state": target.state,
        "description": target.description or None,
        "serviceLevel": {"percentage": target.percentage, "durationMs": target.duration_ms},
        "shortAbandonThreshold": target.short_abandon_threshold,
        "selfUri": f"/api/v2/journey/actiontargets/{target.id}",
        "createdDate": timestamp(target.created),
        "modifiedDate": timestamp(target.modified),
    }
    return {name: value for name, value in shown.items() if value is not None}


def permissions_of(roles: Iterable[Role]) -> list[str]:
    """All permissions of these roles, each once, in order of their names."""
    return sorted({permission for role in roles for permission in role.permissions})


def person_json(person: Person, roles: list[Role], with_authorization: bool) -> dict[str, Any]:
    """The signed-in person, as GET /api/v2/users/me shows them."""
    shown: dict[str, Any] = {
        "id": str(person.id),
        "name": person.name,
        "email": person.email,
        "username": person.username,
        "state": "active" if person.is_active else "inactive",
        "version": person.version,
        "selfUri": f"/api/v2/users/{person.id}",
    }
    if with_authorization:
        permissions = permissions_of(roles)
        shown["authorization"] = {
            "roles": [{"id": str(role.id), "name": role.name} for role in roles],
            "unusedRoles": [],
            "permissions": permissions,
            "permissionPolicies": _policies(permissions),
        }
    return shown


def _policies(permissions: list[str]) -> list[dict[str, Any]]:
    """The same permissions grouped by entity: one policy each, with its set of actions."""
    actions: dict[tuple[str, str], list[str]] = {}
    for permission in permissions:
        domain, entity, action = permission.split(":")
        actions.setdefault((domain, entity), []).append(action)
    return [
        {
            "id": f"{domain}:{entity}",
            "domain": domain,
            "entityName": entity,
            "policyName": f"{domain}:{entity}",
            "actionSet": action_set,
            "allowConditions": False,
        }
        for (domain, entity), action_set in actions.items()
    ]
