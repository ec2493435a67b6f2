"""Alert rate of each day, with drift, bursts and a cold start: steered and not."""
