"""Tokens from the service's OAuth endpoints: asking, keeping, renewing once, giving back.

Authorization code with PKCE for people, client credentials for a client:
https://developer.genesys.cloud/authorization/platform-auth/
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from journeyadmin.contract.operations import Operation
from journeyadmin.service import errors
from journeyadmin.service.answers import error_from

log = logging.getLogger("journeyadmin.service")

# Renewed this long before the end, so that a call begun now does not meet an expired token.
LEEWAY = timedelta(seconds=60)
# The official clients let concurrent callers wait up to ten seconds for the one renewal.
WAIT_SECONDS = 10.0
WAIT_STEP_SECONDS = 0.05
DEFAULT_LIFE_SECONDS = 3600
# Whatever a service says: a moment that a calendar has.
LONGEST_LIFE_SECONDS = 10 * 365 * 24 * 3600
_TOKEN = Operation("token", "POST", "/oauth/token", "", (), False)


@dataclass(frozen=True)
class Tokens:
    """What the service gave; never shown, never logged."""

    access: str = field(repr=False)
    refresh: str = field(repr=False, default="")
    expires: datetime | None = None
    # What they may be used for, as the service said; empty where it did not.
    scope: str = ""

    def fresh(self, now: datetime | None = None) -> bool:
        return self.expires is None or (now or datetime.now(UTC)) + LEEWAY < self.expires


@dataclass(frozen=True)
class Client:
    """The OAuth client by which a connection is known to the service; without a secret it is a public one."""

    login_url: str
    client_id: str
    client_secret: str = field(repr=False, default="")


class TokenStore(Protocol):
    """Where the tokens of one sign-in are kept, shared by threads and processes.

    `claim(seen)` is true for exactly one caller among all that saw the same tokens, until `replace` or `release`.
    """

    def read(self) -> Tokens | None: ...

    def claim(self, seen: Tokens) -> bool: ...

    def replace(self, tokens: Tokens) -> None: ...

    def release(self) -> None: ...

    def drop(self) -> None: ...


@dataclass(frozen=True)
class Departure:
    """A sign-in on its way: where the browser goes, and what must be kept to recognise it when it returns."""

    url: str
    state: str
    verifier: str = field(repr=False)


class SignInRefused(errors.JourneyError):
    """The login service said no; `detail` is its reason."""

    summary = _lazy("The service refused the sign-in.")

    @property
    def user_message(self) -> str:
        if not self.detail:
            return _("The service refused the sign-in. Check the connection or try again.")
        return _(
            "The service refused the sign-in: %s. Check the connection or try again."
        ) % self.detail.rstrip(".")


class OAuthEndpoint:
    """The login host's OAuth endpoints for one client."""

    def __init__(self, client: Client, seconds: float = 15) -> None:
        self.client = client
        self.seconds = seconds

    def departure(self, redirect_uri: str, **more: str) -> Departure:
        """Where to send the browser for an authorization code, with state and a PKCE challenge (S256).

        `more` goes along as it is, such as `prompt="login"`, which asks the service for the password again.
        """
        verifier = generate_token(64)
        with self._session(redirect_uri) as session:
            url, state = session.create_authorization_url(
                f"{self.client.login_url}/oauth/authorize",
                state=generate_token(40),
                code_verifier=verifier,
                **more,
            )
        return Departure(url, state, verifier)

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        return self._tokens(
            grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri=redirect_uri
        )

    def client_credentials(self) -> Tokens:
        return self._tokens(grant_type="client_credentials")

    def refresh(self, tokens: Tokens) -> Tokens:
        renewed = self._tokens(grant_type="refresh_token", refresh_token=tokens.refresh)
        # A service that does not rotate keeps the old one valid; a scope that is not said has stayed (RFC 6749 §6).
        return replace(
            renewed, refresh=renewed.refresh or tokens.refresh, scope=renewed.scope or tokens.scope
        )

    def revoke(self, tokens: Tokens) -> None:
        """Give the tokens back as well as the service allows; a failure is logged, the sign-out goes on."""
        for token, hint in ((tokens.refresh, "refresh_token"), (tokens.access, "access_token")):
            if not token:
                continue
            try:
                with self._session() as session:
                    session.revoke_token(
                        f"{self.client.login_url}/oauth/revoke", token=token, token_type_hint=hint
                    )
            except (requests.RequestException, OAuthError) as error:
                log.warning("the service did not take back a token: %s", type(error).__name__)

    def _session(self, redirect_uri: str | None = None) -> OAuth2Session:
        session = OAuth2Session(
            self.client.client_id,
            self.client.client_secret or None,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=self.seconds,
        )
        session.trust_env = urlsplit(self.client.login_url).hostname not in {"127.0.0.1", "localhost", "::1"}
        session.max_redirects = 0
        session.register_compliance_hook("access_token_response", _not_told_to_wait)
        return session

    def _tokens(self, **form: str) -> Tokens:
        operation = "token"
        try:
            with self._session() as session:
                answer: Mapping[str, Any] = session.fetch_token(
                    f"{self.client.login_url}/oauth/token", **form
                )
        except OAuthError as error:
            raise SignInRefused(
                _reason(error), status=400, code=str(error.error), operation=operation
            ) from None
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            raise errors.ServerFault(status=status, operation=operation) from None
        except requests.exceptions.JSONDecodeError:
            raise errors.Unreadable("not JSON", operation=operation) from None
        except requests.RequestException as error:
            raise errors.Unreachable(type(error).__name__, operation=operation) from None
        except (ValueError, OverflowError):
            raise errors.Unreadable("not a token", operation=operation) from None
        access = answer.get("access_token")
        if not isinstance(access, str) or not access:
            raise errors.Unreadable("no access token", operation=operation)
        life = answer.get("expires_in")
        seconds = life if isinstance(life, int | float) else DEFAULT_LIFE_SECONDS
        refresh, scope = answer.get("refresh_token"), answer.get("scope")
        return Tokens(
            access,
            refresh if isinstance(refresh, str) else "",
            datetime.now(UTC) + timedelta(seconds=min(max(0, seconds), LONGEST_LIFE_SECONDS)),
            scope if isinstance(scope, str) else "",
        )


