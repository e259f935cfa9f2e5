"""How the digits of a number are grouped, in every language, and read where a form of ours names one. Imports nothing, so that
everyone may use it."""

# A narrow space that does not break.
THIN = "\u202f"


def grouped(number: float, places: int = 0) -> str:
    """`12 345`, with `places` decimals `12 345.60`; the decimal sign is a point."""
    # A whole number as it is, of any length.
    text = f"{number:,}" if isinstance(number, int) and not places else f"{number:,.{places}f}"
    return text.replace(",", THIN)


def whole_number(text: str, most_digits: int = 18) -> int | None:
    """A number as an address or a form of ours names it; None for any other text. The numbers of rows have 18 digits at most;
    Python itself refuses to read some thousand, and a forged field may have them."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= most_digits else None
