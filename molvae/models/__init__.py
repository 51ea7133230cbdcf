"""The network: torch and nothing of chemistry. Token ids go in, latents and logits come out."""
