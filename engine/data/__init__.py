"""What a network is trained on: sources, transforms, splits and batches."""
