"""Who a token belongs to: the signed-in person with permissions, and the token itself."""

from django.http import HttpResponse

from journeyadmin.contract.operations import Operation
from journeyserver.auth import Call, operation
from journeyserver.errors import ApiError, json_response
from journeyserver.serializers import person_json

GET_USERS_ME = Operation("getUsersMe", "GET", "/api/v2/users/me", "", (), True)
GET_TOKENS_ME = Operation("getTokensMe", "GET", "/api/v2/tokens/me", "", (), True)

ORGANIZATION = {"id": "5e5782a0-0000-4000-8000-000000000001", "name": "Journey server"}


@operation(GET_USERS_ME)
def me(call: Call) -> HttpResponse:
    """The person of the token. `expand=authorization` adds roles and permissions."""
    person = call.token.person
    if person is None:
        raise ApiError(
            400, "bad.request", "A client credentials token has no user; this needs the token of a person."
        )
    expand = [name for part in call.request.GET.getlist("expand") for name in part.split(",")]
    return json_response(person_json(person, call.token.roles(), "authorization" in expand))


@operation(GET_TOKENS_ME)
def token_me(call: Call) -> HttpResponse:
    """The token of this request: its organisation, scopes and client."""
    client = call.token.client
    scopes = call.token.scope.split()
    return json_response(
        {
            "organization": ORGANIZATION,
            "homeOrganization": ORGANIZATION,
            "authorizedScope": scopes,
            "OAuthClient": {
                "id": client.client_id,
                "name": client.name,
                "scope": scopes,
                "organization": ORGANIZATION,
            },
        }
    )
