"""How the digits of a number are grouped, in every language, and read where a form of ours names one. Imports nothing of ours,
so that everyone may use it."""

from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite

# A narrow space that does not break.
THIN = "\u202f"
# Room for every digit of the largest number there is.
_ROOM = Context(prec=400)


def grouped(number: float, places: int = 0) -> str:
    """`12 345`, with `places` decimals `12 345.60`; the decimal sign is a point."""
    # A whole number as it is, of any length.
    text = f"{number:,}{'.' if places else ''}{'0' * places}"
    if not isinstance(number, int) and isfinite(number):
        # Half goes up, as people and the page's scripts have it: 12.5 is 13.
        exact = Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _ROOM)
        text = f"{exact:,f}"
    return text.replace(",", THIN)


def whole_number(text: str, most_digits: int = 18) -> int | None:
    """A number as an address or a form of ours names it; None for any other text. The numbers of rows have 18 digits at most;
    Python itself refuses to read some thousand, and a forged field may have them."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most_digits else None
