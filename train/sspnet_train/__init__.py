"""SSP-Net in PyTorch: the network, its losses, data, training and evaluation."""
