"""Where a page leads back to: the list as it was filtered, or the segment's page."""

from urllib.parse import SplitResult, urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse

BACK = "back"
# In the list's address: the row that takes the focus.
AT = "at"
# Likewise: the row that the panel beside the list shows.
PANEL = "panel"


def back_of(request: HttpRequest) -> str:
    """The path within this feature that the address or the form names, else the list's."""
    return _within(request.POST.get(BACK) or request.GET.get(BACK) or "")


def opened_from(request: HttpRequest) -> str:
    """Where a form leads back to that is not about a row: else to the list as it was filtered when the form was opened."""
    if BACK in request.POST or BACK in request.GET:
        return back_of(request)
    parts = _parts(request.headers.get("referer", ""))
    here = parts.path + (f"?{parts.query}" if parts.query else "")
    return list_of(_within(here)) if parts.netloc == request.get_host() else _within("")


def _within(asked: str) -> str:
    root = reverse("segments:list")
    parts = _parts(asked)
    if parts.scheme or parts.netloc or not parts.path.startswith(root) or "\\" in asked or len(asked) > 4000:
        return root
    return asked


def list_of(back: str) -> str:
    """The list that `back` comes from, however many pages lie between."""
    root = reverse("segments:list")
    for _ in range(4):
        parts = _parts(back)
        if parts.path == root:
            return back
        back = QueryDict(parts.query).get(BACK, "")
    return root


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        # Such as `//[`: an address of nothing.
        return SplitResult("", "", "", "", "")


def at_row(back: str, segment_id: str) -> str:
    """`back`, and where it is the list, with the focus on this row."""
    parts = urlsplit(back)
    if parts.path != reverse("segments:list") or not segment_id:
        return back
    params = QueryDict(parts.query, mutable=True)
    params[AT] = segment_id
    return f"{parts.path}?{params.urlencode()}"


def with_back(path: str, back: str) -> str:
    """`path` that leads back to `back`; the plain list needs no mention."""
    return path if back == reverse("segments:list") else f"{path}?{urlencode({BACK: back})}"
