"""Training history from a labelled file or the simulator, decoded and featurised by the live code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.decode import Decoder
from features.formulas import WINDOW_FORMULAS
from features.hashing import hash_strings
from features.offline import Featuriser
from features.schema import TransactionSchema
from flagfive.errors import UserError
from flagfive.produce_file import choose_mapping, json_fields, message_columns
from meta.sampler import Labelled
from meta.training import NamedHistory
from replay.mapping import LabelColumn, Mapping
from replay.table import TableFile, UnreadableTable
from replay.values import text_of, texts
from simulate.patterns import KNOWN
from simulate.traffic import SimulatedTraffic
from stream.feed.rows import RowEncoder

UNNAMED = -1  # family of a fraud without a name
SIMULATED_FROM = 1.75e9  # June 2025
_LONG_AFTER = 4.0e9  # arrival time of all records, seconds since 1970: later than any event time


def read_history(
    file: Path,
    schema: TransactionSchema,
    mapping: Path | None,
    held_out: tuple[str, ...] = (),
    *,
    labelled: bool = True,
) -> NamedHistory:
    """Read a file, without the records that the stream would refuse.

    Rows whose label is neither fraud nor genuine count as genuine.

    Args:
        file: CSV, JSON lines or Parquet, rows in the order of time.
        schema: the entities, which determine the features.
        mapping: mapping file; None takes the field names of the settings, else a bundled mapping that fits.
        held_out: kinds of fraud that training must not see.
        labelled: whether to read labels; without them every row counts as genuine.

    Returns:
        The history, in the order of event time.

    Raises:
        UserError: the file or mapping cannot be used, or no column says which rows are fraud.
    """
    try:
        table = TableFile(file)
    except UnreadableTable as error:
        raise UserError(str(error)) from None
    chosen = choose_mapping(schema, table, mapping)
    if not labelled:
        return _Reader(schema, chosen, None, table).read(held_out)
    if chosen.label is None or not set(chosen.label.columns) <= set(table.columns):
        raise UserError(f"{file}: no column says which rows are fraud; name it under [label] in a mapping")
    return _Reader(schema, chosen, chosen.label, table).read(held_out)


class _Reader:
    """Reads the file part by part; profiles and names of families carry over."""

    def __init__(
        self, schema: TransactionSchema, mapping: Mapping, label: LabelColumn | None, table: TableFile
    ) -> None:
        self.schema, self.mapping, self.label, self.table = schema, mapping, label, table
        self.fields = json_fields(schema, mapping)
        self.encoder, self.decoder, self.featuriser = RowEncoder(schema), Decoder(schema), Featuriser(schema)
        self.names: dict[str, int] = {}
        families = label.families if label else {}
        self.grouped: dict[str, str] = {
            text_of(kind): name for name, kinds in families.items() for kind in kinds
        }

    def read(self, held_out: tuple[str, ...]) -> NamedHistory:
        labels = [c for c in (*self.label.columns, self.label.pattern) if c] if self.label else []
        columns = [*self.fields.values(), *self.mapping.time_columns, *labels]
        parts = [self._part(p) for p in self.table.parts(columns)]
        if not parts:
            raise UserError(f"{self.table.path}: no rows")
        X, family, card, seconds = (np.concatenate(column) for column in zip(*parts, strict=True))
        if not len(X):
            raise UserError(
                f"{self.table.path}: the stream would refuse every row. Check time_unit and time_format of "
                "the mapping; `flagfive replay` names the first wrong row and column"
            )
        names = tuple(self.names)
        if unknown := set(held_out) - set(names):
            raise UserError(f"unknown kinds of fraud {sorted(unknown)}; the file has {', '.join(names)}")
        rows = Labelled(X, family, card, seconds)
        layout = self.featuriser.layout
        return NamedHistory(layout.names, rows, names, held_out, formulas=WINDOW_FORMULAS)

    def _part(self, part: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        _, values = self.encoder.encode(message_columns(part, self.fields, self.schema, self.mapping))
        columns, _ = self.decoder.decode(values, np.full(part.num_rows, _LONG_AFTER))
        family = self._family(part)[columns.row]
        card = hash_strings(columns.keys[0]).view(np.int64)
        return self.featuriser.features(columns), family, card, columns.time

    def _family(self, part: pa.RecordBatch) -> np.ndarray:
        if self.label is None:
            return np.zeros(part.num_rows, np.int64)
        values = pa.array([text_of(value) for value in self.label.fraud], pa.large_string())
        told = [pc.is_in(texts(part[column]), values) for column in self.label.columns]
        fraud = np.any([one.to_numpy(zero_copy_only=False) for one in told], axis=0)
        family = np.where(fraud, UNNAMED, 0).astype(np.int64)
        if self.label.pattern is None:
            return family
        kinds = texts(part[self.label.pattern]).to_pylist()
        for row in np.flatnonzero(fraud):
            if (name := self._name_of(kinds[row])) is not None:
                family[row] = self.names.setdefault(name, len(self.names) + 1)
        return family

    def _name_of(self, kind: str | None) -> str | None:
        """Return the family of a kind of fraud: the kind itself, unless the mapping groups kinds."""
        return self.grouped.get(kind) if self.grouped and kind is not None else kind


def simulated_history(
    schema: TransactionSchema, *, seed: int, days: float = 75.0, warm_up: float = 25.0
) -> NamedHistory:
    """Simulate traffic with the known patterns; the held-out patterns never occur.

    Args:
        schema: the entities, which determine the features.
        seed: equal seeds give equal histories.
        days: days of traffic.
        warm_up: days at the start that are left out, while profiles fill.

    Returns:
        The history, in the order of event time.
    """
    featuriser = Featuriser(schema)
    kinds = list(KNOWN)
    parts = []
    for chunk in SimulatedTraffic(seed).history(SIMULATED_FROM, days):
        columns = chunk.features_columns(schema)
        family = np.array([kinds.index(f) + 1 if f in KNOWN else 0 for f in chunk.family], np.int64)
        X = featuriser.features(columns)
        late = columns.time >= SIMULATED_FROM + warm_up * 86_400.0
        card = hash_strings(columns.keys[0]).view(np.int64)
        parts.append(tuple(column[late] for column in (X, family, card, columns.time)))
    rows = Labelled(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return NamedHistory(featuriser.layout.names, rows, tuple(kinds), formulas=WINDOW_FORMULAS)
