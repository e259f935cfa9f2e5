"""Two connections side by side, on two running servers."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from journeyadmin.accounts import grants, others
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.files.compare import compared
from journeyadmin.files.reading import Held
from journeyadmin.service import Tokens
from tests import cast, programs
from tests.journeyadmin.shop import Shop, apply
from tests.programs import Program


@pytest.fixture(scope="module")
def second_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(tmp_path_factory.mktemp("second")) as running:
        yield running


@pytest.fixture
def elsewhere(second_server: Program, db: None) -> Iterator[Shop]:
    """A second service that the dashboard reaches as a client."""
    cache.clear()
    connection = Connection(
        name="Elsewhere",
        typed_login_url=second_server.url,
        typed_api_url=second_server.url,
        client_id=cast.SERVICE[0],
        mode=Connection.Mode.CLIENT,
    )
    connection.client_secret = cast.SERVICE[1]
    connection.save()
    shop = Shop(second_server.url)
    yield shop
    shop.tidy()


def test_differences_and_promotion(marketer: Browser, shop: Shop, elsewhere: Shop) -> None:
    elsewhere.word = shop.word
    shop.make("Both", description="here")
    shop.make("Here")
    elsewhere.make("Both", description="there")
    elsewhere.make("There")
    number = Connection.objects.get(name="Elsewhere").pk
    page = marketer.get(f"/files/compare?with={number}").content.decode()
    assert "Description: “here” → “there”" in page
    assert "only there" in page
    assert "only here" in page
    assert re.search(r"read <time [^>]*data-age[^>]*>\d s ago</time>", page)
    answer = marketer.post("/files/compare", {"with": number, "key": [f"segment:{shop.name('There')}"]})
    run = marketer.get(answer["Location"]).content.decode()
    assert "Promote from “Elsewhere” to “Test shop”" in run
    apply(marketer, answer["Location"])
    assert set(shop.all()) == {"Both", "Here", "There"}
    assert shop.all()["Both"]["description"] == "here", "only what was chosen is promoted"
    assert set(elsewhere.all()) == {"Both", "There"}


def test_what_may_not_be_seen_here_is_not_called_only_there(
    marketer: Browser, shop: Shop, elsewhere: Shop
) -> None:
    """Promoting it would ask the service to create what is there already."""
    elsewhere.word = shop.word
    shop.make("Both")
    elsewhere.make("Both")
    address = f"/files/compare?with={Connection.objects.get(name='Elsewhere').pk}"
    Person.objects.update(permissions=["journey:actiontarget:view"])
    page = marketer.get(address).content.decode()
    assert shop.name("Both") not in page
    assert "are the same" in page
    Person.objects.update(permissions=["journey:segment:view"])
    assert "no such action target" not in marketer.get(address).content.decode()
    Person.objects.update(permissions=["journey:segment:edit"])
    assert marketer.get(address).status_code in (403, 502)


def test_a_connection_that_is_no_number_is_not_found(marketer: Browser, db: None) -> None:
    assert marketer.post("/files/compare", {"with": "9" * 5000}).status_code == 404


def test_a_connection_per_person_needs_a_sign_in_of_its_own(
    marketer: Browser, second_server: Program, shop: Shop
) -> None:
    other = Connection.objects.create(
        name="Second",
        typed_login_url=second_server.url,
        typed_api_url=second_server.url,
        client_id=cast.DASHBOARD_CLIENT,
    )
    page = marketer.get(f"/files/compare?with={other.pk}").content.decode()
    assert "Sign in to “Second” first" in page
    person = Person.objects.create(
        key=f"{other.pk}:x",
        connection=other,
        permissions=["journey:segment:view", "journey:actiontarget:view"],
    )
    grant = grants.keep(person, Tokens(cast.person_tokens(second_server.url, "marketer")["access_token"]))
    session = marketer.session
    session[others.OTHERS] = {str(other.pk): str(grant.pk)}
    session.save()  # type: ignore[attr-defined]
    page = marketer.get(f"/files/compare?with={other.pk}").content.decode()
    assert "difference" in page
    assert "Sign in to" not in page
    marketer.post("/accounts/sign-out")
    assert not grants.Grant.objects.filter(pk=grant.pk).exists(), "signing out ends every sign-in"


def test_one_that_does_not_answer_is_said(marketer: Browser, db: None) -> None:
    away = Connection(
        name="Away",
        typed_login_url="http://127.0.0.1:9",
        typed_api_url="http://127.0.0.1:9",
        client_id="c",
        mode="client",
    )
    away.client_secret = "s"
    away.save()
    answer = marketer.get(f"/files/compare?with={away.pk}")
    assert answer.status_code == 502
    assert "“Away” could not be read" in answer.content.decode()


def _held(*names: str, **targets: Any) -> Held:
    segments = [
        {"id": f"id-{name}", "displayName": name, "scope": "Session", "isActive": True, "color": "#5E5782"}
        for name in names
    ]
    rows = [
        {"id": name, "name": name, "serviceLevel": {"percentage": share, "durationMs": 20_000}}
        for name, share in targets.items()
    ]
    return Held(json.loads(json.dumps(segments)), rows)


def test_targets_are_compared_by_name_and_never_created() -> None:
    lines = compared(_held("A", one=0.8, mine=0.8), _held("A", one=0.9, theirs=0.8))
    assert [(line.state, line.step.name, line.promotable) for line in lines] == [
        ("different", "one", True),
        ("only-here", "mine", False),
        ("conflict", "theirs", False),
        ("same", "A", False),
    ]
