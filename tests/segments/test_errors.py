"""EDT11: every constraint of the API is said at its row, whether it is found here or by the service; the summary takes the focus."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.service import InvalidRequest, Tokens, newly_signed_in
from segments import faults, payloads
from segments.forms import SegmentForm
from tests import cast
from tests.programs import Program
from tests.segments.conftest import Api, Make
from tests.segments.definitions import Json, criterion, segment, step, visit
from tests.segments.forms import HTMX, edited, posted, shown

GERMANY = visit("geolocation.country", "equal", "DE")
CART = step(2, criterion("page.url", "containsAny", "/cart"))
CONTEXT, JOURNEY = "id_context-0-criteria-0", "id_journey-0-criteria-0"


def in_context(**fields: Any) -> Json:
    return segment(context=[[GERMANY | fields]])


def in_journey(**fields: Any) -> Json:
    return segment(journey=[step(1, criterion("page.url", "equal", "/") | fields)])


# What is typed, the control the error belongs to, and words of it.
TYPED: list[tuple[Json, dict[str, Any], str, str]] = [
    (segment("", context=[[GERMANY]]), {}, "id_name", "Give it a name."),
    (segment("x" * 257, context=[[GERMANY]]), {}, "id_name", "at most 256 characters"),
    (
        segment("N", context=[[GERMANY]], description="x" * 2049),
        {},
        "id_description",
        "at most 2048 characters",
    ),
    (segment("N", context=[[GERMANY]], color="red"), {}, "id_color", "six hexadecimal digits"),
    (segment("N", context=[[GERMANY]]), {"expiry": "3651"}, "id_expiry", "At most 3650 days"),
    (segment("N", context=[[GERMANY]]), {"expiry": "soon"}, "id_expiry", "Say a number of days"),
    (segment("N"), {}, "add-context", "needs at least one condition"),
    (segment("N", context=[[]]), {}, "add-context-0-criteria", "Add a criterion, or remove this pattern."),
    (segment("N", context=[[GERMANY] * 51]), {}, "add-context-0-criteria", "at most 50"),
    (segment("N", context=[[GERMANY]] * 51), {}, "add-context", "at most 50"),
    (segment("N", journey=[CART | {"criteria": []}]), {}, "id_journey-0-event_name", "Say which event"),
    (in_context(key=""), {}, f"{CONTEXT}-key", "Choose what to test."),
    (in_context(values=[]), {}, f"{CONTEXT}-values", "Say at least one value."),
    (in_context(values=[f"v{n}" for n in range(103)]), {}, f"{CONTEXT}-values", "these are 3 too many"),
    (in_context(values=["x" * 2049]), {}, f"{CONTEXT}-values", "at most 2048 characters"),
    (
        in_context(key="browser.version", operator="greaterThan", values=["1", "2"]),
        {},
        f"{CONTEXT}-values",
        "exactly one number",
    ),
    (
        in_context(key="browser.version", operator="greaterThan", values=["new"]),
        {},
        f"{CONTEXT}-values",
        "Say a version",
    ),
    (
        in_journey(key="attributes.price.value", operator="lessThan", values=["9 €"]),
        {},
        f"{JOURNEY}-values",
        "Say a number",
    ),
    (
        in_journey(key="attributes.price.value", operator="lessThan", values=["1e999"]),
        {},
        f"{JOURNEY}-values",
        "Say a number",
    ),
    (
        in_context(key="authenticated", operator="containsAny", values=["true"]),
        {},
        f"{CONTEXT}-operator",
        "yes or no",
    ),
    (in_context(key="authenticated", values=["perhaps"]), {}, f"{CONTEXT}-values", "Choose yes or no"),
    (
        in_journey(),
        {"journey-0-criteria-0-key": "attributes", "journey-0-criteria-0-attribute": "a b"},
        f"{JOURNEY}-attribute",
        "letters, digits",
    ),
    (in_journey(key="screenName"), {}, f"{JOURNEY}-key", "exists only in the app"),
    (segment("N", journey=[CART]), {"journey-0-count": "0"}, "id_journey-0-count", "At least once"),
    (segment("N", journey=[CART]), {"journey-0-count": "1001"}, "id_journey-0-count", "At most 1000 times"),
    (segment("N", journey=[CART]), {"journey-0-count": "few"}, "id_journey-0-count", "whole number of times"),
    (
        segment("N", journey=[CART]),
        {"journey-0-event_name": "x" * 256},
        "id_journey-0-event_name",
        "at most 255 characters",
    ),
]


@pytest.mark.parametrize(("wanted", "typed", "target", "said"), TYPED)
def test_what_is_typed_wrongly_is_said_at_its_control(
    marketer: Browser, api: Api, wanted: Json, typed: dict[str, Any], target: str, said: str
) -> None:
    if wanted["displayName"] not in ("", "x" * 257):
        wanted = wanted | {"displayName": f"N {api.word}"}
    fields = posted(wanted) | typed
    answer = marketer.post("/segments/new", fields, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r'id="error-summary"[^>]* data-focus', page)
    assert f'<a href="#{target}"' in page, re.findall(r'<a href="#[^"]*" data-to-field>.*?</li>', page)
    assert said in page
    assert re.search(rf'id="{target}"', page)
    # Everything typed is still there.
    kept = shown(page)
    for name, value in fields.items():
        expected = value if isinstance(value, list) else [value]
        if not name.endswith("_FORMS"):
            assert [text.replace("\r\n", "\n") for text in kept.get(name, [""])] == expected, name
    assert api.mine() == []


def test_the_app_takes_the_keys_of_the_web_too(marketer: Browser, api: Api) -> None:
    """Contract §3.2: what is tested in the app may be a page as well as a screen."""
    wanted = segment(f"N {api.word}", journey=[CART | {"streamType": "App", "sessionType": "app"}])
    answer = marketer.post("/segments/new", posted(wanted), headers=HTMX)
    assert answer.status_code == 200, answer.content.decode()
    assert [row["journey"]["patterns"][0]["streamType"] for row in api.mine()] == ["App"]


# Bodies that the service refuses, and where each error belongs.
REFUSED: list[tuple[Json, str, str | None]] = [
    (in_context(key="device.color"), "context-0-criteria-0", "key"),
    (in_context(operator="soundsLike"), "context-0-criteria-0", "operator"),
    (in_context(entityType="visitor"), "context-0-criteria-0", "key"),
    (in_journey(key="page.color"), "journey-0-criteria-0", "key"),
    (in_journey(values=[""]), "journey-0-criteria-0", "values"),
    (in_journey(values=["x\0y"]), "journey-0-criteria-0", "values"),
    (segment(journey=[CART | {"streamType": "Conversation", "sessionType": "web"}]), "journey-0", "stream"),
    (segment(journey=[CART | {"sessionType": "app"}]), "journey-0", "stream"),
    (segment(journey=[CART | {"count": 0}]), "journey-0", "count"),
    (segment(journey=[CART | {"eventName": "x" * 300}]), "journey-0", "event_name"),
    (segment(context=[[GERMANY], []]), "context-1", None),
    (segment(context=[[GERMANY]], color="red"), "", "color"),
    (segment(context=[[GERMANY]], assignmentExpirationDays=4000), "", "expiry"),
    (segment(" ", context=[[GERMANY]]), "", "name"),
    (segment(), "", "scope"),
]


@pytest.mark.parametrize(("body", "prefix", "field"), REFUSED)
def test_what_the_service_refuses_is_said_at_its_row(
    server: Program, body: Json, prefix: str, field: str | None
) -> None:
    service = newly_signed_in(server.url, Tokens(cast.service_token(server.url)))
    with pytest.raises(InvalidRequest) as refused:
        service.create_segment(body)
    assert refused.value.fields
    form = SegmentForm(payloads.to_data(body), creating=True)
    form.is_valid()
    assert faults.place(form, refused.value.fields) == []
    row = _row(form, prefix)
    assert row.errors.get(field or "__all__"), row.errors
    assert any(fault.text for fault in faults.listed(form))


def test_an_error_that_belongs_nowhere_is_not_swallowed(server: Program) -> None:
    from journeyadmin.service import FieldError

    form = SegmentForm(payloads.to_data(segment()), creating=True)
    form.is_valid()
    odd = [FieldError("journey.patterns[7].count", "x", "?"), FieldError("somethingNew", "x", "?")]
    assert faults.place(form, odd) == odd


def _row(form: SegmentForm, prefix: str) -> Any:
    rows: list[Any] = [form]
    for side in (form.context, form.journey):
        for pattern in side.forms:
            rows += [pattern, *pattern.criteria.forms]
    return next(row for row in rows if (row.prefix or "") == prefix)


def test_a_reason_that_is_missing_leads_to_its_field(
    sign_in: Callable[..., Browser], make: Make, api: Api, settings: Any
) -> None:
    """HIS11: with the setting, production asks why; what is typed stays, and the summary leads to the reason."""
    settings.REASON_REQUIRED = True
    made = make("Europe", context=[[visit("geolocation.country", "equal", "DE")]])
    browser = sign_in("marketer", name="Live", production=True)
    assert 'placeholder="Reason, required"' in browser.get(f"/segments/{made['id']}/edit").content.decode()
    for reason in ("", "x" * 201):
        answer = edited(browser, made, description="typed", reason=reason)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert '<a href="#id_reason" data-to-field>Reason</a>' in page
        assert re.search(r'id="id_reason"[^>]* aria-invalid="true"', page)
        assert shown(page)["description"] == ["typed"]
        assert shown(page)["reason"] == [reason]
    assert edited(browser, made, description="typed", reason="Sale").status_code == 303
    assert api.get(made["id"])["description"] == "typed"  # type: ignore[index]
