"""What can go wrong between the dashboard and the service.

    JourneyError
    ├── Unreachable        no answer: refused, timed out, cut off
    │   └── CircuitOpen    not even asked: the service gave no answer several times just now
    ├── NobodyWaits        ended by us: whoever asked has gone
    ├── Unreadable         an answer that is not what the contract says
    │   └── Incomplete     a listing gave fewer entries than its total
    ├── SignInExpired      401, also after the one renewal
    ├── Forbidden          403, with the permissions that were missing
    ├── NotFound           404
    ├── InvalidRequest     400, with the wrong fields
    │   └── TooLarge       413
    ├── Conflict           409, or any answer that means "someone saved a newer version"
    ├── RateLimited        429, with the seconds to wait
    ├── NotEnabled         501
    └── ServerFault        every other answer that is not success

`str(error)` is for logs and holds no body and no token; `user_message` is for the person: what happened and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from journeyadmin.digits import grouped

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


@dataclass(frozen=True)
class FieldError:
    """One wrong field: its JSON path (`journey.patterns[0].criteria[1].values`), the code, and words for the person."""

    path: str
    code: str
    message: str


# Of a write whose answer was lost.
UNSURE = _lazy("It is not known whether this was saved. Look again before you repeat it.")


class JourneyError(Exception):
    """A call to the service that did not succeed.

    `operation` is the contract's name of the call; `unsure` is true when a write may have been carried out all the same.
    """

    summary: StrOrPromise = _lazy("The service could not do this.")
    advice: StrOrPromise = _lazy("Try again; if it stays so, give the ids below to your administrator.")

    def __init__(
        self,
        detail: str = "",
        *,
        status: int = 0,
        code: str = "",
        correlation_id: str = "",
        operation: str = "",
        unsure: bool = False,
        params: dict[str, str] | None = None,
    ) -> None:
        self.detail = detail
        self.status = status
        self.code = code
        self.correlation_id = correlation_id
        self.operation = operation
        self.unsure = unsure
        self.params = params or {}
        parts = [type(self).__name__, operation, str(status or ""), code, correlation_id]
        super().__init__(" ".join(part for part in parts if part))

    @property
    def user_message(self) -> str:
        if self.unsure:
            return f"{self.summary} {UNSURE}"
        return f"{self.summary} {self.advice}".strip()


class Unreachable(JourneyError):
    summary: StrOrPromise = _lazy("The service did not answer.")
    advice: StrOrPromise = _lazy(
        "Nothing was changed. Try again in a moment; if it stays so, check that the service runs."
    )


class CircuitOpen(Unreachable):
    """`retry_after` seconds from now the next call tries again."""

    def __init__(self, detail: str = "", *, retry_after: float = 0, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.retry_after = retry_after

    @property
    def user_message(self) -> str:
        if self.unsure:
            return super().user_message
        seconds = max(1, round(self.retry_after))
        return (
            _("The service is not answering at the moment. Nothing was changed; try again in %d s.") % seconds
        )


class NobodyWaits(JourneyError):
    """The call was ended because whoever asked for it has gone (service/stopping.py)."""


class Unreadable(JourneyError):
    summary: StrOrPromise = _lazy("The service gave an unexpected answer.")
    advice: StrOrPromise = _lazy("Try again; if it stays so, give the ids below to your administrator.")


class Incomplete(Unreadable):
    """`read` of `total` entries arrived."""

    def __init__(self, read: int, total: int, **facts: Any) -> None:
        super().__init__(f"read {read} of {total}", **facts)
        self.read = read
        self.total = total

    @property
    def user_message(self) -> str:
        return _(
            "The service listed only %(read)s of %(total)s entries. Reload to read the whole list again."
        ) % {"read": self.read, "total": self.total}


class SignInExpired(JourneyError):
    summary: StrOrPromise = _lazy("Your sign-in has ended.")
    advice: StrOrPromise = _lazy("Sign in again to go on.")

    @property
    def user_message(self) -> str:
        # An operation that was refused, and not the renewal of its token: signing in again may be of no use.
        if self.status == 401 and self.operation != "token" and not self.unsure:
            return _(
                "The service does not accept your sign-in, though it was renewed a moment ago. Sign in again; "
                "if it stays so, give the ids below to your administrator."
            )
        return super().user_message


class Forbidden(JourneyError):
    def __init__(self, detail: str = "", *, permissions: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.permissions = tuple(permissions)

    @property
    def user_message(self) -> str:
        if not self.permissions:
            return _(
                "You are not allowed to do this. Ask an administrator of the service for the permission."
            )
        needed = _(" or ").join(f"“{name}”" for name in self.permissions)
        return _("You need the permission %s for this. Ask an administrator of the service for it.") % needed


class NotFound(JourneyError):
    summary: StrOrPromise = _lazy("This no longer exists.")
    advice: StrOrPromise = _lazy("Someone may have deleted it. Go back to the list.")


class InvalidRequest(JourneyError):
    """`fields` has one entry per wrong field, with its JSON path; it may be empty."""

    def __init__(self, detail: str = "", *, fields: Sequence[FieldError] = (), **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.fields = tuple(fields)

    @property
    def user_message(self) -> str:
        if self.fields:
            count = len(self.fields)
            return ngettext("%d field needs attention.", "%d fields need attention.", count) % count
        return _("The service did not accept this: %s") % (self.detail or _("no reason given"))


class TooLarge(InvalidRequest):
    """`params` may say how many cells are `allowed` in an answer, and how many `cells` it would have had."""

    @property
    def user_message(self) -> str:
        cells, allowed = (self.params.get(name, "") for name in ("cells", "allowed"))
        if allowed.isdecimal():
            most = grouped(int(allowed))
            made = grouped(int(cells)) if cells.isdecimal() else _("more than %s") % most
            return _(
                "Too many results: %(cells)s cells, %(most)s allowed. Ask for less: a shorter range, fewer groups."
            ) % {"cells": made, "most": most}
        reason = f": {self.detail}" if self.detail else "."
        return (
            _("This is more than the service handles at once%s Ask for less: a shorter range, fewer groups.")
            % reason
        )


class Conflict(JourneyError):
    """`stale` means a newer version exists; otherwise a name is in use, something is linked already, or a limit is reached.

    `after_doubt` means that an earlier try's answer was lost: the newer version may be that try's, or stand on it.
    """

    after_doubt = False

    def __init__(
        self,
        detail: str = "",
        *,
        stale: bool = False,
        limit: int | None = None,
        fields: Sequence[FieldError] = (),
        **facts: Any,
    ) -> None:
        super().__init__(detail, **facts)
        self.stale = stale
        self.limit = limit
        self.fields = tuple(fields)

    @property
    def user_message(self) -> str:
        if self.stale:
            return _("Someone saved a newer version in the meantime. Compare with it before you save yours.")
        if self.limit is not None:
            return _("The organisation's limit of %d is reached. Delete something unused first.") % self.limit
        return self.detail or _("This is already in use. Choose another name.")


class RateLimited(JourneyError):
    def __init__(self, detail: str = "", *, retry_after: float = 0, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.retry_after = retry_after

    @property
    def user_message(self) -> str:
        if self.unsure:
            return super().user_message
        seconds = max(1, round(self.retry_after))
        return _("The service asks us to wait %d s. Nothing was changed; try again then.") % seconds


class NotEnabled(JourneyError):
    summary: StrOrPromise = _lazy("This is not enabled in your organisation.")
    advice: StrOrPromise = _lazy("Ask an administrator of the service, or leave it out.")


class ServerFault(JourneyError):
    summary: StrOrPromise = _lazy("The service failed to answer this.")
    advice: StrOrPromise = _lazy(
        "Nothing was changed. Try again; if it stays so, give the ids below to your administrator."
    )

    def __init__(self, detail: str = "", *, retry_after: float = 0, **facts: Any) -> None:
        super().__init__(detail, **facts)
        self.retry_after = retry_after
