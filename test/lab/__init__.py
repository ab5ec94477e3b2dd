"""Real servers, a network that misbehaves, and tidemark run on them."""
