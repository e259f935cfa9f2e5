"""What an alert waits for."""

import math
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from analytics import labels
from analytics.alerts import evaluating, telling
from analytics.alerts.conditions import CONDITIONS
from analytics.models import Alert
from analytics.ranges import RangeError
from analytics.trail import question_of
from journeyadmin.digits import THIN

# Only the type checker's Django has generic forms.
if TYPE_CHECKING:
    _Form = forms.ModelForm[Alert]
else:
    _Form = forms.ModelForm


class AlertForm(_Form):
    """The instance brings the query and the owner; a query whose numbers never change again is refused."""

    measure = forms.ChoiceField(label=_("Metric"))
    condition = forms.ChoiceField(
        label=_("Fires when it is"), choices=lambda: [(row.key, row.label) for row in CONDITIONS.values()]
    )
    limit = forms.CharField(
        label=_("Limit"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("A number; for shares and for changes it is in percent."),
    )

    class Meta:
        model = Alert
        fields = ("measure", "condition", "limit", "by_mail")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        made = question_of(self.instance.query.address).made
        measure = self.fields["measure"]
        assert isinstance(measure, forms.ChoiceField)
        measure.choices = [(one.key, labels.measure(one)) for one in made]
        if not self.instance._state.adding:
            self.initial["limit"] = formats.localize_input(self.instance.limit)
            if self.instance.limit == int(self.instance.limit):
                # As text: what is sent is compared with it, and an alert that waits for the same is not armed again.
                self.initial["limit"] = str(int(self.instance.limit))
        if not telling.possible(self.instance.owner):
            self.fields["by_mail"].disabled = True
            self.fields["by_mail"].help_text = _(
                "Not possible here: the operator has named no mail server, or the service knows no address of yours."
            )

    def clean_limit(self) -> float:
        text = self.cleaned_data["limit"].replace(THIN, "").replace(" ", "").removesuffix("%")
        try:
            limit = float(formats.sanitize_separators(text))
        except ValueError:
            limit = math.nan
        if not math.isfinite(limit):
            raise forms.ValidationError(_("Type a number, for example 100 or 2.5."))
        return limit

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            moves = evaluating.may_change(question_of(self.instance.query.address))
        except RangeError:
            moves = False
        if not moves:
            raise forms.ValidationError(
                _(
                    "This query asks about fixed dates, or about one time that never ends, so there is nothing to wait for. "
                    "Save it with a range that moves, such as the last 7 days."
                )
            )
        relative = cleaned.get("condition") in CONDITIONS and CONDITIONS[cleaned["condition"]].relative
        if relative and cleaned.get("limit", 1) <= 0:
            self.add_error("limit", _("A change needs a percentage above 0."))
        return cleaned
