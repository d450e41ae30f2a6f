"""Videos and their sound, and files that are complete or not there."""
