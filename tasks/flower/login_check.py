"""Keeps Flower off the network unless it asks for a login: with Flower anybody can stop workers."""

import sys
from collections.abc import Sequence
from typing import Any

from celery.signals import import_modules

from config.loopback import is_loopback


@import_modules.connect
def secure_flower(**_: Any) -> None:
    """Harden ``celery -A tasks flower``, and end it if the network could reach it without a login.

    Flower sends this signal after it has read its options and before it listens.
    """
    # Only Flower's command imports this module.
    command = sys.modules.get("flower.command")
    if command is None or not _is_flowers_command():
        return
    options = command.options
    # Imported here: no other process needs Flower.
    from tasks.flower.hardening import harden

    harden(options)
    if options.unix_socket or _requires_login(options) or is_loopback(options.address):
        return
    sys.exit(
        f"Flower would be open to anybody on the network at {options.address or 'all addresses'}: set "
        "FLOWER_BASIC_AUTH to user:password, which Flower then asks for, or --address=127.0.0.1. Neither user nor "
        "password may be empty or hold a comma, which separates two logins."
    )


def _requires_login(options: Any) -> bool:
    # Flower checks OAuth whatever the basic logins are.
    if options.auth:
        return True
    return are_complete(options.basic_auth)


def are_complete(logins: Sequence[str]) -> bool:
    """Whether there are logins, and each has a user and a password.

    If one of them is empty, Flower lets in whoever sends an empty login.
    """
    parts = [each.partition(":") for each in logins]
    return bool(parts) and all(user.strip() and password.strip() for user, _, password in parts)


def _is_flowers_command() -> bool:
    import click

    context = click.get_current_context(silent=True)
    return context is not None and context.info_name == "flower"
