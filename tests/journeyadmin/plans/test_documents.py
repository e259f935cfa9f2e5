"""Export and import: the same content gives the same bytes, what is read back is what was written, and bad files say where."""

import json
import random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyadmin.plans import documents
from tests.journeyadmin.plans import strategies

SEGMENT = {
    "id": "11111111-1111-4111-8111-111111111111",
    "isActive": True,
    "displayName": "Nordics",
    "version": 4,
    "description": "",
    "color": "#5E5782",
    "scope": "Session",
    "shouldDisplayToAgent": True,
    "context": {
        "patterns": [
            {
                "criteria": [
                    {
                        "key": "geolocation.country",
                        "values": ["NO", "SE"],
                        "operator": "equal",
                        "shouldIgnoreCase": True,
                        "entityType": "visit",
                    }
                ]
            }
        ]
    },
    "journey": {"patterns": []},
    "selfUri": "/api/v2/journey/segments/1",
    "createdDate": "2026-01-01T00:00:00.000Z",
    "modifiedDate": "2026-01-01T00:00:00.000Z",
}
TARGET = {
    "id": "t1",
    "name": "Sales",
    "state": "active",
    "serviceLevel": {"percentage": 0.8, "durationMs": 20000},
    "selfUri": "/x",
}


def test_yaml_is_one_value_a_line() -> None:
    assert documents.to_yaml(documents.document([SEGMENT], [TARGET])) == (
        """journey: 1
segments:
- displayName: Nordics
  description: null
  isActive: true
  scope: Session
  color: '#5E5782'
  shouldDisplayToAgent: true
  assignmentExpirationDays: null
  context:
    patterns:
    - criteria:
      - entityType: visit
        key: geolocation.country
        operator: equal
        values:
        - 'NO'
        - SE
        shouldIgnoreCase: true
  journey:
    patterns: []
actionTargets:
- name: Sales
  serviceLevel:
    percentage: 0.8
    durationMs: 20000
  shortAbandonThreshold: null
"""
    )


def test_ids_and_dates_only_if_asked() -> None:
    plain = json.loads(documents.to_json(documents.document([SEGMENT], [TARGET])))
    assert not {"id", "version", "createdDate", "selfUri"} & set(plain["segments"][0])
    whole = json.loads(documents.to_json(documents.document([SEGMENT], [TARGET], identity=True)))
    assert list(whole["segments"][0])[:4] == ["id", "version", "createdDate", "modifiedDate"]
    assert "selfUri" not in whole["segments"][0]
    assert whole["actionTargets"][0]["id"] == "t1"


@settings(max_examples=60, deadline=None)
@given(strategies.SEGMENTS, strategies.TARGETS, st.randoms())
def test_the_same_content_gives_the_same_bytes(
    segments: list[Any], targets: list[Any], dice: random.Random
) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            names = list(value)
            dice.shuffle(names)
            return {name: shuffled(value[name]) for name in names}
        return [shuffled(one) for one in value] if isinstance(value, list) else value

    one = documents.document(segments, targets)
    mixed = [shuffled(segment) for segment in segments]
    dice.shuffle(mixed)
    other = documents.document(mixed, [shuffled(target) for target in targets][::-1])
    assert documents.to_json(one) == documents.to_json(other)
    assert documents.to_yaml(one) == documents.to_yaml(other)


