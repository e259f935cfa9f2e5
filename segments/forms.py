"""SegmentForm → patterns → criteria.

A form is always bound to data: what the segment says, or what was posted. Until `is_valid` was asked it shows no errors. The
definition it stands for can be asked for at any time: half-typed rows give a half-typed definition.
"""

import math
import re
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from journeyadmin.contract.criteria import ATTRIBUTE_KEY, OPERATORS, CriteriaKey, Side, find_key
from journeyadmin.contract.segments import (
    COLOR_PATTERN,
    MAX_COUNT,
    MAX_CRITERIA,
    MAX_DESCRIPTION_LENGTH,
    MAX_EXPIRATION_DAYS,
    MAX_NAME_LENGTH,
    MAX_PATTERNS,
    MAX_VALUE_LENGTH,
    MAX_VALUES,
    STREAM_SESSIONS,
)
from journeyadmin.nested import RowForm, RowFormSet
from segments import payloads
from segments.fields import KeySelect, OperatorSelect, ValuesField, closed_list, fitting

Json = dict[str, Any]

STREAMS = (("Web", _("the web site")), ("App", _("the app")))
SCOPES = (("Session", _("This visit")), ("Customer", _("This person")))
MAX_EVENT_NAME_LENGTH = 255
_VERSION = re.compile(r"\d+(\.\d+)*", re.ASCII)


class CriterionForm(RowForm):
    """One line: what is tested, how, with which values, and whether letter case counts."""

    side: ClassVar[Side]

    key = forms.CharField(required=False)
    attribute = forms.CharField(required=False)
    operator = forms.CharField(required=False, widget=OperatorSelect)
    values = ValuesField(required=False)
    ignore_case = forms.BooleanField(required=False)
    extra = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        operator, values = self.fields["operator"].widget, self.fields["values"].widget
        operator.fitting = fitting(self.known)
        values.choices = closed_list(self.known, self.said_operator)
        values.single = bool(self.known and self.known.kind == "boolean")

    def said(self, name: str) -> str:
        """What the data says for a field, before any cleaning."""
        return str(self.data.get(self.add_prefix(name)) or "")

    @property
    def said_key(self) -> str:
        return payloads.joined_key(self.said("key"), self.said("attribute").strip())

    @property
    def said_operator(self) -> str:
        return self.said("operator") or "equal"

    @property
    def said_values(self) -> list[str]:
        name = self.add_prefix("values")
        found: list[str] = self.fields["values"].widget.value_from_datadict(self.data, {}, name)
        return found

    @property
    def known(self) -> CriteriaKey | None:
        """The contract's row of the key; an attribute whose name is still missing is one already."""
        choice = self.said("key")
        if choice == payloads.ATTRIBUTE and self.side == "journey":
            return find_key("journey", payloads.joined_key(choice, self.said("attribute").strip() or "x"))
        return find_key(self.side, choice, "any") if choice else None

    @property
    def numeric(self) -> bool:
        row = OPERATORS.get(self.said_operator)
        return bool(row and row.numeric)

    @property
    def negative(self) -> bool:
        row = OPERATORS.get(self.said_operator)
        return bool(row and row.negative)

    @property
    def case_counts(self) -> bool:
        """Whether letter case can make a difference at all."""
        return not self.numeric and not (self.known and self.known.kind == "boolean")

    @property
    def unfit(self) -> bool:
        """Whether the operator is none that is offered for this key; the service would take it all the same."""
        return self.known is not None and self.said_operator not in fitting(self.known)

    @property
    def unknown(self) -> bool:
        """Whether a key was chosen that nobody here knows."""
        return bool(self.said("key")) and self.known is None

    @property
    def ignores_case(self) -> bool:
        return bool(self.data.get(self.add_prefix("ignore_case")))

    @property
    def said_attribute(self) -> str:
        return self.said("attribute")

    # The ids of the controls that may take the focus after a row action.
    @property
    def menu_id(self) -> str:
        return f"menu-{self.prefix}"

    @property
    def key_id(self) -> str:
        return f"id_{self.prefix}-key"

    @property
    def remove_id(self) -> str:
        return f"remove-{self.prefix}"

    # The controls, written by their widgets without the detour over bound fields: a page may show fifty rows.
    @property
    def key_html(self) -> SafeString:
        return self._html("key", self.said("key"), _("What is tested"))

    @property
    def key_html_focused(self) -> SafeString:
        return self._html("key", self.said("key"), _("What is tested"), autofocus=True)

    @property
    def operator_html(self) -> SafeString:
        return self._html("operator", self.said_operator, _("How it is compared"))

    @property
    def values_html(self) -> SafeString:
        more = {"data-key": self.said_key, "data-side": self.side, "placeholder": self.placeholder}
        if self.numeric:
            more["data-single"] = "true"
        return self._html("values", self.said_values, _("Values, one a line"), **more)

    @property
    def extra_html(self) -> SafeString | str:
        return self._html("extra", self.said("extra"), "") if self.said("extra") else ""

    @property
    def placeholder(self) -> str:
        return gettext("e.g. %s") % self.known.example if self.known else gettext("value")

    def _html(self, name: str, value: Any, label: Any, **attrs: Any) -> SafeString:
        html_name = self.add_prefix(name)
        given = {"id": f"id_{html_name}", **attrs}
        if label:
            given["aria-label"] = label
        if name in self.errors:
            given |= {"aria-invalid": "true", "aria-describedby": f"notes-{self.prefix}"}
        html: SafeString = self.fields[name].widget.render(html_name, value, given)
        return html

    def criterion(self) -> Json:
        return payloads.criterion(
            self.side,
            self.said_key,
            self.said_operator,
            self.said_values,
            self.ignores_case,
            self.said("extra"),
        )

    def clean(self) -> None:
        self._clean_key()
        self._clean_values()

    def _clean_key(self) -> None:
        choice = self.said("key")
        if not choice:
            self.add_error("key", _("Choose what to test."))
        elif choice == payloads.ATTRIBUTE and not ATTRIBUTE_KEY.fullmatch(self.said_key):
            self.add_error(
                "attribute",
                _("An attribute's name has letters, digits, “_”, “-” and “.”, at most 256 of them."),
            )

    def _clean_values(self) -> None:
        values = self.said_values
        if not values:
            self.add_error("values", _("Say at least one value."))
            return
        if len(values) > MAX_VALUES:
            self.add_error(
                "values",
                ngettext_lazy(
                    "At most %(most)d values; this is %(given)d too many.",
                    "At most %(most)d values; these are %(given)d too many.",
                    "given",
                )
                % {"most": MAX_VALUES, "given": len(values) - MAX_VALUES},
            )
        if any(len(value) > MAX_VALUE_LENGTH for value in values):
            self.add_error("values", _("A value has at most %d characters.") % MAX_VALUE_LENGTH)
        if self.numeric:
            self._clean_number(values)
        known = self.known
        if known is not None and known.kind == "boolean":
            if self.said_operator not in ("equal", "notEqual"):
                self.add_error("operator", _("“%s” is yes or no: only “is” and “is not” fit.") % known.label)
            elif any(value not in ("true", "false") for value in values):
                self.add_error("values", _("Choose yes or no; remove what is neither."))

    def _clean_number(self, values: list[str]) -> None:
        if len(values) != 1:
            self.add_error("values", _("A comparison takes exactly one number."))
        elif self.said("key") == "browser.version":
            if not _VERSION.fullmatch(values[0]):
                self.add_error("values", _("Say a version such as 120 or 68.0.3440."))
        elif not _finite(values[0]):
            self.add_error("values", _("Say a number such as 42 or 9.95, without letters or spaces."))


