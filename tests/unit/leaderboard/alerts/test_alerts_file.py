"""A file of alerts: which rules it declares, and a sentence with file, line and reason for every mistake in it."""

from pathlib import Path

import pytest

from config.settings import SHIPPED_ALERTS
from leaderboard.alerts import definition
from leaderboard.alerts.alerts_file import load
from leaderboard.alerts.events import Event
from leaderboard.alerts.rule import Rule
from leaderboard.declared.tables import DeclarationError
from leaderboard.sessions import Hours

RULES = """\
[[alert]]
name = "runner"
title = "Small caps on the move"
when = ["pct_change >= 10", "close <= 20"]
hours = ["pre", "regular"]
hold = 5
cooldown = 3600
[[alert]]
name = "new-high"
event = "new_high"
where = ["accumulated_volume >= 100_000"]
[[alert]]
name = "top_ten"
event = "enters:gainers:10"
hold = 3
cooldown = 0
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.toml"


def test_a_rule_is_what_its_table_says(path: Path) -> None:
    # Given a file of three rules
    path.write_text(RULES)

    # When it is read
    runner, new_high, top_ten = load(path)

    # Then each is as declared, or has its defaults
    assert (runner.name, runner.title, runner.event) == ("runner", "Small caps on the move", None)
    assert [*map(str, runner.conditions)] == ["pct_change >= 10", "close <= 20"]
    assert (runner.hours, runner.hold, runner.cooldown) == ((Hours.PRE, Hours.REGULAR), 5, 3600)
    assert (new_high.title, str(new_high.event)) == ("New high", "new_high")
    assert [*map(str, new_high.conditions)] == ["accumulated_volume >= 100000"]
    assert (new_high.hours, new_high.hold, new_high.cooldown) == ((), 0, 60)
    assert top_ten.event == Event.parse("enters:gainers:10")
    assert (top_ten.event.board, top_ten.event.places) == ("gainers", 10)
    assert (top_ten.title, top_ten.hold, top_ten.cooldown) == ("Top ten", 3, 0)


def test_a_published_rule_is_read_back(path: Path) -> None:
    # Given rules of all kinds
    path.write_text(RULES)
    rules = load(path)

    # When their definitions are published, and read
    published = definition.encode([rule.definition for rule in rules])

    # Then they are the same rules; before any are published, there are none
    assert tuple(map(Rule.of, definition.decode(published))) == rules
    assert definition.decode(None) == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('event = "new_hihg"', "3: event: there is no event 'new_hihg'; did you mean new_high?"),
        ('event = "xyz"', "3: event: there is no event 'xyz'; known are new_high, new_low, above"),
        ('event = "enters:gainers"', "3: event: 'enters:gainers' is not like enters:gainers:10"),
        ('event = "enters"', "3: event: 'enters' is not like enters:gainers:10"),
        ('event = "enters:gainers:10:5"', "3: event: 'enters:gainers:10:5' is not like enters:gainers:10"),
        ('event = "enters:gainers:ten"', "3: event: 'enters:gainers:ten' is not like enters:gainers:10"),
        ('event = "enters:Losers:10"', "3: event: no board and no screen has a name like 'Losers'"),
        ('event = "enters:top_losers:10"', "3: event: no board and no screen has a name like 'top_losers'"),
        ('event = "enters:gainers:0"', "3: event: the places of a board are from 1 to 500, not 0"),
        ('event = "enters:gainers:501"', "3: event: the places of a board are from 1 to 500, not 501"),
        ("hold = 5", "1: the alert has neither when nor event"),
        ('where = ["close > 1"]', "1: the alert has neither when nor event"),
        ("when = []", "3: when: at least one condition is needed"),
        ('when = ["close > 1"]\nevent = "spike"', "4: event: an alert has either when, or an event"),
        ('when = ["close > 1"]\nwhere = ["close > 1"]', "4: where: an alert has either when, or an event"),
        ('event = "new_low"\nhold = 5', "4: hold: new_low is of one moment, and does not last"),
        ('event = "spike"\nhold = -1', "4: hold: it has to be from 0 to 3,600, not -1"),
        ('event = "spike"\nhold = 1.5', "4: hold: it has to be a whole number"),
        ('event = "spike"\ncooldown = 86_401', "4: cooldown: it has to be from 0 to 86,400, not 86,401"),
        ('event = "spike"\nhours = ["night"]', "4: hours: 'night' is not one of pre, regular, post"),
        ('event = "spike"\nwhere = ["clsoe > 1"]', "4: where: 'clsoe > 1': there is no field 'clsoe'"),
        ('event = "spike"\ncooldwon = 1', "4: there is no key 'cooldwon'; did you mean cooldown?"),
    ],
)
def test_a_mistake_names_its_line_and_reason(path: Path, lines: str, expected: str) -> None:
    # Given an alert with a mistake
    path.write_text(f'[[alert]]\nname = "a"\n{lines}\n')

    # When it is read, then the mistake is the only one that is named
    with pytest.raises(DeclarationError) as raised:
        load(path)
    (sentence,) = str(raised.value).splitlines()
    assert sentence.startswith(f"{path}:{expected}")


def test_a_screen_that_is_not_declared_is_a_mistake_where_screens_are_known(path: Path) -> None:
    # Given a rule that names a screen
    path.write_text('[[alert]]\nname = "a"\nevent = "enters:losers:5"\n')

    # Then it is right where there is such a screen, or nobody knows which there are
    for screens in (["losers"], None):
        (rule,) = load(path, screens)
        assert str(rule.event) == "enters:losers:5"

    # And wrong where there is none
    with pytest.raises(DeclarationError, match=r"3: event: there is no board and no screen losers, only volume, "):
        load(path, ["fallers"])


@pytest.mark.parametrize("name", ["", "A", "a:b", "a b", "a" * 65])
def test_a_name_is_fit_for_an_id(path: Path, name: str) -> None:
    path.write_text(f'[[alert]]\nname = "{name}"\nevent = "spike"\n')

    with pytest.raises(DeclarationError, match=r"2: name: .* has to be 1 to 64 of a-z, 0-9, _ and -"):
        load(path)


def test_a_name_is_declared_once(path: Path) -> None:
    path.write_text(RULES + '[[alert]]\nname = "new-high"\nevent = "new_low"\n')

    with pytest.raises(DeclarationError, match=r"18: name: the alert new-high is declared twice, first on line 9"):
        load(path)


def test_the_shipped_rules_are_right() -> None:
    # When the file that is shipped is read
    shipped = {rule.name: str(rule.event) for rule in load(SHIPPED_ALERTS)}

    # Then it has these rules
    assert shipped == {
        "small-cap-runner": "None",
        "new-high": "new_high",
        "above-pre-market-high": "above_pre_high",
        "spike": "spike",
        "top-gainer": "enters:gainers:10",
    }
