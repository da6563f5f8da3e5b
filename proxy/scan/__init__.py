"""The scan of results: batches in, batches with personal data handled out. Begin with `scanner.py`."""
