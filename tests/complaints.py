"""What a page in the browser complains of: errors in its console, and what its scripts did not catch."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page

# That we cancelled a request is noted by htmx as if it were an error, with two lines.
CANCELLED = ("htmx:sendAbort", "htmx:afterRequest")


def noted(page: "Page") -> list[str]:
    """A list that grows with each complaint of this page; it is also `page.complaints`, for steps.forgive()."""
    complaints: list[str] = []

    def note(message: "ConsoleMessage") -> None:
        if message.type == "error" and not message.text.startswith(CANCELLED):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints  # type: ignore[attr-defined]
    return complaints
