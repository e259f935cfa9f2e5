"""What has to be done so that a service holds what a document says: one step per object, in an order that works.

Matching is by id, else by name (letter case ignored, as the service compares names). Nothing is deleted unless asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from journeyadmin import servicelevel, wording
from journeyadmin.plans.documents import IDENTITY, NEVER, Document, document

Json = Mapping[str, Any]
SEGMENT, TARGET = "segment", "actiontarget"
CREATE, UPDATE, DELETE, SAME, CONFLICT, UNREADABLE = (
    "create",
    "update",
    "delete",
    "same",
    "conflict",
    "unreadable",
)
OUTCOMES = (CREATE, UPDATE, DELETE, SAME, CONFLICT, UNREADABLE)


@dataclass(frozen=True)
class Step:
    """One object: `body` is what is sent, `before` what is there now, `said` the difference in sentences."""

    operation: str
    kind: str
    name: str
    object_id: str = ""
    before: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    said: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    why: str = ""

    @property
    def writes(self) -> bool:
        return self.operation in (CREATE, UPDATE, DELETE)


@dataclass(frozen=True)
class Plan:
    """All steps: first those that write, in the order in which they must run, then the rest."""

    steps: tuple[Step, ...] = field(default=())

    def of(self, operation: str) -> list[Step]:
        return [step for step in self.steps if step.operation == operation]

    @property
    def writing(self) -> list[Step]:
        return [step for step in self.steps if step.writes]

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(self.of(name)) for name in OUTCOMES}

    @property
    def clean(self) -> bool:
        """Whether the service holds what the document says already."""
        return all(step.operation == SAME for step in self.steps)


def make(
    segments: Iterable[Json],
    targets: Iterable[Json],
    wanted: Document,
    *,
    also_delete: bool = False,
    overwrite: bool = False,
) -> Plan:
    """The plan from what is there (`segments`, `targets` as the API lists them) to `wanted`.

    An entry with the version it was exported at is in conflict where the service holds a newer one with other content,
    unless `overwrite`.
    """
    removed = _spared if any(one.kind == SEGMENT for one in wanted.problems) else removal
    steps = [
        *_plan_kind(SEGMENT, list(segments), wanted.segments, removed if also_delete else None, overwrite),
        *_plan_kind(TARGET, list(targets), wanted.targets, None, overwrite),
    ]
    steps += [Step(UNREADABLE, one.kind, one.place, why=one.why) for one in wanted.problems]
    order = {DELETE: 0, UPDATE: 1, CREATE: 2, CONFLICT: 3, UNREADABLE: 4, SAME: 5}
    # The sort is stable: within a group the order of `_plan_kind` stands.
    return Plan(tuple(sorted(steps, key=lambda step: order[step.operation])))


def change(kind: str, before: Json, patch: Json, *, cautions: Sequence[str] = ()) -> Step:
    """One change as a step, whatever it comes from; SAME where the patch changes nothing."""
    after = after_of(kind, before, patch)
    said = tuple(differences(kind, before, after))
    operation = UPDATE if said else SAME
    return Step(
        operation,
        kind,
        name_of(before),
        str(before.get("id", "")),
        dict(before),
        dict(patch),
        said,
        tuple(cautions),
    )


def removal(before: Json) -> Step:
    return Step(
        DELETE,
        SEGMENT,
        name_of(before),
        str(before.get("id", "")),
        dict(before),
        said=(wording.sentence(before),),
    )


def creation(body: Json) -> Step:
    """The body as the service takes it: without what it sets by itself and without nulls."""
    left_out = (*IDENTITY, *NEVER)
    sent = {name: value for name, value in body.items() if name not in left_out and value is not None}
    return Step(CREATE, SEGMENT, name_of(sent), body=sent, said=(wording.sentence(sent),))


def differences(kind: str, before: Json, after: Json) -> list[str]:
    """What `after` changes, a sentence each, also where only fields differ that nobody here has words for."""
    found = wording.differences(before, after) if kind == SEGMENT else servicelevel.differences(before, after)
    if not found:
        names = [name for name in {**before, **after} if name not in (*IDENTITY, *NEVER)]
        differing = sorted(name for name in names if before.get(name) != after.get(name))
        found = [_("%s differs") % name for name in differing if before.get(name) or after.get(name)]
    return found


def after_of(kind: str, before: Json, patch: Json) -> dict[str, Any]:
    """The object as it will be after the patch."""
    return servicelevel.with_patch(before, patch) if kind == TARGET else {**before, **patch}


def name_of(entity: Json) -> str:
    return str(entity.get("displayName") or entity.get("name") or "")


def _plan_kind(
    kind: str,
    current: list[Json],
    wanted: Sequence[dict[str, Any]],
    removed: Callable[[Json], Step] | None,
    overwrite: bool,
) -> list[Step]:
    """`removed` gives the step for what the file does not have; without it such objects stay."""
    by_id = {str(one["id"]): one for one in current}
    by_name = {_folded(one): one for one in current}
    matched = _matched(wanted, by_id, by_name)
    taken = {str(there["id"]) for there in matched if there is not None}
    names: set[str] = set()
    met: set[str] = set()
    steps: list[Step] = []
    for entry, there in zip(wanted, matched, strict=True):
        if _folded(entry) in names:
            steps.append(_conflict(kind, entry, there, _("the file has this name twice")))
        elif there is not None and str(there["id"]) in met:
            # A copy of an entry, its id included, under another name: it may be meant to be a new one.
            steps.append(_conflict(kind, entry, there, _("the file has this id twice")))
        elif there is not None:
            steps.append(_to_change(kind, there, entry, overwrite))
        elif kind == TARGET:
            why = _("there is no such action target, and the API cannot create one")
            steps.append(_conflict(kind, entry, None, why))
        else:
            steps.append(creation(entry))
        names.add(_folded(entry))
        met.update([str(there["id"])] if there is not None else [])
    if removed is not None:
        steps += [removed(one) for one in current if str(one["id"]) not in taken]
    return _ordered(steps, by_name) if kind == SEGMENT else steps


def _matched(
    wanted: Sequence[Json], by_id: Mapping[str, Json], by_name: Mapping[str, Json]
) -> list[Json | None]:
    """For each entry the object it is about: by id first, so that a name goes to whoever has no id in the file."""
    found = [by_id.get(str(entry.get("id", ""))) for entry in wanted]
    taken = {str(there["id"]) for there in found if there is not None}
    for at, entry in enumerate(wanted):
        there = by_name.get(_folded(entry))
        if found[at] is None and there is not None and str(there["id"]) not in taken:
            found[at] = there
            taken.add(str(there["id"]))
    return found


def _folded(entity: Json) -> str:
    return name_of(entity).strip().casefold()


def _to_change(kind: str, there: Json, entry: dict[str, Any], overwrite: bool) -> Step:
    # Compared in the form of an export, where unset and absent are the same.
    left, right = (
        (document(segments=[there]).segments[0], _filled(there, entry))
        if kind == SEGMENT
        else (document(targets=[there]).targets[0], document(targets=[{**there, **entry}]).targets[0])
    )
    patch = {name: right[name] for name in right if right[name] != left.get(name)}
    if why := _never_changes(there, patch):
        return _conflict(kind, entry, there, why)
    if kind == TARGET and patch.get("serviceLevel", ...) is None:
        # A level can be reset but not taken away, so "not set" asks for nothing.
        del patch["serviceLevel"]
    if isinstance(patch.get("externalSegment"), Mapping):
        patch["externalSegment"] = {"name": patch["externalSegment"].get("name")}
    if not patch:
        return Step(SAME, kind, name_of(there), str(there["id"]), dict(there))
    version = entry.get("version")
    if not overwrite and isinstance(version, int) and version != there.get("version"):
        return _conflict(
            kind,
            entry,
            there,
            _("the file has version %(old)s, here it is version %(new)s")
            % {"old": version, "new": there.get("version")},
            tuple(differences(kind, there, {**there, **patch})),
        )
    cautions = servicelevel.cautions(there, {**there, **patch}) if kind == TARGET else []
    return change(kind, there, patch, cautions=[one.text for one in cautions])


def _never_changes(there: Json, patch: Json) -> str:
    """What no PATCH can change (docs/api/journey-api.md §2.2, §2.5), in words."""
    if "scope" in patch:
        return _("the scope of a segment never changes; this needs a new segment")
    if "externalSegment" in patch:
        old, new = there.get("externalSegment") or {}, patch["externalSegment"] or {}
        if (old.get("id"), old.get("source")) != (new.get("id"), new.get("source")):
            return _("the external segment behind a segment never changes; this needs a new segment")
    return ""


def _filled(there: Json, entry: Json) -> dict[str, Any]:
    """What the segment will be: the entry laid over what is there."""
    over = {name: value for name, value in entry.items() if name not in (*IDENTITY, *NEVER)}
    return document(segments=[{**there, **over}]).segments[0]


def _conflict(kind: str, entry: Json, there: Json | None, why: str, said: tuple[str, ...] = ()) -> Step:
    return Step(
        CONFLICT,
        kind,
        name_of(entry),
        str(there["id"]) if there else "",
        dict(there) if there else None,
        said=said,
        why=why,
    )


def _ordered(steps: list[Step], by_name: Mapping[str, Json]) -> list[Step]:
    """A name is taken only after whoever has it gave it up; those that wait for each other in a ring are in conflict."""
    leaving = {step.object_id: step for step in steps if step.operation in (UPDATE, DELETE)}
    final: dict[int, Step] = {}
    waiting: set[int] = set()
    done: list[Step] = []

    def settle(step: Step) -> Step | None:
        """The step as it will stand, after what it depends on; None where it waits for itself."""
        if id(step) in waiting:
            return None
        if id(step) not in final:
            waiting.add(id(step))
            holder = by_name.get(_folded(step.body or {}))
            free = holder is None or str(holder["id"]) == step.object_id
            if not free:
                other = leaving.get(str((holder or {})["id"]))
                gone = settle(other) if other is not None else None
                free = gone is not None and (
                    gone.operation == DELETE
                    or (gone.operation == UPDATE and "displayName" in (gone.body or {}))
                )
            final[id(step)] = step if free else _name_in_use(step, holder or {})
            done.append(final[id(step)])
            waiting.discard(id(step))
        return final[id(step)]

    for step in steps:
        settle(step)
    return done


def _spared(there: Json) -> Step:
    """What the file seems to lack may be the very entry that cannot be read."""
    why = _("an entry of the file cannot be read and may be this one, so it is not deleted")
    return _conflict(SEGMENT, there, there, why)


def _name_in_use(step: Step, holder: Json) -> Step:
    why = _("the name “%s” is in use by another segment") % name_of(holder)
    return Step(CONFLICT, step.kind, step.name, step.object_id, step.before, said=step.said, why=why)
