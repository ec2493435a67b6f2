"""From a record on `feedback` to the procedure that it asks for: read, check, dispatch."""
