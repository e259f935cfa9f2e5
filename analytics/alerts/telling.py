"""Telling of an alert by e-mail, where the operator named a mail server."""

import logging
from typing import Literal

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.alerts import words
from analytics.models import Alert
from analytics.trail import question_of
from journeyadmin.accounts.models import Person

log = logging.getLogger("analytics.alerts")


def possible(person: Person) -> bool:
    return bool(settings.EMAIL_HOST and person.email)


def wanted(alert: Alert) -> bool:
    return alert.by_mail and possible(alert.owner)


def by_mail(alert: Alert, seen: str) -> Literal["sent", "failed"]:
    """One plain mail to the alert's owner, in the language that is active. A server that fails is logged, no more."""
    # A name is one line, whatever was typed into it.
    name = " ".join(alert.query.name.split())
    lines = [
        _("“%(name)s”: %(condition)s.") % {"name": name, "condition": words.condition(alert)},
        "",
        f"{seen} ({question_of(alert.query.address).zone})",
        "",
        _("You are told once; the alert is armed again when this no longer holds."),
    ]
    if settings.PUBLIC_URL:
        lines += ["", settings.PUBLIC_URL + reverse("alerts:alert", args=[alert.pk])]
    try:
        send_mail(_("Alert: %s") % name, "\n".join(lines), settings.DEFAULT_FROM_EMAIL, [alert.owner.email])
    except OSError as error:
        log.warning("the mail of alert %s was not sent: %s", alert.pk, type(error).__name__)
        return "failed"
    return "sent"
