"""Data sets, each read into the one sample type of `sample.py`."""
