"""Fields that hang on the open are the same whether a worker or the script computes them."""

import json
from importlib.resources import files
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from redis import Redis

from leaderboard.doubles import texts
from leaderboard.fields import FIELDS
from leaderboard.scripts import row_script
from tests.support.random_bars import property_test

SCRIPT = f"""{files("leaderboard.scripts").joinpath("doubles.lua").read_text("utf-8")}
{row_script.lua()}
return cjson.encode(open_fields(tonumber(ARGV[1]), tonumber(ARGV[2])))
"""
prices = st.floats(0, allow_nan=False, allow_infinity=False) | st.integers(0, 10**7).map(lambda cents: cents / 1e4)


@property_test
@given(close=prices, session_open=prices)
@example(close=10.4, session_open=10.1)
@example(close=1.0, session_open=0.0)
@example(close=1.7976931348623157e308, session_open=5e-324)
def test_both_formulas_of_a_field_agree(redis: Redis, close: float, session_open: float) -> None:
    formulas = {field.name: field.open_formula for field in FIELDS if field.open_formula}
    by_worker = texts([formula(close, session_open) for formula in formulas.values()])

    by_script: Any = redis.eval(SCRIPT, 0, repr(close), repr(session_open))

    assert json.loads(by_script) == dict(zip(formulas, by_worker, strict=True))
