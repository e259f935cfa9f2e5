"""Merging two edits of one definition, pure: what was, what they made of it, what you made of it.

What only one side changed is taken; what both changed alike is taken; what both changed differently has to be chosen. Patterns
are matched by content, within a pattern criteria are, so an inserted row does not make all rows after it differ. A criterion
that only one side touched is never dropped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Pick = Literal["was", "theirs", "yours"]

SIDES = ("context", "journey")
# Said only when creating, so they cannot differ.
_FIXED = frozenset({"scope", *SIDES})
# How much two patterns must have in common to be the same pattern, edited.
_ALIKE = 0.3


@dataclass(frozen=True)
class Difference:
    """One thing that differs: a field, a pattern, a criterion, a pattern's own setting, or the order of steps.

    `path` names it in the form (`displayName`, `journey.1`, `journey.1.criteria.0`); None stands for "not there". `taken` is
    what the result uses: chosen by the person, or by itself where only one side changed; None while it must be chosen.
    """

    path: str
    what: Literal["field", "pattern", "criterion", "setting", "order"]
    was: Any
    theirs: Any
    yours: Any
    taken: Pick | None
    both: bool


@dataclass
class Merged:
    """`definition` is the result with what is taken so far; it is complete when nothing is `open`."""

    definition: Json
    differences: list[Difference] = field(default_factory=list)

    @property
    def open(self) -> list[str]:
        return [row.path for row in self.differences if row.taken is None]


def merge(base: Json, theirs: Json, yours: Json, picks: Mapping[str, Pick] | None = None) -> Merged:
    """All three are definitions (`payloads.definition`)."""
    merger = _Merger(picks or {})
    result: Json = {}
    for name in _names(base, theirs, yours):
        if name not in _FIXED:
            value = merger.one(name, "field", base.get(name), theirs.get(name), yours.get(name))
            if value is not None or name in theirs:
                result[name] = value
    result["scope"] = theirs.get("scope")
    for side in SIDES:
        held = {**theirs.get(side, {})}
        for name in _names(base.get(side, {}), theirs.get(side, {}), yours.get(side, {})):
            if name != "patterns":
                path = f"{side}.{name}"
                held[name] = merger.one(
                    path, "field", *(one.get(side, {}).get(name) for one in (base, theirs, yours))
                )
        held["patterns"] = merger.patterns(side, *(_rows(one, side) for one in (base, theirs, yours)))
        result[side] = held
    return Merged(result, merger.differences)


class _Merger:
    def __init__(self, picks: Mapping[str, Pick]) -> None:
        self.picks = picks
        self.differences: list[Difference] = []

    def one(self, path: str, what: Any, was: Any, theirs: Any, yours: Any) -> Any:
        """One value that is taken whole."""
        if theirs == yours:
            return theirs
        taken: Pick | None = "yours" if theirs == was else "theirs" if yours == was else None
        both = taken is None
        taken = self.picks.get(path, taken)
        self.differences.append(Difference(path, what, was, theirs, yours, taken, both))
        return {"was": was, "theirs": theirs, "yours": yours}[taken or "yours"]

    def patterns(self, side: str, was: list[Json], theirs: list[Json], yours: list[Json]) -> list[Json]:
        def pick(path: str, slot: "_Slot") -> Json | None:
            edited = None not in (slot.was, slot.theirs, slot.yours)
            if edited and slot.theirs != slot.yours and slot.was not in (slot.theirs, slot.yours):
                return self._pattern(path, slot)
            found: Json | None = self.one(path, "pattern", slot.was, slot.theirs, slot.yours)
            return found

        return self._rows(side, was, theirs, yours, _pattern_likeness, pick, ordered=side == "journey")

    def _pattern(self, path: str, slot: "_Slot") -> Json:
        """Both changed the same pattern: setting by setting, and criterion by criterion."""
        was, theirs, yours = slot.was or {}, slot.theirs or {}, slot.yours or {}
        result: Json = {}
        for name in _names(theirs, yours, was):
            if name == "criteria":
                continue
            value = self.one(f"{path}.{name}", "setting", was.get(name), theirs.get(name), yours.get(name))
            if value is not None:
                result[name] = value
        result["criteria"] = self._rows(
            f"{path}.criteria",
            was.get("criteria", []),
            theirs.get("criteria", []),
            yours.get("criteria", []),
            _criterion_likeness,
            lambda at, row: self.one(at, "criterion", row.was, row.theirs, row.yours),
            ordered=False,
        )
        return result

    def _rows(
        self,
        path: str,
        was: list[Json],
        theirs: list[Json],
        yours: list[Json],
        likeness: Callable[[Json, Json], float],
        pick: Callable[[str, "_Slot"], Json | None],
        *,
        ordered: bool,
    ) -> list[Json]:
        slots, their_order, your_order = _slots(was, theirs, yours, likeness)
        kept = {index: pick(f"{path}.{index}", slot) for index, slot in enumerate(slots)}
        shared = [
            index for index in range(len(was)) if index in set(their_order) and index in set(your_order)
        ]
        their_shared = [index for index in their_order if index in shared]
        your_shared = [index for index in your_order if index in shared]
        first, second = your_order, their_order
        if your_shared == shared != their_shared:
            first, second = their_order, your_order
        elif ordered and shared != their_shared != your_shared and your_shared != shared:
            named = [[slots[index].was for index in order] for order in (shared, their_shared, your_shared)]
            if self.one(f"{path}.order", "order", *named) == named[1]:
                first, second = their_order, your_order
        order = _woven(first, second)
        # A row that was chosen although both removed it, or one of them did, keeps its old place.
        order = _woven(order, list(range(len(was))))
        return [row for index in order if (row := kept[index]) is not None]


@dataclass(frozen=True)
class _Slot:
    """One row as each of the three has it."""

    was: Json | None
    theirs: Json | None
    yours: Json | None


def _slots(
    was: list[Json], theirs: list[Json], yours: list[Json], likeness: Callable[[Json, Json], float]
) -> tuple[list[_Slot], list[int], list[int]]:
    """The rows of all three side by side; and for each side its rows' slots in its own order."""
    their_match, your_match = _matched(was, theirs, likeness), _matched(was, yours, likeness)
    by_their = {theirs_at: base_at for base_at, theirs_at in their_match.items()}
    by_your = {yours_at: base_at for base_at, yours_at in your_match.items()}
    slots = [
        _Slot(
            row,
            theirs[their_match[index]] if index in their_match else None,
            yours[your_match[index]] if index in your_match else None,
        )
        for index, row in enumerate(was)
    ]
    new_of_yours = [index for index in range(len(yours)) if index not in by_your]
    their_order: list[int] = []
    for index, row in enumerate(theirs):
        if index in by_their:
            their_order.append(by_their[index])
            continue
        # Added alike by both is added once.
        twin = next((at for at in new_of_yours if yours[at] == row), None)
        if twin is not None:
            new_of_yours.remove(twin)
            by_your[twin] = len(slots)
        their_order.append(len(slots))
        slots.append(_Slot(None, row, yours[twin] if twin is not None else None))
    your_order: list[int] = []
    for index, row in enumerate(yours):
        if index not in by_your:
            by_your[index] = len(slots)
            slots.append(_Slot(None, None, row))
        your_order.append(by_your[index])
    return slots, their_order, your_order


