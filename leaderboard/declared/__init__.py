"""What a deployment declares in TOML files, such as screens and alerts, read with the line of each mistake."""
