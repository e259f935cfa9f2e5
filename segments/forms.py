"""SegmentForm → patterns → criteria.

A form is always bound to data: what the segment says, or what was posted. Until `is_valid` was asked it shows no errors. The
definition it stands for can be asked for at any time: half-typed rows give a half-typed definition.
"""

import re
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from journeyadmin.contract.criteria import Side
from journeyadmin.contract.segments import (
    COLOR_PATTERN,
    MAX_COUNT,
    MAX_DESCRIPTION_LENGTH,
    MAX_EXPIRATION_DAYS,
    MAX_NAME_LENGTH,
    MAX_PATTERNS,
    STREAM_SESSIONS,
)
from journeyadmin.nested import RowForm, RowFormSet
from segments import payloads
from segments.criteria import ContextCriteria, JourneyCriteria

Json = dict[str, Any]

STREAMS = (("Web", _("the web site")), ("App", _("the app")))
SCOPES = (("Session", _("This visit")), ("Customer", _("This person")))
MAX_EVENT_NAME_LENGTH = 255


class PatternForm(RowForm):
    """Criteria that must all hold at once."""

    side: ClassVar[Side]

    extra = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def said(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name)) or "")

    @property
    def criteria(self) -> RowFormSet:
        return self.owned["criteria"]

    def make_lean(self) -> None:
        for row in self.criteria.forms:
            row.lean = True

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
                row.add_error("key", _("“%(key)s” exists only in the app.") % {"key": known.label})

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
    # What the form has no field for. Of that, only the link to an external segment is shown, and refused by the service.
    extra = forms.CharField(
        label=_("External segment"), required=False, strip=False, widget=forms.HiddenInput
    )

    def __init__(self, data: payloads.Data, *, creating: bool = False) -> None:
        super().__init__(MultiValueDict(data), use_required_attribute=False)
        self.creating = creating
        if not creating:
            # A scope unknown here is kept as it is.
            self.fields["scope"] = forms.CharField(required=False)

    def make_lean(self) -> None:
        """Leaves the list of keys out of each row, for a page whose picker brings it."""
        for side in (self.context, self.journey):
            for pattern in side.forms:
                pattern.make_lean()

    @property
    def context(self) -> RowFormSet:
        return self.owned["context"]

    @property
    def journey(self) -> RowFormSet:
        return self.owned["journey"]

    def pattern_with(self, prefix: str) -> PatternForm | None:
        """The pattern whose criteria have this prefix; None where they are no pattern's."""
        patterns = (*self.context.forms, *self.journey.forms)
        return next((pattern for pattern in patterns if pattern.criteria.prefix == prefix), None)

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
