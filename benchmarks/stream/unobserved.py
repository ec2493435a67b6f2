"""A flagfive process whose metrics record nothing: `python -m benchmarks.stream.unobserved worker`.

Beside the real one it tells what observing costs. Only here: the product always observes.
"""

import prometheus_client


class Silent:
    """Takes every observation and keeps none."""

    def __init__(self, *_: object, **__: object) -> None:
        """As any metric is declared."""

    def labels(self, *_: object) -> "Silent":
        return self

    def inc(self, amount: float = 1) -> None:
        """Nothing."""

    def set(self, value: float) -> None:
        """Nothing."""

    def observe(self, amount: float) -> None:
        """Nothing."""

    def remove(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    for kind in ("Counter", "Gauge", "Histogram"):  # before contracts.metrics declares any
        setattr(prometheus_client, kind, Silent)
    from flagfive.main import main as flagfive

    flagfive()


if __name__ == "__main__":
    main()
