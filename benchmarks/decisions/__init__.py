"""The decision API under load: latency beside the broker's floor, overload, pairs of one card, and kills."""
