"""How the model files in `rag/models` were made. Not needed to use them."""
