"""The sections of the pull-request comment; `render.markdown` puts them together."""
