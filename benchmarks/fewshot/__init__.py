"""Few-shot detection of unseen fraud families on public data, compared with baselines."""
