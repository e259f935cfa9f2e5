"""The roles that come with the server, and what each may do."""

import uuid

from journeyadmin.contract.local import LOCAL_PERMISSIONS
from journeyadmin.contract.operations import (
    CREATE_SEGMENT,
    DELETE_SEGMENT,
    GET_ACTION_TARGET,
    GET_SEGMENT,
    PERMISSIONS,
    QUERY_JOURNEY_AGGREGATES,
    UPDATE_ACTION_TARGET,
    UPDATE_SEGMENT,
)

_SEE = (GET_SEGMENT.permission, GET_ACTION_TARGET.permission, QUERY_JOURNEY_AGGREGATES.permission)


def _role(number: int, *permissions: str) -> tuple[uuid.UUID, tuple[str, ...]]:
    return uuid.UUID(f"0f1e0000-0000-4000-8000-{number:012d}"), permissions


ADMIN = "admin"
ROLES = {
    "marketer": _role(
        1, *_SEE, CREATE_SEGMENT.permission, UPDATE_SEGMENT.permission, DELETE_SEGMENT.permission
    ),
    "supervisor": _role(2, *_SEE, UPDATE_ACTION_TARGET.permission),
    "analyst": _role(3, *_SEE),
    ADMIN: _role(4, *(permission.name for permission in (*PERMISSIONS, *LOCAL_PERMISSIONS))),
}

# What a token may be used for; a client's scope is a choice of these.
SCOPES = (
    "journey",
    "journey:readonly",
    "analytics",
    "analytics:readonly",
    "users",
    "users:readonly",
)
