"""Waivers: what somebody accepts, why and until when; in a file, or in a comment beside the thing itself."""
