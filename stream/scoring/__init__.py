"""The last hop: scores, alerts with reasons, and the batch for the recorder, all under one snapshot."""
