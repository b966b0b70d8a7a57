"""Whether the worker of this process stops."""

from celery.worker import state


def is_stopping() -> bool:
    """Whether Celery has asked the worker to stop, warm or cold."""
    # Celery keeps exit codes here, and 0 says stop as well.
    warm, cold = state.should_stop, state.should_terminate
    return (warm is not None and warm is not False) or (cold is not None and cold is not False)
