"""Incidents that other sync tools made of, replayed end to end; each must be harmless.

The swapped test and live key stands in tests/acceptance/test_keys.py.
"""
