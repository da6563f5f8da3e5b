"""A query and a decision in, the SQL that may run out: policy views spliced into the user's own text, and proven."""
