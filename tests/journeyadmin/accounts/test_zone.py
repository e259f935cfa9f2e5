"""The zone in which a person reads times."""

from django.test import Client as Browser

from journeyadmin.accounts.models import Person


def test_names_of_zones_are_offered_and_kept_by_the_browser(marketer: Browser) -> None:
    answer = marketer.get("/accounts/zones")
    assert "<option>Europe/London</option>" in answer.content.decode()
    assert "max-age=86400" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]


def test_what_is_no_zone_is_said_and_changes_nothing(marketer: Browser) -> None:
    marketer.post("/accounts/zone", {"zone": "Asia/Kolkata"})
    there = marketer.post("/accounts/zone", {"zone": "Mars/Base", "next": "/accounts/account/"}, follow=True)
    assert "“Mars/Base” is no time zone." in there.content.decode()
    assert Person.objects.get().zone == "Asia/Kolkata"
