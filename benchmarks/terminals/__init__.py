"""Recall and cost of the block rule at compromised terminals."""
