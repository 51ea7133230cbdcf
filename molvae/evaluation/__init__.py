"""What reads molecules and latents and measures them: `distribution` (molecules), `latent` (latents)."""
