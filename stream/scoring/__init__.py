"""The last stage: scores, alerts with reasons, and the batch for the recorder, all under one snapshot."""
