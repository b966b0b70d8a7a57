"""Numbers as people read them: short, whatever the number. The page writes the same texts (numbers.js)."""

#: Stands for a number that nobody knows.
UNKNOWN = "-"

_UNITS = ("", "K", "M", "B", "T")
# From here on a price is written as a quantity.
_LARGE_PRICE = 1e6
_LARGE_PERCENT = 1e4


def quantity(number: float) -> str:
    """A number of shares, or an amount of dollars: ``950``, ``12.3M``. At most 6 characters."""
    scaled = number
    for unit in _UNITS:
        # As rounded: 999,990 is 1.0M and not 1000.0K.
        if round(scaled, 1) < 1000:
            return f"{scaled:.1f}{unit}" if unit else f"{scaled:.1f}".removesuffix(".0")
        scaled /= 1000
    return f"{number:.0e}"


def price(dollars: float) -> str:
    """A price: ``12.34``, ``0.1234`` below a dollar, ``1.2M`` from a million. At most 10 characters."""
    if round(dollars, 2) >= _LARGE_PRICE:
        return quantity(dollars)
    return f"{dollars:,.{_decimals(dollars)}f}"


def change(dollars: float, close: float) -> str:
    """A change in dollars, signed, with as many decimals as the price `close`. At most 11 characters.

    One that rounds to zero has no sign, and neither has a percentage.
    """
    magnitude = abs(dollars)
    if round(magnitude, 2) >= _LARGE_PRICE:
        return _signed(dollars, quantity(magnitude))
    return _signed(dollars, f"{magnitude:,.{_decimals(max(magnitude, close))}f}")


def percent(number: float) -> str:
    """A change in percent, signed: ``+1.23%``. At most 10 characters."""
    magnitude = abs(number)
    if round(magnitude, 2) >= _LARGE_PERCENT:
        return f"{_signed(number, quantity(magnitude))}%"
    return f"{_signed(number, f'{magnitude:,.2f}')}%"


def multiple(number: float) -> str:
    """How many times as much: ``2.35``. At most 6 characters."""
    return f"{number:.2f}" if round(number, 2) < 1000 else quantity(number)


def duration(seconds: float) -> str:
    """A time span in the largest unit that says enough: ``12 s``, ``3 min``."""
    for unit, length in (("s", 1), ("min", 60), ("h", 3600)):
        if seconds < 120 * length:
            return f"{int(seconds / length)} {unit}"
    return f"{int(seconds / 86400)} days"


def _decimals(dollars: float) -> int:
    return 4 if dollars < 1 else 2


def _signed(number: float, magnitude: str) -> str:
    if not magnitude.strip("0.,"):
        return magnitude
    return ("-" if number < 0 else "+") + magnitude
