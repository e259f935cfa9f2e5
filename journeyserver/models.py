"""What the Journey server keeps in its relational database: people, clients, tokens, segments, action targets."""

import hashlib
import json
import secrets
import unicodedata
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, models, transaction
from django.db.models import F
from django.utils import timezone

from journeyadmin.contract import actiontargets, segments

MAX_USERNAME_LENGTH = 150


def now() -> datetime:
    """This instant in whole milliseconds, as the API writes times."""
    instant = timezone.now()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def digest(token: str) -> str:
    """What is stored of a token. Tokens are long random text, so a plain hash is enough to keep them secret."""
    return hashlib.sha256(token.encode()).hexdigest()


class Role(models.Model):
    """A named bundle of permissions, each spelled as in the contract."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=64, unique=True)
    permissions = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Someone who signs in at the login page."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=MAX_USERNAME_LENGTH, unique=True)
    name = models.CharField(max_length=150)
    email = models.EmailField()
    password = models.CharField(max_length=128)
    is_active = models.BooleanField(default=True)
    # Its password is known to everybody: refused where others can reach the server.
    is_demo = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    # Browsers that signed in before this instant have to sign in again.
    sessions_since = models.DateTimeField(null=True)
    roles = models.ManyToManyField(Role, related_name="people")

    def __str__(self) -> str:
        return self.username

    def set_password(self, password: str) -> None:
        self.password = make_password(password)

    def check_password(self, password: str) -> bool:
        return check_password(password, self.password)

    def replace_password(self, password: str) -> None:
        """Sets a password that is the person's own from now on, and ends every sign-in made with the old one."""
        self.set_password(password)
        self.is_demo = False
        self.end_sign_ins()

    def end_sign_ins(self) -> None:
        """Revokes every token and code of this person, and makes every browser sign in again."""
        with transaction.atomic():
            self.sessions_since = timezone.now()
            self.save()
            AuthorizationCode.objects.filter(person=self).update(used=True)
            Token.objects.filter(person=self, revoked=False).update(revoked=True)


class SecondFactor(models.Model):
    """What a person's app makes codes from, sealed; the last step whose code was taken; digests of recovery codes not yet used."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    secret = models.TextField()
    last_step = models.BigIntegerField(default=0)
    recovery = models.JSONField(default=list)
    added = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.person)


class Client(models.Model):
    """An OAuth client. A public one has no secret and must use PKCE; `roles` are for client credentials."""

    client_id = models.CharField(max_length=100, primary_key=True)
    name = models.CharField(max_length=150)
    secret = models.CharField(max_length=128, blank=True)
    redirect_uris = models.JSONField(default=list)
    grant_types = models.JSONField(default=list)
    scope = models.TextField(default="")
    is_demo = models.BooleanField(default=False)
    roles = models.ManyToManyField(Role, related_name="clients")

    def __str__(self) -> str:
        return self.client_id

    @property
    def is_public(self) -> bool:
        return not self.secret

    def set_secret(self, secret: str) -> None:
        self.secret = make_password(secret)

    # The methods below are what Authlib asks of a client (authlib.oauth2.rfc6749.ClientMixin).
    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        # Always named by the request: an exact match is asked for, not assumed.
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        allowed = self.scope.split()
        wanted = scope.split() if scope else allowed
        return " ".join(name for name in allowed if name in wanted)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return not self.is_public and check_password(client_secret, self.secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method == "none") == self.is_public

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.grant_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types


class AuthorizationCode(models.Model):
    """A code given at the login page: good once and for a minute. A used one is kept to notice a second use."""

    code = models.CharField(max_length=64, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    redirect_uri = models.TextField()
    scope = models.TextField()
    code_challenge = models.CharField(max_length=128, blank=True)
    code_challenge_method = models.CharField(max_length=16, blank=True)
    family = models.UUIDField(default=uuid.uuid4)
    expires = models.DateTimeField()
    used = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"code of {self.client_id}"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class Token(models.Model):
    """An access token and its refresh token, hashed. `family` joins all that came from one sign-in."""

    access = models.CharField(max_length=64, unique=True)
    refresh = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 — absent, and unique
    family = models.UUIDField(default=uuid.uuid4, db_index=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True)
    scope = models.TextField()
    issued = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(db_index=True)
    refresh_expires = models.DateTimeField(null=True)
    refresh_used = models.BooleanField(default=False)
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"token of {self.person or self.client}"

    @classmethod
    def issue(cls, client: Client, person: Person | None, scope: str, seconds: int) -> tuple["Token", str]:
        """A stored token and its text, which is known only now."""
        text = secrets.token_urlsafe(32)
        expires = timezone.now() + timedelta(seconds=seconds)
        token = cls.objects.create(
            access=digest(text), client=client, person=person, scope=scope, expires=expires
        )
        return token, text

    # What its holder may do; filled in by `of_access` alone.
    permissions: frozenset[str] = frozenset()

    @classmethod
    def of_access(cls, text: str) -> "Token | None":
        """The good token with this text and its holder's permissions, in one query and without a write.

        Every request of the API asks this, and composing the query anew would take longer than answering it.
        """
        instant = connection.ops.adapt_datetimefield_value(timezone.now())
        # The query adds a column that the model does not have.
        rows: list[Any] = list(cls.objects.raw(_WITH_PERMISSIONS, [digest(text), instant]))
        if not rows:
            return None
        token: Token = rows[0]
        held = [json.loads(row.held) if isinstance(row.held, str) else row.held for row in rows]
        token.permissions = frozenset(name for names in held for name in names or ())
        return token

    def roles(self) -> list[Role]:
        holder = self.person if self.person is not None else self.client
        return list(holder.roles.order_by("name"))

    # What Authlib asks of a token (authlib.oauth2.rfc6749.TokenMixin).
    def check_client(self, client: Client) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return int((self.expires - self.issued).total_seconds())

    def is_expired(self) -> bool:
        return self.expires <= timezone.now()

    def is_revoked(self) -> bool:
        return self.revoked

    def get_user(self) -> Person | None:
        return self.person

    def get_client(self) -> Client:
        return self.client


# A row for each role of the token's holder, who is the person or, where there is none, the client.
_WITH_PERMISSIONS = """
SELECT token.id, token.client_id, token.person_id, token.scope, granted.permissions AS held
FROM journeyserver_token AS token
LEFT JOIN journeyserver_person AS person ON person.id = token.person_id
LEFT JOIN journeyserver_person_roles AS persons ON persons.person_id = token.person_id
LEFT JOIN journeyserver_client_roles AS clients ON token.person_id IS NULL AND clients.client_id = token.client_id
LEFT JOIN journeyserver_role AS granted ON granted.id = persons.role_id OR granted.id = clients.role_id
WHERE token.access = %s AND NOT token.revoked AND token.expires > %s
  AND (token.person_id IS NULL OR person.is_active)
