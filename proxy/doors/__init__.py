"""Ways in, one door a file or folder: `Settings`, `serve`. A door turns bytes into calls of the gateway, and back."""