class ContextCriterionForm(CriterionForm):
    side = "context"
    key = forms.CharField(required=False, widget=KeySelect("context"))


class JourneyCriterionForm(CriterionForm):
    side = "journey"
    key = forms.CharField(required=False, widget=KeySelect("journey"))


class ContextCriteria(RowFormSet):
    form = ContextCriterionForm
    max_num = MAX_CRITERIA


class JourneyCriteria(RowFormSet):
    form = JourneyCriterionForm
    max_num = MAX_CRITERIA


class PatternForm(RowForm):
    """Criteria that must all hold at once."""

    side: ClassVar[Side]

    extra = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def said(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name)) or "")

    @property
    def criteria(self) -> RowFormSet:
        return self.owned["criteria"]

    def pattern(self) -> Json:
        rows = [row.criterion() for row in self.criteria.forms]
        return payloads.pattern(self.side, rows, extra=self.said("extra"))


class ContextPatternForm(PatternForm):
    side = "context"
    inner: ClassVar[dict[str, type[RowFormSet]]] = {"criteria": ContextCriteria}

    def clean(self) -> None:
        if not self.criteria.forms:
            self.add_error(None, _("Add a criterion, or remove this pattern."))


class JourneyPatternForm(PatternForm):
    """An event with these criteria, so and so many times."""

    side = "journey"
    inner: ClassVar[dict[str, type[RowFormSet]]] = {"criteria": JourneyCriteria}

    count = forms.IntegerField(
        min_value=1,
        max_value=MAX_COUNT,
        error_messages={
            "required": _("Say how many times, at least once."),
            "invalid": _("Say a whole number of times."),
            "min_value": _("At least once: “never” cannot be expressed."),
            "max_value": _("At most %(limit_value)s times."),
        },
    )
    stream = forms.CharField(required=False)
    event_name = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_EVENT_NAME_LENGTH,
        error_messages={"max_length": _("An event's name has at most %(limit_value)s characters.")},
    )

    @property
    def streams(self) -> list[tuple[str, Any, bool]]:
        """The choices of where events happen, with the one chosen; one unknown here stays."""
        chosen = self.said("stream") or "Web"
        rows = [*STREAMS] if chosen in STREAM_SESSIONS else [*STREAMS, (chosen, chosen)]
        return [(value, label, value == chosen) for value, label in rows]

    def clean(self) -> None:
        if not self.criteria.forms and not self.said("event_name").strip():
            self.add_error("event_name", _("Say which event, or add a criterion."))
        stream = self.said("stream") or "Web"
        for row in self.criteria.forms:
            known = row.known
            if known is not None and stream in STREAM_SESSIONS and stream not in known.streams:
                where = _("on the web site") if known.streams == ("Web",) else _("in the app")
                row.add_error(
                    "key", _("“%(key)s” exists only %(where)s.") % {"key": known.label, "where": where}
                )

    def pattern(self) -> Json:
        count = self.said("count").strip()
        return payloads.pattern(
            self.side,
            [row.criterion() for row in self.criteria.forms],
            int(count) if re.fullmatch(r"-?\d{1,9}", count, re.ASCII) else 1,
            self.said("stream") or "Web",
            self.said("event_name"),
            self.said("extra"),
        )


