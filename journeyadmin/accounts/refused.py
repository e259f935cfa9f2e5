"""What the service refused in this session although it seemed permitted: its buttons are off on every page from then on, as if the
permission were missing, until the service grants it after all, is asked anew (the permissions page), or the person signs in again.

Kept with the sign-in, and not in Django's session: that is written whole, so that of two requests at once the slower one would
take back what the other learnt.

Reading is not switched off: a page that may not be read says so itself, and asks again each time it is opened.
"""

import logging
from collections.abc import Callable

from django.db import DatabaseError

from journeyadmin.accounts.models import Grant
from journeyadmin.accounts.permissions import READS
from journeyadmin.contract.local import LOCAL_OPERATIONS
from journeyadmin.contract.operations import OPERATIONS
from journeyadmin.service import Call

_log = logging.getLogger("journeyadmin.service")
# More requests of one person than this do not learn something at the same moment.
_TRIES = 5
_NEEDED = {
    operation.name: operation.permission
    for operation in (*OPERATIONS, *LOCAL_OPERATIONS)
    if operation.permission and operation.permission not in READS
}


class Refused:
    """The permissions refused so far to one sign-in; an observer of the calls to the service."""

    def __init__(self, grant: Grant, observer: Callable[[Call], None]) -> None:
        self._grant_id = grant.pk
        self._observer = observer
        # What this request learns is for the next page: the present one says what was refused, and keeps what was typed.
        self.before = frozenset(grant.refused.split())
        self._known = self.before

    def forget(self) -> None:
        """All of them may be tried again."""
        Grant.objects.filter(pk=self._grant_id).update(refused="")

    def __call__(self, call: Call) -> None:
        self._observer(call)
        needed = _NEEDED.get(call.operation)
        # No answer at all says nothing.
        if needed is None or not call.status:
            return
        if call.status == 403 and needed not in self._known:
            self._learn(frozenset({needed}), frozenset())
        elif call.status < 300 and needed in self._known:
            self._learn(frozenset(), frozenset({needed}))

    def _learn(self, refused: frozenset[str], granted: frozenset[str]) -> None:
        """On what the other requests of this sign-in have learnt meanwhile. The call is over: it fails for nothing in here."""
        mine = Grant.objects.filter(pk=self._grant_id)
        try:
            for _try in range(_TRIES):
                told = mine.values_list("refused", flat=True).first()
                if told is None:
                    return
                self._known = (frozenset(told.split()) | refused) - granted
                if mine.filter(refused=told).update(refused=" ".join(sorted(self._known))):
                    return
        except DatabaseError as error:
            _log.error("what the service refused was not kept: %s", type(error).__name__)
