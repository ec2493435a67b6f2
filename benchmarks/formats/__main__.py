"""`./run bench formats`: decode the same payments from JSON, from Avro and from Protobuf, on one core.

The decoders run in turn on the same batch of payments, several times; the best time of each counts, since
another program can only make it longer. The columns must be equal to the bit.
"""

import argparse
import json
import struct
import time
from collections.abc import Callable

import numpy as np

from benchmarks.formats.protobuf import DESCRIPTORS, written
from features.byte_strings import ByteStrings
from features.columns import Columns
from features.decode import Decoder
from features.formats.decode import WireDecoder
from features.rejects import Rejects
from features.schema import TransactionSchema

_SCHEMA = {
    "type": "record",
    "name": "Payment",
    "fields": [
        {"name": "transaction_id", "type": "string"},
        {"name": "timestamp", "type": "double"},
        {"name": "amount", "type": "double"},
        {"name": "currency", "type": ["null", "string"]},
        {"name": "mcc", "type": "int"},
        {"name": "channel", "type": {"type": "enum", "name": "Channel", "symbols": ["pos", "ecom"]}},
        {"name": "card_id", "type": "string"},
        {"name": "merchant_id", "type": "string"},
    ],
}
_START_S, _ARRIVAL_S = 1_700_000_000, 1_750_000_000.0
_BATCH = 7_000  # payments in a fetch of 1 MiB
_REPEATS = 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench formats", description=__doc__)
    parser.add_argument("--payments", type=int, default=_BATCH, help=f"in the batch (default {_BATCH})")
    payments = _payments(parser.parse_args().payments)
    schema, wire = TransactionSchema(), WireDecoder(TransactionSchema())
    wire.schemas.add_avro(1, json.dumps(_SCHEMA))
    wire.schemas.add_protobuf(2, DESCRIPTORS)
    texts = ByteStrings.from_list([json.dumps(one).encode() for one in payments])
    avro = ByteStrings.from_list([_avro(one) for one in payments])
    protobuf = ByteStrings.from_list([b"\0\0\0\0\2\0" + written(one) for one in payments])
    arrival = np.full(len(payments), _ARRIVAL_S)
    decoders: dict[str, Callable[[], tuple[Columns, Rejects]]] = {
        "JSON": lambda: Decoder(schema).decode(texts, arrival),
        "Avro": lambda: wire.decode(avro, arrival),
        "Protobuf": lambda: wire.decode(protobuf, arrival),
    }
    expected, *others = (decode()[0] for decode in decoders.values())
    for columns in others:
        _check_equal(expected, columns)
    best = dict.fromkeys(decoders, float("inf"))
    for _ in range(_REPEATS):
        for name, decode in decoders.items():
            began = time.perf_counter()
            decode()
            best[name] = min(best[name], time.perf_counter() - began)
    for name, size in (("JSON", texts.nbytes), ("Avro", avro.nbytes), ("Protobuf", protobuf.nbytes)):
        rate, width = len(payments) / best[name], size / len(payments)
        print(f"{name}: {rate:,.0f} payments a second on one core, {width:.0f} bytes each")


def _payments(count: int) -> list[dict[str, object]]:
    random = np.random.default_rng(1)
    return [
        {
            "transaction_id": f"tx-{i:09d}", "timestamp": _START_S + i / 4,
            "amount": int(random.integers(1, 100_000)) / 100, "currency": "EUR",
            "mcc": int(random.integers(1, 9_999)), "channel": ("pos", "ecom")[i % 2],
            "card_id": f"card-{random.integers(100_000)}",
            "merchant_id": f"merchant-{random.integers(4_000)}",
        }
        for i in range(count)
    ]  # fmt: skip


def _avro(payment: dict[str, object]) -> bytes:
    """Write a payment by `_SCHEMA`, in the wire format."""
    texts = {name: _counted(str(value)) for name, value in payment.items()}
    mcc, channel = int(str(payment["mcc"])), ("pos", "ecom").index(str(payment["channel"]))
    numbers = struct.pack("<dd", payment["timestamp"], payment["amount"])
    body = [
        texts["transaction_id"],
        numbers,
        _integer(1),
        texts["currency"],
        _integer(mcc),
        _integer(channel),
    ]
    return struct.pack(">bI", 0, 1) + b"".join([*body, texts["card_id"], texts["merchant_id"]])


def _counted(text: str) -> bytes:
    return _integer(len(text)) + text.encode()


def _integer(value: int) -> bytes:
    left, out = value << 1, bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*out, left])


def _check_equal(one: Columns, other: Columns) -> None:
    for name in ("row", "time", "amount", "currency", "category", "channel"):
        if getattr(one, name).tobytes() != getattr(other, name).tobytes():
            raise SystemExit(f"the columns differ in {name}")
    texts = [[strings.to_list() for strings in (columns.id, *columns.keys)] for columns in (one, other)]
    if texts[0] != texts[1]:
        raise SystemExit("the columns differ in their texts")


if __name__ == "__main__":
    main()
