"""What people do in the browser, in words that the tests share."""

from playwright.sync_api import Page

PASSWORD = "demo"


def sign_in(page: Page, username: str) -> None:
    """From the dashboard's door through the server's login page and back."""
    page.goto("/")
    page.get_by_role("button", name="Test shop").click()
    page.get_by_label("Name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/segments/**")
