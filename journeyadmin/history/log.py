"""Writing the log of changes and reading it back; noticing what was changed outside.

After every successful write call `record`; wherever objects were read from the service call `notice`.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import orjson
from django.contrib import messages
from django.db import DatabaseError, models, transaction
from django.db import connection as database
from django.utils import timezone
from django.utils.translation import gettext as _

from journeyadmin.accounts.models import Connection, Person
from journeyadmin.digits import whole_number
from journeyadmin.history.models import Change, ChangeSet, Known, Operation, ReadWhole
from journeyadmin.http import JourneyRequest

Json = Mapping[str, Any]
log = logging.getLogger("journeyadmin.history")

# What the service sets by itself says nothing about what someone changed.
VOLATILE = frozenset({"id", "selfUri", "version", "createdDate", "modifiedDate"})
# A list may lag behind a create by this much (docs/api/journey-api.md §5), so nothing younger is called gone.
LAG = timedelta(seconds=60)
BEFORE = "before-"
_LAST_WRITE = (
    f"SELECT id FROM {Change._meta.db_table} "  # noqa: S608 (the name of a table of ours)
    "WHERE connection_id = %s AND kind = %s ORDER BY id DESC LIMIT 1"
)


def record(
    request: JourneyRequest,
    operation: str,
    kind: str,
    object_id: str,
    name: str,
    before: Json | None,
    after: Json | None,
    reason: str = "",
    batch: str = "",
) -> Change | None:
    """Writes down what this request just changed. `before` and `after` are the object as the API gave it, None if it was not there.

    The service has done it already, so a store that cannot be written to costs the entry, not the save: the person is told.
    """
    try:
        return write(
            request.connection,
            request.user,
            operation,
            kind,
            object_id,
            name,
            before,
            after,
            reason=reason,
            batch=batch,
            correlation_id=request.journey.correlation_id,
        )
    except DatabaseError as error:
        log.error("history of %s %s was not written: %s", kind, object_id, type(error).__name__)
        messages.warning(
            request, _("This is done, but the history entry could not be written; tell your administrator.")
        )
        return None


def write(
    connection: Connection,
    person: Person | None,
    operation: str,
    kind: str,
    object_id: str,
    name: str,
    before: Json | None,
    after: Json | None,
    *,
    by: str = "",
    reason: str = "",
    batch: str = "",
    correlation_id: str = "",
    restores: Change | None = None,
) -> Change:
    """As `record`, for callers without a request; `by` names who did it where there is no person."""
    with transaction.atomic():
        if before is not None and operation not in (Operation.OUTSIDE, Operation.GONE):
            _catch_up(connection, kind, object_id, before)
        change = Change(
            connection=connection,
            person=person,
            person_name=(str(person) if person else by)[:256],
            operation=operation,
            kind=kind,
            object_id=object_id,
            name=name[:256],
            before=before,
            after=after,
            reason=reason[:200],
            batch=batch,
            correlation_id=correlation_id[:64],
            version_before=_version(before),
            version_after=_version(after),
            restores=restores,
            explains=_mistaken(connection, kind, object_id, after),
        )
        change.save()
        if after is None:
            Known.objects.filter(connection=connection, kind=kind, object_id=object_id).delete()
        else:
            _know(connection, kind, object_id, after)
    return change


def _catch_up(connection: Connection, kind: str, object_id: str, before: Json) -> None:
    """What a write began from may be newer than what is known here: then someone outside changed it in between."""
    known = Known.objects.filter(connection=connection, kind=kind, object_id=object_id).first()
    version = _version(before)
    if known is None or version is None or version <= (_version(known.content) or version):
        return
    name = name_of(kind, before)
    write(connection, None, Operation.OUTSIDE, kind, object_id, name, known.content, before)


def changes_of(connection: Connection, kind: str, object_id: str) -> models.QuerySet[Change]:
    """Every change of one object, newest first."""
    return all_changes(connection).filter(kind=kind, object_id=object_id)


def state_named(connection: Connection, kind: str, object_id: str, name: str) -> dict[str, Any] | None:
    """What an address names by the number of a change: what the object was after it, or with `before-` in front, before it."""
    number = whole_number(name.removeprefix(BEFORE))
    found = changes_of(connection, kind, object_id).filter(pk=number).first() if number is not None else None
    state = None if found is None else found.before if name.startswith(BEFORE) else found.after
    return dict(state) if state else None


def all_changes(connection: Connection) -> models.QuerySet[Change]:
    """Every change through one connection, newest first, without "outside" entries that turned out to be our own writes."""
    found: ChangeSet = Change.objects.filter(connection=connection, explained_by=None)
    return found.select_related("person")


def last_write(connection: Connection, kind: str) -> int:
    """The number of the newest change of this kind, whichever process and person made it; 0 before the first.

    What a process keeps of the service's lists is out of date as soon as this differs.
    """
    # By hand: every list asks this for every reader, and Django composes the statement ten times as long as it runs.
    with database.cursor() as cursor:
        cursor.execute(_LAST_WRITE, [connection.pk, kind])
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def notice(
    request: JourneyRequest, kind: str, entities: Iterable[Json], *, complete: bool = False
) -> list[Change]:
    """Compares what was just read with the last state known here and writes down what was changed outside.

    `complete` says that `entities` is the whole list, so what is missing from it was deleted outside. The first sight of an
    object is not a change. Never fails: a store that cannot be written to must not keep anyone from reading.
    """
    try:
        with transaction.atomic():
            return _notice(request.connection, kind, list(entities), complete)
    except DatabaseError as error:
        log.error("outside changes were not written: %s", type(error).__name__)
        return []


def content(entity: Json) -> dict[str, Any]:
    """The object without what the service sets by itself: equal content means nobody changed anything."""
    return {name: value for name, value in entity.items() if name not in VOLATILE}


def digest(entity: Json) -> str:
    """Of version and content; the same for the same, whatever the order of fields."""
    told = [_version(entity), content(entity)]
    try:
        text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Half a surrogate pair or a huge number: JSON, but not for everyone.
        text = json.dumps(told, sort_keys=True).encode()
    return hashlib.sha256(text).hexdigest()


def name_of(kind: str, entity: Json) -> str:
    return str(entity.get("displayName") or entity.get("name") or entity.get("id") or "")


def _notice(connection: Connection, kind: str, entities: list[Json], complete: bool) -> list[Change]:
    present = {str(entity["id"]): entity for entity in entities if entity.get("id")}
    known = Known.objects.filter(connection=connection, kind=kind)
    digests = dict(
        (known if complete else known.filter(object_id__in=present)).values_list("object_id", "digest")
    )
    found: list[Change] = []
    fresh: list[Known] = []
    now = timezone.now()
    for object_id, entity in present.items():
        seen = digest(entity)
        if object_id not in digests:
            fresh.append(
                Known(
                    connection=connection,
                    kind=kind,
                    object_id=object_id,
                    digest=seen,
                    content=entity,
                    seen=now,
                )
            )
        elif digests[object_id] != seen:
            before = known.get(object_id=object_id).content
            if _older(entity, before):
                continue
            found.append(
                write(
                    connection,
                    None,
                    Operation.OUTSIDE,
                    kind,
                    object_id,
                    name_of(kind, entity),
                    before,
                    entity,
                )
            )
    # For a while the service may still list what was just deleted.
    deleted = set(
        Change.objects.filter(
            connection=connection,
            kind=kind,
            object_id__in=[known.object_id for known in fresh],
            operation__in=(Operation.DELETE, Operation.GONE),
        ).values_list("object_id", flat=True)
    )
    Known.objects.bulk_create([row for row in fresh if row.object_id not in deleted], ignore_conflicts=True)
    if complete:
        ReadWhole.objects.update_or_create(connection=connection, kind=kind, defaults={"read": now})
        for gone in known.exclude(object_id__in=present).filter(seen__lt=now - LAG):
            name = name_of(kind, gone.content)
            found.append(
                write(connection, None, Operation.GONE, kind, gone.object_id, name, gone.content, None)
            )
    return found


def _older(entity: Json, known: Json) -> bool:
    """A read that began before our own last write may arrive after it; that is no change."""
    version, known_version = _version(entity), _version(known)
    if version is not None and known_version is not None:
        return version < known_version
    return str(entity.get("modifiedDate") or "") < str(known.get("modifiedDate") or "")


def _know(connection: Connection, kind: str, object_id: str, entity: Json) -> None:
    """Two writes may be written down in the other order; what is known stays the newer."""
    known = Known.objects.filter(connection=connection, kind=kind, object_id=object_id).first()
    if known is not None and _version(entity) is not None and _older(entity, known.content):
        return
    Known.objects.update_or_create(
        connection=connection,
        kind=kind,
        object_id=object_id,
        defaults={"digest": digest(entity), "content": entity, "seen": timezone.now()},
    )


def _mistaken(connection: Connection, kind: str, object_id: str, after: Json | None) -> Change | None:
    """An "outside" entry of the last minute that saw exactly the state this write made: it was this write."""
    recent = Change.objects.filter(
        connection=connection,
        kind=kind,
        object_id=object_id,
        operation__in=(Operation.OUTSIDE, Operation.GONE),
        when__gt=timezone.now() - LAG,
        explained_by=None,
    ).first()
    if recent is None:
        return None
    if recent.after is None or after is None:
        return recent if recent.after is after else None
    return recent if digest(recent.after) == digest(after) else None


def _version(entity: Json | None) -> int | None:
    version = (entity or {}).get("version")
    return version if isinstance(version, int) else None
