"""The outside: processes, git, tools, temporary places. Only here (and in `github`)."""
