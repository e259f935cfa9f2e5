"""Segments as Terraform text."""

import pytest

from journeyadmin.plans import terraform

CRITERION = {
    "key": "page.title",
    "values": ['say "hi"', "${x}"],
    "operator": "containsAny",
    "shouldIgnoreCase": True,
}
STEP = {"criteria": [CRITERION], "count": 2, "streamType": "Web", "sessionType": "web"}
SEGMENT = {
    "id": "11111111-1111-4111-8111-111111111111",
    "displayName": "Ünder 18 %",
    "isActive": False,
    "color": "#5E5782",
    "scope": "Session",
    "shouldDisplayToAgent": True,
    "context": {"patterns": []},
    "journey": {"patterns": [STEP]},
}


def test_one_segment() -> None:
    assert (
        terraform.text([SEGMENT])
        == """import {
  to = genesyscloud_journey_segment.under_18
  id = "11111111-1111-4111-8111-111111111111"
}

# scope: Session
resource "genesyscloud_journey_segment" "under_18" {
  display_name            = "Ünder 18 %"
  is_active               = false
  color                   = "#5E5782"
  should_display_to_agent = true
  journey {
    patterns {
      criteria {
        key                = "page.title"
        values             = ["say \\"hi\\"", "$${x}"]
        operator           = "containsAny"
        should_ignore_case = true
      }
      count        = 2
      stream_type  = "Web"
      session_type = "web"
    }
  }
}
"""
    )


def test_the_order_of_steps_is_warned_about() -> None:
    ordered = {**SEGMENT, "journey": {"patterns": [STEP, STEP]}}
    assert "# Warning: the steps below have an order" in terraform.text([ordered])
    assert "Warning" not in terraform.text([SEGMENT])


def test_names_that_look_alike_get_labels_of_their_own() -> None:
    names = ["A b", "a-B", "日本語", "9 lives", "_"]
    text = terraform.text([{"displayName": name} for name in names])
    labels = [line.split('"')[3] for line in text.splitlines() if line.startswith("resource")]
    assert sorted(labels) == ["a_b", "a_b_2", "segment", "segment_2", "segment_9_lives"]


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\nb", '"a\\nb"'), ("\\", '"\\\\"'), ("%{if}", '"%%{if}"'), ("\x07", '"\\u0007"'), ("$5", '"$5"')],
)
def test_texts_are_only_texts(value: str, text: str) -> None:
    assert terraform.quoted(value) == text
