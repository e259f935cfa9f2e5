"""Creating and editing without scripts and with HTMX: EDT2 EDT3 EDT10 EDT13 EDT16 EDT18 EDT19 EDT20 REL3 REL6 CON6 SEC5."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.once import marks
from journeyadmin.service import Unreachable
from journeyadmin.service.journey import JourneyService
from tests.journeyadmin.files.test_signed_out import sent_too_late
from tests.programs import Program
from tests.segments.conftest import Api, Make
from tests.segments.definitions import Json, criterion, segment, step, visit
from tests.segments.forms import HTMX, edited, posted, shown

GERMANY = visit("geolocation.country", "equal", "DE", "AT")
CART = step(2, criterion("page.url", "containsAny", "/cart"), event="page_viewed")


def test_a_saved_form_changes_only_what_was_changed(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]], journey=[CART], description="Old")
    answer = edited(marketer, made, description="New")
    assert answer.status_code == 303
    now = api.get(made["id"])
    assert now is not None
    volatile = {"version", "modifiedDate", "description"}
    assert {k: v for k, v in now.items() if k not in volatile} == {
        k: v for k, v in made.items() if k not in volatile
    }
    assert (now["description"], now["version"]) == ("New", made["version"] + 1)


def test_saving_what_is_saved_already_writes_nothing(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]], journey=[CART])
    answer = edited(marketer, made)
    assert answer.status_code == 303
    assert api.get(made["id"]) == made


def test_it_goes_back_to_where_it_was_opened(marketer: Browser, make: Make, word: str) -> None:
    made = make("Europe", context=[[GERMANY]])
    back = f"/segments/?q={word}"
    page = marketer.get(f"/segments/{made['id']}/edit", {"back": back}).content.decode()
    assert f'href="{back}&amp;at={made["id"]}">Cancel' in page
    fields: dict[str, Any] = shown(page) | {"name": [f"Europa {word}"]}
    answer = marketer.post(f"/segments/{made['id']}/edit", fields)
    assert answer["Location"] == f"{back}&at={made['id']}"


def test_heading_title_and_button_name_it(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    page = marketer.get(f"/segments/{made['id']}/edit").content.decode()
    name = made["displayName"]
    assert f"<title>Edit “{name}”" in page
    assert f"Edit “{name}”</span></h1>" in page
    assert re.search(rf"Save\s+<span id=\"save-name\">“{name}”", page)


def test_rows_are_added_without_scripts_and_nothing_else_changes(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY, visit("authenticated", "equal", "true")]], journey=[CART])
    path = f"/segments/{made['id']}/edit"
    before = shown(marketer.get(path).content.decode())
    page = marketer.post(path, before | {"row": ["add:context-0-criteria"]}).content.decode()
    after = shown(page)
    assert after["context-0-criteria-TOTAL_FORMS"] == ["3"]
    assert 'id="id_context-0-criteria-2-key"' in page
    changed = {name for name in before if after.get(name) != before[name]} - {"mark"}
    assert changed == {"context-0-criteria-TOTAL_FORMS", "csrfmiddlewaretoken"}
    assert re.search(r'id="id_context-0-criteria-2-key"[^>]* autofocus', page)


def test_a_row_action_over_htmx_answers_with_the_conditions_alone(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]], journey=[CART])
    answer = marketer.post(
        f"/segments/{made['id']}/edit", posted(made, base=made, row="remove:journey-0"), headers=HTMX
    )
    page = answer.content.decode()
    assert 'id="conditions"' in page
    assert 'id="segment-form"' not in page
    assert "journey-0-count" not in page
    assert re.search(r'id="add-journey"[^>]* autofocus', page)
    assert json.loads(answer.headers["HX-Trigger"])["announce"]["value"] == "Removed."


@pytest.mark.parametrize(
    ("row", "at", "focused"),
    [
        ("add:journey-1-criteria", "journey-1", "id_journey-1-criteria-1-key"),
        ("copy:journey-1-criteria-0", "journey-1", "id_journey-1-criteria-1-key"),
        ("remove:context-0-criteria-0", "context-0", "add-context-0-criteria"),
    ],
)
def test_a_row_action_among_the_criteria_of_a_pattern_answers_with_that_pattern(
    marketer: Browser, make: Make, row: str, at: str, focused: str
) -> None:
    made = make("Europe", context=[[GERMANY]], journey=[CART, CART])
    answer = marketer.post(f"/segments/{made['id']}/edit", posted(made, base=made, row=row), headers=HTMX)
    page = answer.content.decode()
    assert answer.headers["HX-Retarget"] == f"#{at}"
    assert re.findall(r'class="card pattern" id="([^"]+)"', page) == [at]
    assert re.search(rf'id="{focused}"[^>]* autofocus', page)
    # The same as in the whole form, but for the keys, which the page's picker brings.
    form = shown(
        marketer.post(f"/segments/{made['id']}/edit", posted(made, base=made, row=row)).content.decode()
    )
    assert shown(f'<form id="segment-form">{page}</form>') == {
        name: form[name] for name in form if name.startswith(f"{at}-")
    }
    assert "HX-Retarget" not in marketer.post("/segments/new", posted(made, row="add:context"), headers=HTMX)


@pytest.mark.parametrize("how", [HTMX, {}])
@pytest.mark.parametrize(
    ("row", "full"),
    [
        ("add:context-0-criteria", segment(context=[[GERMANY] * 50])),
        ("copy:context-0-criteria-4", segment(context=[[GERMANY] * 50])),
        ("add:journey", segment(journey=[CART] * 50)),
    ],
)
def test_a_fiftieth_row_is_the_last_which_is_said_where_it_was_to_be(
    marketer: Browser, make: Make, how: dict[str, str], row: str, full: Json
) -> None:
    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    page = marketer.post(path, posted(full, base=made, row=row), headers=how).content.decode()
    said = (
        r"<p class=\"field-error\" role=\"status\">.*?50 is the most there may be here\. Nothing was added\."
    )
    formset = "journey" if row == "add:journey" else "context-0-criteria"
    assert re.search(rf'id="add-{formset}"[^>]* autofocus', page)
    assert re.search(rf'id="add-{formset}".{{0,1500}}?{said}', page, re.DOTALL)


def test_changing_the_key_offers_what_fits_and_keeps_the_values(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    changed = segment(context=[[visit("device.category", "startsWith", "DE", "AT")]])
    row = marketer.post(
        f"/segments/{made['id']}/edit",
        posted(changed, base=made, row="fit:context-0-criteria-0"),
        headers=HTMX,
    ).content.decode()
    assert 'id="rest-context-0-criteria-0"' in row
    assert "greaterThan" not in row
    assert '<option value="startsWith" selected>' in row
    assert "not offered for what is tested here" in row
    assert "DE\nAT" in row


def test_values_that_do_not_fit_a_closed_list_stay(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    changed = segment(context=[[visit("device.category", "equal", "DE", "mobile")]])
    row = marketer.post(
        f"/segments/{made['id']}/edit",
        posted(changed, base=made, row="fit:context-0-criteria-0"),
        headers=HTMX,
    ).content.decode()
    assert re.search(r'chip-odd"><input type="checkbox"[^>]*value="DE" checked', row)
    assert re.search(r'value="mobile" checked', row)


def test_a_new_criterion_ignores_case_and_says_so_to_the_api(marketer: Browser, api: Api, word: str) -> None:
    page = marketer.get("/segments/new").content.decode()
    fields: dict[str, Any] = shown(page) | {"row": ["add:context"]}
    fields = shown(marketer.post("/segments/new", fields).content.decode())
    assert fields["context-0-criteria-0-ignore_case"] == ["on"]
    fields |= {
        "name": [f"Case {word}"],
        "context-0-criteria-0-key": ["browser.family"],
        "context-0-criteria-0-values": ["Chrome\r\nFirefox"],
    }
    assert marketer.post("/segments/new", fields).status_code == 303
    fields.pop("context-0-criteria-0-ignore_case")
    made = api.mine()[0]
    assert made["context"]["patterns"][0]["criteria"][0] == visit(
        "browser.family", "equal", "Chrome", "Firefox"
    )
    edited(marketer, made, **{"context-0-criteria-0-ignore_case": []})
    now = api.get(made["id"])
    assert now is not None
    assert now["context"]["patterns"][0]["criteria"][0]["shouldIgnoreCase"] is False


def test_a_new_segment_leads_back_to_the_list_it_was_opened_from(
    marketer: Browser, make: Make, word: str
) -> None:
    made = make("Europe", context=[[GERMANY]])
    opened = f"http://testserver/segments/?q={word}&active=yes"
    back = f"/segments/?q={word}&amp;active=yes"
    copy = marketer.get("/segments/new", {"copy": made["id"]}, headers={"referer": opened}).content.decode()
    assert f'href="{back}&amp;at={made["id"]}">Cancel' in copy
    page = marketer.get("/segments/new", headers={"referer": opened}).content.decode()
    assert f'href="{back}">Cancel' in page
    # Without scripts and from a template too; the page of what was created knows the list.
    begun = re.search(r'class="starter" href="([^"]+)"', page)
    assert begun is not None
    page = marketer.get(f"/segments/new{html.unescape(begun[1])}").content.decode()
    assert f'href="{back}">Cancel' in page
    answer = marketer.post("/segments/new", shown(copy))
    assert answer.status_code == 303
    assert f'href="{back}&amp;at=' in marketer.get(answer["Location"]).content.decode()
    elsewhere = marketer.get("/segments/new", headers={"referer": "https://evil.example/segments/?q=x"})
    assert 'href="/segments/">Cancel' in elsewhere.content.decode()


def test_a_form_sent_twice_creates_one(marketer: Browser, api: Api, word: str) -> None:
    fields: dict[str, Any] = shown(marketer.get("/segments/new").content.decode())
    fields |= posted(segment(f"Once {word}", context=[[GERMANY]]))
    first = marketer.post("/segments/new", fields)
    second = marketer.post("/segments/new", fields)
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert len(api.mine()) == 1
    assert "had been created already" in marketer.get(second["Location"]).content.decode()


def test_two_forms_create_two(marketer: Browser, api: Api, word: str) -> None:
    for name in ("One", "Two"):
        fields: dict[str, Any] = shown(marketer.get("/segments/new").content.decode())
        marketer.post("/segments/new", fields | posted(segment(f"{name} {word}", context=[[GERMANY]])))
    assert len(api.mine()) == 2


def test_what_a_create_made_is_its_page_next(marketer: Browser, api: Api, word: str) -> None:
    fields: dict[str, Any] = shown(marketer.get("/segments/new").content.decode())
    answer = marketer.post(
        "/segments/new", fields | posted(segment(f"One {word}", context=[[GERMANY]])), headers=HTMX
    )
    made = api.mine()[0]
    assert answer.headers["HX-Redirect"] == f"/segments/{made['id']}/"


def test_a_copy_is_inactive_unsaved_and_named(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]], journey=[CART])
    page = marketer.get("/segments/new", {"copy": made["id"]}).content.decode()
    fields = shown(page)
    assert fields["name"] == [f"Copy of {made['displayName']}"]
    assert "active" not in fields
    assert fields["context-0-criteria-0-values"] == ["DE\nAT"]
    assert len(api.mine()) == 1
    assert " data-changed" in page


def test_eight_templates_explain_themselves_and_are_accepted(marketer: Browser, api: Api, word: str) -> None:
    from segments.starters import STARTERS

    page = marketer.get("/segments/new").content.decode()
    assert len(STARTERS) == 8
    for starter in STARTERS:
        assert str(starter.why) in page
        fields: dict[str, Any] = shown(
            marketer.get("/segments/new", {"template": starter.key}).content.decode()
        )
        answer = marketer.post("/segments/new", fields | {"name": [f"{starter.name} {word}"]})
        assert answer.status_code == 303, starter.key
    assert len(api.mine()) == 8


def test_the_scope_is_asked_when_creating_and_never_again(
    marketer: Browser, make: Make, api: Api, word: str
) -> None:
    fields: dict[str, Any] = shown(marketer.get("/segments/new").content.decode())
    assert fields["scope"] == ["Session"]
    wanted = segment(f"One {word}", context=[[GERMANY]], scope="Customer")
    marketer.post("/segments/new", fields | posted(wanted))
    made = api.mine()[0]
    assert made["scope"] == "Customer"
    page = marketer.get(f"/segments/{made['id']}/edit").content.decode()
    assert 'type="radio" name="scope"' not in page


def test_json_and_back_keeps_everything(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]], journey=[CART])
    path = f"/segments/{made['id']}/edit"
    fields: dict[str, Any] = shown(marketer.get(path).content.decode())
    as_json = shown(marketer.post(path, fields | {"row": "tab:json"}).content.decode())
    text = json.loads(as_json["json"][0])
    assert text["context"] == made["context"]
    text["journey"]["patterns"][0]["count"] = 7
    back = shown(
        marketer.post(path, as_json | {"json": json.dumps(text), "row": "tab:form"}).content.decode()
    )
    assert back["journey-0-count"] == ["7"]
    # The focus stays on the tab, and only what the tab shows is brought up to date.
    swapped = marketer.post(path, as_json | {"row": "tab:form"}, headers=HTMX)
    assert ".tabs [aria-current]" in swapped["HX-Trigger-After-Settle"]
    beside = marketer.post(path, as_json | {"row": "check"}, headers=HTMX).content.decode()
    assert 'id="sentence"' in beside
    assert 'id="expiry-words"' not in beside
    saved = marketer.post(path, as_json | {"json": json.dumps(text)})
    assert saved.status_code == 303
    now = api.get(made["id"])
    assert now is not None
    assert now["journey"]["patterns"][0]["count"] == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"displayName": "x",\n  "context": }', "Line 2, column 14"),
        ("[]", "A definition is an object"),
        (
            '{"context": {"patterns": [{"criteria": [{"values": [5]}]}]}}',
            "context.patterns[0].criteria[0].values",
        ),
        ('{"journey": []}', "“journey” is an object"),
    ],
)
def test_json_that_cannot_be_read_says_where_and_stays(
    marketer: Browser, make: Make, text: str, said: str
) -> None:
    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    for more in ({"row": "tab:form"}, {}):
        answer = marketer.post(path, {"base": json.dumps(made), "tab": "json", "json": text, **more})
        page = answer.content.decode()
        assert said in page
        assert shown(page)["json"] == [text]
    assert answer.status_code == 422


def test_fields_nobody_knows_survive(marketer: Browser) -> None:
    """REL6: at every level, through the form and back."""
    from segments.sheet import Sheet

    strange = segment(
        context=[[visit("something.new", "soundsLike", "x") | {"weight": 3}]],
        journey=[step(1, criterion("page.url", "equal", "/"), stream="Fax") | {"within": "PT1H"}],
        future={"a": 1},
    )
    strange["context"]["mode"] = "any"
    sheet = Sheet.of_segment(strange | {"id": "1", "version": 2})
    assert sheet.definition["context"] == strange["context"]
    assert sheet.definition["journey"] == strange["journey"]
    assert sheet.definition["future"] == {"a": 1}


def test_expiry_says_the_date_it_means(marketer: Browser, make: Make) -> None:
    from datetime import timedelta

    from django.utils import timezone

    made = make("Europe", context=[[GERMANY]], scope="Customer")
    wanted = made | {"assignmentExpirationDays": 30}
    page = marketer.post(
        f"/segments/{made['id']}/edit", posted(wanted, base=made, row="check"), headers=HTMX
    ).content.decode()
    end = timezone.localdate() + timedelta(days=30)
    assert f"Someone assigned today loses it on {end.day} {end:%B %Y}." in page


def test_changed_conditions_say_that_they_are_for_the_future(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    said = "Applies to future events. Existing assignments stay."
    other = made | {"context": segment(context=[[visit("geolocation.country", "equal", "FR")]])["context"]}
    assert said in marketer.post(path, posted(other, base=made, row="check"), headers=HTMX).content.decode()
    renamed = made | {"displayName": "Europa"}
    assert (
        said
        not in marketer.post(path, posted(renamed, base=made, row="check"), headers=HTMX).content.decode()
    )


def test_the_sentence_follows_what_is_typed(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    wanted = segment(context=[[visit("referrer.url", "notContainsAll", "a", "b")]])
    page = marketer.post(
        f"/segments/{made['id']}/edit", posted(wanted, base=made, row="check"), headers=HTMX
    ).content.decode()
    assert "does not contain all of a and b (may contain some)" in page


def test_negative_operators_say_that_missing_matches(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[visit("geolocation.country", "notEqual", "DE")]])
    page = marketer.get(f"/segments/{made['id']}/edit").content.decode()
    assert "Also matches visits where this is missing." in page


def test_a_draft_is_kept_offered_and_thrown_away(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    typed = made | {"description": "half typed"}
    marketer.post(path, posted(typed, base=made, row="check"), headers=HTMX)
    page = marketer.get(path).content.decode()
    assert "Draft from" in page
    assert "half typed" in page
    assert shown(page)["description"] == [""]
    taken = marketer.get(path, {"draft": "take"}).content.decode()
    assert shown(taken)["description"] == ["half typed"]
    assert "This is what you had typed." in taken
    # The button sends the whole form: what was typed beside the offer stays.
    assert 'type="submit" form="segment-form" name="row" value="forget"' in page
    fields: dict[str, Any] = shown(page)
    left = marketer.post(path, fields | {"name": "Typed beside it", "row": "forget"}).content.decode()
    assert shown(left)["name"] == ["Typed beside it"]
    assert shown(left)["base"] == fields["base"]
    assert "Draft from" not in marketer.get(path).content.decode()


def test_json_that_cannot_be_read_yet_is_kept_as_it_is_typed(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    sent = {"base": json.dumps(made), "tab": "json", "json": '{"displayName": "Eur'}
    answer = marketer.post(path, sent | {"row": "check"}, headers=HTMX)
    # What stands beside the form is not replaced by what an empty form would say.
    assert answer.status_code == 204
    page = marketer.get(path).content.decode()
    assert "Draft from" in page
    assert "Line 1, column 17" in page
    assert "Name: " not in page.partition("Draft from")[2].partition("Go on with it")[0]
    taken = marketer.get(path, {"draft": "take"}).content.decode()
    assert "{&quot;displayName&quot;: &quot;Eur" in taken
    assert shown(taken)["tab"] == ["json"]


def test_saving_drops_the_draft(marketer: Browser, make: Make) -> None:
    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    typed = made | {"description": "typed"}
    marketer.post(path, posted(typed, base=made, row="check"), headers=HTMX)
    marketer.post(path, posted(typed, base=made))
    assert "Draft from" not in marketer.get(path).content.decode()
    # The sentence was asked for, and the form was saved before that arrived.
    marketer.post(path, posted(typed, base=made, row="check"), headers=HTMX)
    assert "Draft from" not in marketer.get(path).content.decode()


def test_a_draft_of_a_new_segment_says_what_it_holds_and_ends_with_the_save(
    marketer: Browser, api: Api, word: str
) -> None:
    typed = segment(f"New {word}", context=[[GERMANY]])
    fields = posted(typed, mark=marks.new())
    marketer.post("/segments/new", fields | {"row": "check"}, headers=HTMX)
    page = marketer.get("/segments/new").content.decode()
    assert re.search(r"Draft from [^<]*, 2 differences", page)
    assert f"→ “New {word}”" in page
    assert marketer.post("/segments/new", fields).status_code == 303
    marketer.post("/segments/new", fields | {"row": "check"}, headers=HTMX)
    assert "Draft from" not in marketer.get("/segments/new").content.decode()


def test_a_session_that_ends_mid_form_gives_the_form_back(marketer: Browser, make: Make, server: Any) -> None:
    from tests import cast

    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    session = marketer.session
    session["seen"] = 0
    session.save()
    answer = marketer.post(path, posted(made | {"description": "typed"}, base=made))
    assert answer["Location"].startswith("/accounts/sign-in")
    kept = marketer.session["kept_forms"]
    cast.signed_in(server.url, "marketer", marketer)
    session = marketer.session
    session["kept_forms"] = kept
    session.save()
    page = marketer.get(path).content.decode()
    assert "This is what you had typed." in page
    assert shown(page)["description"] == ["typed"]


def test_what_was_typed_outlives_a_service_that_fails_after_the_sign_in(
    marketer: Browser, make: Make, server: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make("Europe", context=[[GERMANY]])
    form = posted(made | {"description": "typed"}, base=made)

    def away(*_args: Any, **_kwargs: Any) -> Any:
        raise Unreachable("away", operation="getJourneySegment")

    monkeypatch.setattr(JourneyService, "get_segment", away)
    page = sent_too_late(marketer, server, f"/segments/{made['id']}/edit", form)
    assert "This is what you had typed." in page
    assert shown(page)["description"] == ["typed"]
    assert json.loads(shown(page)["base"][0]) == made


BIG = "1" * 5000
DEEP = "[" * 100_000
# What no form of ours sends, or a person pastes: told or left out, never a failure.
ODD: list[dict[str, str]] = [
    {"row": "merge:save"},
    {"row": "merge:see", "base": "[]", "theirs": "{", "yours": "{}"},
    {"row": "check", "base": DEEP},
    {"row": "check", "extra": DEEP},
    {"row": "check", "base": '{"id": "x", "journey": {"patterns": [{"streamType": {}, "criteria": []}]}}'},
    {"row": "add:context", "context-TOTAL_FORMS": BIG},
    {"row": f"remove:context-{BIG}"},
    {"row": "insert:context", "from_pattern": f"{{id}}:{BIG}"},
    {"row": "insert:context", "from_pattern": "{id}:0", "context-TOTAL_FORMS": "x"},
    {"row": "check", "back": "http://["},
    {"row": "audience:", "mark": "\0" * 300},
    {"row": "try:", "try_addresses": "http://[x"},
    {"row": "try:", "try_events": DEEP},
    {"row": "check", "tab": "json", "json": f'{{"a": {BIG}}}'},
    {"row": "tab:form", "tab": "json", "json": '{"externalSegment": "x"}'},
    {"row": "tab:form", "tab": "json", "json": '{"externalSegment": {"name": ""}}'},
    {
        "row": "check",
        "tab": "json",
        "json": '{"scope": [], "journey": {"patterns": [{"streamType": ["a"], "count": [1], "eventName": [1], '
        '"criteria": [{"key": ["k"], "operator": ["x"], "values": ["1"]}]}]}}',
    },
]


@pytest.mark.parametrize("fields", ODD, ids=[str(number) for number in range(len(ODD))])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_what_no_form_sends_is_no_failure(
    marketer: Browser, make: Make, fields: dict[str, str], headers: dict[str, str]
) -> None:
    made = make("Europe", context=[[GERMANY]])
    sent = {name: value.replace("{id}", made["id"]) for name, value in fields.items()}
    answer = marketer.post(f"/segments/{made['id']}/edit", posted(made, base=made) | sent, headers=headers)
    assert answer.status_code in (200, 204, 404)


@pytest.mark.parametrize(
    "typed",
    ['"\\ud800"', '"a\\u0000b"', f"[{BIG}]", "[1e999]", '{"\\udfff": 1}'],
)
def test_json_that_cannot_be_sent_is_told(marketer: Browser, make: Make, typed: str) -> None:
    made = make("Europe", context=[[GERMANY]])
    text = f'{{"displayName": "N", "note": {typed}}}'
    answer = marketer.post(
        f"/segments/{made['id']}/edit", {"base": json.dumps(made), "tab": "json", "json": text}
    )
    assert answer.status_code == 422
    assert "The JSON cannot be read. Nothing was saved." in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/segments/{id}/edit?version=" + BIG,
        "/segments/{id}/?back=//[",
        "/segments/{id}/?back=/segments/x%3Fback=//[",
    ],
)
def test_an_address_that_nobody_has_is_no_failure(marketer: Browser, make: Make, path: str) -> None:
    made = make("Europe", context=[[GERMANY]])
    assert marketer.get(path.replace("{id}", made["id"])).status_code in (200, 404)


@pytest.mark.parametrize("path", ["new", "{id}/edit"])
def test_who_may_not_write_is_refused_however_they_ask(
    analyst: Browser, make: Make, api: Api, path: str
) -> None:
    made = make("Europe", context=[[GERMANY]])
    where = f"/segments/{path.format(id=made['id'])}"
    refused = analyst.get(where)
    assert refused.status_code == 403
    # The next step: to ask again would change nothing.
    main = refused.content.decode().partition("<main")[2]
    assert 'href="/accounts/permissions/">See your permissions</a>' in main
    assert "Try again" not in main
    answer = analyst.post(where, posted(made | {"description": "x"}, base=made))
    assert answer.status_code == 403
    assert "journey:segment:" in answer.content.decode()
    assert api.get(made["id"]) == made


def test_a_read_only_connection_refuses_writes(sign_in: Callable[..., Browser], make: Make, api: Api) -> None:
    made = make("Europe", context=[[GERMANY]])
    browser = sign_in("marketer", name="Locked", read_only=True)
    page = browser.get(f"/segments/{made['id']}/").content.decode()
    assert "Read-only connection" in page
    assert f"/segments/{made['id']}/edit" not in page
    answer = browser.post(f"/segments/{made['id']}/edit", posted(made | {"description": "x"}, base=made))
    assert answer.status_code == 403
    assert "read-only" in answer.content.decode()
    browser.post(f"/segments/{made['id']}/active", {"to": f"off:{made['version']}"})
    assert api.get(made["id"]) == made


def test_a_pattern_of_another_segment_is_copied(marketer: Browser, make: Make, api: Api) -> None:
    source = make("Source", journey=[step(1, criterion("page.url", "equal", "/"), event="x"), CART])
    made = make("Europe", context=[[GERMANY]])
    path = f"/segments/{made['id']}/edit"
    fields: dict[str, Any] = shown(marketer.get(path).content.decode())
    page = marketer.post(path, fields | {"row": "from:journey"}).content.decode()
    assert f'<optgroup label="{source["displayName"]}">' in page
    chosen = shown(page) | {"from_pattern": f"{source['id']}:1", "row": "insert:journey"}
    filled = shown(marketer.post(path, chosen).content.decode())  # type: ignore[arg-type]
    assert marketer.post(path, filled).status_code == 303  # type: ignore[arg-type]
    now = api.get(made["id"])
    assert now is not None
    assert now["journey"]["patterns"] == [CART]
    assert now["context"] == made["context"]


@pytest.mark.parametrize(
    "read", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-02-30T00:00:00Z", "now"]
)
def test_a_form_that_says_nonsense_of_its_age_is_shown_without_one(
    marketer: Browser, make: Make, read: str
) -> None:
    made = make("Old", context=[[GERMANY]])
    answer = marketer.post(
        f"/segments/{made['id']}/edit", posted(made, base=made, read=read, name="", description="Kept")
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Kept" in page
    assert "data-age" not in page.partition("</header>")[0]
    assert 'name="read"' not in page
