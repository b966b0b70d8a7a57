"""A screens file that changes while the program runs."""

import logging
import os
import time
from pathlib import Path

import pytest

from leaderboard.declared.tables import DeclarationError
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens.screen import Screen
from leaderboard.screens.screens_file import load


def document(*names: str) -> str:
    return "".join(f'[[screen]]\nname = "{name}"\nby = "close"\n' for name in names)


def write(path: Path, text: str) -> None:
    """Write a file as if that were long ago."""
    path.write_text(text)
    os.utime(path, ns=(0, 0))


def watched(path: Path) -> WatchedFile[Screen]:
    return WatchedFile(path, load, "screens")


def names(screens: WatchedFile[Screen]) -> list[str]:
    return [screen.name for screen in screens.current()]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    # Given a file with one screen
    path = tmp_path / "screens.toml"
    path.write_text(document("a"))
    screens = watched(path)
    assert names(screens) == ["a"]

    # When it is written anew
    path.write_text(document("a", "b"))

    # Then its screens stay while more of it may come, and are read after that
    assert names(screens) == ["a"]
    write(path, document("a", "b"))
    assert names(screens) == ["a", "b"]


def test_a_file_from_the_future_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "screens.toml"
    path.write_text(document("a"))
    screens = watched(path)

    path.write_text(document("b"))
    os.utime(path, (time.time() + 3600,) * 2)

    assert names(screens) == ["b"]


def test_a_file_in_its_place_is_read_though_its_size_and_time_are_the_same(tmp_path: Path) -> None:
    # Given a link to a file, as a mounted ConfigMap is one
    path, first, second = (tmp_path / name for name in ("screens.toml", "first", "second"))
    first.write_text(document("a"))
    second.write_text(document("b"))
    os.utime(first, ns=(0, 0))
    os.utime(second, ns=(0, 0))
    path.symlink_to(first)
    screens = watched(path)

    # When the link leads to another file, then that is read
    path.unlink()
    path.symlink_to(second)
    assert names(screens) == ["b"]


def test_with_a_wrong_file_the_screens_stay_and_each_mistake_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a file with one screen
    path = tmp_path / "screens.toml"
    path.write_text(document("a"))
    screens = watched(path)
    caplog.set_level(logging.INFO)

    # When it becomes wrong, then goes, then is right again
    write(path, document("a") + 'size = 0\ncolour = "red"\n')
    assert names(screens) == names(screens) == ["a"]
    assert screens.is_wrong
    path.unlink()
    assert names(screens) == names(screens) == ["a"]
    write(path, document("c"))
    assert names(screens) == names(screens) == ["c"]
    assert not screens.is_wrong

    # Then each mistake was logged once, with file, line and reason
    wrong, unknown, gone, read = [record.getMessage() for record in caplog.records]
    assert wrong.endswith(f"{path}:4: size: it has to be from 1 to 500, not 0")
    assert f"{path}:5: there is no key 'colour'" in unknown
    assert gone.endswith(f"{path} cannot be read: No such file or directory")
    assert read == f"1 screens were read from {path}, which has changed"


def test_a_wrong_file_at_the_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError):
        watched(tmp_path / "screens.toml")
