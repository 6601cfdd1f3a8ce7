"""The product's words as frozen types; imports nothing of ours outside this folder."""
