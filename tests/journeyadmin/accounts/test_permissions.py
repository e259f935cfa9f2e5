"""The page of permissions and scopes, and what is off for a session because the service refused it."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.test import Client as Browser
from django.utils import translation

from journeyadmin.accounts import grants
from journeyadmin.accounts.models import Connection, Grant, Person
from journeyadmin.accounts.permissions import scope_state
from journeyadmin.accounts.refused import Refused
from journeyadmin.contract.operations import PERMISSIONS
from journeyadmin.service import Call, Client, OAuthEndpoint, Tokens
from tests import cast
from tests.journeyadmin.accounts.test_sign_in import at_the_service, come_back, depart
from tests.journeyadmin.service.scripted import Reply, scripted
from tests.programs import Program

pytestmark = pytest.mark.django_db

PAGE = "/accounts/permissions/"
SCOPES = ("journey", "journey:readonly", "analytics", "analytics:readonly")


def row(page: str, name: str) -> str:
    """The row of a permission."""
    found = [part for part in page.split("<tr>") if f"<code>{name}</code>" in part]
    assert len(found) == 1, name
    return found[0]


def scope(page_row: str, name: str) -> str:
    """What the row says of a scope."""
    part = re.search(
        rf'<code>{name}</code>.*?<span class="badge[^>]*>(?:<svg.*?</svg>)?([^<]+)</span>',
        page_row,
        re.DOTALL,
    )
    assert part, page_row
    return part[1]


@pytest.mark.parametrize(
    ("granted", "wanted", "state"),
    [
        ((), "journey", "unknown"),
        (("journey",), "journey", "granted"),
        (("journey",), "journey:readonly", "granted"),
        (("journey:readonly",), "journey", "missing"),
        (("analytics",), "journey:readonly", "missing"),
    ],
)
def test_a_scope_is_granted_missing_or_unknown(granted: tuple[str, ...], wanted: str, state: str) -> None:
    assert scope_state(granted, wanted) == state


def test_every_permission_and_scope_has_its_state_and_a_copy_button(
    client: Browser, shop: Connection
) -> None:
    come_back(client, at_the_service(depart(client, shop), "analyst"))
    page = html.unescape(client.get(PAGE).content.decode())
    for permission in PERMISSIONS:
        told = row(page, permission.name)
        assert f'data-copy-text="{permission.name}"' in told
        assert translation.gettext(permission.governs) in told
        assert ("granted" if permission.name.endswith(":view") else "missing") in told
    assert Grant.objects.get().scope
    viewing = row(page, "journey:segment:view")
    assert (scope(viewing, "journey:readonly"), scope(viewing, "journey")) == ("granted", "granted")
    assert all(f'data-copy-text="{name}"' in page for name in SCOPES)
    Grant.objects.update(scope="journey:readonly")
    page = client.get(PAGE).content.decode()
    assert scope(row(page, "journey:segment:view"), "journey:readonly") == "granted"
    assert scope(row(page, "journey:segment:edit"), "journey") == "missing"
    assert scope(row(page, "analytics:journeyAggregate:view"), "analytics") == "missing"


def test_a_long_list_of_scopes_is_kept_whole(marketer: Browser) -> None:
    """A client may have all that a service offers: what stands last in it is granted too."""
    many = " ".join(f"scope{number}:readonly" for number in range(200)) + " journey analytics:readonly"
    grant = Grant.objects.get()
    kept = grants.GrantStore(grant.pk).read()
    assert kept
    grants.GrantStore(grant.pk).replace(Tokens(kept.access, kept.refresh, kept.expires, many))
    page = marketer.get(PAGE).content.decode()
    assert scope(row(page, "journey:segment:edit"), "journey") == "granted"
    assert scope(row(page, "analytics:journeyAggregate:view"), "analytics:readonly") == "granted"


def test_where_the_service_does_not_say_the_scopes_cannot_be_told(marketer: Browser) -> None:
    page = marketer.get(PAGE).content.decode()
    assert scope(row(page, "journey:segment:edit"), "journey") == "cannot tell"
    assert "it did not say" in page


@pytest.mark.parametrize(("said", "known"), [({}, "journey"), ({"scope": "analytics"}, "analytics")])
def test_the_scope_stays_known_after_a_renewal_that_does_not_say_it(said: dict[str, str], known: str) -> None:
    with scripted(Reply(200, {"access_token": "b", "token_type": "Bearer", **said})) as script:
        renewed = OAuthEndpoint(Client(script.url, "c")).refresh(Tokens("a", "r", None, "journey"))
    assert (renewed.access, renewed.refresh, renewed.scope) == ("b", "r", known)


@pytest.fixture
def segment(server: Program) -> Any:
    place = f"{server.url}/api/v2/journey/segments"
    criterion = {"key": "browser.family", "values": ["Chrome"], "entityType": "visit"}
    body = {"displayName": "Refused", "context": {"patterns": [{"criteria": [criterion]}]}}
    made = cast.api(server.url).post(place, json=body, timeout=30).json()
    yield made["id"]
    cast.api(server.url).delete(f"{place}/{made['id']}", timeout=30)


@pytest.fixture
def overrated(sign_in: Callable[..., Browser]) -> Browser:
    """Somebody who is taken to be allowed more than the service allows: it was taken away since they signed in."""
    browser = sign_in("analyst")
    Person.objects.update(permissions=["journey:*:*", "analytics:*:*"])
    return browser


def test_what_the_service_refused_is_off_for_the_session(
    overrated: Browser, segment: str, server: Program
) -> None:
    page, active = f"/segments/{segment}/", f"/segments/{segment}/active"
    edit = f'href="{page}edit'
    assert edit in overrated.get(page).content.decode()
    refused = overrated.post(active, {"active": "false", "version": "1"})
    assert "journey:segment:edit" in html.unescape(refused.content.decode())
    shown = overrated.get(page).content.decode()
    assert edit not in shown
    # What else is thought to be permitted stays, and reading is not switched off.
    assert f'href="{page}delete' in shown
    assert overrated.get(f"{page}edit").status_code == 403
    assert "refused by the service" in row(overrated.get(PAGE).content.decode(), "journey:segment:edit")
    # Another session of the same person knows nothing of it.
    other = cast.signed_in(server.url, "analyst")
    Person.objects.update(permissions=["journey:*:*", "analytics:*:*"])
    assert edit in other.get(page).content.decode()


def test_a_form_that_is_still_open_asks_the_service_again_and_what_it_grants_is_on(
    overrated: Browser, segment: str, server: Program
) -> None:
    page, active = f"/segments/{segment}/", f"/segments/{segment}/active"
    overrated.post(active, {"active": "false", "version": "1"})
    assert f'href="{page}edit' not in overrated.get(page).content.decode()
    granted = cast.person_tokens(server.url, "marketer")["access_token"]
    grants.GrantStore(overrated.session["grant"]).replace(Tokens(granted))
    assert overrated.post(active, {"active": "false", "version": "1"}).status_code < 400
    assert f'href="{page}edit' in overrated.get(page).content.decode()


def test_the_service_is_asked_again_on_the_page_of_permissions(overrated: Browser, segment: str) -> None:
    overrated.post(f"/segments/{segment}/active", {"active": "false", "version": "1"})
    answer = overrated.post(f"{PAGE}?next=/history/", follow=True)
    page = answer.content.decode()
    assert "This is what the service says now." in page
    assert "missing" in row(page, "journey:segment:edit")
    assert 'href="/history/">Go on' in page
    assert not Grant.objects.get().refused
    assert "journey:segment:edit" not in Person.objects.get().permissions


def test_a_service_that_fails_or_does_not_answer_switches_nothing_off(
    marketer: Browser, segment: str
) -> None:
    with scripted(Reply(503, {}), Reply(404, {}), Reply(500, {})) as script:
        Connection.objects.update(typed_api_url=script.url)
        marketer.post(f"/segments/{segment}/active", {"active": "false", "version": "1"})
    assert not Grant.objects.get().refused


def test_of_two_requests_at_once_neither_takes_back_what_the_other_learnt(
    overrated: Browser, segment: str
) -> None:
    """The slower one had read what is known before the other one wrote."""
    grant = Grant.objects.get()
    told = [
        Call("", name, "", status, 0, 1, "", None)
        for name, status in (
            ("patchJourneySegment", 403),
            ("deleteJourneySegment", 403),
            ("patchJourneySegment", 200),
        )
    ]
    slower, faster = Refused(grant, lambda _call: None), Refused(grant, lambda _call: None)
    faster(told[0])
    slower(told[1])
    grant.refresh_from_db()
    assert grant.refused == "journey:segment:delete journey:segment:edit"
    Refused(grant, lambda _call: None)(told[2])
    # Nor does a page that writes the session meanwhile.
    session = overrated.session
    session["seen"] = 1
    session.save()
    grant.refresh_from_db()
    assert grant.refused == "journey:segment:delete"


def test_a_client_is_offered_again_what_was_refused_and_nobody_claims_to_have_asked(
    client: Browser, shop_as_client: Connection
) -> None:
    client.post("/accounts/sign-in", {"connection": shop_as_client.pk})
    assert "Ask the service again" not in client.get(PAGE).content.decode()
    Grant.objects.update(refused="journey:segment:edit")
    assert "Offer again what was refused" in client.get(PAGE).content.decode()
    page = client.post(PAGE, follow=True).content.decode()
    assert "What was refused is offered again." in page
    assert "This is what the service says now." not in page
    assert not Grant.objects.get().refused


def test_a_read_that_is_refused_is_asked_again(marketer: Browser, segment: str, server: Program) -> None:
    with scripted(Reply(403, {})) as script:
        Connection.objects.update(typed_api_url=script.url)
        assert marketer.get(f"/segments/{segment}/").status_code == 403
    Connection.objects.update(typed_api_url=server.url)
    assert marketer.get(f"/segments/{segment}/").status_code == 200


def test_the_copy_of_a_scope_is_what_the_service_takes(server: Program) -> None:
    """Spelled as the server grants it."""
    told = requests.get(
        f"{server.url}/api/v2/tokens/me",
        headers={"Authorization": f"Bearer {cast.service_token(server.url)}"},
        timeout=30,
    ).json()
    assert set(SCOPES) & set(told["authorizedScope"])
