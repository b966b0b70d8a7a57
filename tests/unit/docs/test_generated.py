"""Pages that follow from the code are as the code is."""

import pytest

from docs import generate


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_page_is_current(name: str) -> None:
    written = (generate.DOCS / name).read_text("utf-8")

    assert written == generate.PAGES[name](), "python -m docs.generate writes it anew"
