"""Figures to report; never part of the plain test run."""