def _not_told_to_wait(response: requests.Response) -> requests.Response:
    """Being asked to wait is no refusal: whoever is signed in stays so."""
    if response.status_code == 429:
        raise error_from(response.status_code, response.headers, response.content, _TOKEN)
    return response


class JustIssued:
    """Credentials of a token that was given a moment ago: a refusal means it was never good."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def token(self) -> str:
        return self.tokens.access

    def renewed(self, refused: str) -> str:
        raise SignInRefused("the service does not accept the token it gave", status=401, operation="token")


class Bearer:
    """The credentials of one sign-in: gives the kept token and has it renewed by one caller while the others wait."""

    def __init__(
        self,
        endpoint: OAuthEndpoint,
        store: TokenStore,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.endpoint = endpoint
        self.store = store
        self.sleep = sleep

    def token(self) -> str:
        tokens = self._kept()
        if tokens.fresh():
            return tokens.access
        return self._renew(tokens)

    def renewed(self, refused: str) -> str:
        """A token other than the one the service refused; the same refusal seen by many renews once."""
        tokens = self._kept()
        return tokens.access if tokens.access != refused else self._renew(tokens)

    def _kept(self) -> Tokens:
        tokens = self.store.read()
        if tokens is None:
            raise errors.SignInExpired("no token is kept")
        return tokens

    def _renew(self, seen: Tokens) -> str:
        waited = 0.0
        while True:
            if self.store.claim(seen):
                return self._claimed(seen)
            tokens = self._kept()
            if tokens.access != seen.access:
                return tokens.access
            if waited >= WAIT_SECONDS:
                raise errors.Unreachable("the renewal of the sign-in took too long", operation="token")
            self.sleep(WAIT_STEP_SECONDS)
            waited += WAIT_STEP_SECONDS

    def _claimed(self, seen: Tokens) -> str:
        try:
            if seen.refresh:
                tokens = self.endpoint.refresh(seen)
            elif self.endpoint.client.client_secret:
                tokens = self.endpoint.client_credentials()
            else:
                self.store.drop()
                raise errors.SignInExpired("there is nothing to renew with")
        except SignInRefused as error:
            self.store.drop()
            raise errors.SignInExpired(error.detail, status=401, operation="token") from None
        except BaseException:
            self.store.release()
            raise
        self.store.replace(tokens)
        return tokens.access


def _reason(error: OAuthError) -> str:
    """The service's own words, without anything that could carry a secret."""
    return str(error.description or error.error or "")[:200]
