"""Incidents that other sync tools made much harm of, replayed end to end; each must be harmless.

Where one guard has to be enough by itself, the limits of the others are lifted. That each of these
fails once its guard is gone is tried by tests/mutations/incidents.py.
"""
