"""One line of the form: what is tested, how, with which values, and whether letter case counts."""

import math
import re
from typing import Any, ClassVar

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from journeyadmin.contract.criteria import ATTRIBUTE_KEY, OPERATORS, CriteriaKey, Side, find_key
from journeyadmin.contract.segments import MAX_CRITERIA, MAX_VALUE_LENGTH, MAX_VALUES
from journeyadmin.nested import RowForm, RowFormSet
from segments import payloads
from segments.fields import KeySelect, OperatorSelect, ValuesField, closed_list, fitting

Json = dict[str, Any]

_VERSION = re.compile(r"\d+(\.\d+)*", re.ASCII)


class CriterionForm(RowForm):
    """One line: what is tested, how, with which values, and whether letter case counts."""

    side: ClassVar[Side]
    # Whether a picker brings the list of keys, so that the row need not.
    lean = False

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
        return self._html("key", self.said("key"), _("What is tested"), lean=self.lean)

    @property
    def key_html_focused(self) -> SafeString:
        return self._html("key", self.said("key"), _("What is tested"), lean=self.lean, autofocus=True)

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


def _finite(text: str) -> bool:
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return False
    return math.isfinite(float(text))
