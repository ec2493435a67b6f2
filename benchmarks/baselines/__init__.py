"""Detectors that flagfive is compared with; `fewshot` and `anomalies` share them."""
