"""HIS6: who else has the form of a segment open, by people of one connection and over several requests."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from journeyadmin.accounts.models import Person
from journeyadmin.history import openings
from journeyadmin.history.models import Opening
from tests import cast
from tests.programs import Program
from tests.segments.conftest import Make
from tests.segments.definitions import visit
from tests.segments.forms import HTMX, shown

GERMANY = visit("geolocation.country", "equal", "DE")


@pytest.fixture
def path(make: Make) -> str:
    """Where the form of a segment of this test is."""
    return f"/segments/{make(context=[[GERMANY]])['id']}/edit"


@pytest.fixture
def admin(db: None, server: Program) -> Browser:
    return cast.signed_in(server.url, "admin")


def line(page: Any) -> str:
    """What the form says of others."""
    found = re.search(r'id="also-open"[^>]*>(.*?)</p>', page.content.decode(), re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def earlier(minutes: float) -> None:
    """Time goes by for all openings there are."""
    by = timedelta(minutes=minutes)
    for one in Opening.objects.all():
        one.opened, one.seen = one.opened - by, one.seen - by
        one.saved = one.saved and one.saved - by
        one.save()


def test_each_is_told_of_the_other_and_nobody_of_themselves(
    marketer: Browser, admin: Browser, path: str
) -> None:
    assert line(marketer.get(path)) == ""
    # Another tab of oneself.
    assert line(marketer.get(path)) == ""
    hers = Opening.objects.get().person
    earlier(3)
    assert line(admin.get(path)) == f"{hers} opened this 3 min ago."
    his = Opening.objects.exclude(person=hers).get().person
    assert line(marketer.get(path)) == f"{his} opened this just now."


def test_whoever_types_stays_and_is_told_who_came(marketer: Browser, admin: Browser, path: str) -> None:
    fields: dict[str, Any] = shown(marketer.get(path).content.decode())
    admin.get(path)
    earlier(10)
    told = line(marketer.post(path, fields | {"row": "check"}, headers=HTMX))
    assert "opened this 10 min ago." in told
    earlier(10)
    # She typed ten minutes ago, he did nothing for twenty.
    assert "opened this 20 min ago." in line(admin.get(path))
    assert "opened this just now." in line(marketer.get(path))


def test_it_ends_with_a_save_and_after_a_while(marketer: Browser, admin: Browser, path: str) -> None:
    fields: dict[str, Any] = shown(marketer.get(path).content.decode())
    assert marketer.post(path, fields | {"description": "new"}).status_code == 303
    assert line(admin.get(path)) == ""
    earlier(1)
    marketer.get(path)
    assert "opened this just now." in line(admin.get(path))
    earlier(16)
    assert line(admin.get(path)) == ""


def test_other_connections_are_not_told(marketer: Browser, server: Program, path: str) -> None:
    marketer.get(path)
    elsewhere = cast.signed_in(server.url, "admin", name="Elsewhere")
    assert line(elsewhere.get(path)) == ""


def test_a_hostile_name_is_only_text(marketer: Browser, admin: Browser, path: str) -> None:
    marketer.get(path)
    Person.objects.filter(pk=Opening.objects.get().person_id).update(name="<img src=x>\u202eevil")
    page = admin.get(path).content.decode()
    assert "&lt;img src=x&gt;" in page
    assert "<img src=x>" not in page


def test_what_is_long_over_is_forgotten(marketer: Browser, make: Make, path: str) -> None:
    marketer.get(path)
    Opening.objects.update(seen=timezone.now() - openings.LATELY * 2)
    marketer.get(f"/segments/{make('Asia', context=[[GERMANY]])['id']}/edit")
    assert Opening.objects.count() == 1


def test_a_target_is_told_of_too_and_saving_it_ends_it(server: Program, db: None) -> None:
    supervisor, admin = (cast.signed_in(server.url, name) for name in ("supervisor", "admin"))
    analyst = cast.signed_in(server.url, "analyst")
    path = "/action-targets/7a6e0000-0000-4000-8000-000000000001/"
    supervisor.get(path)
    person = Opening.objects.get().person
    assert "opened this just now." in line(admin.get(path))
    # Whoever may not change it has no form open.
    assert line(analyst.get(path)) == ""
    assert line(supervisor.get(path)).count("opened this") == 1
    openings.end(person, "actiontarget", path.split("/")[2])
    # The page that the save leads to.
    supervisor.get(path)
    assert line(admin.get(path)) == ""
