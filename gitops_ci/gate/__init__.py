"""The verdict: one file a family of gate rules."""
