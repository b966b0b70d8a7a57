"""Numbers on the page are those of the terminal."""

import sys
from random import Random

from tests.support.watch.browsers import Look
from watch.terminal import numbers


def test_numbers_are_those_of_the_terminal(look: Look) -> None:
    # Given numbers of all sizes, and ties that could be rounded either way
    random = Random(1)
    found = [0.0, 5e-324, 0.125, 0.375, 2.5, 0.25, 0.99999, 999.95, 999.96, 9_999.995, 999.995, sys.float_info.max]
    found += [999_999.994, 999_999.995, 999_999.996, 1e6, 999_949.9, 999_950.0, 999.96e12, 1e15, 1e16, 0.00005]
    found += [random.choice([1, -1]) * 10 ** random.uniform(-5, 17) for _ in range(2_000)]
    found += [round(abs(each) % 10_000, 3) for each in found]
    magnitudes = [abs(each) for each in found]

    # When the page writes them
    texts = look().page.evaluate(
        """async ([found, magnitudes]) => {
          const { quantity, price, change, percent, multiple, duration } = await import("/numbers.js");
          return {
            quantity: magnitudes.map(quantity),
            price: magnitudes.map(price),
            multiple: magnitudes.map(multiple),
            duration: magnitudes.map((each) => duration(each % 1e7)),
            percent: found.map(percent),
            change: found.map((each, i) => change(each, magnitudes.at(-1 - i))),
          };
        }""",
        [found, magnitudes],
    )

    # Then they are what the terminal would write
    expected = {
        "quantity": [numbers.quantity(each) for each in magnitudes],
        "price": [numbers.price(each) for each in magnitudes],
        "multiple": [numbers.multiple(each) for each in magnitudes],
        "duration": [numbers.duration(each % 1e7) for each in magnitudes],
        "percent": [numbers.percent(each) for each in found],
        "change": [numbers.change(each, close) for each, close in zip(found, reversed(magnitudes), strict=True)],
    }
    for kind, wanted in expected.items():
        different = [pair for pair in zip(found, texts[kind], wanted, strict=True) if pair[1] != pair[2]]
        assert different == [], kind
