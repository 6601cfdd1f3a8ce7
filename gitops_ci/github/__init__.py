"""GitHub: event payloads (later: comment, checks, reviews)."""
