"""LST9: a list's filter, search, sorting and columns under a name, one's own or shared; the columns it opens with."""

import re
from collections.abc import Callable

import pytest
from django.test import Client as Browser

from segments.filters import COLUMNS, columns_of
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


def headings(page: str) -> list[str]:
    """The columns of the table, by their class."""
    return [
        name
        for name in re.findall(r'<(?:th scope="col"|td) class="col-(\w+)"', page.split("<tbody")[0])
        if name not in {"choose", "name"}
    ]


def show(browser: Browser, query: str, *columns: str) -> str:
    answer = browser.post("/segments/columns", {"query": query, "column": columns})
    assert answer.status_code == 303
    return str(answer["Location"])


def test_the_columns_chosen_are_in_the_address_and_remembered(
    marketer: Browser, sign_in: Callable[..., Browser], make: Make, word: str
) -> None:
    made = make("One", context=[[visit("authenticated", "equal", "true")]])
    assert headings(marketer.get("/segments/").content.decode()) == list(COLUMNS)
    address = show(marketer, f"q={word}&sort=-changed", "version", "scope")
    assert address == f"/segments/?q={word}&sort=-changed&columns=scope%2Cversion"
    for opened in (address, f"/segments/?q={word}", "/segments/"):
        page = marketer.get(opened).content.decode()
        assert headings(page) == ["scope", "version"], opened
        row = page[page.index(f'id="s-{made["id"]}"') :].split("</tr>")[0]
        assert re.findall(r'<td class="col-(\w+)', row) == ["choose", "scope", "version"]
        assert "activity-loader" not in page
    # What others see is theirs; what the address says is for all.
    other = sign_in("admin")
    assert headings(other.get("/segments/").content.decode()) == list(COLUMNS)
    assert headings(other.get(address).content.decode()) == ["scope", "version"]
    # The address goes before what is remembered, and a chip or heading keeps it.
    page = marketer.get(f"/segments/?q={word}&columns=all").content.decode()
    assert headings(page) == list(COLUMNS)
    assert f'href="?q={word}&amp;columns=all&amp;sort=-name"' in page
    assert show(marketer, "columns=scope", *COLUMNS) == "/segments/"
    assert headings(marketer.get("/segments/").content.decode()) == list(COLUMNS)


def test_no_column_at_all_is_a_choice_too(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[visit("authenticated", "equal", "true")]])
    assert show(marketer, "") == "/segments/?columns=none"
    assert headings(marketer.get("/segments/").content.decode()) == []
    show(marketer, "", *COLUMNS)


def test_a_named_view_holds_its_columns(marketer: Browser, make: Make, word: str) -> None:
    make("One", context=[[visit("authenticated", "equal", "true")]])
    show(marketer, "", "changed")
    keep(marketer, f"Short {word}", f"q={word}&columns=active,nonsense,scope")
    assert f'href="?q={word}&amp;columns=scope%2Cactive"' in views(marketer)
    page = marketer.get(f"/segments/?q={word}&columns=scope%2Cactive").content.decode()
    assert headings(page) == ["scope", "active"]
    assert f'aria-current="true">Short {word}' in page
    show(marketer, "", *COLUMNS)


@pytest.mark.parametrize("words", ["", "nonsense", "all", "ALL", "none,", ","])
def test_what_names_no_column_names_all(words: str) -> None:
    assert columns_of(words) == tuple(COLUMNS)
