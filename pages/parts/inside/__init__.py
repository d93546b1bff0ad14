"""Views inside the network: feature maps, Gram matrices, reconstructions."""
