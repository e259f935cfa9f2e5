"""Forms of connections and of a person's own settings."""

from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from journeyadmin import clocks
from journeyadmin.accounts.capabilities import forget_announcement
from journeyadmin.accounts.hosts import origin, refusal
from journeyadmin.accounts.models import Connection, Grant
from journeyadmin.service.regions import BY_KEY, REGIONS

# Only the type checker's Django has a generic ModelForm.
if TYPE_CHECKING:
    _ConnectionModelForm = forms.ModelForm[Connection]
else:
    _ConnectionModelForm = forms.ModelForm


class ConnectionForm(_ConnectionModelForm):
    """A connection: a region, or typed addresses that the operator allowed."""

    region = forms.ChoiceField(
        label=_("Region"),
        required=False,
        choices=[
            ("", _("Other address …")),
            *(
                (region.key, f"{region.label} · login.{region.domain}, api.{region.domain}")
                for region in REGIONS
            ),
        ],
        help_text=_(
            "Where your organisation's Genesys Cloud is. “Other address” is for the embedded server."
        ),
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text=_(
            "Stored encrypted and never shown again. Leave empty to keep the present one, or for a public client."
        ),
    )
    admin_list = forms.CharField(
        label=_("Administrators"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("E-mail addresses of those who may manage connections, one a line."),
    )

    class Meta:
        model = Connection
        fields = (
            "name",
            "colour",
            "region",
            "typed_login_url",
            "typed_api_url",
            "mode",
            "client_id",
            "production",
            "read_only",
            "unattended",
        )
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}
        help_texts = {
            "name": _("Shown on every page, for example “Acme, production”."),
            "colour": _("Marks every page of this connection."),
            "typed_login_url": _("For example https://login.example.com"),
            "typed_api_url": _("For example https://api.example.com"),
            "mode": _(
                "Per person: each signs in, and the service's audit names them. As a client: whoever can open this "
                "dashboard comes in without a password, and the audit names the client."
            ),
            "production": _(
                "Deleting a segment, changing many things at once and erasing a customer then ask for the connection's name."
            ),
            "read_only": _(
                "No change can be made through this connection. A new one begins so: take the mark away to make changes."
            ),
            "unattended": _(
                "Alerts are looked at while nobody is signed in: through a connection as a client to the same organisation."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._led, self.leads_elsewhere = self.instance.leads, False
        self.order_fields(
            [
                "name",
                "colour",
                "region",
                "typed_login_url",
                "typed_api_url",
                "mode",
                "client_id",
                "client_secret",
            ]
        )
        self.fields["admin_list"].initial = "\n".join(self.instance.admins)
        others = Connection.objects.filter(mode=Connection.Mode.CLIENT).exclude(pk=self.instance.pk)
        unattended = self.fields["unattended"]
        assert isinstance(unattended, forms.ModelChoiceField)
        unattended.queryset, unattended.empty_label = others, _("None: alerts are not looked at")
        unattended.label = _("Without a person, ask through")
        if not self.instance.pk:
            # A new connection, production above all, starts read-only until someone decides otherwise. (A field's own
            # initial value would be hidden by that of the empty connection.)
            self.initial["read_only"] = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("region"):
            for name in ("typed_login_url", "typed_api_url"):
                reason = refusal(
                    cleaned.get(name) or "",
                    typed_hosts=settings.TYPED_HOSTS,
                    embedded_server=settings.EMBEDDED_SERVER,
                )
                if reason:
                    self.add_error(name, reason)
                else:
                    cleaned[name] = origin(cleaned[name])
        else:
            cleaned["typed_login_url"] = cleaned["typed_api_url"] = ""
        region = BY_KEY.get(cleaned.get("region") or "")
        login_url = region.login_url if region else cleaned.get("typed_login_url")
        needs_secret = cleaned.get("mode") == Connection.Mode.CLIENT
        if cleaned.get("client_secret"):
            pass
        elif self.instance.sealed_secret and login_url != self.instance.login_url:
            # Or whoever changes the address would get the secret, which nobody is shown, sent there.
            self.add_error(
                "client_secret", _("Type the secret again: it is not sent to another address unasked.")
            )
        elif needs_secret and not self.instance.sealed_secret:
            self.add_error("client_secret", _("A connection “as a client” needs the client's secret."))
        self._check_unattended(cleaned)
        return cleaned

    def _check_unattended(self, cleaned: dict[str, Any]) -> None:
        """Another service would answer about other visits."""
        other, region = cleaned.get("unattended"), BY_KEY.get(cleaned.get("region") or "")
        api_url = region.api_url if region else cleaned.get("typed_api_url")
        if other is not None and other.api_url != api_url:
            self.add_error("unattended", _("This connection leads to another service."))

    def save(self, commit: bool = True) -> Connection:
        connection = super().save(commit=False)
        if self.cleaned_data["client_secret"]:
            connection.client_secret = self.cleaned_data["client_secret"]
        lines = self.cleaned_data["admin_list"].replace(",", "\n").split("\n")
        connection.admins = sorted({line.strip().lower() for line in lines if line.strip()})
        connection.save()
        self.leads_elsewhere = connection.leads != self._led
        if self.leads_elsewhere:
            # Nobody's tokens go where they did not come from, and what the old place announced is not the new one's.
            Grant.objects.filter(person__connection=connection).delete()
            forget_announcement(connection)
        return connection


@cache
def zone_names() -> tuple[str, ...]:
    """All time zones, in order: looked for once, as that goes through the files of all of them."""
    return tuple(sorted(available_timezones()))


class ZoneForm(forms.Form):
    """The zone in which a person reads times."""

    zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [
            ("", _("As the organisation")),
            *((name, name) for name in zone_names()),
        ],
    )


class ClockForm(forms.Form):
    """How a person reads times, besides the zone."""

    week = forms.TypedChoiceField(
        label=_("Weeks begin on"),
        coerce=int,
        choices=[(clocks.MONDAY, WEEKDAYS[0]), (clocks.SUNDAY, WEEKDAYS[6]), (clocks.SATURDAY, WEEKDAYS[5])],
        help_text=_("“This week” and “Last week” follow it."),
    )
    hours = forms.ChoiceField(label=_("Clock"), choices=[("24", "14:30"), ("12", "2:30\u202fPM")])
