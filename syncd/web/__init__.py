"""The web room: status page, health, metrics and webhooks, beside the loop that works."""
