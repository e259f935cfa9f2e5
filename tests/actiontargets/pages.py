"""Reading a page as a browser would: its forms' fields, to be changed and posted back."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """The named inputs of a page with their values, unchecked boxes left out, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name")
        if tag != "input" or not name:
            return
        if found.get("type") in ("checkbox", "radio") and "checked" not in found:
            return
        self.fields[name] = found.get("value") or ""


def fields(html: str) -> dict[str, str]:
    reader = _Fields()
    reader.feed(html)
    reader.fields.pop("csrfmiddlewaretoken", None)
    return reader.fields


def plain(html: str) -> str:
    """With ordinary spaces, to be searched for words."""
    return html.replace("\u00a0", " ").replace("&quot;", '"')
