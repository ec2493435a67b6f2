"""What scoring costs more while analysts look on: latency and rate of a demo with and without browsers."""
