"""The frame around every page, for each of the three users."""

from django.test import Client as Browser


def test_a_signed_in_person_sees_the_frame(marketer: Browser) -> None:
    page = marketer.get("/segments/").content.decode()
    assert "Maya Lindqvist" in page
    assert "Test shop" in page


def test_nobody_sees_a_page_without_signing_in(db: None, client: Browser) -> None:
    answer = client.get("/segments/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/sign-in?next=%2Fsegments%2F"
