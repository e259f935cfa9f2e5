"""LST9: a list's filter, search and sorting under a name, one's own or shared."""

from collections.abc import Callable

from django.test import Client as Browser

from tests.segments.conftest import Make
from tests.segments.definitions import visit


def keep(browser: Browser, name: str, query: str, **more: str) -> str:
    answer = browser.post("/segments/views", {"name": name, "query": query, **more})
    assert answer.status_code == 303
    return str(answer["Location"])


def views(browser: Browser, query: str = "") -> str:
    page = browser.get(f"/segments/?{query}").content.decode()
    return page[
        page.index('<details class="menu menu-start named-views"') : page.index('<form class="named-keep"')
    ]


def test_a_view_is_kept_found_again_and_forgotten(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[visit("authenticated", "equal", "true")]])
    query = f"active=yes&q={word}&sort=-changed"
    assert keep(marketer, f"Mine {word}", f"{query}&at=x&nonsense=1") == f"/segments/?{query}"
    found = views(marketer, query)
    assert f'href="?active=yes&amp;q={word}&amp;sort=-changed" aria-current="true">Mine {word}' in found
    keep(marketer, f"Mine {word}", "active=no")
    assert views(marketer).count(f">Mine {word}") == 1
    number = views(marketer).split('name="forget" value="')[1].split('"')[0]
    marketer.post("/segments/views", {"forget": number})
    assert f"Mine {word}" not in views(marketer)


def test_only_what_is_shared_is_seen_by_others_and_nobody_forgets_it_for_them(
    marketer: Browser, sign_in: Callable[..., Browser], make: Make, word: str
) -> None:
    make("One", context=[[visit("authenticated", "equal", "true")]])
    keep(marketer, f"Mine {word}", "active=yes")
    keep(marketer, f"Ours {word}", "active=no", shared="on")
    number = views(marketer).split(f">Ours {word}")[1].split('name="forget" value="')[1].split('"')[0]
    other = sign_in("admin")
    assert f"Ours {word}" in views(other)
    assert f"Mine {word}" not in views(other)
    other.post("/segments/views", {"forget": number})
    assert f"Ours {word}" in views(marketer)


def test_a_view_without_a_name_is_refused(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[visit("authenticated", "equal", "true")]])
    answer = marketer.post("/segments/views", {"name": " ", "query": "active=yes"}, follow=True)
    assert "A view needs a name" in answer.content.decode()
