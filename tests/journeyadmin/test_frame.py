"""The frame around every page, for each of the three users."""

from collections.abc import Callable

from django.test import Client as Browser


def test_a_signed_in_person_sees_the_frame(marketer: Browser) -> None:
    page = marketer.get("/segments/").content.decode()
    assert "Maya Lindqvist" in page
    assert "Test shop" in page


def test_the_connection_frames_every_page_with_name_colour_and_mark(sign_in: Callable[..., Browser]) -> None:
    browser = sign_in("marketer", name="Shop north", colour="#c2255c", production=True, read_only=True)
    for address in ("/segments/", "/action-targets/", "/history/", "/accounts/permissions/"):
        page = browser.get(address).content.decode()
        # In the rail, and at the head of the page where a phone has no rail.
        through = page.partition('class="through"')[2].partition("</p>")[0]
        for part in (through, page.partition('class="rail-foot"')[2].partition("</nav>")[0]):
            assert "Shop north" in part
            assert 'fill="#c2255c"' in part
            assert "Production" in part
        assert "Read-only connection." in page


def test_nobody_sees_a_page_without_signing_in(db: None, client: Browser) -> None:
    answer = client.get("/segments/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/sign-in?next=%2Fsegments%2F"


def test_an_address_without_a_page_leads_to_the_start(marketer: Browser) -> None:
    answer = marketer.get("/nothing-here")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "There is no page at this address." in page
    assert 'class="button button-primary" href="/"' in page
    assert "Try again" not in page