@settings(max_examples=60, deadline=None)
@given(strategies.SEGMENTS, strategies.TARGETS)
def test_what_is_read_back_is_what_was_written(segments: list[Any], targets: list[Any]) -> None:
    one = documents.document(segments, targets)
    assert documents.read(documents.to_json(one).encode()) == one
    text = documents.to_yaml(one)
    assert documents.read(text.encode()) == one
    # Readers of YAML 1.1 understand it the same way.
    assert yaml.load(text, Loader=yaml.CSafeLoader).get("segments", []) == list(one.segments)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "begin with"),
        ("hello", "begin with"),
        ("[]", "begin with"),
        ("journey: 2\n", "begin with"),
        ('{"journey": 1,\n "segments": [}', "line 2, column 15"),
        ("journey: 1\nsegments:\n  - a: [1\n", "Not readable as YAML at line"),
        ("journey: 1\nsegments: {}\n", "should be a list"),
        ("journey: 1\nrules: []\n", "Unknown part “rules”"),
        ("journey: 1\nsegments:\n- &a {displayName: x}\n- *a\n", "Line 4: aliases"),
        ("journey: 1\nsegments:\n- !!python/object/apply:os.system [ls]\n", "Line 3: the tag"),
        ("journey: 1\njourney: 1\n", "Line 2: “journey” is there twice"),
        ('{"journey": 1, "journey": 1}', "there twice"),
        ('{"journey": 1, "segments": [NaN]}', "no number"),
        ("journey: 1\nsegments: " + "[" * 100 + "]" * 100, "nested too deeply"),
        ('{"journey":1,"segments":' + "[" * 200_000, "nested too deeply"),
        ('{"journey":1,"segments":[{"displayName":"x","more":' + "[" * 100 + "]" * 100 + "}]}", "too deeply"),
        ('{"journey":1,"segments":[{"displayName":"x","more":' + "9" * 5000 + "}]}", "“9{20}…” is no number"),
        ('{"journey":1,"segments":[{"displayName":"x","more":-1e999}]}', "“-1e999” is no number"),
        ("journey: 1\nsegments:\n- {displayName: x, more: 1.0e+999}\n", "“1.0e.999” is no number"),
        ('{"journey":1,"segments":[{"displayName":"x\\ud800"}]}', "half of a character"),
        ('{"journey":1,"segments":[{"displayName":"x","\\u0000":1}]}', "half of a character"),
    ],
)
def test_a_file_that_is_none_says_where(text: str, words: str) -> None:
    with pytest.raises(documents.Unreadable, match=words):
        documents.read(text.encode())


@pytest.mark.parametrize("number", ["9" * 400, "-12", "0", "1.5", "-2.5e3"])
def test_a_number_that_can_be_written_again_is_taken_as_it_is(number: str) -> None:
    text = f'{{"journey":1,"segments":[{{"displayName":"x","more":{number}}}]}}'
    (segment,) = documents.read(text.encode()).segments
    assert segment["more"] == json.loads(number)


def test_a_file_of_another_kind() -> None:
    with pytest.raises(documents.Unreadable, match="no UTF-8 text"):
        documents.read(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(documents.Unreadable, match="YAML does not allow"):
        documents.read(b"journey: 1\nname: \x01")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("just text", "no object"),
        ({}, "displayName is missing"),
        ({"displayName": "x", "isActive": "yes"}, "isActive should be true or false"),
        ({"displayName": "x", "context": {"patterns": {}}}, "should be a list"),
        ({"displayName": "x", "journey": {"patterns": [{"criteria": [{}]}]}}, "key is missing"),
        (
            {"displayName": "x", "context": {"patterns": [{"criteria": [{"key": "k", "values": [1]}]}]}},
            "put numbers, true and false in quotes",
        ),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_and_the_rest_stays(entry: Any, why: str) -> None:
    text = json.dumps({"journey": 1, "segments": [{"displayName": "fine"}, entry]})
    found = documents.read(text.encode())
    assert [one["displayName"] for one in found.segments] == ["fine"]
    (problem,) = found.problems
    assert problem.place.startswith("entry 2")
    assert why in problem.why


def test_yaml_written_by_hand_is_taken_as_meant() -> None:
    text = "journey: 1\nsegments:\n- displayName: no\n  context: {patterns: [{criteria: [{key: k, values: [yes, 1:30, 2026-01-01]}]}]}\n"
    (segment,) = documents.read(text.encode()).segments
    assert segment["displayName"] == "no"
    assert segment["context"]["patterns"][0]["criteria"][0]["values"] == ["yes", "1:30", "2026-01-01"]
