"""The last questions that a person asked, without saving them (QRY16)."""

from django.db import DatabaseError, transaction
from django.utils import timezone

from analytics.models import RecentQuery
from analytics.question import Question, address
from journeyadmin.http import JourneyRequest

KEEP = 20


def remember(request: JourneyRequest, question: Question) -> None:
    """Notes a question that was answered; a store that cannot be written to keeps nobody from reading."""
    try:
        with transaction.atomic():
            asked, text = timezone.now(), address(question)
            mine = RecentQuery.objects.filter(person=request.user)
            if not mine.filter(address=text).update(asked=asked):
                RecentQuery.objects.create(person=request.user, address=text, asked=asked)
                old = list(mine.values_list("pk", flat=True)[KEEP:])
                if old:
                    RecentQuery.objects.filter(pk__in=old).delete()
    except DatabaseError:
        return


def last(request: JourneyRequest) -> list[RecentQuery]:
    return list(RecentQuery.objects.filter(person=request.user)[:KEEP])
