"""From a flag to a live detector and back, under load; and what many detectors do to the budget."""
