"""What a row is known to be."""

FRAUD, GENUINE, UNKNOWN = 1, 0, -1
"""Values of every label array of this room, int8."""
