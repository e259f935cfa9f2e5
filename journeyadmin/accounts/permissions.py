"""What a signed-in person may do, from the permission strings the service lists."""

from collections.abc import Iterable

from journeyadmin.contract.local import LOCAL_PERMISSIONS
from journeyadmin.contract.operations import PERMISSIONS

READS = frozenset(
    permission.name for permission in (*PERMISSIONS, *LOCAL_PERMISSIONS) if permission.name.endswith(":view")
)


def covers(granted: str, wanted: str) -> bool:
    """`journey:segment:*` covers `journey:segment:edit`; a star stands for anything in its position."""
    have, want = granted.split(":"), wanted.split(":")
    return len(have) == len(want) and all(one in ("*", other) for one, other in zip(have, want, strict=True))


def may(granted: Iterable[str], wanted: str) -> bool:
    return any(covers(one, wanted) for one in granted)
