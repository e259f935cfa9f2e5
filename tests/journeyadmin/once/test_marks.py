"""REL3: a mark creates one thing, however often and however fast its form is sent."""

import threading
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection as database

from journeyadmin.accounts.models import Connection, Person
from journeyadmin.once import marks


def someone(key: str = "1:a") -> Any:
    place, _ = Connection.objects.get_or_create(name="Shop", defaults={"client_id": "x"})
    person, _ = Person.objects.get_or_create(key=key, defaults={"connection": place})
    return SimpleNamespace(user=person, connection=place)


@pytest.mark.django_db
def test_the_second_sending_gets_the_first_ones_result() -> None:
    mark = marks.new()
    first = marks.claim(someone(), mark)
    assert first.first
    first.done("segment-1")
    second = marks.claim(someone(), mark)
    assert (second.first, second.result) == (False, "segment-1")


@pytest.mark.django_db
def test_a_released_mark_may_be_sent_again() -> None:
    mark = marks.new()
    marks.claim(someone(), mark).release()
    assert marks.claim(someone(), mark).first


@pytest.mark.django_db
def test_an_unsure_one_never_creates_again_by_itself() -> None:
    mark = marks.new()
    marks.claim(someone(), mark).unsure()
    again = marks.claim(someone(), mark)
    assert (again.first, again.result) == (False, "")


@pytest.mark.django_db
def test_the_second_waits_while_the_first_is_at_it() -> None:
    mark = marks.new()
    first = marks.claim(someone(), mark)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            first.done("segment-1")

    assert marks.claim(someone(), mark, sleep=sleep).result == "segment-1"
    assert len(waited) == 3


@pytest.mark.django_db
def test_nonsense_and_a_strangers_mark_are_new_ones() -> None:
    mark = marks.new()
    marks.claim(someone(), mark).done("secret")
    stranger = marks.claim(someone("1:b"), mark)
    assert (stranger.first, stranger.result) == (True, "")
    assert marks.claim(someone(), "not a mark").first


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_first() -> None:
    request, mark = someone(), str(uuid.uuid4())
    claims: list[marks.Claim] = []
    together = threading.Barrier(2)

    def send() -> None:
        together.wait()
        claim = marks.claim(request, mark)
        if claim.first:
            claim.done("segment-1")
        claims.append(claim)
        database.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(claim.first for claim in claims) == [False, True]
    assert {claim.result for claim in claims} == {"segment-1"}
