"""Extra cost of scoring while analysts watch: latency and rate of a demo with and without browsers."""
