"""From a proposal to a detector that scores on every partition, and what is stored on the way."""
