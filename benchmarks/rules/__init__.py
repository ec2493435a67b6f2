"""Cost of evaluating the conditions of rules."""
