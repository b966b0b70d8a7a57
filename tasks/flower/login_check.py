"""Keeps Flower from the network while it asks for no login: whoever reaches it can stop workers.

What else Flower is kept from is in :mod:`tasks.flower.guard`.
"""

import sys
from typing import Any

from celery.signals import import_modules

from config.loopback import is_loopback


@import_modules.connect
def require_login(**_: Any) -> None:
    """End ``celery -A tasks flower`` where others would reach it and nobody is asked who he is.

    Flower sends the signal when it has read its options, from wherever they came, and listens later.
    """
    # Loaded by its command alone.
    command = sys.modules.get("flower.command")
    if command is None or not _is_flowers_command():
        return
    options = command.options
    from tasks.flower import guard

    guard.install(options)
    if options.unix_socket or _asks_for_a_login(options) or is_loopback(options.address):
        return
    sys.exit(
        f"Flower would be open to anybody on the network at {options.address or 'all addresses'}: set "
        "FLOWER_BASIC_AUTH to user:password, which it will ask for, or --address=127.0.0.1. Neither user nor "
        "password may be empty or hold a comma, which stands between two logins."
    )


def _asks_for_a_login(options: Any) -> bool:
    # An account that OAuth asks for is asked for whatever the other login is.
    if options.auth:
        return True
    # Flower takes each as it stands: an empty one lets in who sends an empty login.
    logins = [each.partition(":") for each in options.basic_auth]
    return bool(logins) and all(user.strip() and password.strip() for user, _, password in logins)


def _is_flowers_command() -> bool:
    import click

    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "flower"
