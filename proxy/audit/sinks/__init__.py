"""Where audit records are kept, one kind a file: `Settings`, and `open` -> a `proxy.audit.journal.Sink`."""
