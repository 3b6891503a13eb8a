"""Tests of the comparison itself: python3 -m unittest discover -s benches/comparison/tests -t benches"""
