"""What the reference of the metrics says of their labels. (That it names each metric is tested with a gateway.)"""

import re

from leaderboard.reason_kind import ReasonKind
from tests.support.checkout import CHECKOUT


def test_each_kind_of_reason_is_explained() -> None:
    page = (CHECKOUT / "docs" / "reference" / "metrics.md").read_text()
    _, _, section = page.partition("### Reasons of dead letters")
    explained = re.findall(r"^\| `(\w+)` \| ", section.partition("\n## ")[0], re.MULTILINE)

    assert explained == ["reason", *ReasonKind]
