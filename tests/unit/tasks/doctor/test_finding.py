"""Findings point to places that exist."""

import pytest

from tasks.doctor.finding import Page
from tests.support.checkout import CHECKOUT
from tests.unit.docs.documents import anchors


@pytest.mark.parametrize("page", Page)
def test_a_page_of_the_documents_exists(page: Page) -> None:
    file, _, anchor = page.partition("#")
    assert (CHECKOUT / file).is_file()
    assert not anchor or anchor in anchors(CHECKOUT / file)
