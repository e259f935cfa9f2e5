"""Segments and action targets as one JSON or YAML document: the same content always gives the same bytes.

    journey: 1
    segments: [...]        the API's own fields, unset ones as null, without ids and dates unless asked for
    actionTargets: [...]   what can be changed about them

In a file a missing field means "as it is"; null means "not set".
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from journeyadmin import servicelevel
from journeyadmin.contract import sendable

Json = Mapping[str, Any]
FORMAT = 1
LARGEST_BYTES = 1024 * 1024
DEEPEST = 30
SEGMENTS, TARGETS = "segments", "actionTargets"

IDENTITY = ("id", "version", "createdDate", "modifiedDate")
# Set by the service and of no use in a file.
NEVER = frozenset({"selfUri"})
_SEGMENT_FIELDS = (
    "displayName",
    "description",
    "isActive",
    "scope",
    "color",
    "shouldDisplayToAgent",
    "assignmentExpirationDays",
    "externalSegment",
    "context",
    "journey",
)
_SEGMENT_NULLS = ("description", "assignmentExpirationDays")
_TARGET_FIELDS = ("name", "serviceLevel", "shortAbandonThreshold")
_INNER_FIELDS = (
    "patterns",
    "eventName",
    "streamType",
    "sessionType",
    "count",
    "criteria",
    "entityType",
    "key",
    "operator",
    "values",
    "shouldIgnoreCase",
    "percentage",
    "durationMs",
    "source",
    "name",
)


class Unreadable(Exception):
    """The text is no such document; the sentence says where and why."""


@dataclass(frozen=True)
class Problem:
    """An entry that cannot be read: where it stands and why."""

    kind: str
    place: str
    why: str


@dataclass(frozen=True)
class Document:
    """What a file says, entry by entry; `problems` are the entries left out because they cannot be read."""

    segments: tuple[dict[str, Any], ...] = ()
    targets: tuple[dict[str, Any], ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def document(
    segments: Iterable[Json] = (), targets: Iterable[Json] = (), *, identity: bool = False
) -> Document:
    """What the service holds, as a document. `identity` keeps ids, versions and dates."""
    return Document(
        tuple(sorted((_segment(one, identity) for one in segments), key=_order)),
        tuple(sorted((_target(one, identity) for one in targets), key=_order)),
    )


def to_json(one: Document) -> str:
    return tree_to_json(_tree(one))


def to_yaml(one: Document) -> str:
    return tree_to_yaml(_tree(one))


def tree_to_json(tree: Json) -> str:
    """Indented, one value a line, a line end at the end."""
    return json.dumps(tree, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def tree_to_yaml(tree: Json) -> str:
    """Block style, one value a line; texts that an older YAML would take for something else are quoted."""
    return str(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=2**30))


def tree_of(content: bytes) -> Any:
    """What a file of either format holds. Raises `Unreadable` where it is neither, or lays a trap."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            _("The file is no UTF-8 text (byte %s). Save it as UTF-8.") % (error.start + 1)
        ) from None
    try:
        tree = _from_json(text) if text.lstrip()[:1] in ("{", "[") else _from_yaml(text)
    except sendable.NoNumber as error:
        raise Unreadable(_("“%s” is no number that JSON knows.") % error) from None
    if not sendable.is_sendable(tree):
        raise Unreadable(_("The file holds half of a character, or one that cannot be stored."))
    _refuse_depth(tree)
    return tree


def read(content: bytes) -> Document:
    """Reads either format. Raises `Unreadable` where the whole is no such document."""
    tree = tree_of(content)
    if not isinstance(tree, dict) or tree.get("journey") != FORMAT:
        raise Unreadable(_("This is no export of Journey Admin: it should begin with “journey: 1”."))
    unknown = sorted(str(name) for name in tree if name not in ("journey", SEGMENTS, TARGETS))
    if unknown:
        raise Unreadable(_("Unknown part “%s”; there are segments and actionTargets.") % unknown[0])
    problems: list[Problem] = []
    segments = _entries(tree.get(SEGMENTS), "segment", _segment_problem, problems)
    targets = _entries(tree.get(TARGETS), "actiontarget", _target_problem, problems)
    return Document(segments, targets, tuple(problems))


