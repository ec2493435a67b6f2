"""A flagfive process whose metrics record nothing: `python -m benchmarks.stream.unobserved worker`.

The difference from the real process is the cost of observing. The product itself always observes.
"""

import prometheus_client


class Silent:
    """A metric that discards every observation."""

    def __init__(self, *_: object, **__: object) -> None:
        """Accept the arguments of any metric."""

    def labels(self, *_: object) -> "Silent":
        return self

    def inc(self, amount: float = 1) -> None:
        """Do nothing."""

    def set(self, value: float) -> None:
        """Do nothing."""

    def observe(self, amount: float) -> None:
        """Do nothing."""

    def remove(self, *_: object) -> None:
        """Do nothing."""


def main() -> None:
    for kind in ("Counter", "Gauge", "Histogram"):  # before contracts.metrics declares any
        setattr(prometheus_client, kind, Silent)
    from flagfive.main import main as flagfive

    flagfive()


if __name__ == "__main__":
    main()
