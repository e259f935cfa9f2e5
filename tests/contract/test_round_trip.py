"""Any segment that the contract allows is taken, comes back as it was sent, and can be sent back without a change."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.asking import SEGMENTS, Api, unique
from tests.contract.thinking import valid_segments


def completed(sent: dict[str, Any]) -> dict[str, Any]:
    """What was sent, with the defaults of what may be left out, written from §2 of the contract."""
    sides = {side: sent.get(side, {"patterns": []}) for side in ("context", "journey")}
    has_pattern = any(side["patterns"] for side in sides.values())
    scope = sent.get("scope", "Session" if has_pattern else "Customer")
    with_defaults = {
        "isActive": True,
        "color": "#5E5782",
        "scope": scope,
        "shouldDisplayToAgent": scope == "Session",
        **sent,
    }
    for side, shown in sides.items():
        with_defaults[side] = {
            "patterns": [
                {
                    **pattern,
                    "criteria": [
                        {"operator": "equal", "shouldIgnoreCase": False, **row} for row in pattern["criteria"]
                    ],
                }
                for pattern in shown["patterns"]
            ]
        }
    return with_defaults


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(sent=valid_segments)
def test_a_segment_goes_round(api: Api, sent: dict[str, Any]) -> None:
    sent = {**sent, "displayName": unique()}
    answer = api.post(SEGMENTS, sent)
    assert answer.status == 200, answer.json
    created = answer.json
    made = {"id", "version", "selfUri", "createdDate", "modifiedDate"}
    assert {name: value for name, value in created.items() if name not in made} == completed(sent)
    assert api.get(created["selfUri"]).json == created
    # Sent back as it was read: nothing changes, not even the version.
    assert api.patch(created["selfUri"], created).json == created
    assert api.delete(created["selfUri"]).status == 204


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_side_is_replaced_by_what_is_sent(api: Api, data: st.DataObject) -> None:
    first, second = data.draw(valid_segments), data.draw(valid_segments)
    created = api.create(**{**first, "scope": "Customer"})
    sides = {side: second[side] for side in ("context", "journey") if side in second}
    changed = api.patch(created["selfUri"], sides).json
    for side in ("context", "journey"):
        assert changed[side] == completed(sides)[side] if side in sides else changed[side] == created[side]
    assert api.delete(created["selfUri"]).status == 204
