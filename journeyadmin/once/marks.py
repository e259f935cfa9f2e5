"""Claiming a mark, and saying what became of it.

claim = marks.claim(request, request.POST["mark"])
if claim.first:        create, then claim.done(id); on refusal claim.release(); in doubt claim.unsure()
elif claim.result:     it was created by an earlier sending of the same form
else:                  an earlier sending is in doubt: look before creating
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from journeyadmin.http import JourneyRequest
from journeyadmin.once.models import Mark

KEPT = timedelta(days=7)
# A second sending waits for the first one's answer; the service's own time limit is 30 s.
WAIT_SECONDS = 40.0
STEP_SECONDS = 0.1


@dataclass
class Claim:
    """`first` for the one sending that may create; for all others `result`, or "" when nobody knows it."""

    mark: Mark
    first: bool

    @property
    def result(self) -> str:
        return self.mark.result

    def done(self, result: str) -> None:
        self._say(Mark.State.DONE, result)

    def unsure(self) -> None:
        self._say(Mark.State.UNSURE)

    def release(self) -> None:
        """Nothing was created; the same form may be sent again."""
        self.mark.delete()

    def _say(self, state: str, result: str = "") -> None:
        self.mark.state, self.mark.result = state, result
        self.mark.save()


def new() -> str:
    """A mark for a form that is about to be shown."""
    return str(uuid.uuid4())


def is_done(request: JourneyRequest, mark: str) -> bool:
    """Whether what the form with this mark was to create is there."""
    try:
        key = uuid.UUID(mark)
    except ValueError:
        return False
    return Mark.objects.filter(pk=key, person=request.user, state=Mark.State.DONE).exists()


def claim(request: JourneyRequest, mark: str, sleep: Callable[[float], None] = time.sleep) -> Claim:
    """The claim on this mark; waits while an earlier sending is still at it. A mark that is none is treated as a new one."""
    try:
        key = uuid.UUID(mark)
    except ValueError:
        key = uuid.uuid4()
    Mark.objects.filter(changed__lt=timezone.now() - KEPT).delete()
    waited = 0.0
    while True:
        try:
            with transaction.atomic():
                return Claim(Mark.objects.create(pk=key, person=request.user), first=True)
        except IntegrityError:
            earlier = Mark.objects.filter(pk=key, person=request.user).first()
        if earlier is None:
            # It was released between the two, or belongs to somebody else.
            if Mark.objects.filter(pk=key).exists():
                key = uuid.uuid4()
            continue
        if earlier.state != Mark.State.SENDING or waited >= WAIT_SECONDS:
            return Claim(earlier, first=False)
        sleep(STEP_SECONDS)
        waited += STEP_SECONDS
