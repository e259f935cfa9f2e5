"""Signing in as a person, through both programs, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps

pytestmark = pytest.mark.browser


def test_a_person_signs_in_and_out(page: Page) -> None:
    steps.sign_in(page, "marketer")
    expect(page).to_have_title("Segments · Test shop · Journey Admin")
    page.get_by_text("Maya Lindqvist, menu").locator("..").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_a_wrong_password_keeps_the_name(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Test shop").click()
    page.get_by_label("Name").fill("marketer")
    page.get_by_label("Password").fill("nonsense")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The name or the password is wrong.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("marketer")
    page.complaints.clear()  # type: ignore[attr-defined]  # the 422 itself is what the console notes
