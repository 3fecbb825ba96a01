"""Reading, checking, splitting and writing rows."""
