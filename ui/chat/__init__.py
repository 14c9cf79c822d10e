"""The page: a chat with the evidence beside the answer, by Gradio."""
