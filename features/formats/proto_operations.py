"""The operations that a Protobuf schema is compiled into; `proto_walk` carries them out.

- `operations.MESSAGES`: where the tree of messages stands in `places`, so that a record can say which one
  it is. A node has the number of its messages, and for each one the position of its table and that of the
  node of the messages within it.
- A table: where the fields that have a default stand in `places`, number of fields, number of defaults. The
  fields follow, in the order of their numbers.
- A field: its kind and flags, an argument, its number, and the mapped field. The argument of `MESSAGE` and
  `TIMESTAMP` is the table of the message. That of `ENUM` is where its values stand in `places`: how many
  they are, then number, begin and end of each text, in the order of the numbers.
"""

from typing import Final

INT32, INT64, UINT32, UINT64, SINT32, SINT64, BOOL, ENUM = range(8)
FIXED32, SFIXED32, FLOAT = range(8, 11)
FIXED64, SFIXED64, DOUBLE = range(11, 14)
STRING, BYTES, MESSAGE, TIMESTAMP = range(14, 18)
TABLE: Final = 18

KIND_MASK: Final = 31
REPEATED: Final = 32
"""Flag of a field with several values."""

NODE_WIDTH: Final = 2
"""Places of a message in a node."""
VALUE_WIDTH: Final = 3
"""Places of a value of an enumeration."""

VARINT, EIGHT_BYTES, COUNTED, FOUR_BYTES = 0, 1, 2, 5
"""Wire types."""

DEFAULT: Final = -2
"""In place of a position: the field is absent and has the default of its kind."""
