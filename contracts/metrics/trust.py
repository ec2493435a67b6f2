"""Metric of messages that were not sent by who may send them."""

from prometheus_client import Counter

from contracts.signing.trust import CAUSES

REQUEST, ANSWER, ACKNOWLEDGEMENT = "request", "answer", "acknowledgement"
UNTRUSTED = Counter(
    "flagfive_untrusted_messages_total",
    "Requests, answers and acknowledgements that were refused, by cause.",
    ["message", "cause"],
)

for _cause in CAUSES:
    for _message in (REQUEST, ANSWER, ACKNOWLEDGEMENT):
        UNTRUSTED.labels(_message, _cause)  # starts at 0, so that rates count the first one
