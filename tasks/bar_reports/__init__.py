"""What a worker tells Flower of its bars: how many they were, and a sample. Bars send no events themselves."""
