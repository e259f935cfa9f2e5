"""A sign-in that ends while a form is open: what was typed comes back to the same person, once, and to nobody else."""

import time
from typing import Any

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory

from journeyadmin.accounts import kept, middleware
from journeyadmin.accounts.models import Grant, KeptForm, Person
from tests import cast
from tests.programs import Program

pytestmark = pytest.mark.django_db
TYPED = {"displayName": "Cart leavers ✨", "values": ["a", "b"], "csrfmiddlewaretoken": "x"}


def come_back_as(browser: Browser, person: Person, path: str) -> Any:
    """The request with which this person, signed in anew in this browser, opens the page."""
    request = RequestFactory().get(path)
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    request.session.update(dict(browser.session.items()))
    request.user = person
    return request


@pytest.mark.parametrize("ended", ["idle", "grant gone"])
def test_what_was_typed_comes_back_once(marketer: Browser, ended: str) -> None:
    person = Person.objects.get(name="Maya Lindqvist")
    if ended == "idle":
        session = marketer.session
        session[middleware.SEEN] = time.time() - 3600
        session.save()
    else:
        Grant.objects.all().delete()
    answer = marketer.post("/segments/new", TYPED)
    assert answer["Location"] == "/accounts/sign-in?next=%2Fsegments%2Fnew"
    assert "Cart leavers" not in KeptForm.objects.get().sealed
    request = come_back_as(marketer, person, "/segments/new")
    found = kept.typed(request)
    assert found is not None
    assert found["displayName"] == "Cart leavers ✨"
    assert found.getlist("values") == ["a", "b"]
    assert "csrfmiddlewaretoken" not in found
    assert kept.typed(request) is None
    assert not KeptForm.objects.exists()


def test_it_is_shown_to_nobody_else_and_nowhere_else(marketer: Browser, server: Program) -> None:
    person = Person.objects.get(name="Maya Lindqvist")
    Grant.objects.all().delete()
    marketer.post("/segments/new", TYPED)
    cast.signed_in(server.url, "analyst")
    other = Person.objects.exclude(pk=person.pk).get()
    assert kept.typed(come_back_as(marketer, other, "/segments/new")) is None
    assert kept.typed(come_back_as(marketer, person, "/segments/other")) is None
    assert kept.typed(come_back_as(marketer, person, "/segments/new")) is not None


def test_nothing_is_kept_of_a_stranger(client: Browser) -> None:
    client.post("/segments/new", TYPED)
    assert not KeptForm.objects.exists()
