"""From a request on `feedback` to what it asks for: read, checked against what is stored, dispatched."""
