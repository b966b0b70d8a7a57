"""What fails when the broker cannot be reached."""

from kombu import Connection
from kombu.exceptions import OperationalError


class BrokerError(Exception):
    """The broker cannot be reached, or does not answer."""


def broker_errors_of(connection: Connection) -> tuple[type[BaseException], ...]:
    """The errors that a connection to a broker raises."""
    return (OperationalError, *connection.connection_errors, *connection.channel_errors)
