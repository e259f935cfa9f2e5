"""What the service refused in this session although it seemed permitted: its buttons are off on every page from then on, as if the
permission were missing, until the service grants it after all, is asked anew (the permissions page), or the person signs in again.

Reading is not switched off: a page that may not be read says so itself, and asks again each time it is opened.
"""

from collections.abc import Callable

from django.contrib.sessions.backends.base import SessionBase

from journeyadmin.accounts.permissions import READS
from journeyadmin.contract.local import LOCAL_OPERATIONS
from journeyadmin.contract.operations import OPERATIONS
from journeyadmin.service import Call

REFUSED = "refused"
_NEEDED = {
    operation.name: operation.permission
    for operation in (*OPERATIONS, *LOCAL_OPERATIONS)
    if operation.permission and operation.permission not in READS
}


class Refused:
    """The permissions refused so far, kept in the session; an observer of the calls to the service."""

    def __init__(self, session: SessionBase, observer: Callable[[Call], None]) -> None:
        self._session = session
        self._observer = observer
        # What this request learns is for the next page: the present one says what was refused, and keeps what was typed.
        self.before = frozenset(session.get(REFUSED, ()))

    def __call__(self, call: Call) -> None:
        self._observer(call)
        needed = _NEEDED.get(call.operation)
        if needed is None:
            return
        known = set(self._session.get(REFUSED, ()))
        after = known | {needed} if call.status == 403 else known - {needed} if call.status < 300 else known
        # No answer at all says nothing.
        if call.status and after != known:
            self._session[REFUSED] = sorted(after)
