"""A screens file: what it declares, and a sentence with file, line and reason for every mistake in it."""

from pathlib import Path

import pytest

from config.settings import SHIPPED_SCREENS
from leaderboard.boards import Order
from leaderboard.declared.tables import DeclarationError
from leaderboard.screens.screens_file import load
from leaderboard.sessions import Hours

LOSERS = """\
# A comment with [[screen]] in it.
[[screen]]
name = "losers"
title = "Losers"
caption = "by loss since open"
by = "pct_change_since_open"
order = "ascending"
size = 50
hours = ["regular", "post"]
where = ["close >= 1", "accumulated_volume >= 10_000"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "screens.toml"


def mistakes(path: Path, document: str | bytes) -> list[str]:
    """The mistakes of a document, each as ``LINE: REASON``."""
    path.write_bytes(document if isinstance(document, bytes) else document.encode())
    with pytest.raises(DeclarationError) as raised:
        load(path)
    sentences = str(raised.value).splitlines()
    assert all(sentence.startswith(f"{path}:") for sentence in sentences)
    return [sentence.removeprefix(f"{path}:") for sentence in sentences]


def test_a_screen_is_what_its_table_says(path: Path) -> None:
    # Given a file with a screen of all keys, and one of the least
    path.write_text(LOSERS + '[[screen]]\nname = "all_2"\nby = "pct_change_1m"\norder = "ascending"\n')

    # When it is read
    losers, other = load(path)

    # Then each is as declared, or has its defaults
    assert (losers.name, losers.title, losers.field, losers.size) == (
        "losers",
        "Losers",
        "pct_change_since_open",
        50,
    )
    assert losers.order is Order.ASCENDING
    assert losers.hours == (Hours.REGULAR, Hours.POST)
    assert [*map(str, losers.conditions)] == ["close >= 1", "accumulated_volume >= 10000"]
    assert losers.change_since == "open"
    assert losers.caption == "by loss since open"
    assert (other.title, other.caption) == ("All 2", "by % change 1m, lowest first")
    assert (other.size, other.hours, other.conditions) == (500, (), ())
    assert other.change_since == "close"


def test_a_file_may_declare_no_screens(path: Path) -> None:
    path.write_text("# none\n")

    assert load(path) == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nmae = 1", "there is no key 'nmae'; did you mean name?"),
        ("xyzzy = 1", "there is no key 'xyzzy'; known are name, title, caption, by, order, size, hours, where"),
        ('"a b" = 1', "there is no key 'a b'; known are"),
        ("size = 0", "size: it has to be from 1 to 500, not 0"),
        ("size = 501", "size: it has to be from 1 to 500, not 501"),
        ('size = "50"', "size: it has to be a whole number"),
        ("size = true", "size: it has to be a whole number"),
        ("size = 5.0", "size: it has to be a whole number"),
        ("size.of = 5", "size: it has to be a whole number"),
        ('hours = "post"', "hours: it has to be a list of texts"),
        ("hours = [1]", "hours: it has to be a list of texts"),
        ('hours = ["regular", "evening"]', "hours: 'evening' is not one of pre, regular, post"),
        ('hours = ["closed"]', "hours: 'closed' is not one of pre, regular, post"),
        ('order = "up"', "order: 'up' is not one of descending, ascending"),
        ("title = 7", "title: it has to be a text"),
        ('title = " "', "title: it has to be 1 to 80 characters of one line"),
        ('title = "a\\u001b[2J"', "title: it has to be 1 to 80 characters of one line"),
        ("caption = 7", "caption: it has to be a text"),
        ('caption = "a\\nb"', "caption: it has to be 1 to 80 characters of one line"),
        (f'caption = "{"a" * 81}"', "caption: it has to be 1 to 80 characters of one line"),
        ('where = "close > 1"', "where: it has to be a list of texts"),
        ('where = ["clsoe > 1"]', "where: 'clsoe > 1': there is no field 'clsoe'; similar: close"),
        ('where = ["close > abc"]', "where: 'close > abc': there is no field 'abc'"),
        ('where = ["close > 1x"]', "where: 'close > 1x': '1x' is not a number"),
        ('where = ["symbol == 1"]', "where: 'symbol == 1': symbol is a text"),
        ('where = ["close > nan"]', "where: 'close > nan': 'nan' is not a finite number"),
        (f"where = {['close > 1'] * 21}", "where: at most 20 conditions are allowed, not 21"),
        (f'where = ["close > {"1" * 10_000}"]', "where: a condition has at most 200 characters, this one 10,008"),
    ],
)
def test_a_mistake_names_its_line_and_reason(path: Path, line: str, reason: str) -> None:
    # Given a screen whose fourth line is wrong
    (mistake,) = mistakes(path, f'[[screen]]\nname = "a"\nby = "close"\n{line}\n')

    # Then it is named
    assert mistake.startswith(f"4: {reason}")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('\n[[screen]]\nby = "close"', "2: the screen has no name"),
        ('[[screen]]\nname = "a"', "1: the screen has no by"),
        ('[[screen]]\nname = "a"\nby = "clsoe"', "3: by: there is no field 'clsoe'; similar: close"),
        ('[[screen]]\nname = "a"\nby = "symbol"', "3: by: symbol is a text"),
        ('[[screen]]\nname = "A"\nby = "close"', "2: name: 'A' has to be 1 to 64 of a-z, 0-9 and _"),
        ('[[screen]]\nname = ""\nby = "close"', "2: name: '' has to be"),
        ('[[screen]]\nname = "top_x"\nby = "close"', "2: name: top_x begins with top_, as only boards do"),
        ('[[screen]]\nname = "gainers"\nby = "close"', "2: name: gainers is the name of a board"),
        (
            '[[screen]]\nname = "a"\nby = "accumulated_volume"\norder = "ascending"',
            "4: order: accumulated_volume only rises",
        ),
        ('name = "a"\n[[screen]]\nname = "a"\nby = "close"', "1: every key belongs to a table [[screen]]"),
        ('screen = [{name = "a", by = "close"}]', "1: every key belongs to a table [[screen]]"),
        ('[screen]\nname = "a"\nby = "close"', "1: no table but [[screen]] is known"),
        ('[[screens]]\nname = "a"', "1: no table but [[screen]] is known"),
        ('[[screen]]\nname = "a"\nby = "close"\n[screen.more]\nx = 1', "4: no table but [[screen]] is known"),
        ("[[screen]]\nname a", "2: no valid TOML: Expected '=' after a key"),
        ('[[screen]]\nname = "a"\nwhere = [\n"x"\n\n', "4: no valid TOML: "),
        ('[[screen]]\nname = "a"\nname = "b"', "3: no valid TOML: "),
        (b'[[screen]]\nname = "\xff"', "2: it is not UTF-8"),
        ("[[screen]]\nsize = " + "1" * 5_000 + "\n#", "2: it cannot be read: Exceeds the limit"),
        ("#\nx = " + "[" * 100_000, "2: it cannot be read: maximum recursion depth exceeded"),
    ],
)
def test_a_file_with_a_mistake_is_refused(path: Path, document: str | bytes, expected: str) -> None:
    (mistake,) = mistakes(path, document)

    assert mistake.startswith(expected)


def test_a_duplicate_name_is_reported_with_both_lines(path: Path) -> None:
    (mistake,) = mistakes(path, LOSERS + "\n" + LOSERS)

    assert mistake == "14: name: the screen losers is declared twice, first on line 3"


def test_lines_are_exact_beside_strings_and_arrays_of_several_lines(path: Path) -> None:
    # Given arrays and strings over several lines, comments, and headers that are none
    document = '''
[[screen]] # a comment "
name = "a"
by = """\\
    clo\\
    se"""
where = [ # "]"
    "close >= 1", # [[screen]]

    "clsoe >= 1", "close >= 2",
    "close >="]

[[ "screen" ]]
name = 'b'
title = """[[screen]]
[[screen]]"""
by = "close"
size = 0
'''
    # Then each mistake is on its line, and all are reported at once
    first, second, third, fourth = mistakes(path, document.replace("\n", "\r\n"))
    assert first.startswith("10: where: 'clsoe >= 1'")
    assert second.startswith("11: where: 'close >='")
    assert third.startswith("15: title: ")
    assert fourth.startswith("18: size: ")


def test_more_screens_than_a_tick_can_bear_are_refused(path: Path) -> None:
    document = "".join(f'[[screen]]\nname = "s{n}"\nby = "close"\n' for n in range(101))

    assert mistakes(path, document) == ["301: at most 100 screens are allowed, not 101"]


def test_a_missing_file_is_reported(path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"screens\.toml cannot be read: No such file or directory"):
        load(path)


def test_the_shipped_screens_are_right() -> None:
    # When the file that is shipped is read
    shipped = {screen.name: screen for screen in load(SHIPPED_SCREENS)}

    # Then it has these screens, ranked so
    assert {name: (screen.field, screen.selection.ascending) for name, screen in shipped.items()} == {
        "losers": ("pct_change_since_open", True),
        "fallers": ("pct_change", True),
        "dollar_volume": ("dollar_volume", False),
        "relative_volume": ("rvol", False),
        "runners": ("pct_change_5m", False),
        "after_hours": ("pct_change_after_hours", False),
        "new_highs": ("high_at", False),
        "small_caps": ("pct_change", False),
    }
    assert shipped["after_hours"].hours == (Hours.POST,)
    assert "close >= 0.99 * day_high" in map(str, shipped["new_highs"].conditions)
    assert "rvol_sessions >= 5" in map(str, shipped["relative_volume"].conditions)
