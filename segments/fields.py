"""Fields and widgets of a criterion: what is tested, how, and with which values.

The widgets write their HTML themselves: a page may show fifty criteria, each with the same thirty keys.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from journeyadmin.contract.criteria import (
    CONTEXT_KEYS,
    JOURNEY_KEYS,
    OPERATORS,
    CriteriaKey,
    Side,
    operators_for,
)
from segments import payloads

# Group names are in the contract's rows; here they are marked for translation.
GROUPS = (
    _("Device"),
    _("Browser"),
    _("Campaign"),
    _("Place"),
    _("Referrer"),
    _("Person"),
    _("Page"),
    _("Event"),
    _("Attribute"),
    _("Screen"),
)


def keys_of(side: Side) -> Iterable[CriteriaKey]:
    return (CONTEXT_KEYS if side == "context" else JOURNEY_KEYS).values()


def grouped_keys(side: Side) -> list[tuple[str, list[CriteriaKey]]]:
    """The keys of one side in their groups, in the contract's order; an attribute of any name comes last."""
    groups: dict[str, list[CriteriaKey]] = {}
    for key in keys_of(side):
        groups.setdefault(key.group, []).append(key)
    if side == "journey":
        row = CriteriaKey(
            payloads.ATTRIBUTE, "attribute", "attribute", "journey", "Attribute", "attributes.price.value"
        )
        groups.setdefault("Attribute", []).append(row)
    return list(groups.items())


class KeySelect(forms.Widget):
    """The keys of one side in groups; a key that nobody here knows stays chosen."""

    def __init__(self, side: Side) -> None:
        super().__init__()
        self.side = side

    def __deepcopy__(self, memo: Any) -> "KeySelect":
        return self  # it holds nothing that a form could change

    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = str(value or "")
        given = dict(attrs or {})
        # Where scripts run, the picker brings the list: the row carries only what is chosen.
        if given.pop("lean", False):
            row = next((key for key in keys_of(self.side) if key.name == chosen), None)
            label = (
                gettext(row.label)
                if row
                else gettext("attribute")
                if chosen == payloads.ATTRIBUTE
                else chosen
            )
            options = _option(chosen, label or gettext("choose what to test"), row.name if row else "")
        else:
            options = _key_options(self.side, get_language() or "")
        return format_html(
            '<select name="{}"{} class="key-select" data-key-picker="{}">{}</select>',
            name,
            flat(given),
            self.side,
            _chosen(options, chosen, chosen),
        )


class OperatorSelect(forms.Widget):
    """The operators that fit the key; one that does not fit stays chosen, so that nothing is changed unseen."""

    fitting: tuple[str, ...] = tuple(OPERATORS)

    def __deepcopy__(self, memo: Any) -> "OperatorSelect":
        return OperatorSelect()

    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = str(value or "equal")
        options = _operator_options(self.fitting, get_language() or "")
        known = OPERATORS.get(chosen)
        label = gettext(known.label) if known else chosen
        return format_html(
            '<select name="{}"{} class="operator-select">{}</select>',
            name,
            flat(attrs),
            _chosen(options, chosen, label),
        )


class ValuesWidget(forms.Widget):
    """Values one a line; for keys with a closed list a tick for each. All of one name: whatever is posted is put together.

    `choices` is the closed list (value, label), empty for free text; `single` asks for one of them.
    """

    choices: tuple[tuple[str, str], ...] = ()
    single = False

    def __deepcopy__(self, memo: Any) -> "ValuesWidget":
        return ValuesWidget()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        posted = data.getlist(name) if hasattr(data, "getlist") else [data.get(name) or ""]
        return [value for text in posted for value in payloads.from_lines(text)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data

    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        values = [str(one) for one in value or ()]
        if not self.choices:
            lines = payloads.to_lines(values)
            return format_html(
                '<textarea name="{}"{} class="values-text" rows="{}" data-values spellcheck="false" '
                'autocapitalize="none">\n{}</textarea>',
                name,
                flat(attrs),
                min(6, max(1, len(values))),
                lines,
            )
        known = [choice for choice, _label in self.choices]
        # What no longer fits stays, ticked, and says what it is.
        odd = [(one, one) for one in values if one not in known]
        given = dict(attrs or {})
        first_id = given.pop("id", "")
        given.pop("aria-invalid", None)
        boxes = []
        for index, (choice, label) in enumerate([*self.choices, *odd]):
            boxes.append(
                (
                    " chip-odd" if index >= len(known) else "",
                    "radio" if self.single and not odd else "checkbox",
                    name,
                    f"{first_id}" if index == 0 else f"{first_id}_{index}",
                    payloads.to_lines([choice]),
                    " checked" if choice in values else "",
                    label,
                )
            )
        return format_html(
            '<span class="values-choices" role="group"{}>{}</span>',
            flat(given),
            format_html_join(
                "",
                '<label class="chip chip-choice{}"><input type="{}" name="{}" id="{}" value="{}"{}>{}</label>',
                boxes,
            ),
        )


class ValuesField(forms.Field):
    """A criterion's values; blanks within a value are kept, blank lines are none."""

    widget = ValuesWidget

    def to_python(self, value: Any) -> list[str]:
        return list(value or ())

    def validate(self, value: Any) -> None:
        """What values may be depends on key and operator: the row says it."""


def flat(attrs: Mapping[str, Any] | None) -> SafeString:
    """HTML attributes; True stands for one without a value, None and False for none."""
    parts = []
    for name, value in (attrs or {}).items():
        if value is True:
            parts.append(f" {name}")
        elif value is not None and value is not False:
            parts.append(f' {name}="{escape(value)}"')
    return mark_safe("".join(parts))  # noqa: S308 — values are escaped, names are ours


def _chosen(options: str, chosen: str, label: str) -> SafeString:
    """The options with one of them chosen; one that is not among them is put in front."""
    mark = f'value="{escape(chosen)}"'
    if mark in options:
        return mark_safe(options.replace(mark, f"{mark} selected", 1))  # noqa: S308 — made by _option
    return mark_safe(_option(chosen, label, "", True) + options)  # noqa: S308 — made by _option


def _option(value: str, label: str, title: str, selected: bool = False) -> str:
    told = f' title="{escape(title)}"' if title else ""
    return f'<option value="{escape(value)}"{" selected" if selected else ""}{told}>{escape(label)}</option>'


@lru_cache(maxsize=32)
def _key_options(side: Side, language: str) -> str:
    parts = [_option("", gettext("choose what to test"), "")]
    for group, keys in grouped_keys(side):
        example = gettext("for example")
        inside = "".join(
            _option(key.name, gettext(key.label), f"{key.name} · {example} {key.example}") for key in keys
        )
        parts.append(f'<optgroup label="{escape(gettext(group))}">{inside}</optgroup>')
    return "".join(parts)


@lru_cache(maxsize=64)
def _operator_options(names: tuple[str, ...], language: str) -> str:
    return "".join(_option(name, gettext(OPERATORS[name].label), "") for name in names)


def fitting(key: CriteriaKey | None) -> tuple[str, ...]:
    """The operators offered for a key; all of them while it is not known which it is."""
    return tuple(row.name for row in operators_for(key.kind)) if key else tuple(OPERATORS)


def closed_list(key: CriteriaKey | None, operator: str) -> tuple[tuple[str, str], ...]:
    """The values a key can have, with their labels, where they are few and the operator compares whole values."""
    if key is None or operator not in ("equal", "notEqual"):
        return ()
    if key.kind == "boolean":
        return (("true", gettext("yes")), ("false", gettext("no")))
    return tuple((value, value) for value in key.values)
