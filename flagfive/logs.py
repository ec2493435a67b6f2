"""Configures log lines, as text for people or as JSON for machines."""

import logging
import sys
from typing import TYPE_CHECKING

from flagfive.repeated_lines import Thinned
from flagfive.thread_deaths import end_with_threads

if TYPE_CHECKING:
    from settings import Settings

TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
FIELDS = ["asctime", "levelname", "name", "message"]
# Libraries that log at INFO on every start and rebalance without anything to act on. At DEBUG both Kafka
# libraries would log every request, and with it passwords and tokens of SASL.
CHATTY = ("aiokafka", "kafka", "faust", "mode", "numba", "alembic", "pyiceberg")
# Logs retries that succeed: a broker that verifies transactions causes one for each new partition.
RETRIES = "aiokafka.producer.sender"
REPEATED_S = 5.0
"""Seconds in which an equal line of aiokafka is logged once."""


def configure_logging(settings: "Settings") -> None:
    """Send log lines to standard error as [logging] sets; some libraries log from WARNING on.

    From then on, an error that ends a thread ends the process, with the cause as the last line of the log.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if settings.logging.format == "json" else logging.Formatter(TEXT))
    handler.addFilter(Thinned("aiokafka", REPEATED_S))
    logging.basicConfig(level=settings.logging.level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(settings.logging.level)))
    logging.getLogger(RETRIES).setLevel(logging.ERROR)
    end_with_threads()


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(FIELDS, style="%", rename_fields={"asctime": "time", "levelname": "level"})
