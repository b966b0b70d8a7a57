"""The services of ALERT_URLS."""

import pytest
from pydantic import SecretStr

from config.settings import Settings
from tests.support.webhook import Webhook
from watch.notify.message import Message
from watch.notify.target import SendError, Target, TargetError, targets_of

TELEGRAM = "tgram://123456789:abcdefghijklmnopqrstuvwx/12345"
MESSAGE = Message("AAPL: new-high", "AAPL has a new high")


def urls(*listed: str) -> tuple[SecretStr, ...]:
    return tuple(map(SecretStr, listed))


def test_a_target_has_the_name_of_its_service_and_place() -> None:
    assert [target.name for target in targets_of(urls("json://host/secret", TELEGRAM))] == ["1 JSON", "2 Telegram"]


def test_a_target_is_known_again_wherever_it_stands() -> None:
    first, second = targets_of(urls("json://host/secret", TELEGRAM))
    again, other = targets_of(urls(TELEGRAM, "json://host/secret2"))

    assert again.key == second.key
    assert len({first.key, second.key, other.key}) == 3


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("nosuch://SECRET", ", which begins with nosuch://,"),
        ("tgram://SECRET", ", which begins with tgram://,"),
        ("json://", ", which begins with json://,"),
        ("SECRET", ""),
    ],
)
def test_a_wrong_url_is_named_by_its_place_and_not_shown(url: str, kind: str) -> None:
    with pytest.raises(TargetError, match=f"^ALERT_URLS: the URL in place 2{kind} is of no service") as error:
        targets_of(urls("json://host", url))
    assert "SECRET" not in str(error.value)


def test_a_message_is_sent() -> None:
    webhook = Webhook()

    Target(1, webhook.url).send(MESSAGE)

    [came] = webhook.messages
    assert (came["title"], came["message"]) == ("AAPL: new-high", "AAPL has a new high")
    webhook.stop()


def test_why_it_was_not_sent_is_told_without_the_urls_secrets() -> None:
    webhook = Webhook()
    webhook.status = 403

    with pytest.raises(SendError, match="403") as refused:
        Target(1, webhook.url).send(MESSAGE)
    webhook.stop()
    with pytest.raises(SendError, match="onnection") as away:
        Target(1, webhook.url).send(MESSAGE)

    for secret in ("open-sesame", "private-path", "trader"):
        assert secret not in f"{refused.value}{away.value}"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("json://a", ["json://a"]),
        ("json://a,tgram://b/c", ["json://a", "tgram://b/c"]),
        (
            " json://a\n\tmailto://u:p@h?to=x@h,y@h , ntfy://t ",
            ["json://a", "mailto://u:p@h?to=x@h,y@h", "ntfy://t"],
        ),
    ],
)
def test_the_setting_lists_urls(listed: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_URLS", listed)

    assert [url.get_secret_value() for url in Settings().alert_urls] == expected
