"""The door to `work`: imported on both sides, while torch is loaded in the child alone."""

from typing import Any


def start(url: str, secret: str) -> None:
    """Called once as the child begins."""
    import signal

    from console.models import work

    # Ctrl-C goes to the whole group; the console ends its child itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work.start(url, secret)


def ready() -> None:
    """Returns once the child has loaded everything."""


def call(name: str, *arguments: Any) -> Any:
    """Carry out the function of `work` that is called `name`."""
    from console.models import work

    return getattr(work, name)(*arguments)