def _segment(segment: Json, identity: bool) -> dict[str, Any]:
    found = {**dict.fromkeys(_SEGMENT_NULLS), **_kept(segment, identity)}
    for side in ("context", "journey"):
        held = found.get(side)
        found[side] = {"patterns": [], **(held if isinstance(held, Mapping) else {})}
    # 0 days means never, as null does.
    found["assignmentExpirationDays"] = found["assignmentExpirationDays"] or None
    found["description"] = found["description"] or None
    return _arranged(found, (*IDENTITY, *_SEGMENT_FIELDS))


def _target(target: Json, identity: bool) -> dict[str, Any]:
    found = {"serviceLevel": None, "shortAbandonThreshold": None, **servicelevel.settings_of(target)}
    if identity:
        found |= {name: target[name] for name in IDENTITY if name in target}
    return _arranged(found, (*IDENTITY, *_TARGET_FIELDS))


def _kept(entity: Json, identity: bool) -> dict[str, Any]:
    left_out = NEVER if identity else NEVER | frozenset(IDENTITY)
    return {name: value for name, value in entity.items() if name not in left_out}


def _arranged(entity: Json, order: tuple[str, ...]) -> dict[str, Any]:
    """Known fields in a fixed order, unknown ones after them by name, at every depth."""
    names = [name for name in order if name in entity]
    names += sorted(name for name in entity if name not in order)
    return {name: _inner(entity[name]) for name in names}


def _inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _arranged(value, _INNER_FIELDS)
    if isinstance(value, list | tuple):
        return [_inner(one) for one in value]
    return value


def _order(entity: Json) -> tuple[str, str]:
    name = str(entity.get("displayName") or entity.get("name") or "")
    return name.casefold(), json.dumps(entity, sort_keys=True, ensure_ascii=False)


def _tree(one: Document) -> dict[str, Any]:
    tree: dict[str, Any] = {"journey": FORMAT}
    if one.segments:
        tree[SEGMENTS] = list(one.segments)
    if one.targets:
        tree[TARGETS] = list(one.targets)
    return tree


def _entries(rows: Any, kind: str, problem_of: Any, problems: list[Problem]) -> tuple[dict[str, Any], ...]:
    if rows is None:
        return ()
    if not isinstance(rows, list):
        raise Unreadable(_("“%s” should be a list.") % (SEGMENTS if kind == "segment" else TARGETS))
    found = []
    for number, row in enumerate(rows, start=1):
        why = _("it is no object with fields") if not isinstance(row, dict) else problem_of(row)
        if why:
            name = str(row.get("displayName") or row.get("name") or "") if isinstance(row, dict) else ""
            place = _("entry %s") % number + (f" (“{name}”)" if name else "")
            problems.append(Problem(kind, place, why))
        else:
            found.append(row)
    return tuple(found)


def _segment_problem(row: dict[str, Any]) -> str:
    """Why an entry is no segment; whether its values are allowed, the service says when it is applied."""
    if not isinstance(row.get("displayName"), str) or not row["displayName"].strip():
        return _("displayName is missing")
    truth, text, number = _("true or false"), _("a text"), _("a number")
    for name, kind, words in (
        ("isActive", bool, truth),
        ("shouldDisplayToAgent", bool, truth),
        ("color", str, text),
        ("scope", str, text),
    ):
        if name in row and not isinstance(row[name], kind):
            return _("%(field)s should be %(what)s") % {"field": name, "what": words}
    if row.get("description") is not None and not isinstance(row["description"], str):
        return _("%(field)s should be %(what)s") % {"field": "description", "what": text}
    days = row.get("assignmentExpirationDays")
    if days is not None and (not isinstance(days, int) or isinstance(days, bool)):
        return _("%(field)s should be %(what)s") % {"field": "assignmentExpirationDays", "what": number}
    for side in ("context", "journey"):
        if side in row and row[side] is not None:
            why = _patterns_problem(side, row[side])
            if why:
                return why
    return ""


