"""Real clients against a real gateway, over TLS, on each kind of warehouse."""
