"""A dashboard's name and who sees it."""

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.models import Dashboard

# Only the type checker's Django has generic forms.
if TYPE_CHECKING:
    _Form = forms.ModelForm[Dashboard]
else:
    _Form = forms.ModelForm


class DashboardForm(_Form):
    class Meta:
        model = Dashboard
        fields = ("name", "description", "shared")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def for_others(self) -> "DashboardForm":
        """The form of somebody else than the owner, who decides alone whether others see it."""
        self.fields["shared"].disabled = True
        self.fields["shared"].help_text = _("Only its owner changes this.")
        return self
