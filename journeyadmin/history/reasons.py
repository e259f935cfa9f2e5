"""The reason that a person may, or on production must, give for a change."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from journeyadmin.http import JourneyRequest

MAX_LENGTH = 200


def required(request: JourneyRequest) -> bool:
    """Whether this connection asks for a reason (JOURNEYADMIN_REASON_REQUIRED, on production connections)."""
    return bool(settings.REASON_REQUIRED and request.connection.production)


class ReasonForm(forms.Form):
    """One field; put it beside what is saved. `ReasonForm(request.POST or None, required=required(request))`"""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_LENGTH,
        required=False,
        help_text=_("Kept in the history, for example “Black Friday staffing”."),
        error_messages={"required": _("Say why: this connection asks for a reason.")},
    )

    def __init__(self, *args: Any, required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = required