def _patterns_problem(side: str, held: Any) -> str:
    patterns = held.get("patterns", []) if isinstance(held, dict) else None
    if not isinstance(patterns, list):
        return _("%s.patterns should be a list") % side
    for at, pattern in enumerate(patterns):
        criteria = pattern.get("criteria", []) if isinstance(pattern, dict) else None
        if not isinstance(criteria, list):
            return _("%(side)s.patterns[%(at)s].criteria should be a list") % {"side": side, "at": at}
        for number, criterion in enumerate(criteria):
            place = f"{side}.patterns[{at}].criteria[{number}]"
            if not isinstance(criterion, dict) or not isinstance(criterion.get("key"), str):
                return _("%s.key is missing") % place
            values = criterion.get("values")
            if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
                return _("%s.values should be a list of texts; put numbers, true and false in quotes") % place
    return ""


def _target_problem(row: dict[str, Any]) -> str:
    if not isinstance(row.get("name"), str) or not row["name"].strip():
        return _("name is missing")
    level = row.get("serviceLevel")
    if level is not None:
        share, duration = servicelevel.level_of(row)
        if not isinstance(level, dict) or share is None or duration is None:
            return _("serviceLevel should have percentage and durationMs as numbers")
    abandon = row.get("shortAbandonThreshold")
    if abandon is not None and (not isinstance(abandon, int) or isinstance(abandon, bool)):
        return _("%(field)s should be %(what)s") % {"field": "shortAbandonThreshold", "what": _("a number")}
    return ""


def _from_json(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=sendable.no_constant,
            parse_int=sendable.number,
            parse_float=sendable.number,
        )
    except json.JSONDecodeError as error:
        raise Unreadable(
            _("Not readable as JSON at line %(line)s, column %(column)s.")
            % {"line": error.lineno, "column": error.colno}
        ) from None
    except RecursionError:
        raise Unreadable(_("The file is nested too deeply.")) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Unreadable(_("“%s” is there twice in one object.") % name)
        found[name] = value
    return found


def _refuse_depth(tree: Any) -> None:
    level = [tree]
    for _depth in range(DEEPEST + 1):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise Unreadable(_("The file is nested too deeply."))


def _from_yaml(text: str) -> Any:
    try:
        _refuse_traps(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Unreadable(
            _("Not readable as YAML at line %(line)s, column %(column)s.") % {"line": line, "column": column}
        ) from None
    except yaml.YAMLError:
        raise Unreadable(_("Not readable as YAML: it holds a character that YAML does not allow.")) from None
    return _value(node) if node is not None else None


def _refuse_traps(text: str) -> None:
    """Before anything is built: aliases (a small file could name itself large), deep nesting, and tags that ask for more than data."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        tag = getattr(event, "tag", None)
        if isinstance(event, AliasEvent):
            raise Unreadable(_("Line %s: aliases are not accepted.") % line)
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise Unreadable(_("Line %s: this is nested too deeply.") % line)
        if tag not in (None, *_TAGS):
            raise Unreadable(
                _("Line %(line)s: the tag “%(tag)s” is not accepted.") % {"line": line, "tag": tag}
            )


_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


def _value(node: Node) -> Any:
    """Plain data. Unlike YAML 1.1 has it, a plain `no`, `1:30` or `2026-01-01` is a text."""
    line = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        found: dict[str, Any] = {}
        for name_node, value_node in node.value:
            if not isinstance(name_node, ScalarNode):
                raise Unreadable(_("Line %s: a name should be a text.") % line)
            if name_node.value in found:
                place = {"line": name_node.start_mark.line + 1, "name": name_node.value}
                raise Unreadable(_("Line %(line)s: “%(name)s” is there twice.") % place)
            found[name_node.value] = _value(value_node)
        return found
    if isinstance(node, SequenceNode):
        return [_value(one) for one in node.value]
    # What YAML 1.1 takes for a text is one, `!!str 1` included; of the rest only the newer core schema's values are not.
    quoted = isinstance(node, ScalarNode) and node.style
    return node.value if quoted or node.tag == _TAGS[0] else _plain_value(node.value)


def _plain_value(text: str) -> Any:
    """A plain scalar by YAML 1.2's core schema: https://yaml.org/spec/1.2.2/#103-core-schema"""
    if text in _NULLS:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if len(text) <= sendable.LONGEST_NUMBER:
        digits = text.lstrip("+-")
        if digits.isascii() and digits.isdigit() and len(text) - len(digits) <= 1:
            return int(text)
        if digits[:1].isdigit() and set(digits) <= set("0123456789.eE+-"):
            try:
                return sendable.number(text)
            except ValueError:
                return text
    return text
