"""The finder of a bundle: where it starts, what it sees in training, how it is trained."""
