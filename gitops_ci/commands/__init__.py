"""One file a command: a straight line through the rooms."""
