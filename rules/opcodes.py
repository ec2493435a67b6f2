"""Numbers of the operations that the kernel runs, in groups by what they read and write."""

from __future__ import annotations

from typing import Final

# Numbers compared with a constant, and with each other: numbers to truths.
LT_C, LE_C, GT_C, GE_C, EQ_C, NE_C = range(6)
LT, LE, GT, GE, EQ, NE = range(10, 16)
# Truths to truths.
AND, OR, NOT, SAME, FILL_TRUTH = range(20, 25)
# Numbers to numbers.
ADD, SUB, MUL, DIV, MIN, MAX = range(30, 36)
NEG, ABS, HOUR, WEEKDAY, FILL = range(40, 45)
WHERE = 50  # a truth and two numbers to a number; the constant is the register of the second number

COMPARED_WITH_CONSTANT: Final = {"lt": LT_C, "le": LE_C, "gt": GT_C, "ge": GE_C, "eq": EQ_C, "ne": NE_C}
COMPARED: Final = {"lt": LT, "le": LE, "gt": GT, "ge": GE, "eq": EQ, "ne": NE}
MIRRORED: Final = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
LOGIC: Final = {"and": AND, "or": OR, "not": NOT, "same": SAME}
ARITHMETIC: Final = {"add": ADD, "sub": SUB, "mul": MUL, "div": DIV, "min": MIN, "max": MAX}
ONE_NUMBER: Final = {"neg": NEG, "abs": ABS, "hour": HOUR, "weekday": WEEKDAY}
