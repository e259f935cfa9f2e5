"""What a signed-in person may do, from the permission strings the service lists."""

from collections.abc import Collection, Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from journeyadmin.contract.local import LOCAL_PERMISSIONS
from journeyadmin.contract.operations import PERMISSIONS
from journeyadmin.service import Forbidden

READS = frozenset(
    permission.name for permission in (*PERMISSIONS, *LOCAL_PERMISSIONS) if permission.name.endswith(":view")
)


def covers(granted: str, wanted: str) -> bool:
    """`journey:segment:*` covers `journey:segment:edit`; a star stands for anything in its position."""
    have, want = granted.split(":"), wanted.split(":")
    return len(have) == len(want) and all(one in ("*", other) for one, other in zip(have, want, strict=True))


def may(granted: Iterable[str], wanted: str) -> bool:
    return any(covers(one, wanted) for one in granted)


def scope_state(granted: Collection[str], wanted: str) -> str:
    """Of a sign-in's scopes, as the service said them: one without `:readonly` also covers the one with it."""
    if not granted:
        return "unknown"
    return "granted" if wanted in granted or wanted.removesuffix(":readonly") in granted else "missing"


class ReadOnly(Forbidden):
    """The connection itself is switched to read-only, whatever the person may do."""

    @property
    def user_message(self) -> str:
        return _("This connection is read-only: nothing can be changed through it.")


def require(request: HttpRequest, permission: str) -> None:
    """Refuses what the page does not offer, however it was asked for. Raises Forbidden."""
    if request.may(permission):  # type: ignore[attr-defined]
        return
    if request.connection.read_only and permission not in READS:  # type: ignore[attr-defined]
        raise ReadOnly(permissions=[permission])
    # What is only refused so far the service judges anew: a form that is still open keeps what was typed.
    if request.method == "POST" and permission in request.refused.before:  # type: ignore[attr-defined]
        return
    raise Forbidden(permissions=[permission])
