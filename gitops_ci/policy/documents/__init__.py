"""Files as the values that they hold, with the line of each: what policies are asked about."""
