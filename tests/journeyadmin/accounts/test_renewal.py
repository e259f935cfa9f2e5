"""Ten callers meet an expired token, in threads and in processes of their own: one renewal at the service."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client as Browser

from journeyadmin.accounts.grants import GrantStore, keep
from journeyadmin.accounts.models import Connection, Grant, Person
from journeyadmin.service import (
    Client,
    OAuthEndpoint,
    RateLimited,
    SignInExpired,
    Tokens,
    Unreadable,
    journey_service,
)
from tests.journeyadmin.service.scripted import Reply, Scripted, scripted

LISTING = {"entities": [], "total": 0}


def service_of(script: Scripted, **tokens: Any) -> tuple[Grant, Connection]:
    connection = Connection.objects.create(
        name="Shop", typed_login_url=script.url, typed_api_url=script.url, client_id="c"
    )
    person = Person.objects.create(key="1:p", connection=connection)
    return keep(person, Tokens("old", "refresh-1", datetime.now(UTC) + timedelta(seconds=5))), connection


@pytest.mark.django_db(transaction=True)
def test_ten_callers_renew_once() -> None:
    renewed = Reply(200, {"access_token": "new", "refresh_token": "refresh-2", "expires_in": 3600}, delay=0.3)
    with scripted(renewed, Reply(200, LISTING)) as script:
        grant, connection = service_of(script)
        failures: list[BaseException] = []

        def call() -> None:
            try:
                list(
                    journey_service(
                        connection.api_url, connection.client(), GrantStore(grant.pk)
                    ).list_segments()
                )
            except BaseException as failure:
                failures.append(failure)
            finally:
                connections.close_all()

        callers = [threading.Thread(target=call) for _ in range(10)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(30)
    assert not failures
    assert [asked.path for asked in script.asked].count("/oauth/token") == 1
    assert {asked.headers["Authorization"] for asked in script.asked if asked.method == "GET"} == {
        "Bearer new"
    }
    kept = GrantStore(grant.pk).read()
    assert kept is not None
    assert kept.refresh == "refresh-2"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("body", [{"error": "rate_limited"}, {"message": "Slow down", "status": 429}])
def test_a_renewal_that_has_to_wait_ends_no_sign_in(body: dict[str, Any]) -> None:
    renewed = Reply(200, {"access_token": "new", "expires_in": 3600})
    with scripted(Reply(429, body, {"Retry-After": "14"}), renewed, Reply(200, {"id": "s"})) as script:
        grant, connection = service_of(script)
        service = journey_service(connection.api_url, connection.client(), GrantStore(grant.pk))
        with pytest.raises(RateLimited) as raised:
            service.get_segment("s")
        assert raised.value.retry_after == 14
        assert service.get_segment("s") == {"id": "s"}


@pytest.mark.django_db(transaction=True)
def test_a_refused_renewal_ends_the_sign_in_and_is_not_tried_again() -> None:
    with scripted(Reply(400, {"error": "invalid_grant"})) as script:
        grant, connection = service_of(script)
        service = journey_service(connection.api_url, connection.client(), GrantStore(grant.pk))
        for _ in range(2):
            with pytest.raises(SignInExpired):
                service.get_segment("s")
    assert len(script.asked) == 1
    assert not Grant.objects.filter(pk=grant.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_renewal_that_failed_for_lack_of_an_answer_can_be_tried_again() -> None:
    again = Reply(200, {"access_token": "new", "refresh_token": "r", "expires_in": 3600})
    with scripted(Reply(503), again, Reply(200, LISTING)) as script:
        grant, connection = service_of(script)
        service = journey_service(connection.api_url, connection.client(), GrantStore(grant.pk))
        with pytest.raises(Exception, match="token"):
            list(service.list_segments())
        assert list(service.list_segments()) == []


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_that_is_refused_though_it_was_renewed_is_told_and_not_tried_again(
    marketer: Browser,
) -> None:
    refused = Reply(401, {"message": "no"}, {"inin-correlation-id": "call-1"})
    renewed = Reply(200, {"access_token": "new", "refresh_token": "r", "expires_in": 3600})
    with scripted(refused, renewed, refused) as script:
        Connection.objects.update(typed_login_url=script.url, typed_api_url=script.url)
        far = datetime.now(UTC) + timedelta(hours=1)
        GrantStore(Grant.objects.get().pk).replace(Tokens("old", "refresh-1", far))
        door = marketer.get("/segments/?fresh=1", follow=True)
        assert door.request["PATH_INFO"] == "/accounts/sign-in"
        told = door.content.decode()
        assert "does not accept your sign-in, though it was renewed a moment ago" in told
        assert "Correlation id: call-1" in told
        assert len(script.asked) == 3
        assert marketer.get("/segments/").status_code == 302
        assert len(script.asked) == 3


@pytest.mark.parametrize("life", ["1e300", str(10**30), "-1e300"])
def test_a_life_that_no_calendar_has_is_cut(life: str) -> None:
    told = f'{{"access_token": "a", "token_type": "bearer", "expires_in": {life}}}'.encode()
    with scripted(Reply(200, told)) as script:
        tokens = OAuthEndpoint(Client(script.url, "c")).client_credentials()
    assert tokens.expires is not None
    assert datetime.now(UTC).year <= tokens.expires.year <= datetime.now(UTC).year + 10


@pytest.mark.parametrize("life", ["1e999", "NaN"])
def test_a_life_that_is_no_number_is_an_answer_that_cannot_be_read(life: str) -> None:
    told = f'{{"access_token": "a", "token_type": "bearer", "expires_in": {life}}}'.encode()
    with scripted(Reply(200, told)) as script, pytest.raises(Unreadable):
        OAuthEndpoint(Client(script.url, "c")).client_credentials()
