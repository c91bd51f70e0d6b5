"""What every notifier must do."""
