"""From flagged transactions to a proposal: the reservoir kept ready, the detector made and judged."""
