"""The gateway's side of Kafka: writes `transactions`, and reads `scored` and `alerts`."""
