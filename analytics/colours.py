"""Which colour a series has: an object's own where it can be seen, else one of eight that go together. Pure.

Contrast is that of WCAG 2.2; a colour too close to the background moves along its own lightness until it has 3 : 1.
"""

import re
from functools import lru_cache

# The canvases of static/css/tokens.css, light and dark.
CANVAS = ("#ffffff", "#101216")
LEAST_CONTRAST = 3.0
SLOTS = 8
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

Rgb = tuple[float, float, float]


def is_colour(text: object) -> bool:
    return isinstance(text, str) and _HEX.fullmatch(text) is not None


def slot(number: int) -> str:
    """The chart colour of a slot, as a token that the page fills in: light or dark."""
    return f"@chart-{number % SLOTS + 1}"


def own(colour: str) -> str:
    """An object's own colour as a pair for the page to choose from: seen on light, seen on dark."""
    return "@" + "|".join(visible(colour.lower(), canvas) for canvas in CANVAS)


@lru_cache(maxsize=2048)
def visible(colour: str, canvas: str) -> str:
    """The colour itself when it has 3 : 1 on the canvas, else the nearest of its hue that has."""
    if contrast(colour, canvas) >= LEAST_CONTRAST:
        return colour
    lightness, a, b = _to_lab(_rgb(colour))
    towards = 0.0 if _luminance(_rgb(canvas)) > 0.5 else 1.0
    near, far = 0.0, 1.0
    for _ in range(20):
        middle = (near + far) / 2
        moved = _from_lab((lightness + (towards - lightness) * middle, a, b))
        near, far = (near, middle) if contrast(moved, canvas) >= LEAST_CONTRAST else (middle, far)
    return _from_lab((lightness + (towards - lightness) * far, a, b))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    high, low = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (_linear(part) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_lab(rgb: Rgb) -> Rgb:
    """Oklab (https://bottosson.github.io/posts/oklab/), in which lightness moves without changing the hue."""
    red, green, blue = (_linear(part) for part in rgb)
    long = _root(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = _root(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    small = _root(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * small,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * small,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * small,
    )


def _root(number: float) -> float:
    return float(max(number, 0.0) ** (1 / 3))


def _from_lab(lab: Rgb) -> str:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    small = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * small,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * small,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * small,
    )
    return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in linear)


def _gamma(part: float) -> float:
    part = min(1.0, max(0.0, part))
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
