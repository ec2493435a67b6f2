"""The end of the last stage: scores, alerts with reasons, and the recorder's batch, under one snapshot."""
