"""Keeping the tokens of a sign-in in the database, renewed by one caller among threads and processes."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import F, Q
from django.utils import timezone

from journeyadmin.accounts.models import Grant, Person
from journeyadmin.accounts.sealed import KeyLost, seal, unseal
from journeyadmin.service import Tokens

# A renewal that died with its process frees its claim after this long.
CLAIM = timedelta(seconds=30)


class GrantStore:
    """The `TokenStore` of one grant. The claim is a compare-and-swap on the row: whoever's UPDATE hits, renews.

    `just_read` is the row as the request found it, and answers the first reading.
    """

    def __init__(self, grant_id: uuid.UUID | str, just_read: Grant | None = None) -> None:
        self.grant_id = grant_id
        self._just_read = just_read
        self._version = 0

    def read(self) -> Tokens | None:
        grant, self._just_read = self._just_read or Grant.objects.filter(pk=self.grant_id).first(), None
        if grant is None:
            return None
        self._version = grant.version
        try:
            return Tokens(
                unseal(grant.sealed_access), unseal(grant.sealed_refresh), grant.expires, grant.scope
            )
        except KeyLost:
            return None

    def claim(self, seen: Tokens) -> bool:
        now = timezone.now()
        free = Q(renewing=None) | Q(renewing__lt=now - CLAIM)
        claimed = Grant.objects.filter(free, pk=self.grant_id, version=self._version).update(renewing=now)
        return claimed == 1

    def replace(self, tokens: Tokens) -> None:
        Grant.objects.filter(pk=self.grant_id).update(
            sealed_access=seal(tokens.access),
            sealed_refresh=seal(tokens.refresh),
            expires=tokens.expires,
            scope=tokens.scope,
            version=F("version") + 1,
            renewing=None,
        )

    def release(self) -> None:
        Grant.objects.filter(pk=self.grant_id).update(renewing=None)

    def drop(self) -> None:
        Grant.objects.filter(pk=self.grant_id).delete()


def keep(person: Person, tokens: Tokens, device: str = "") -> Grant:
    """A new grant for a sign-in that just succeeded."""
    return Grant.objects.create(
        person=person,
        sealed_access=seal(tokens.access),
        sealed_refresh=seal(tokens.refresh),
        expires=tokens.expires,
        scope=tokens.scope,
        device=device,
    )


def forget_old(now: datetime) -> None:
    """Remove the grants of sessions that ended by themselves, which nobody can reach any more, and what is left of older ones."""
    Session.objects.filter(expire_date__lt=now).delete()
    Grant.objects.filter(created__lt=now - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)).delete()
