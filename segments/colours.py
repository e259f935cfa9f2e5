"""A segment's own colour: a palette to choose from, how well it is seen in both themes, and which other one it is close to. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

# Far enough from one another to be told apart as small squares, each at least 3 : 1 on white.
PALETTE = (
    ("#4263EB", _("indigo")),
    ("#1971C2", _("blue")),
    ("#0C8599", _("cyan")),
    ("#099268", _("teal")),
    ("#2F9E44", _("green")),
    ("#66800B", _("olive")),
    ("#C77700", _("amber")),
    ("#E8590C", _("orange")),
    ("#E03131", _("red")),
    ("#D6336C", _("pink")),
    ("#9C36B5", _("grape")),
    ("#7A75A3", _("slate")),
)
# The canvases of tokens.css.
LIGHT, DARK = "#ffffff", "#101216"
ENOUGH = 3.0
# Differences below this (CIE 1976) are hard to tell at the size of a swatch.
CLOSE = 12.0


def contrast(colour: str, background: str) -> float:
    """The contrast ratio of WCAG 2, 1 to 21."""
    one, other = sorted((_luminance(colour), _luminance(background)), reverse=True)
    return (one + 0.05) / (other + 0.05)


def close_to(colour: str, others: Iterable[Mapping[str, Any]]) -> str:
    """The name of another active segment whose colour is hard to tell from this one, "" where there is none."""
    here = _lab(colour)
    for other in others:
        given = other.get("color")
        if other.get("isActive") is not True or not isinstance(given, str) or not is_colour(given):
            continue
        if sum((a - b) ** 2 for a, b in zip(here, _lab(given), strict=True)) ** 0.5 < CLOSE:
            return str(other.get("displayName") or "")
    return ""


def least_used(others: Iterable[Mapping[str, Any]]) -> str:
    """The palette's colour that the fewest segments have, for a new one."""
    used = [str(other.get("color") or "").upper() for other in others]
    return min((colour for colour, _name in PALETTE), key=used.count)


def is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(digit in "0123456789abcdefABCDEF" for digit in text[1:])


def _channels(colour: str) -> tuple[float, float, float]:
    """Linear light of red, green and blue."""

    def linear(text: str) -> float:
        part = int(text, 16) / 255
        return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)

    return linear(colour[1:3]), linear(colour[3:5]), linear(colour[5:7])


def _luminance(colour: str) -> float:
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lab(colour: str) -> tuple[float, float, float]:
    """CIE L*a*b* under D65."""
    red, green, blue = _channels(colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883

    def bent(part: float) -> float:
        return float(part ** (1 / 3)) if part > 0.008856 else 7.787 * part + 16 / 116

    return 116 * bent(y) - 16, 500 * (bent(x) - bent(y)), 200 * (bent(y) - bent(z))
