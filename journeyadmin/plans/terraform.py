"""Segments as Terraform text with import blocks, for the provider `mypurecloud/genesyscloud`.

https://registry.terraform.io/providers/MyPureCloud/genesyscloud/latest/docs/resources/journey_segment
The provider keeps patterns as a set, so the order of journey steps is not safe there
(https://github.com/MyPureCloud/terraform-provider-genesyscloud/issues/2080); such segments carry a warning.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from journeyadmin import wording
from journeyadmin.plans.planning import name_of

Json = Mapping[str, Any]

_SETTINGS = (
    ("display_name", "displayName"),
    ("description", "description"),
    ("is_active", "isActive"),
    ("color", "color"),
    ("should_display_to_agent", "shouldDisplayToAgent"),
    ("assignment_expiration_days", "assignmentExpirationDays"),
)
_CRITERION = (
    ("key", "key"),
    ("values", "values"),
    ("operator", "operator"),
    ("should_ignore_case", "shouldIgnoreCase"),
    ("entity_type", "entityType"),
)
_STEP = (
    ("count", "count"),
    ("stream_type", "streamType"),
    ("session_type", "sessionType"),
    ("event_name", "eventName"),
)


def text(segments: Iterable[Json]) -> str:
    """Import blocks and resources, by name; the same segments give the same text."""
    ordered = sorted(segments, key=lambda one: (name_of(one).casefold(), str(one.get("id"))))
    labels: set[str] = set()
    blocks = [_block(segment, _label(name_of(segment), labels)) for segment in ordered]
    return "\n".join(blocks)


def unsafe_order(segment: Json) -> bool:
    """Whether the order of journey steps matters, which the provider does not keep."""
    return len(wording.patterns(segment, "journey")) > 1


def _block(segment: Json, label: str) -> str:
    lines = []
    if segment.get("id"):
        lines += [
            "import {",
            f"  to = genesyscloud_journey_segment.{label}",
            f"  id = {quoted(str(segment['id']))}",
            "}",
            "",
        ]
    if unsafe_order(segment):
        lines.append(
            "# " + _("Warning: the steps below have an order, and the provider keeps them as a set.")
        )
    # Not an argument of newer versions of the provider: the service derives it.
    lines.append(f"# scope: {segment.get('scope') or 'Session'}")
    lines.append(f'resource "genesyscloud_journey_segment" "{label}" {{')
    lines += _arguments(segment, _SETTINGS, 1)
    external = segment.get("externalSegment")
    if isinstance(external, Mapping):
        lines += ["  external_segment {"]
        lines += [*_arguments(external, (("id", "id"), ("name", "name"), ("source", "source")), 2), "  }"]
    for side in ("context", "journey"):
        lines += _side(wording.patterns(segment, side), side)
    return "\n".join([*lines, "}", ""])


def _side(patterns: list[Json], side: str) -> Iterator[str]:
    if not patterns:
        return
    yield f"  {side} {{"
    for pattern in patterns:
        yield "    patterns {"
        for criterion in wording.criteria(pattern):
            yield "      criteria {"
            yield from _arguments(criterion, _CRITERION, 4)
            yield "      }"
        yield from _arguments(pattern, _STEP, 3)
        yield "    }"
    yield "  }"


def _arguments(entity: Json, names: tuple[tuple[str, str], ...], depth: int) -> list[str]:
    """Aligned as `terraform fmt` aligns them."""
    found = [(ours, entity.get(theirs)) for ours, theirs in names if entity.get(theirs) not in (None, "")]
    width = max((len(name) for name, _value in found), default=0)
    return [f"{'  ' * depth}{name:<{width}} = {_value_text(value)}" for name, value in found]


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value_text(one) for one in value) + "]"
    return quoted(str(value))


def quoted(value: str) -> str:
    """A quoted template without any interpolation: https://developer.hashicorp.com/terraform/language/expressions/strings"""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    found = "".join(
        escapes.get(one) or (f"\\u{ord(one):04x}" if ord(one) < 32 or 0x7F <= ord(one) < 0xA0 else one)
        for one in value
    )
    return '"' + found.replace("${", "$${").replace("%{", "%%{") + '"'


def _label(name: str, taken: set[str]) -> str:
    """An identifier from a name, numbered where two would be the same."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "segment"
    base = base if base[0].isalpha() else f"segment_{base}"
    label, number = base, 1
    while label in taken:
        number += 1
        label = f"{base}_{number}"
    taken.add(label)
    return label
