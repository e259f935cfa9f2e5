"""EDT14: twelve colours that are seen in both themes and told apart, and whose colour another one is close to."""

from itertools import combinations

import pytest

from segments import colours

PALETTE = [colour for colour, _name in colours.PALETTE]


def test_twelve_colours_each_seen_on_both_canvases() -> None:
    assert len(set(PALETTE)) == 12
    for colour in PALETTE:
        assert colours.contrast(colour, colours.LIGHT) >= colours.ENOUGH, colour
        assert colours.contrast(colour, colours.DARK) >= colours.ENOUGH, colour


def test_no_two_of_them_are_close() -> None:
    for one, other in combinations(PALETTE, 2):
        assert not colours.close_to(one, [{"color": other, "isActive": True, "displayName": "x"}]), (
            one,
            other,
        )


def test_contrast_is_that_of_wcag() -> None:
    assert colours.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_only_an_active_segment_is_named_as_close() -> None:
    vip = {"color": "#4263EC", "displayName": "VIP", "isActive": True}
    assert colours.close_to("#4263EB", [vip]) == "VIP"
    assert colours.close_to("#4263EB", [vip | {"isActive": False}]) == ""
    assert colours.close_to("#4263EB", [vip | {"color": "red"}]) == ""


def test_a_new_segment_gets_the_colour_fewest_have() -> None:
    others = [{"color": colour.lower()} for colour in PALETTE[:5]]
    assert colours.least_used(others) == PALETTE[5]
    assert colours.least_used([]) == PALETTE[0]
