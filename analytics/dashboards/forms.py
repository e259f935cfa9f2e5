"""A dashboard's name and who sees it."""

from typing import TYPE_CHECKING

from django import forms

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
