"""Creating and changing a segment so that nothing is lost, doubled or overwritten unseen.

What can come of it:

    Saved       it is as wanted; `news` is false where it already was
    Stale       someone saved a newer version: `theirs`
    Gone        it was deleted
    Refused     the service said no, nothing was changed: the error says why
    Unsure      nobody knows whether it was saved, and looking did not tell yet
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from journeyadmin.history import log
from journeyadmin.history.writes import Writer
from journeyadmin.http import JourneyRequest
from journeyadmin.once import marks
from journeyadmin.service import Conflict, JourneyError, NotFound, ServerFault, SignInExpired
from segments import payloads, recent

Json = dict[str, Any]


@dataclass(frozen=True)
class Saved:
    segment: Json
    news: bool = True


@dataclass(frozen=True)
class Stale:
    """A newer version; `doubted` where an answer to ours was lost, so that what is theirs may stand on it."""

    theirs: Json
    doubted: bool = False


@dataclass(frozen=True)
class Gone:
    pass


@dataclass(frozen=True)
class Refused:
    error: JourneyError


@dataclass(frozen=True)
class Unsure:
    error: JourneyError


Outcome = Saved | Stale | Gone | Refused | Unsure


def change(
    request: JourneyRequest, base: Mapping[str, Any], wanted: Mapping[str, Any], reason: str = ""
) -> Outcome:
    """Makes the segment that was loaded as `base` say `wanted`."""
    patch = payloads.to_patch(wanted, base)
    if not patch:
        return Saved(dict(base), news=False)
    outcome = _change(request, base, wanted, patch, reason, tries=2)
    if isinstance(outcome, Saved):
        recent.note_there(request, str(base["id"]))
    return outcome


def _change(
    request: JourneyRequest,
    base: Mapping[str, Any],
    wanted: Mapping[str, Any],
    patch: Json,
    reason: str,
    *,
    tries: int,
) -> Outcome:
    try:
        return Saved(Writer.of(request, reason).change_segment(base, patch))
    except SignInExpired:
        raise
    except NotFound:
        return absent(request, str(base["id"]))
    except Conflict as error:
        if not error.stale:
            return Refused(error)
        met = _met(request, base, wanted)
        if not isinstance(met, Stale):
            return met
        if met.theirs.get("version") != base.get("version"):
            return replace(met, doubted=error.after_doubt)
        # Nobody saved anything: a 408 means that the request itself did not arrive in time. On its version it may be repeated.
        if tries > 1:
            return _change(request, base, wanted, patch, reason, tries=tries - 1)
        return Refused(ServerFault(status=error.status, correlation_id=error.correlation_id))
    except JourneyError as error:
        return _doubted(request, base, wanted, error, reason) if error.unsure else Refused(error)


def create(request: JourneyRequest, wanted: Mapping[str, Any], mark: str, reason: str = "") -> Outcome:
    """Creates it once, however often the form with this mark is sent."""
    claim = marks.claim(request, mark)
    if not claim.first:
        try:
            return _sent_before(request, claim, wanted)
        except SignInExpired:
            raise
        except JourneyError as error:
            return Unsure(error)
    try:
        made = Writer.of(request, reason).create_segment(payloads.to_create(wanted))
    except JourneyError as error:
        if not error.unsure:
            claim.release()
            if isinstance(error, SignInExpired):
                raise
            return Refused(error)
        claim.unsure()
        return Unsure(error)
    except BaseException:
        claim.unsure()
        raise
    claim.done(str(made["id"]))
    recent.note_created(request, made)
    return Saved(made)


def look_up(request: JourneyRequest, wanted: Mapping[str, Any]) -> Json | None:
    """The segment that an unsure create may have made: names are unique, so the name finds it. Raises JourneyError."""
    name = str(wanted.get("displayName") or "")
    for segment in request.journey.list_segments(queryFields=["displayName"], queryValue=name):
        if str(segment.get("displayName") or "").casefold() == name.casefold():
            _note_created(request, segment)
            return dict(segment)
    return None


def looked_up(request: JourneyRequest, wanted: Mapping[str, Any], mark: str) -> Json | None:
    """As `look_up`, for the form with this mark: found, the mark is done; not found, it is free again."""
    claim = marks.claim(request, mark)
    found = look_up(request, wanted)
    if found is not None:
        claim.done(str(found["id"]))
    else:
        claim.release()
    return found


def absent(request: JourneyRequest, segment_id: str) -> Gone | Refused:
    """What a 404 means: deleted, unless it was created so recently that the service may not know it yet."""
    if recent.pending(request, segment_id) is not None:
        return Refused(recent.BeingCreated())
    recent.note_deleted(request, segment_id)
    return Gone()


def _sent_before(request: JourneyRequest, claim: marks.Claim, wanted: Mapping[str, Any]) -> Outcome:
    """What an earlier sending of the form created, or may have. Raises JourneyError where looking cannot tell."""
    if not claim.result:
        # It is in doubt: never create before looking.
        found = look_up(request, wanted)
        if found is None:
            return Unsure(JourneyError(operation="postJourneySegments", unsure=True))
        claim.done(str(found["id"]))
        return Saved(found)
    try:
        return Saved(request.journey.get_segment(claim.result), news=False)
    except NotFound:
        created = recent.pending(request, claim.result)
        return Saved(created, news=False) if created else Gone()


def _met(request: JourneyRequest, base: Mapping[str, Any], wanted: Mapping[str, Any]) -> Outcome:
    """A newer version exists. If it says what was wanted, all is well: it may be our own, whose answer was lost."""
    try:
        theirs = request.journey.get_segment(str(base["id"]))
    except NotFound:
        return absent(request, str(base["id"]))
    except SignInExpired:
        raise
    except JourneyError as error:
        return Refused(error)
    log.notice(request, "segment", [theirs])
    return Saved(theirs, news=False) if payloads.same(wanted, theirs) else Stale(theirs)


def _doubted(
    request: JourneyRequest,
    base: Mapping[str, Any],
    wanted: Mapping[str, Any],
    error: JourneyError,
    reason: str,
) -> Outcome:
    """The write's answer was lost: what the service holds now tells whether it arrived."""
    try:
        now = request.journey.get_segment(str(base["id"]))
    except JourneyError:
        return Unsure(error)
    if payloads.same(wanted, now):
        name = str(now.get("displayName") or "")
        log.record(request, "update", "segment", str(base["id"]), name, base, now, reason)
        return Saved(now)
    if now.get("version") == base.get("version"):
        error.unsure = False
        return Refused(error)
    log.notice(request, "segment", [now])
    return Stale(now, doubted=True)


def _note_created(request: JourneyRequest, segment: Json) -> None:
    segment_id = str(segment["id"])
    if not log.changes_of(request.connection, "segment", segment_id).filter(operation="create").exists():
        log.record(request, "create", "segment", segment_id, str(segment["displayName"]), None, segment)
