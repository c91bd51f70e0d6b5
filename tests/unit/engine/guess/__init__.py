"""Tests of guessing a mapping."""
