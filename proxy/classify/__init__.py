"""Classification: which columns of a warehouse hold personal data, as tags proposed to the policy.

Rule kept here: it reads raw tables with the rights of whoever runs it, and nothing leaves it but names and counts.
"""
