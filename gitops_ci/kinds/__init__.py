"""One module a kind of infrastructure; `catalog.ALL` is the dict of them, `protocol` what each gives."""
