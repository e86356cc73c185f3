"""What holds while resources come, change and go: who has a name, whose account it is, and what to do when it fails."""
