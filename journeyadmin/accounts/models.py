"""Connections to a service, the people who sign in through them, and their tokens."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from journeyadmin import clocks
from journeyadmin.accounts import sealed
from journeyadmin.service import Client, JourneyError
from journeyadmin.service.regions import BY_KEY


class SecretLost(JourneyError):
    """The operator took away the key under which the connection's secret is kept."""

    summary = _("The client secret of this connection can no longer be read.")
    advice = _("An administrator has to type it again; what else the connection is stays as it was.")


class Connection(models.Model):
    """A service the dashboard can be signed in to: a region of Genesys Cloud, or hosts the operator allowed."""

    class Mode(models.TextChoices):
        PERSON = "person", _("Per person")
        CLIENT = "client", _("As a client")

    name = models.CharField(_("name"), max_length=80, unique=True)
    colour = models.CharField(_("colour"), max_length=7, default="#4263eb")
    region = models.CharField("region", max_length=32, blank=True)
    typed_login_url = models.CharField(_("login address"), max_length=200, blank=True)
    typed_api_url = models.CharField(_("API address"), max_length=200, blank=True)
    mode = models.CharField(_("sign-in"), max_length=8, choices=Mode.choices, default=Mode.PERSON)
    client_id = models.CharField(_("client id"), max_length=200)
    sealed_secret = models.TextField(blank=True, editable=False)
    production = models.BooleanField(_("production"), default=False)
    read_only = models.BooleanField(_("read-only"), default=False)
    # E-mail addresses, in lower case, of the people who may manage connections once signed in through this one.
    admins = models.JSONField(default=list, blank=True)
    # Who asks where nobody is signed in: a connection as a client to the same service.
    unattended = models.ForeignKey(
        "self",
        verbose_name="without a person",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def login_url(self) -> str:
        region = BY_KEY.get(self.region)
        return region.login_url if region else self.typed_login_url

    @property
    def api_url(self) -> str:
        region = BY_KEY.get(self.region)
        return region.api_url if region else self.typed_api_url

    @property
    def leads(self) -> tuple[str, ...]:
        """Where its tokens come from and go to; one that leads elsewhere has none yet."""
        return self.login_url, self.api_url, self.client_id, self.mode

    @property
    def place(self) -> str:
        """Where the service is, in words."""
        region = BY_KEY.get(self.region)
        return region.label if region else self.typed_api_url

    @property
    def client_secret(self) -> str:
        return sealed.unseal(self.sealed_secret)

    @client_secret.setter
    def client_secret(self, secret: str) -> None:
        self.sealed_secret = sealed.seal(secret)

    @property
    def asks_unattended(self) -> "Connection | None":
        """The connection through which something is asked where nobody is signed in; None where an administrator named none."""
        asking = self if self.mode == self.Mode.CLIENT else self.unattended
        if asking is None or asking.mode != self.Mode.CLIENT or asking.api_url != self.api_url:
            return None
        return asking if asking.sealed_secret else None

    def client(self) -> Client:
        """Raises `SecretLost`."""
        try:
            return Client(self.login_url, self.client_id, self.client_secret)
        except sealed.KeyLost:
            raise SecretLost(operation="token") from None


class PersonManager(BaseUserManager["Person"]):
    pass


class Person(AbstractBaseUser):
    """Someone (or, in client mode, the client) known to a connection's service. There are no passwords here."""

    password = None  # type: ignore[assignment]
    key = models.CharField(max_length=300, unique=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="people")
    name = models.CharField(max_length=256, blank=True)
    email = models.CharField(max_length=256, blank=True)
    permissions = models.JSONField(default=list)
    # False in client mode, where the service has no call that lists a client's permissions.
    permissions_known = models.BooleanField(default=True)
    zone = models.CharField("time zone", max_length=64, blank=True)
    twelve_hours = models.BooleanField("12-hour clock", default=False, db_default=False)
    week_starts = models.SmallIntegerField(
        "first day of the week", default=clocks.MONDAY, db_default=clocks.MONDAY
    )
    # Single keys do nothing then (WCAG 2.1.4).
    letters_off = models.BooleanField("single letters off", default=False, db_default=False)

    USERNAME_FIELD = "key"
    objects = PersonManager()

    def __str__(self) -> str:
        return self.name or self.email or self.key

    def get_session_auth_hash(self) -> str:
        """Nothing about a person ends their other sessions, so it never changes; Django refuses an empty one."""
        return salted_hmac("journeyadmin.accounts.person", self.key, algorithm="sha256").hexdigest()

    @property
    def clock(self) -> clocks.Clock:
        return clocks.Clock(self.twelve_hours, self.week_starts)

    @property
    def is_admin(self) -> bool:
        return bool(self.email) and self.email.lower() in self.connection.admins

    @property
    def initials(self) -> str:
        words = str(self).split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class Grant(models.Model):
    """The tokens of one sign-in, encrypted. `version` moves with every renewal; `renewing` marks who is at it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    sealed_access = models.TextField()
    sealed_refresh = models.TextField(blank=True)
    expires = models.DateTimeField(null=True)
    # What the service said that they may be used for; empty where it did not say.
    scope = models.TextField(blank=True, default="", db_default="")
    # The permissions that the service refused since (refused.py), separated by spaces.
    refused = models.TextField(blank=True, default="", db_default="")
    version = models.PositiveIntegerField(default=1)
    renewing = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    # What a person is shown of their sessions (sessions.py), and nothing more: no address.
    device = models.CharField(max_length=80, blank=True)
    seen = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class KeptForm(models.Model):
    """A posted form whose sender's sign-in had ended, encrypted, for that person alone."""

    path = models.CharField(max_length=500)
    person_key = models.CharField(max_length=300)
    sealed = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"form of {self.path}"
