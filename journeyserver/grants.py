"""The OAuth grants on Authlib's server side: what is stored, what is single use, what is revoked together.

Refresh tokens rotate. A second use of a code or of a rotated refresh token revokes its whole family: every
token that came from the same sign-in (RFC 9700 §4.14). Tokens and codes are stored as digests only.
"""

from datetime import timedelta
from typing import Any

from authlib.integrations.django_oauth2 import AuthorizationServer, RevocationEndpoint
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from journeyserver.errors import json_response
from journeyserver.models import AuthorizationCode, Client, Person, Token, digest

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def revoke_family(family: Any) -> None:
    """Revokes every token that came from one sign-in."""
    Token.objects.filter(family=family, revoked=False).update(revoked=True)


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server on our models, answering in JSON that is never cached."""

    def query_client(self, client_id: str) -> Client | None:
        # No id holds a NUL, and PostgreSQL cannot even be asked for one.
        return None if "\0" in client_id else Client.objects.filter(client_id=client_id).first()

    def generate_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        token: dict[str, Any] = super().generate_token(*args, **kwargs)
        # As the service that this server stands in for spells it.
        return {**token, "token_type": "bearer"}

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Stores what was issued; `request.family` joins it to the sign-in it came from."""
        instant = timezone.now()
        refresh = token.get("refresh_token")
        fields: dict[str, Any] = {}
        if getattr(request, "family", None) is not None:
            fields["family"] = request.family
        if refresh:
            fields["refresh"] = digest(refresh)
            fields["refresh_expires"] = instant + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS)
        # Long after their last use, so that a late second use of a refresh token is still noticed.
        Token.objects.filter(expires__lt=instant - timedelta(days=60)).delete()
        Token.objects.create(
            access=digest(token["access_token"]),
            client=request.client,
            person=request.user,
            scope=token.get("scope", ""),
            issued=instant,
            expires=instant + timedelta(seconds=token["expires_in"]),
            **fields,
        )

    def handle_response(self, status_code: int, payload: Any, headers: Any) -> HttpResponse:
        is_json = isinstance(payload, dict)
        response = (
            json_response(payload, status_code) if is_json else HttpResponse(payload, status=status_code)
        )
        for name, value in [*dict(headers).items(), *_NO_STORE.items()]:
            response[name] = value
        return response

    def handle_error_response(self, request: Any, error: OAuth2Error) -> HttpResponse:
        if error.error == "invalid_client":
            # Whichever way the client tried to authenticate.
            error.status_code = 401
            error.description = "The client id or its secret is wrong."
        response: HttpResponse = super().handle_error_response(request, error)
        return response


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

    def save_authorization_code(self, code: str, request: Any) -> None:
        AuthorizationCode.objects.create(
            code=digest(code),
            client=request.client,
            person=request.user,
            redirect_uri=request.payload.redirect_uri,
            scope=request.scope,
            code_challenge=request.payload.data.get("code_challenge", ""),
            code_challenge_method=request.payload.data.get("code_challenge_method", ""),
            expires=timezone.now() + timedelta(seconds=settings.AUTHORIZATION_CODE_SECONDS),
        )

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        found = AuthorizationCode.objects.filter(code=digest(code), client=client).first()
        if found is None:
            return None
        if found.used:
            revoke_family(found.family)
            return None
        return found if found.expires > timezone.now() else None

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        code: AuthorizationCode = self.request.authorization_code
        with transaction.atomic():
            # Two requests with one code: only one of them may win.
            if AuthorizationCode.objects.filter(pk=code.pk, used=False).update(used=True):
                self.request.family = code.family
                answer: tuple[int, dict[str, Any], Any] = super().create_token_response()
                return answer
        revoke_family(code.family)
        raise InvalidGrantError("Invalid 'code' in request.")

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """A used code stays until long after it has expired; here the forgotten ones go."""
        AuthorizationCode.objects.filter(expires__lt=timezone.now() - timedelta(days=1)).delete()

    def authenticate_user(self, authorization_code: AuthorizationCode) -> Person | None:
        person = authorization_code.person
        return person if person.is_active else None


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        found = Token.objects.filter(refresh=digest(refresh_token)).first()
        if found is None:
            return None
        if found.refresh_used:
            revoke_family(found.family)
            return None
        fresh = found.refresh_expires is not None and found.refresh_expires > timezone.now()
        return found if fresh and not found.revoked else None

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        old: Token = self.request.refresh_token
        with transaction.atomic():
            unused = Token.objects.filter(pk=old.pk, refresh_used=False, revoked=False)
            if unused.update(refresh_used=True):
                self.request.family = old.family
                answer: tuple[int, dict[str, Any], Any] = super().create_token_response()
                return answer
        revoke_family(old.family)
        raise InvalidGrantError()

    def authenticate_user(self, refresh_token: Token) -> Person | None:
        person = refresh_token.person
        return person if person is not None and person.is_active else None

    def revoke_old_credential(self, refresh_token: Token) -> None:
        """Nothing: the refresh token is spent already, and its access token lives on for requests that are under way."""


class _ClientGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class _S256Only(CodeChallenge):  # type: ignore[misc]
    """PKCE as the contract has it: S256 alone, and a must for public clients at the first step already."""

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        data = grant.request.payload.data
        challenge = data.get("code_challenge")
        if not challenge:
            if grant.request.client.is_public:
                raise InvalidRequestError("Missing 'code_challenge': a public client must use PKCE.")
            return
        if data.get("code_challenge_method") != "S256" or len(challenge) != 43:
            raise InvalidRequestError("The 'code_challenge_method' must be S256.")


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

    def query_token(self, token: str, token_type_hint: str | None) -> Token | None:
        stored = digest(token)
        return Token.objects.filter(access=stored).first() or Token.objects.filter(refresh=stored).first()

    def revoke_token(self, token: Token, request: Any) -> None:
        revoke_family(token.family)


server = Server(Client, Token)
server.register_grant(_CodeGrant, [_S256Only(required=True)])
server.register_grant(_RefreshGrant)
server.register_grant(_ClientGrant)
server.register_endpoint(_Revocation)