class ContextPatterns(RowFormSet):
    form = ContextPatternForm
    max_num = MAX_PATTERNS


class JourneyPatterns(RowFormSet):
    form = JourneyPatternForm
    max_num = MAX_PATTERNS


class SegmentForm(RowForm):
    """A whole definition. `creating` adds the scope, which is said once and for ever."""

    inner: ClassVar[dict[str, type[RowFormSet]]] = {"context": ContextPatterns, "journey": JourneyPatterns}

    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME_LENGTH,
        error_messages={"required": _("Give it a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-count": MAX_NAME_LENGTH}),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=MAX_DESCRIPTION_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "data-count": MAX_DESCRIPTION_LENGTH}),
    )
    active = forms.BooleanField(
        label=_("Active"), required=False, help_text=_("Assigned to whoever matches from now on.")
    )
    agents = forms.BooleanField(
        label=_("Visible to agents"), required=False, help_text=_("Shown beside the conversation.")
    )
    color = forms.RegexField(
        label=_("Colour"),
        regex=COLOR_PATTERN,
        strip=True,
        error_messages={"invalid": _("Say a colour as six hexadecimal digits, for example #5E5782.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "control colour-hex"}
        ),
    )
    expiry = forms.IntegerField(
        label=_("Expires after"),
        required=False,
        min_value=0,
        max_value=MAX_EXPIRATION_DAYS,
        error_messages={
            "invalid": _("Say a number of days, or leave it empty for never."),
            "max_value": _("At most %(limit_value)s days; leave it empty for never."),
            "min_value": _("Say a number of days, or leave it empty for never."),
        },
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "control-number"}
        ),
    )
    scope = forms.ChoiceField(label=_("Applies to"), choices=SCOPES, required=False, widget=forms.RadioSelect)
    extra = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, data: payloads.Data, *, creating: bool = False) -> None:
        super().__init__(MultiValueDict(data), use_required_attribute=False)
        self.creating = creating
        if not creating:
            # A scope unknown here is kept as it is.
            self.fields["scope"] = forms.CharField(required=False)

    @property
    def context(self) -> RowFormSet:
        return self.owned["context"]

    @property
    def journey(self) -> RowFormSet:
        return self.owned["journey"]

    def said(self, name: str) -> str:
        return str(self.data.get(name) or "")

    def clean(self) -> None:
        if (
            self.creating
            and self.said("scope") != "Customer"
            and not self.context.forms
            and not self.journey.forms
        ):
            self.add_error(
                None,
                _(
                    "A segment of this visit needs at least one condition. Add one, or let it apply to this person."
                ),
            )

    def definition(self) -> Json:
        """What the form says, whether it is valid or not."""
        expiry = self.said("expiry").strip()
        wanted: Json = {
            "displayName": self.said("name").strip(),
            "description": self.said("description").replace("\r\n", "\n"),
            "isActive": bool(self.said("active")),
            "shouldDisplayToAgent": bool(self.said("agents")),
            "color": self.said("color").strip(),
            "assignmentExpirationDays": int(expiry) if re.fullmatch(r"\d{1,6}", expiry, re.ASCII) else None,
            "scope": self.said("scope") or "Session",
            "context": {"patterns": [row.pattern() for row in self.context.forms]},
            "journey": {"patterns": [row.pattern() for row in self.journey.forms]},
        }
        return payloads.definition(payloads.with_extra(wanted, self.said("extra")))


def _finite(text: str) -> bool:
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return False
    return math.isfinite(float(text))
