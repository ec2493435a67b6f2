"""Few-shot detection of fraud families never seen before, on public data, beside every baseline."""