"""


class Deployment(models.Model):
    """A web site or app that may report events. An empty list of origins allows every origin."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    allowed_origins = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class Segment(models.Model):
    """A segment as stored; `serializers.segment_json` is what the API shows of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    is_active = models.BooleanField(default=True)
    display_name = models.CharField(max_length=segments.MAX_NAME_LENGTH)
    # The name with its case folded: names are unique ignoring case, in every alphabet.
    name_key = models.TextField(unique=True)
    version = models.PositiveIntegerField(default=1)
    description = models.TextField(null=True)  # noqa: DJ001 — absent is not the same as empty
    color = models.CharField(max_length=7, default=segments.DEFAULT_COLOR)
    scope = models.CharField(max_length=16)
    should_display_to_agent = models.BooleanField()
    context = models.JSONField()
    journey = models.JSONField()
    external_id = models.TextField(null=True)  # noqa: DJ001 — absent, and unique with its source
    external_name = models.TextField(null=True)  # noqa: DJ001
    external_source = models.CharField(max_length=64, null=True)  # noqa: DJ001
    assignment_expiration_days = models.PositiveIntegerField(null=True)
    created = models.DateTimeField()
    modified = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["external_source", "external_id"], name="segment_external"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @staticmethod
    def key_of(name: str) -> str:
        """What two names share that count as the same: case and the way accents are written do not matter."""
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class ActionTarget(models.Model):
    """Where an accepted offer is routed. Targets are made by command; the API only edits them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=actiontargets.MAX_NAME_LENGTH)
    user_data = models.JSONField(default=list)
    supported_media_types = models.JSONField(default=list)
    state = models.CharField(max_length=16, default="active")
    description = models.TextField(default="")
    percentage = models.FloatField(default=actiontargets.DEFAULT_PERCENTAGE)
    duration_ms = models.PositiveIntegerField(default=actiontargets.DEFAULT_DURATION_MS)
    short_abandon_threshold = models.PositiveIntegerField(null=True)
    created = models.DateTimeField(default=now)
    modified = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """The receipt for an erased customer: who asked, and how many rows there were before and after; not whose they were."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A keyed hash of the customer's id, so that a receipt can be held against an id but tells none.
    digest = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=150)
    before = models.JSONField()
    after = models.JSONField()

    def __str__(self) -> str:
        return str(self.id)


class DefinitionsChange(models.Model):
    """One row that counts changes of segments. Its lock also puts writers of segments in line."""

    counter = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.counter)

    @classmethod
    def count_one(cls) -> None:
        """Notes a change; to be called first in the transaction that makes it."""
        if not cls.objects.filter(pk=1).update(counter=F("counter") + 1):
            # The very first change of all: two writers may come here at once.
            DefinitionsChange.objects.bulk_create([DefinitionsChange(pk=1)], ignore_conflicts=True)
            cls.objects.filter(pk=1).update(counter=F("counter") + 1)


def definitions_version() -> int:
    """A number that grows with every change of segments. One row is read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT counter FROM journeyserver_definitionschange WHERE id = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
