"""From a checkpoint to a bundle: graphs cut after the pyramids asked for, one copy of the weights, and a manifest."""
