"""A flagfive process that counts its requests to the broker: `python -m benchmarks.stream.counted worker`.

The counts join the metrics that the process serves, as `benchmark_requests_total` by kind of request.
"""

import re
from collections.abc import Callable
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from prometheus_client import Counter

REQUESTS = Counter("benchmark_requests_total", "Requests to the broker, by kind.", ["kind"])
_VERSION = re.compile(r"(Request)?(_v\d+)?$")


def count_requests() -> None:
    """Count each request that any client of this process sends, from now on."""
    send: Callable[..., Any] = AIOKafkaConnection.send

    def counted(connection: AIOKafkaConnection, request: Any, **options: Any) -> Any:
        REQUESTS.labels(_VERSION.sub("", type(request).__name__)).inc()
        return send(connection, request, **options)

    AIOKafkaConnection.send = counted


def main() -> None:
    count_requests()
    from flagfive.main import main as flagfive

    flagfive()


if __name__ == "__main__":
    main()