def _matched(
    was: Sequence[Json], now: Sequence[Json], likeness: Callable[[Json, Json], float]
) -> dict[int, int]:
    """Which row of `now` each row of `was` became: unchanged ones first, then the most alike."""
    matched: dict[int, int] = {}
    free = list(range(len(now)))
    for index, row in enumerate(was):
        same = [at for at in free if now[at] == row]
        if same:
            at = min(same, key=lambda at, here=index: (abs(at - here), at))  # type: ignore[misc]
            matched[index] = at
            free.remove(at)
    pairs = [
        (likeness(was[index], now[at]), -abs(index - at), -index, -at)
        for index in range(len(was))
        if index not in matched
        for at in free
    ]
    for score, _near, index, at in sorted(pairs, reverse=True):
        if score >= _ALIKE and -index not in matched and -at in free:
            matched[-index] = -at
            free.remove(-at)
    return matched


def _woven(first: list[int], second: list[int]) -> list[int]:
    """`first` with what only `second` has put behind its predecessor there."""
    order = list(first)
    for place, index in enumerate(second):
        if index in order:
            continue
        before = next((one for one in reversed(second[:place]) if one in order), None)
        order.insert(order.index(before) + 1 if before is not None else 0, index)
    return order


def _criterion_likeness(one: Json, other: Json) -> float:
    if one.get("key") != other.get("key"):
        return 0.0
    shared = set(one.get("values", ())) & set(other.get("values", ()))
    return 0.5 + 0.2 * (one.get("operator") == other.get("operator")) + 0.3 * bool(shared)


def _pattern_likeness(one: Json, other: Json) -> float:
    rows, others = one.get("criteria", []), other.get("criteria", [])
    matched = _matched(rows, others, _criterion_likeness)
    alike = sum(1.0 if rows[index] == others[at] else 0.6 for index, at in matched.items())
    most = max(len(rows), len(others), 1)
    settings = one.get("eventName") is not None and one.get("eventName") == other.get("eventName")
    return 0.8 * alike / most + 0.4 * settings


def _rows(one: Json, side: str) -> list[Json]:
    rows: list[Json] = one.get(side, {}).get("patterns", [])
    return rows


def _names(*ones: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for one in ones for name in one))
