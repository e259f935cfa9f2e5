"""What is asked before an export, an import and a change of many segments."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from journeyadmin.contract.segments import (
    COLOR_PATTERN,
    DEFAULT_COLOR,
    MAX_DESCRIPTION_LENGTH,
    MAX_EXPIRATION_DAYS,
)
from journeyadmin.plans.documents import LARGEST_BYTES

LEAVE = ("", _("leave unchanged"))
FORMATS = (("yaml", "YAML"), ("json", "JSON"), ("terraform", _("Terraform (segments only)")))
WHAT = (
    ("all", _("Segments and action targets")),
    ("segments", _("Segments")),
    ("targets", _("Action targets")),
)


class ExportForm(forms.Form):
    what = forms.ChoiceField(label=_("What"), choices=WHAT, initial="all")
    format = forms.ChoiceField(label=_("Format"), choices=FORMATS, initial="yaml")
    identity = forms.BooleanField(
        label=_("With ids, versions and dates"),
        required=False,
        help_text=_(
            "For this connection only: ids are others elsewhere. With versions, an import notices what was changed since."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (cleaned.get("what"), cleaned.get("format")) == ("targets", "terraform"):
            self.add_error("format", _("Terraform has no resource for action targets."))
        return cleaned


class FileForm(forms.Form):
    """A file or a pasted text."""

    file = forms.FileField(label=_("File"), required=False, help_text=_("YAML or JSON, at most 1 MiB."))
    text = forms.CharField(
        label=_("Or paste the text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        upload, text = cleaned.get("file"), cleaned.get("text", "")
        if upload is None and not text.strip() and "file" not in self.errors:
            self.add_error("file", _("Choose a file, or paste its text."))
        elif (upload.size if upload is not None else len(text.encode("utf-8", "replace"))) > LARGEST_BYTES:
            self.add_error(
                "file" if upload is not None else "text",
                _("This is larger than 1 MiB. Split it, or use the command."),
            )
        return cleaned

    @property
    def content(self) -> bytes:
        upload = self.cleaned_data.get("file")
        return (
            bytes(upload.read())
            if upload is not None
            else str(self.cleaned_data["text"]).encode("utf-8", "replace")
        )


class ImportForm(FileForm):
    """Definitions, and how far the import may go."""

    also_delete = forms.BooleanField(
        label=_("Also delete segments that the file does not have"),
        required=False,
        help_text=_("Without it nothing is deleted."),
    )
    overwrite = forms.BooleanField(
        label=_("Overwrite what was changed since the export"),
        required=False,
        help_text=_("Without it such entries are conflicts. Only files with versions tell."),
    )


class BulkForm(forms.Form):
    """One change for many segments; every field can be left unchanged."""

    active = forms.ChoiceField(
        label=_("Active"), required=False, choices=(LEAVE, ("on", _("on")), ("off", _("off")))
    )
    agents = forms.ChoiceField(
        label=_("Visible to agents"), required=False, choices=(LEAVE, ("on", _("on")), ("off", _("off")))
    )
    colour_choice = forms.ChoiceField(
        label=_("Colour"), required=False, choices=(LEAVE, ("set", _("change to")))
    )
    colour = forms.CharField(
        required=False, initial=DEFAULT_COLOR, widget=forms.TextInput(attrs={"type": "color"})
    )
    expiry_choice = forms.ChoiceField(
        label=_("Expires"), required=False, choices=(LEAVE, ("never", _("never")), ("set", _("after")))
    )
    days = forms.IntegerField(label=_("days"), required=False, min_value=1, max_value=MAX_EXPIRATION_DAYS)
    description_choice = forms.ChoiceField(
        label=_("Description"),
        required=False,
        choices=(LEAVE, ("empty", _("empty")), ("set", _("change to"))),
    )
    description = forms.CharField(required=False, max_length=MAX_DESCRIPTION_LENGTH)

    @classmethod
    def of(cls, patch: Mapping[str, Any]) -> "BulkForm":
        """The form that asks for this patch."""
        said: dict[str, Any] = {}
        for name, field in (("active", "isActive"), ("agents", "shouldDisplayToAgent")):
            if field in patch:
                said[name] = "on" if patch[field] else "off"
        for name, choice, field, none in (
            ("colour", "colour_choice", "color", ""),
            ("days", "expiry_choice", "assignmentExpirationDays", "never"),
            ("description", "description_choice", "description", "empty"),
        ):
            if field in patch:
                said |= {choice: "set", name: patch[field]} if patch[field] else {choice: none}
        return cls(initial=said)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("colour_choice") == "set" and not re.fullmatch(
            COLOR_PATTERN, cleaned.get("colour") or ""
        ):
            self.add_error("colour", _("A colour such as #5E5782."))
        if (
            cleaned.get("expiry_choice") == "set"
            and cleaned.get("days") is None
            and "days" not in self.errors
        ):
            self.add_error("days", _("After how many days?"))
        if cleaned.get("description_choice") == "set" and not cleaned.get("description"):
            self.add_error("description", _("Type the description, or choose “empty”."))
        if not self.errors and not self.patch:
            raise forms.ValidationError(_("Everything is left unchanged. Choose what to change."))
        return cleaned

    @property
    def patch(self) -> dict[str, Any]:
        """What every chosen segment gets."""
        cleaned, found = self.cleaned_data, dict[str, Any]()
        for name, field in (("active", "isActive"), ("agents", "shouldDisplayToAgent")):
            if cleaned.get(name):
                found[field] = cleaned[name] == "on"
        if cleaned.get("colour_choice") == "set":
            found["color"] = cleaned["colour"]
        if cleaned.get("expiry_choice"):
            found["assignmentExpirationDays"] = cleaned["days"] if cleaned["expiry_choice"] == "set" else None
        if cleaned.get("description_choice"):
            found["description"] = cleaned["description"] if cleaned["description_choice"] == "set" else None
        return found
