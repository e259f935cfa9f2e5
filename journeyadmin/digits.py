"""How the digits of a number are grouped, in every language. Imports nothing, so that everyone may use it."""

# A narrow space that does not break.
THIN = "\u202f"


def grouped(number: float, places: int = 0) -> str:
    """`12 345`, with `places` decimals `12 345.60`; the decimal sign is a point."""
    # A whole number as it is, of any length.
    text = f"{number:,}" if isinstance(number, int) and not places else f"{number:,.{places}f}"
    return text.replace(",", THIN)
