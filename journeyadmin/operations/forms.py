"""What is typed on the pages of the server's operation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

# The words of the server's switch (docs/local-api.md); what it offers beyond them is shown as it is.
KINDS = {
    "delay": _("delay"),
    "401": _("401, sign-in expired"),
    "403": _("403, not allowed"),
    "404": _("404, not found"),
    "408": _("408, too slow"),
    "409": _("409, conflict"),
    "413": _("413, too large"),
    "429": _("429, too many requests"),
    "500": _("500, server failed"),
    "501": _("501, not enabled"),
    "503": _("503, not available"),
    "504": _("504, no answer in time"),
    "cut": _("connection cut"),
    "garbled": _("answer that cannot be read"),
}


class UploadForm(forms.Form):
    """A file of events to look at."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("An access log (plain or .gz), a GA4 export, or events as NDJSON, CSV or Parquet."),
    )
    site = forms.URLField(
        label=_("Address of the site"),
        required=False,
        assume_scheme="https",
        help_text=_("For access logs, whose lines hold only the path. For example https://shop.example"),
    )
    with_robots = forms.BooleanField(
        label=_("Robots too"), required=False, help_text=_("Visits of search engines and other programs.")
    )


class StartForm(forms.Form):
    """How a file is taken in that was looked at."""

    to_now = forms.BooleanField(
        label=_("Move all times so that the newest event is now"),
        required=False,
        help_text=_("For old files: “last 7 days” then shows something."),
    )


class EraseForm(forms.Form):
    """Whom to erase."""

    customer = forms.CharField(
        label=_("Customer id"),
        max_length=1024,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As events carry it: the id in the visitor's cookie, or your own."),
    )


class FaultForm(forms.Form):
    """One failure on purpose. What does not go with its kind is left aside."""

    operation = forms.ChoiceField(label=_("Operation"))
    fault = forms.ChoiceField(label=_("Failure"))
    when = forms.ChoiceField(
        label=_("When"),
        choices=[("before", _("instead of the work")), ("after", _("after the work, its answer is lost"))],
        required=False,
    )
    share = forms.IntegerField(label=_("Share of requests, %"), min_value=0, max_value=100, initial=100)
    count = forms.IntegerField(
        label=_("How many times"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("Empty: without end."),
    )
    seconds = forms.FloatField(
        label=_("Seconds"),
        min_value=0,
        max_value=120,
        required=False,
        help_text=_("Of a delay, or to wait after 429 and 503."),
    )

    def __init__(self, *args: Any, offered: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Ours apart: the page itself would be hit.
        names = sorted(name for name in offered.get("operations", ()) if name != "getLocalCapabilities")
        operations: Any = self.fields["operation"]
        operations.choices = [("*", _("any operation")), *((name, name) for name in names)]
        failures: Any = self.fields["fault"]
        failures.choices = [
            (kind, KINDS.get(kind, kind)) for kind in offered.get("kinds", ()) if kind != "400"
        ]

    def fault_json(self) -> dict[str, Any]:
        """The fault as the server takes it."""
        values = self.cleaned_data
        kind = values["fault"]
        answer: dict[str, Any] = {
            "operation": values["operation"],
            "fault": kind,
            "share": values["share"] / 100,
            "when": values["when"] or "before",
        }
        if values["count"]:
            answer["count"] = values["count"]
        if values["seconds"] is not None and kind == "delay":
            answer["delayMs"] = round(values["seconds"] * 1000)
        if values["seconds"] is not None and kind in ("429", "503"):
            answer["retryAfter"] = round(values["seconds"])
        return answer
