"""Kept answers: asked once across processes, ages, failures that keep the last good answer (PRF5, LIV1, LIV6)."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from analytics import answers
from analytics.models import KeptAnswer
from journeyadmin import service
from journeyadmin.accounts.models import Connection, Person

QUERY = {"interval": "2026-05-01T00:00:00Z/2026-05-02T00:00:00Z", "metrics": ["nJourneySessions"]}
GOOD = {"results": [{"group": {}, "data": []}]}


class Service:
    """What stands in for the service: counts how often it is asked, and fails as told. The wire is not what is tested here."""

    def __init__(self, seconds: float = 0) -> None:
        self.asked = 0
        self.seconds = seconds
        self.error: Exception | None = None

    def query_journey_aggregates(self, query: Any) -> Any:
        self.asked += 1
        time.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        return GOOD


@pytest.fixture
def asked(transactional_db: None) -> Callable[..., Any]:
    """`asked(service)`: a request by somebody who may ask."""
    place = Connection.objects.create(name="Shop", typed_api_url="http://127.0.0.1:1", client_id="x")
    person = Person.objects.create(key="1:a", connection=place, permissions_known=True)

    def request(journey: Service, allowed: bool = True, person: Person = person) -> Any:
        return SimpleNamespace(
            journey=journey, connection=place, user=person, may=lambda permission: allowed, META={}
        )

    return request


def older(**age: float) -> None:
    """Makes everything that is kept so much older."""
    gone = timedelta(**age)
    for row in KeptAnswer.objects.all():
        row.answered = row.answered and row.answered - gone
        row.failed = row.failed and row.failed - gone
        row.claimed = row.claimed and row.claimed - gone
        row.save()


def test_an_answer_is_kept_and_says_its_age(asked: Any) -> None:
    journey = Service()
    first = answers.ask(asked(journey), QUERY)
    again = answers.ask(asked(journey), dict(reversed(QUERY.items())))
    assert journey.asked == 1
    assert (first.kept, again.kept) == (False, True)
    assert again.content == GOOD
    assert again.answered == first.answered


def test_what_is_over_is_kept_longer_than_what_still_grows(asked: Any) -> None:
    journey = Service()
    now = timezone.now()
    growing = QUERY | {
        "interval": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}/{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    }
    for query in (QUERY, growing):
        answers.ask(asked(journey), query)
    older(seconds=60)
    for query in (QUERY, growing):
        answers.ask(asked(journey), query)
    assert journey.asked == 3
    older(minutes=11)
    answers.ask(asked(journey), QUERY)
    assert journey.asked == 4


def test_asking_again_asks_again_but_not_twice_at_once(asked: Any) -> None:
    journey = Service()
    answers.ask(asked(journey), QUERY)
    answers.ask(asked(journey), QUERY, within=timedelta(0))
    assert journey.asked == 1
    older(seconds=5)
    answers.ask(asked(journey), QUERY, within=timedelta(0))
    assert journey.asked == 2


def test_equal_questions_at_once_are_asked_once(asked: Any) -> None:
    journey = Service(seconds=0.3)
    found: list[Any] = []

    def one() -> None:
        try:
            found.append(answers.ask(asked(journey), QUERY).content)
        finally:
            connection.close()

    crowd = [threading.Thread(target=one) for _ in range(12)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert found == [GOOD] * 12
    assert journey.asked == 1


def test_a_failed_refresh_keeps_the_last_good_answer_and_lets_the_service_rest(asked: Any) -> None:
    journey = Service()
    good = answers.ask(asked(journey), QUERY)
    older(minutes=11)
    journey.error = service.Unreachable("refused", operation="x")
    for _ in range(3):
        kept = answers.ask(asked(journey), QUERY)
        assert kept.content == GOOD
        assert isinstance(kept.failure, service.Unreachable)
        assert kept.answered < good.answered
    assert journey.asked == 2
    older(seconds=9)
    journey.error = None
    assert answers.ask(asked(journey), QUERY).failure is None
    assert journey.asked == 3


def test_a_failure_without_an_earlier_answer_is_the_same_for_everyone(asked: Any) -> None:
    journey = Service()
    journey.error = service.RateLimited("slow down", retry_after=14, status=429, operation="x")
    for _ in range(2):
        with pytest.raises(service.RateLimited) as caught:
            answers.ask(asked(journey), QUERY)
        assert 12 < caught.value.retry_after <= 14
    assert journey.asked == 1
    # Somebody who asks again by hand is not told of the past.
    journey.error = None
    assert answers.ask(asked(journey), QUERY, within=timedelta(0)).content == GOOD


def test_what_one_person_may_not_do_is_not_told_of_another(asked: Any) -> None:
    journey = Service()
    journey.error = service.Forbidden("no", permissions=["x"], status=403)
    with pytest.raises(service.Forbidden):
        answers.ask(asked(journey), QUERY)
    journey.error = None
    assert answers.ask(asked(journey), QUERY).content == GOOD


def test_without_the_permission_nothing_is_asked_and_nothing_kept_is_shown(asked: Any) -> None:
    journey = Service()
    answers.ask(asked(journey), QUERY)
    with pytest.raises(service.Forbidden) as caught:
        answers.ask(asked(journey, allowed=False), QUERY)
    assert caught.value.permissions == ("analytics:journeyAggregate:view",)
    assert journey.asked == 1


def test_an_answer_is_a_persons_own_where_nobody_knows_what_they_may(asked: Any) -> None:
    journey = Service()
    place = Connection.objects.get()
    people = [
        Person.objects.create(key=f"2:{name}", connection=place, permissions_known=False) for name in "ab"
    ]
    for person in people:
        answers.ask(asked(journey, person=person), QUERY)
    assert journey.asked == 2


def test_a_claim_of_a_process_that_died_is_taken_over(asked: Any) -> None:
    journey = Service()
    answers.ask(asked(journey), QUERY)
    KeptAnswer.objects.update(
        claim="gone", claimed=timezone.now() - timedelta(seconds=5), answered=None, content=None
    )
    older(minutes=2)
    assert answers.ask(asked(journey), QUERY).content == GOOD
    assert journey.asked == 2
