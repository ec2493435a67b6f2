"""Field types that several requests share, with their bounds."""

from typing import Annotated

from pydantic import Field, StringConstraints

MOST_TRANSACTIONS = 10_000

# PostgreSQL cannot store NUL in text.
_STORABLE = r"^[^\x00]*$"
Storable = Annotated[str, StringConstraints(pattern=_STORABLE)]

AlertId = Annotated[int, Field(ge=1, le=2**53)]
RowId = Annotated[int, Field(ge=1, le=2**53)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4_000, pattern=_STORABLE)]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000, pattern=_STORABLE)
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_STORABLE)
]
TransactionId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_STORABLE)]
TransactionIds = Annotated[list[TransactionId], Field(max_length=MOST_TRANSACTIONS)]
RequestId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._:-]{1,100}$",
        description="identifies the request: the same id is processed once; generated if omitted",
    ),
]
Time = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False, description="seconds since 1970-01-01 UTC")]
Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Offset = Annotated[int, Field(ge=0, le=10_000_000, description="rows to skip")]
Limit = Annotated[int, Field(ge=1, le=500, description="maximum number of rows")]
