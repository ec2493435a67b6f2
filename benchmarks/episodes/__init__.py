"""Time from a flag to a live detector and back under load, and alert rates with many detectors."""
